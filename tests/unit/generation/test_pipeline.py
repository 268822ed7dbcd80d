"""The way from conditions and seeds to frames, with tiny models of random weights."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from drivegen.core import DataError
from drivegen.diffusion import GuidanceTerm
from drivegen.generation import SamplerConfig
from drivegen.generation.pipeline import (
    decode_frames,
    generate_clip_latents,
    generate_latents_image,
    predict,
    window_of,
)
from drivegen.models import Models

from .conftest import SIZE, MakeConditions

FAST = SamplerConfig(num_inference_steps=3)
GUIDED = replace(FAST, guidance=(GuidanceTerm(("boxes", "raster_objects"), 1.5), GuidanceTerm(("context",), 1.3)))


def test_frames_have_the_models_size(tiny_models: Models, make_conditions: MakeConditions) -> None:
    latents = generate_clip_latents(tiny_models, make_conditions(4, (1, 2)), [5, 6], FAST)
    frames = decode_frames(tiny_models, latents)
    assert latents.shape == (2, 4, 4, SIZE[0] // 8, SIZE[1] // 8)
    assert frames.shape == (2, 4, *SIZE, 3)
    assert frames.dtype == torch.uint8


@pytest.mark.parametrize("name", ["euler", "heun", "dpmpp_2m", "ddim"])
def test_known_frames_come_out_bit_for_bit(tiny_models: Models, make_conditions: MakeConditions, name: str) -> None:
    config = replace(GUIDED, name=name, eta=1.0 if name == "ddim" else 0.0)
    known = torch.randn(1, 2, 4, SIZE[0] // 8, SIZE[1] // 8, generator=torch.Generator().manual_seed(1))
    drawn = predict(tiny_models, make_conditions(4), known, [3], config)
    assert torch.equal(drawn[:, :2], known)
    assert not torch.equal(drawn[:, 2], drawn[:, 3])


def test_first_frame_is_the_image_models(tiny_models: Models, make_conditions: MakeConditions) -> None:
    conditions = make_conditions(4)
    alone = generate_latents_image(tiny_models, conditions.frame(0), [9], FAST)
    assert torch.equal(generate_clip_latents(tiny_models, conditions, [9], FAST)[:, :1], alone)
    assert torch.equal(generate_clip_latents(tiny_models, conditions.frame(0), [9], FAST), alone)


def test_extension_goes_on_from_what_is_there(tiny_models: Models, make_conditions: MakeConditions) -> None:
    long = make_conditions(8)
    short = generate_clip_latents(tiny_models, long.frames(slice(0, 4)), [1], FAST)
    extended = generate_clip_latents(tiny_models, long, [1], FAST)
    assert extended.shape[1] == 8
    assert torch.equal(extended[:, :4], short)
    assert len({float(frame.sum()) for frame in extended[0]}) == 8


def test_the_second_call_sees_the_two_newest_frames(tiny_models: Models, make_conditions: MakeConditions) -> None:
    window = window_of(make_conditions(6), 2, 4)
    known = torch.randn(1, 2, 4, SIZE[0] // 8, SIZE[1] // 8, generator=torch.Generator().manual_seed(1))
    one = predict(tiny_models, window, known, [3], FAST)
    other = predict(tiny_models, window, known + 1.0, [3], FAST)
    assert not torch.allclose(one[:, 2:], other[:, 2:])


def test_seed_decides(tiny_models: Models, make_conditions: MakeConditions) -> None:
    conditions = make_conditions(4)
    first, again, other = (generate_clip_latents(tiny_models, conditions, [seed], FAST) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other)


def test_batch_mates_do_not_matter(tiny_models: Models, make_conditions: MakeConditions) -> None:
    pair = generate_clip_latents(tiny_models, make_conditions(4, (1, 3)), [1, 2], GUIDED)
    changed = generate_clip_latents(tiny_models, make_conditions(4, (5, 3)), [7, 2], GUIDED)
    alone = generate_clip_latents(tiny_models, make_conditions(4, (3,)), [2], GUIDED)
    assert torch.equal(pair[1], changed[1])
    torch.testing.assert_close(pair[1:], alone, atol=1e-4, rtol=1e-4)


def test_windows_beyond_the_end_hold_the_last_frame(make_conditions: MakeConditions) -> None:
    conditions = make_conditions(3)
    window = window_of(conditions, 2, 4)
    assert window.num_frames == 4
    for frame in range(4):
        assert torch.equal(window.raster[:, frame], conditions.raster[:, 2])
        assert torch.equal(window.boxes[:, frame], conditions.boxes[:, 2])
    assert torch.equal(window.ego_motion[:, 0], conditions.ego_motion[:, 2])
    assert not window.ego_motion[:, 1:].any()


def test_missing_parts_are_named_with_a_way_out(tiny_models: Models, make_conditions: MakeConditions) -> None:
    without_video = replace(tiny_models, video=None)
    with pytest.raises(DataError, match=r"no video model.*stage=video.*generator=image_ldm"):
        generate_clip_latents(without_video, make_conditions(4), [1], FAST)
    assert generate_latents_image(without_video, make_conditions(4), [1], FAST).shape[1] == 4
    with pytest.raises(DataError, match=r"no image model.*stage=image"):
        generate_latents_image(replace(without_video, image=None), make_conditions(4), [1], FAST)
    short = replace(tiny_models, info=replace(tiny_models.info, frames=2))
    with pytest.raises(DataError, match="too few frames per call"):
        generate_clip_latents(short, make_conditions(4), [1], FAST)
