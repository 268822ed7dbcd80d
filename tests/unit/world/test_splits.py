"""Splits follow the seed; some combinations of weather, time and crowdedness are for test alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivegen.core import Crowdedness, TimeOfDay, Weather
from drivegen.world.config import WorldConfig
from drivegen.world.splits import (
    combination_of,
    drawn_ambience,
    drawn_level,
    held_out,
    held_out_notes,
    split_of,
    splits_of,
)

CONFIG = WorldConfig(scenes=1000)


def test_a_scene_s_split_depends_on_seed_and_index_alone() -> None:
    splits = [split_of(CONFIG, i) for i in range(300)]
    assert splits == [split_of(replace(CONFIG, scenes=5, duration_s=1.0, workers=3), i) for i in range(300)]
    assert splits != [split_of(replace(CONFIG, seed=1), i) for i in range(300)]


def test_shares_of_the_splits() -> None:
    splits = [split_of(CONFIG, i) for i in range(2000)]
    assert 0.74 < splits.count("train") / 2000 < 0.81
    assert 0.05 < splits.count("val") / 2000 < 0.10
    assert 0.12 < splits.count("test") / 2000 < 0.19


@pytest.mark.parametrize("seed", range(12))
def test_a_tenth_of_the_combinations_is_held_out_and_nothing_vanishes_from_training(seed: int) -> None:
    config = WorldConfig(seed=seed)
    chosen = held_out(config)
    assert len(chosen) == len(set(chosen)) == 6
    shown = {combination_of(config, i) for i in range(1500) if split_of(config, i) == "train"}
    assert not shown & set(chosen)
    assert {c.weather for c in shown} == set(Weather)
    assert {c.time_of_day for c in shown} == set(TimeOfDay)
    assert {c.crowdedness for c in shown} == set(Crowdedness)


def test_every_scene_of_a_held_out_combination_is_for_test() -> None:
    chosen = held_out(CONFIG)
    found = [i for i in range(500) if combination_of(CONFIG, i) in chosen]
    assert found
    assert {split_of(CONFIG, i) for i in found} == {"test"}


def test_a_narrow_world_holds_nothing_out() -> None:
    config = WorldConfig(weather=(Weather.RAIN,), time_of_day=(TimeOfDay.DAY,))
    assert held_out(config) == ()
    # Two weathers and five levels-times: no value may vanish.
    config = WorldConfig(weather=(Weather.RAIN, Weather.FOG), crowdedness=(Crowdedness.SPARSE,))
    assert len(held_out(config)) <= 1


def test_notes_name_the_combinations_and_every_test_scene() -> None:
    names = {i: f"s{i}" for i in range(200)}
    notes, splits = held_out_notes(CONFIG, names), splits_of(CONFIG, names)
    assert sorted(name for group in splits.values() for name in group) == sorted(names.values())
    assert set(notes["test"]) == set(splits["test"])
    assert len(notes["combinations"]) == 6
    assert set(notes["combinations"][0]) == {"weather", "time_of_day", "crowdedness"}
    told = {int(name[1:]) for name, held in notes["test"].items() if held}
    assert told == {i for i in range(200) if combination_of(CONFIG, i) in held_out(CONFIG)}


def test_draws_are_even() -> None:
    ambiences = [drawn_ambience(CONFIG, i) for i in range(1500)]
    levels = [drawn_level(CONFIG, i) for i in range(1500)]
    for weather in Weather:
        assert 0.15 < sum(a.weather is weather for a in ambiences) / 1500 < 0.25
    for level in Crowdedness:
        assert 0.2 < levels.count(level) / 1500 < 0.3
