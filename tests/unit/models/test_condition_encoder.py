"""Conditions as tokens and raster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from drivegen.conditions import PARTS, Conditions
from drivegen.core import DataError
from drivegen.models import ConditionEncoder, ImageLDMConfig, count_parameters

MakeConditions = Callable[..., Conditions]


@pytest.fixture
def encoder(image_config: ImageLDMConfig) -> ConditionEncoder:
    torch.manual_seed(0)
    return ConditionEncoder(image_config).eval()


def test_shapes(encoder: ConditionEncoder, make_conditions: MakeConditions) -> None:
    tokens, mask, raster = encoder(make_conditions(2, 3, 3))
    assert tokens.shape == (6, 5 + 3, 16)
    assert mask.shape == (6, 8)
    assert raster.shape == (6, 21 * 16, 4, 8)


def test_raster_is_folded_in_place(encoder: ConditionEncoder, make_conditions: MakeConditions) -> None:
    conditions = make_conditions(1, 1)
    raster = encoder(conditions)[2]
    unfolded = torch.nn.functional.pixel_shuffle(raster, 4)
    assert torch.equal(unfolded, conditions.raster[0])


@pytest.mark.parametrize("part", [p for p in PARTS if p != "ego_motion"])
def test_every_part_is_seen(part: str, encoder: ConditionEncoder, make_conditions: MakeConditions) -> None:
    full, without = make_conditions(), make_conditions().without(part)
    changed = [not torch.equal(a, b) for a, b in zip(encoder(full), encoder(without), strict=True)]
    assert any(changed)


def test_nothing_known_is_well_defined(encoder: ConditionEncoder, make_conditions: MakeConditions) -> None:
    """The null is the same whatever was left out, and whatever stands in the fields that are not known."""
    first = encoder(make_conditions(1, 2, seed=0).unconditional())
    second = encoder(make_conditions(1, 2, seed=9).unconditional())
    for a, b in zip(first, second, strict=True):
        assert a.float().isfinite().all()
        torch.testing.assert_close(a, b)
    assert first[1].any(dim=1).all(), "something must be left to attend to"
    assert not first[2].any()


def test_values_of_unknown_parts_are_ignored(encoder: ConditionEncoder, make_conditions: MakeConditions) -> None:
    no = torch.zeros(2, dtype=torch.bool)
    unknown = {"crowdedness_known": no, "camera_known": no, "objects_known": no, "map_known": no}
    first = encoder(replace(make_conditions(seed=0), **unknown))
    other = make_conditions(seed=4)
    stale = {"crowdedness": other.crowdedness, "camera": other.camera, "raster": other.raster * float("inf")}
    second = encoder(replace(make_conditions(seed=0), **unknown, **stale))
    for a, b in zip(first, second, strict=True):
        assert torch.equal(a, b)


def test_an_empty_road_is_not_an_unknown_one(encoder: ConditionEncoder, make_conditions: MakeConditions) -> None:
    empty = make_conditions(1, 1).without("boxes")
    empty = replace(empty, raster=torch.zeros_like(empty.raster))
    unknown = empty.without("raster_objects")
    assert not torch.allclose(encoder(empty)[0], encoder(unknown)[0])


def test_padding_may_hold_anything(encoder: ConditionEncoder, make_conditions: MakeConditions) -> None:
    conditions = make_conditions()
    mask = conditions.box_mask.clone()
    mask[..., -1] = False
    boxes = conditions.boxes.clone()
    boxes[:, :, -1] = float("nan")
    first, second = replace(conditions, box_mask=mask), replace(conditions, box_mask=mask, boxes=boxes)
    assert torch.equal(encoder(first)[0], encoder(second)[0])


def test_gradients_reach_everything(encoder: ConditionEncoder, make_conditions: MakeConditions) -> None:
    tokens = torch.cat([encoder(make_conditions())[0], encoder(make_conditions().unconditional())[0]])
    (tokens * torch.randn_like(tokens)).sum().backward()
    assert [name for name, p in encoder.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_raster_size_is_checked(encoder: ConditionEncoder, make_conditions: MakeConditions) -> None:
    conditions = make_conditions()
    with pytest.raises(DataError, match="raster does not fold"):
        encoder(replace(conditions, raster=conditions.raster[..., :-1]))


def test_shipped_size() -> None:
    assert count_parameters(ConditionEncoder(ImageLDMConfig())) < 2e6
