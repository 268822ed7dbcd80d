"""Temporal layers without convolutions: attention in their place, into which the context enters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from drivegen.conditions import Conditions
from drivegen.models import Context, ImageLDM, TemporalConfig, VideoLDM
from drivegen.models.temporal import TemporalAttention, TemporalResBlock

MakeConditions = Callable[..., Conditions]
MakeSample = Callable[..., tuple[Tensor, Tensor]]
CONFIG = TemporalConfig(max_frames=4, context_channels=4, embedding_dim=16, head_dim=8, convolution=False)


@pytest.fixture
def attention_only(image: ImageLDM) -> VideoLDM:
    """A video model whose temporal layers have been moved from where they start."""
    video = VideoLDM(image, CONFIG).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in video.temporal.layers.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return video


def test_twice_as_many_attention_layers(image: ImageLDM, attention_only: VideoLDM) -> None:
    ours = VideoLDM(image, replace(CONFIG, convolution=True))
    assert any(isinstance(layer, TemporalResBlock) for layer in ours.temporal.layers)
    assert all(isinstance(layer, TemporalAttention) for layer in attention_only.temporal.layers)
    # Those in the place of convolutions are told the context, the others are as they were.
    kinds = [site.kind for site in attention_only.temporal.sites]
    told = [layer.context is not None for layer in attention_only.temporal.layers]  # type: ignore[union-attr]
    assert told == [kind == "resnet" for kind in kinds]


@torch.no_grad()
def test_known_frames_reach_the_others(
    attention_only: VideoLDM, make_conditions: MakeConditions, make_sample: MakeSample
) -> None:
    conditions, (sample, timestep) = make_conditions(1, 3), make_sample(1, 3)
    nothing = attention_only(sample, timestep, conditions)
    first = attention_only(sample, timestep, conditions, Context.known(sample, [0]))
    other = attention_only(sample, timestep, conditions, Context.known(sample + 1.0, [0]))
    for before, after in ((nothing, first), (first, other)):
        assert not torch.allclose(before[:, 2], after[:, 2], atol=1e-6)


@torch.no_grad()
def test_closed_alpha_is_the_image_model(
    attention_only: VideoLDM, make_conditions: MakeConditions, make_sample: MakeSample
) -> None:
    conditions, (sample, timestep) = make_conditions(2, 3), make_sample(2, 3)
    expected = attention_only.image(sample, timestep, conditions)
    opened = attention_only(sample, timestep, conditions, Context.known(sample, [0]))
    assert not torch.allclose(opened, expected, atol=1e-6)
    attention_only.close_alpha()
    assert torch.equal(attention_only(sample, timestep, conditions, Context.known(sample, [0])), expected)


def test_a_fresh_model_changes_nothing_and_learns(
    image: ImageLDM, make_conditions: MakeConditions, make_sample: MakeSample
) -> None:
    conditions, (sample, timestep) = make_conditions(), make_sample()
    fresh = VideoLDM(image, CONFIG)
    context = Context.known(sample, [0])
    with torch.no_grad():
        before = image(sample, timestep, conditions)
        torch.testing.assert_close(fresh(sample, timestep, conditions, context), before, atol=1e-5, rtol=1e-4)
    optimizer = torch.optim.SGD(fresh.temporal.parameters(), lr=0.1)
    for _ in range(2):  # a zero-initialised layer passes gradients on only once it has moved
        optimizer.zero_grad()
        fresh(sample, timestep, conditions, context).square().mean().backward()
        optimizer.step()
    still = [
        name
        for name, value in fresh.temporal.layers.named_parameters()
        if "context" in name and (value.grad is None or not value.grad.any())
    ]
    assert still == []
