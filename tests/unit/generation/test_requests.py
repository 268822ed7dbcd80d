"""How asked values are dealt out to clips, and how clips are named."""

from __future__ import annotations

from collections import Counter

import pytest

from drivegen.core import Ambience, Crowdedness, TimeOfDay, Weather
from drivegen.generation import SampleConfig
from drivegen.generation.requests import Asked, asked_of, clip_id_of, clip_seed


def test_asked_combinations_are_covered_evenly_and_mixed_early() -> None:
    config = SampleConfig(
        weather=(Weather.RAIN, Weather.SNOW, Weather.FOG), time_of_day=(TimeOfDay.DAY, TimeOfDay.NIGHT), seed=3
    )
    dealt = [asked_of(config, index) for index in range(24)]
    assert set(Counter(dealt).values()) == {4}
    assert len(set(dealt[:6])) == 6
    assert dealt[:6] != dealt[6:12]


def test_a_clip_depends_on_the_seed_and_its_index_alone() -> None:
    few, many = SampleConfig(clips=2, weather=tuple(Weather)), SampleConfig(clips=50, weather=tuple(Weather))
    assert [asked_of(few, i) for i in range(2)] == [asked_of(many, i) for i in range(2)]
    assert clip_seed(few, 1) == clip_seed(many, 1)
    assert clip_seed(few, 0) != clip_seed(few, 1) != clip_seed(SampleConfig(seed=1), 1)
    assert 0 <= clip_seed(few, 1) < 2**63


def test_nothing_asked_leaves_the_scenario_as_it_is() -> None:
    asked = asked_of(SampleConfig(), 5)
    brought = Ambience(Weather.FOG, None)
    assert asked == Asked()
    assert asked.ambience(brought) == brought
    assert asked.requested.weather is None


def test_asked_values_replace_their_part_only() -> None:
    asked = Asked(weather=Weather.SNOW, level=Crowdedness.CROWDED)
    assert asked.ambience(Ambience(Weather.RAIN, TimeOfDay.DUSK)) == Ambience(Weather.SNOW, TimeOfDay.DUSK)
    assert asked.requested.crowdedness == "crowded"


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b/c", "..", "", "Straße", "x" * 300, "-rf"])
def test_clip_ids_are_safe_file_names(name: str) -> None:
    clip_id = clip_id_of(name, "CAM/FRONT", 7)
    assert clip_id.isascii()
    assert set(clip_id) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
    assert clip_id[0].isalnum()
    assert len(clip_id) < 200
    assert clip_id.endswith("-CAM_FRONT-00007")
