"""Batches join and split, and every part has its null."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch

from drivegen.conditions import (
    PARTS,
    TIME_NULL,
    WEATHER_NULL,
    ConditionConfig,
    Conditions,
    DropoutConfig,
    collate,
    conditions_of,
    drop_conditions,
    from_arrays,
    to_arrays,
)
from drivegen.core import Ambience, ConfigError, DataError, FrameLabels, RoadMap, TimeOfDay, Track, Weather, decode

NEVER = {field.name: 0.0 for field in dataclasses.fields(DropoutConfig)}


@pytest.fixture
def one(make_labels: Callable[..., FrameLabels], track: Callable[..., Track], street: RoadMap) -> Conditions:
    labels = [make_labels([track("a", (10.0, 1.0, 0.8), yaw_rad=0.3)], t * 0.1, moving=True) for t in range(3)]
    return conditions_of(labels, Ambience(Weather.SNOW, TimeOfDay.DUSK), street, 10.0, ConditionConfig(max_boxes=2))


def same(a: Conditions, b: Conditions) -> list[str]:
    """Names of the fields that are equal."""
    return [f.name for f in dataclasses.fields(a) if torch.equal(getattr(a, f.name), getattr(b, f.name))]


def changed(a: Conditions, b: Conditions) -> set[str]:
    return {f.name for f in dataclasses.fields(a)} - set(same(a, b))


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        ("weather", {"weather"}),
        ("time_of_day", {"time_of_day"}),
        ("crowdedness", {"crowdedness", "crowdedness_known"}),
        ("camera", {"camera", "camera_known"}),
        ("boxes", {"boxes", "box_heading", "box_appearance", "box_appearance_known", "box_mask"}),
        ("raster_objects", {"raster", "objects_known"}),
        ("raster_map", {"raster", "map_known"}),
        ("ego_motion", {"ego_motion", "ego_known"}),
    ],
)
def test_without_changes_its_part_alone(one: Conditions, part: str, fields: set[str]) -> None:
    before = to_arrays(one)
    assert changed(one, one.without(part)) == fields
    # The original is left as it was.
    for name, values in to_arrays(one).items():
        np.testing.assert_array_equal(values, before[name])


def test_unconditional_knows_nothing(one: Conditions) -> None:
    c = one.unconditional()
    assert (int(c.weather), int(c.time_of_day)) == (WEATHER_NULL, TIME_NULL)
    known = (c.crowdedness_known, c.camera_known, c.objects_known, c.map_known, c.ego_known)
    assert not any(bool(flag) for flag in known)
    assert not c.box_mask.any()
    assert not c.raster.any()
    assert torch.equal(c.frame_interval_s, one.frame_interval_s)


def test_raster_parts_are_separate(one: Conditions) -> None:
    assert torch.equal(one.without("raster_objects").raster[:, :, 12:], one.raster[:, :, 12:])
    assert torch.equal(one.without("raster_map").raster[:, :, :12], one.raster[:, :, :12])


def test_an_unknown_part_is_refused(one: Conditions) -> None:
    with pytest.raises(ConfigError, match="wether"):
        one.without("wether")


def test_cat_pads_the_box_lists(one: Conditions) -> None:
    both = collate([one, one.pad_boxes(5)])
    assert both.batch_size == 2
    assert both.box_mask.shape == (2, 3, 5)
    assert torch.equal(both.box_mask[0], both.box_mask[1])
    assert same(both.select(slice(0, 1)), one.pad_boxes(5)) == [f.name for f in dataclasses.fields(one)]


def test_clips_of_different_length_do_not_join(one: Conditions) -> None:
    with pytest.raises(DataError, match="different shape"):
        Conditions.cat([one, one.frame(0)])
    with pytest.raises(DataError, match="at least one"):
        Conditions.cat([])


def test_a_frame_is_a_clip_of_one(one: Conditions) -> None:
    last = one.frame(-1)
    assert last.num_frames == 1
    assert torch.equal(last.raster[:, 0], one.raster[:, 2])
    assert torch.equal(last.weather, one.weather)
    assert one.frames(slice(0, 2)).num_frames == 2
    with pytest.raises(DataError, match="no such frame"):
        one.frame(3)


def test_to_converts_floats_only(one: Conditions) -> None:
    half = one.to(dtype=torch.bfloat16)
    assert half.raster.dtype == half.boxes.dtype == half.crowdedness.dtype == torch.bfloat16
    assert half.weather.dtype == torch.int64
    assert half.box_mask.dtype == torch.bool


def test_cached_arrays_come_back_within_the_stated_error(one: Conditions) -> None:
    arrays = to_arrays(one)
    assert arrays["raster"].dtype == np.uint8
    back = from_arrays(arrays)
    assert changed(one, back) <= {"raster"}
    error = (one.raster - back.raster).abs()
    assert error[:, :, 7:9].max() <= 1 / 254 + 1e-6
    error[:, :, 7:9] = 0
    assert error.max() <= 1 / 510 + 1e-6
    # What nothing covers stays exactly zero.
    assert not back.raster[one.raster == 0].any()


def test_cached_arrays_of_something_else_are_refused(one: Conditions) -> None:
    arrays = to_arrays(one)
    del arrays["camera"]
    with pytest.raises(DataError, match="not stored conditions"):
        from_arrays(arrays)


def test_dropout_of_probability_zero_changes_nothing(one: Conditions) -> None:
    dropped = drop_conditions(one, DropoutConfig(**NEVER), torch.Generator().manual_seed(0))
    assert not changed(one, dropped)


def test_dropout_of_everything_is_unconditional(one: Conditions) -> None:
    certain = DropoutConfig(**{**NEVER, "all": 1.0})
    dropped = drop_conditions(one, certain, torch.Generator().manual_seed(0))
    assert not changed(dropped, one.unconditional())


def test_objects_are_dropped_from_tokens_and_raster_together(one: Conditions) -> None:
    certain = DropoutConfig(**{**NEVER, "objects": 1.0})
    dropped = drop_conditions(one, certain, torch.Generator().manual_seed(0))
    assert not changed(dropped, one.without("boxes", "raster_objects"))


def test_dropout_is_per_clip_and_as_often_as_asked(one: Conditions) -> None:
    many = collate([one.frame(0)] * 400)
    dropped = drop_conditions(many, DropoutConfig(**{**NEVER, "map": 0.25}), torch.Generator().manual_seed(1))
    share = 1.0 - dropped.map_known.float().mean()
    assert 0.15 < float(share) < 0.35
    blank = ~dropped.raster[:, :, 12:].flatten(1).any(dim=1)
    assert torch.equal(blank, ~dropped.map_known)


def test_dropout_follows_its_generator(one: Conditions) -> None:
    many = collate([one.frame(0)] * 16)
    config = DropoutConfig()
    first, again = (drop_conditions(many, config, torch.Generator().manual_seed(5)) for _ in range(2))
    assert not changed(first, again)


def test_a_probability_above_one_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"dropout\.weather"):
        decode(DropoutConfig, {"weather": 1.5}, "dropout")


def test_every_part_has_a_null() -> None:
    assert set(PARTS) == {
        "weather",
        "time_of_day",
        "crowdedness",
        "camera",
        "boxes",
        "raster_objects",
        "raster_map",
        "ego_motion",
    }
