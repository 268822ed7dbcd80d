"""Requests from the embedded world and from catalogues."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drivegen.core import ConfigError, Crowdedness, LabelPolicy, Weather, label_frame, mean_road_users
from drivegen.generation import SampleConfig, plan
from drivegen.generation.sources import FileSource

WORLD = SampleConfig(clips=4, frames=3, fps=4.0)
CATALOGUES = sorted((Path(__file__).parents[3] / "datasets" / "catalogues").glob("*.json"))


def test_world_clips_last_as_asked() -> None:
    for request in plan(WORLD):
        assert len(request.frame_times_us) == 3
        assert np.diff(request.frame_times_us).tolist() == [250_000, 250_000]
        assert request.fps == 4.0
        assert request.scenario.source == "world"


def test_asked_crowdedness_is_reached() -> None:
    levels = (Crowdedness.EMPTY, Crowdedness.SPARSE, Crowdedness.MODERATE, Crowdedness.CROWDED)
    config = replace(WORLD, crowdedness=levels)
    requests = list(plan(config))
    assert {request.requested.crowdedness for request in requests} == set(levels)
    for request in requests:
        camera = request.scenario.cameras[request.camera]
        labels = [label_frame(request.scenario, camera, time, LabelPolicy()) for time in request.frame_times_us]
        assert config.crowdedness_levels.level(mean_road_users(labels)) == request.requested.crowdedness


def test_cameras_of_a_rig_share_the_scenario() -> None:
    requests = list(plan(replace(WORLD, clips=3, camera=("CAM_FRONT", "CAM_BACK"))))
    assert [r.camera for r in requests] == ["CAM_FRONT", "CAM_BACK", "CAM_FRONT"]
    assert requests[0].scenario.scenario_id == requests[1].scenario.scenario_id != requests[2].scenario.scenario_id
    assert len({r.clip_id for r in requests}) == 3
    with pytest.raises(ConfigError, match="unknown camera"):
        list(plan(replace(WORLD, camera="CAM_TOP")))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_shipped_catalogues_are_readable(path: Path) -> None:
    source = plan(replace(WORLD, clips=1, scenarios="file", file=path))
    assert isinstance(source, FileSource)
    assert len(source.catalogue.scenarios) >= 6
    assert len(list(source)) == 1


def test_asked_weather_takes_the_place_of_the_pinned_one() -> None:
    config = replace(WORLD, clips=2, scenarios="file", file=CATALOGUES[0])
    pinned = list(plan(config))
    rainy = list(plan(replace(config, weather=Weather.RAIN)))
    assert {request.scenario.ambience.weather for request in rainy} == {Weather.RAIN}
    assert [r.scenario.ambience.time_of_day for r in rainy] == [r.scenario.ambience.time_of_day for r in pinned]
    assert [len(r.scenario.tracks) for r in rainy] == [len(r.scenario.tracks) for r in pinned]
