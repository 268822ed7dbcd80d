"""Key frames stay, gaps depend on nothing but themselves, and the frames in between follow their conditions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from drivegen.conditions import Conditions
from drivegen.core import DataError
from drivegen.diffusion import GuidanceTerm
from drivegen.generation import SamplerConfig
from drivegen.generation.interpolating import gap_conditions, interpolate, require_interpolation
from drivegen.models import InterpolationConfig, ModelInfo, Models, TemporalConfig, build_models

from .conftest import SIZE

MakeConditions = Callable[..., Conditions]
FAST = SamplerConfig(num_inference_steps=2, guidance=(GuidanceTerm(("context",), 1.3),))
NET = TemporalConfig(max_frames=5, context_channels=8, embedding_dim=16, head_dim=8)


@pytest.fixture(scope="module")
def models(tiny_info: ModelInfo) -> Models:
    """An interpolation model of random weights that depends on everything."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        built = build_models(replace(tiny_info, interpolation=InterpolationConfig(NET)))
        assert built.interpolation is not None
        for parameter in built.interpolation.parameters():
            if not parameter.any():
                torch.nn.init.normal_(parameter, std=0.02)
    built.interpolation.eval()
    return built


def key_latents(clips: int, count: int) -> Tensor:
    return torch.randn(clips, count, 4, SIZE[0] // 8, SIZE[1] // 8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("sampler", [FAST, replace(FAST, name="ddim", eta=1.0), replace(FAST, name="heun")])
def test_key_frames_come_out_bit_for_bit(
    models: Models, make_conditions: MakeConditions, sampler: SamplerConfig
) -> None:
    keys = key_latents(1, 3)
    latents = interpolate(models, make_conditions(9), keys, [3], sampler)
    assert latents.shape[1] == 9
    assert torch.equal(latents[:, ::4], keys)
    assert len({float(frame.sum()) for frame in latents[0]}) == 9


@pytest.mark.parametrize("gaps_at_once", [1, 2])
def test_parts_of_a_clip_are_the_clip(models: Models, make_conditions: MakeConditions, gaps_at_once: int) -> None:
    conditions, keys, seeds = make_conditions(13, (1, 3)), key_latents(2, 4), [5, 6]
    whole = interpolate(models, conditions, keys, seeds, FAST, gaps_at_once=gaps_at_once)
    part = interpolate(
        models,
        conditions.frames(slice(4, 13)),
        keys[:, 1:],
        seeds,
        FAST,
        first_gap=1,
        gaps_at_once=gaps_at_once,
    )
    assert torch.equal(whole[:, 4:], part)


def test_batch_mates_do_not_matter(models: Models, make_conditions: MakeConditions) -> None:
    keys = key_latents(2, 2)
    pair = interpolate(models, make_conditions(5, (1, 3)), keys, [1, 2], FAST)
    changed = interpolate(models, make_conditions(5, (5, 3)), torch.stack([keys[1], keys[1]]), [9, 2], FAST)
    assert torch.equal(pair[1], changed[1])
    assert not torch.equal(pair[0], changed[0])


def test_conditions_of_the_frames_between_decide(models: Models, make_conditions: MakeConditions) -> None:
    conditions, keys = make_conditions(9), key_latents(1, 3)
    raster = conditions.raster.clone()
    raster[:, 6] += 1.0
    before = interpolate(models, conditions, keys, [1], FAST)
    after = interpolate(models, replace(conditions, raster=raster), keys, [1], FAST)
    assert torch.equal(before[:, :5], after[:, :5])
    assert not torch.equal(before[:, 6], after[:, 6])


@pytest.mark.parametrize("what", ["frame_interval_s", "regime", "seed", "keys", "fade"])
def test_what_a_gap_depends_on(models: Models, make_conditions: MakeConditions, what: str) -> None:
    conditions, keys = make_conditions(5), key_latents(1, 2)
    before = interpolate(models, conditions, keys, [1], FAST)
    if what == "frame_interval_s":
        conditions = replace(conditions, frame_interval_s=4 * conditions.frame_interval_s)
    if what == "fade":
        models = replace(models, info=replace(models.info, interpolation=InterpolationConfig(NET, fade=False)))
    other_keys = keys + (what == "keys")
    after = interpolate(models, conditions, other_keys, [1 + (what == "seed")], FAST, regime=int(what == "regime"))
    assert not torch.allclose(before[:, 1:4], after[:, 1:4])


def test_a_gap_starts_as_a_clip_does(make_conditions: MakeConditions) -> None:
    conditions, gap = make_conditions(9), gap_conditions(make_conditions(9), 4)
    assert gap.num_frames == 5
    assert torch.equal(gap.ego_motion[:, 1:], conditions.ego_motion[:, 5:])
    assert not gap.ego_motion[:, 0, :3].any()
    assert torch.equal(gap.ego_motion[:, 0, 3], gap.ego_motion[:, 1, 3])
    assert conditions.ego_motion[:, 4, :3].any(), "the clip's own conditions stay as they are"


def test_shared_layers_serve_both(tiny_models: Models, models: Models) -> None:
    told = replace(tiny_models.info, interpolation=InterpolationConfig(NET, shared=True))
    assert require_interpolation(replace(tiny_models, info=told)) is tiny_models.video
    assert require_interpolation(models) is models.interpolation


def test_what_does_not_fit_is_named(tiny_models: Models, models: Models, make_conditions: MakeConditions) -> None:
    with pytest.raises(DataError, match=r"no interpolation model.*stage=interpolation"):
        interpolate(tiny_models, make_conditions(5), key_latents(1, 2), [1], FAST)
    with pytest.raises(DataError, match=r"do not fit.*= 9 frames; got 3 key frames, 5 frames"):
        interpolate(models, make_conditions(5), key_latents(1, 3), [1], FAST)
