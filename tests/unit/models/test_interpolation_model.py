"""The interpolation model in a folder, and image models that learn with their temporal layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from drivegen.conditions import Conditions
from drivegen.core import ConfigError
from drivegen.models import (
    Context,
    InterpolationConfig,
    ModelInfo,
    Models,
    TemporalConfig,
    VideoLDM,
    available_parts,
    build_models,
    gap_context,
    load_model,
    read_info,
    save_model,
)

MakeConditions = Callable[..., Conditions]
MakeSample = Callable[..., tuple[Tensor, Tensor]]
NET = TemporalConfig(max_frames=5, context_channels=4, embedding_dim=16, head_dim=8)


def equal(a: nn.Module, b: nn.Module) -> bool:
    mine, other = a.state_dict(), b.state_dict()
    return mine.keys() == other.keys() and all(torch.equal(mine[key], other[key]) for key in mine)


def with_interpolation(info: ModelInfo, **settings: object) -> Models:
    torch.manual_seed(3)
    return build_models(replace(info, interpolation=InterpolationConfig(NET, **settings)))  # type: ignore[arg-type]


@pytest.mark.parametrize("own_image", [False, True])
def test_its_layers_have_a_file_of_their_own(own_image: bool, info: ModelInfo, tmp_path: Path) -> None:
    models = with_interpolation(info, own_image=own_image, intervals_s=(0.25,))
    assert models.interpolation is not None and models.image is not None
    assert (models.interpolation.image is models.image) is not own_image
    save_model(tmp_path / "m", models, dtype="float32")
    assert available_parts(tmp_path / "m") == ("autoencoder", "image", "video", "interpolation")
    loaded = load_model(tmp_path / "m")
    assert loaded.info.interpolation == InterpolationConfig(NET, own_image=own_image, intervals_s=(0.25,))
    assert loaded.interpolation is not None and not loaded.interpolation.training
    assert equal(loaded.interpolation, models.interpolation)
    assert (loaded.interpolation.image is loaded.image) is not own_image


def test_shared_layers_are_the_video_part(info: ModelInfo, tmp_path: Path) -> None:
    models = with_interpolation(info, shared=True)
    assert models.interpolation is None
    save_model(tmp_path / "m", models)
    assert "interpolation" not in available_parts(tmp_path / "m")
    asked = load_model(tmp_path / "m", ("interpolation",))
    assert asked.video is not None
    assert asked.info.interpolation == InterpolationConfig(NET, shared=True)


def test_what_is_left_out_is_not_told(info: ModelInfo, tmp_path: Path) -> None:
    for number, settings in enumerate(({}, {"shared": True})):
        models = with_interpolation(info, **settings)
        save_model(tmp_path / str(number), replace(models, video=None, interpolation=None))
        assert read_info(tmp_path / str(number)).interpolation is None


def test_impossible_descriptions(info: ModelInfo) -> None:
    with pytest.raises(ConfigError, match=r"too few frames.*at least 5"):
        InterpolationConfig(replace(NET, max_frames=4))
    with pytest.raises(ConfigError, match="no image model of their own"):
        InterpolationConfig(NET, shared=True, own_image=True)
    with pytest.raises(ConfigError, match="interpolation without an image model"):
        replace(info, image=None, temporal=None, interpolation=InterpolationConfig(NET))
    with pytest.raises(ConfigError, match="shared temporal layers that are not there"):
        replace(info, temporal=None, interpolation=InterpolationConfig(NET, shared=True))


@pytest.mark.parametrize("frames", [1, 4])
def test_closed_alpha_is_the_image_model_that_learnt_with_the_layers(
    frames: int, video: VideoLDM, make_conditions: MakeConditions, make_sample: MakeSample
) -> None:
    before = {name: value.clone() for name, value in video.image.state_dict().items()}
    video.train_image().train()
    optimizer = torch.optim.SGD(video.parameters(), lr=0.05)
    for _ in range(2):
        conditions, (sample, timestep) = make_conditions(2, 4), make_sample(2, 4)
        optimizer.zero_grad()
        video(sample, timestep, conditions, Context.known(sample, [0])).square().mean().backward()
        optimizer.step()
    changed = {name for name, value in video.image.state_dict().items() if not torch.equal(value, before[name])}
    assert any(name.startswith("unet.") for name in changed)
    assert any(name.startswith("encoder.") for name in changed)
    video.eval()
    conditions, (sample, timestep) = make_conditions(2, frames), make_sample(2, frames)
    context = Context.known(sample, [0])
    with torch.no_grad():
        expected = video.image(sample, timestep, conditions)
        assert torch.equal(video(sample, timestep, conditions, context), expected) == (frames == 1)
        video.close_alpha()
        assert torch.equal(video(sample, timestep, conditions, context), expected)


def test_the_image_model_freezes_again(
    video: VideoLDM, make_conditions: MakeConditions, make_sample: MakeSample
) -> None:
    video.train_image().train()
    assert all(module.training for module in video.image.modules())
    video.train_image(False)
    assert not any(module.training for module in video.image.modules())
    (sample, timestep), conditions = make_sample(), make_conditions()
    video(sample, timestep, conditions).square().mean().backward()
    assert all(parameter.grad is None for parameter in video.image.parameters())
    assert any(parameter.grad is not None for parameter in video.temporal.parameters())


def test_a_cross_fade_stands_where_nothing_is_known(make_sample: MakeSample) -> None:
    latents = make_sample(2, 5)[0]
    known = torch.tensor([[True, False, False, False, True], [False] * 5])
    told = gap_context(latents, known, fade=True)
    assert torch.equal(told.mask, known)
    assert torch.equal(told.latents[0, [0, -1]], latents[0, [0, -1]])
    torch.testing.assert_close(told.latents[0, 1], 0.75 * latents[0, 0] + 0.25 * latents[0, -1])
    assert not told.latents[1].any(), "of nothing known there is nothing to fade"
    assert torch.equal(gap_context(latents, known, fade=False).latents, Context.masked(latents, known).latents)
