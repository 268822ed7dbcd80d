"""Requests from nuScenes roots: which windows, in which order, with which ambience."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drivegen.core import Ambience, ConfigError, Crowdedness, DataError, FrameKind, TimeOfDay, Weather
from drivegen.generation import Request, SampleConfig, plan
from drivegen.generation.recordings import windows_of
from drivegen.nuscenes_format import FrameRef

from .conftest import WriteRoot, drive, pictures

RAIN = Ambience(Weather.RAIN, TimeOfDay.DAY)
CLEAR_NIGHT = Ambience(Weather.CLEAR, TimeOfDay.NIGHT)


def refs(count: int, step_us: int = 100_000, missing: tuple[int, ...] = ()) -> tuple[FrameRef, ...]:
    return tuple(FrameRef(i * step_us, Path(f"{i}.jpg"), True, i) for i in range(count) if i not in missing)


def config_for(root: Path, **values: object) -> SampleConfig:
    defaults = SampleConfig(clips=4, frames=4, fps=5.0, scenarios="nuscenes", root=root)
    return replace(defaults, **values)


def requests_of(config: SampleConfig) -> list[Request]:
    return list(plan(config))


@pytest.mark.parametrize(("fps", "stride"), [(10, 1), (100, 1), (5, 2), (3, 3), (2.5, 4)])
def test_windows_take_the_nearest_stride_and_do_not_overlap(fps: float, stride: int) -> None:
    found, longest = windows_of(refs(40), 4, fps)
    indices = [[ref.index for ref in window] for window in found]
    assert all(np.diff(window).tolist() == [stride] * 3 for window in indices)
    assert len({i for window in indices for i in window}) == 4 * len(found) > 0
    assert longest == 39 // stride + 1


def test_windows_do_not_cross_a_hole() -> None:
    found, _ = windows_of(refs(12, missing=(5, 6)), 4, 10)
    assert [[ref.index for ref in window] for window in found] == [[0, 1, 2, 3]]


def test_windows_of_little() -> None:
    assert windows_of((), 1, 3) == ([], 0)
    assert len(windows_of(refs(1), 1, 3)[0]) == 1
    assert windows_of(refs(3), 4, 10)[0] == []


def test_every_window_is_used_before_any_repeats(write_root: WriteRoot) -> None:
    root = write_root(drive("a", 2, RAIN), drive("b", 2, CLEAR_NIGHT))
    requests = requests_of(config_for(root, clips=12))
    first = {(r.scenario.scenario_id, r.frame_times_us) for r in requests[:10]}
    assert len(first) == 10
    assert len({r.clip_id for r in requests}) == len({r.seed for r in requests}) == 12
    assert requests[0].fps == pytest.approx(5.0)
    few = requests_of(config_for(root, clips=3))
    assert [r.clip_id for r in few] == [r.clip_id for r in requests[:3]]


def test_reference_frames_are_the_recorded_ones(write_root: WriteRoot) -> None:
    scenario = drive("a", 1, RAIN)
    root = write_root(scenario)
    request = requests_of(config_for(root, clips=1, generator="reference"))[0]
    camera, frames = request.reference.read((32, 64))
    chosen = [list(scenario.frame_times_us["CAM_FRONT"]).index(t) for t in request.frame_times_us]
    assert request.reference.kind is FrameKind.RECORDED
    assert camera.size == (32, 64)
    np.testing.assert_array_equal(frames, np.stack(pictures(scenario, "CAM_FRONT"))[chosen])
    assert request.reference.read((16, 32))[1].shape == (4, 16, 32, 3)


def test_the_worlds_own_roots_are_rendered(write_root: WriteRoot) -> None:
    root = write_root(drive("a", 1, RAIN, source="world"))
    assert requests_of(config_for(root, clips=1))[0].reference.kind is FrameKind.RENDERED


def test_cameras_of_a_moment_stay_together(write_root: WriteRoot) -> None:
    root = write_root(drive("a", 1, RAIN, cameras=("CAM_FRONT", "CAM_BACK")))
    requests = requests_of(config_for(root))
    assert {requests[0].camera, requests[1].camera} == {"CAM_FRONT", "CAM_BACK"}
    assert requests[0].frame_times_us == requests[1].frame_times_us
    assert {r.camera for r in requests_of(config_for(root, camera="CAM_BACK"))} == {"CAM_BACK"}
    with pytest.raises(DataError, match=r"no such camera.*CAM_LEFT"):
        plan(config_for(root, camera="CAM_LEFT"))


def test_asked_weather_replaces_the_scenarios_for_the_models(write_root: WriteRoot) -> None:
    root = write_root(drive("a", 1, RAIN))
    request = requests_of(config_for(root, clips=1, weather=Weather.SNOW))[0]
    assert request.scenario.ambience == Ambience(Weather.SNOW, TimeOfDay.DAY)
    assert request.requested.weather == "snow"
    assert request.scenario.source == "nuscenes:test (recorded as rain, day)"


def test_recorded_frames_cannot_change_their_weather(write_root: WriteRoot) -> None:
    root = write_root(drive("a", 1, RAIN), drive("b", 1, CLEAR_NIGHT))
    reference = config_for(root, generator="reference")
    assert {r.scenario.scenario_id for r in requests_of(replace(reference, weather=Weather.RAIN))} == {"a"}
    with pytest.raises(ConfigError, match=r"weather, time_of_day.*clear, night, rain, day; got snow"):
        requests_of(replace(reference, weather=Weather.SNOW))


def test_crowdedness_chooses_among_windows(write_root: WriteRoot) -> None:
    root = write_root(drive("quiet", 1, RAIN), drive("busy", 5, RAIN))
    sparse = requests_of(config_for(root, crowdedness=Crowdedness.SPARSE))
    both = requests_of(config_for(root, crowdedness=(Crowdedness.SPARSE, Crowdedness.MODERATE)))
    assert {r.scenario.scenario_id for r in sparse} == {"quiet"}
    assert {(r.scenario.scenario_id, r.requested.crowdedness) for r in both} == {
        ("quiet", "sparse"),
        ("busy", "moderate"),
    }
    with pytest.raises(DataError, match="expected one of moderate, sparse; got crowded"):
        requests_of(config_for(root, crowdedness=Crowdedness.CROWDED))


def test_too_short_recordings_are_refused(write_root: WriteRoot) -> None:
    root = write_root(drive("a", 1, RAIN))
    with pytest.raises(DataError, match=r"expected 50 frames near 5 frames/s; got at most 20; lower frames"):
        plan(config_for(root, frames=50))


def test_identity_follows_the_tables_not_the_place(write_root: WriteRoot) -> None:
    one = write_root(drive("a", 1, RAIN), name="one")
    other = write_root(drive("a", 2, RAIN), name="other")
    moved = one.rename(one.parent / "folder")
    moved = moved.rename(moved.parent / "one")
    assert list(plan(config_for(moved)).identity()) == ["00-one"]
    assert set(plan(config_for(moved)).identity().values()).isdisjoint(plan(config_for(other)).identity().values())
