"""Latents to frames, in windows."""

from __future__ import annotations

import pytest
import torch

from drivegen.generation.decoding import (
    decode_frame_by_frame,
    decode_span,
    decode_video,
    decode_windows,
    needed_neighbours,
)
from drivegen.models import AutoencoderConfig, ModelInfo, Models, TemporalDecoderConfig, build_models

AUTOENCODER = AutoencoderConfig(
    latent_channels=4, width=16, coarse_width=16, encoder_blocks=(1, 1), decoder_blocks=(1, 1)
)


def made(decoder: TemporalDecoderConfig | None) -> Models:
    torch.manual_seed(0)
    models = build_models(ModelInfo("test", (16, 32), autoencoder=AUTOENCODER, decoder=decoder))
    models.codec.set_statistics(torch.linspace(-1, 1, 4), torch.linspace(0.5, 2, 4))
    if models.decoder is not None:
        with torch.no_grad():
            for block in models.decoder.temporal:
                block.conv2.weight.normal_(std=0.1)
    models.codec.eval()
    return models


@pytest.fixture
def models() -> Models:
    return made(TemporalDecoderConfig())


def latents(frames: int, clips: int = 1) -> torch.Tensor:
    return torch.randn(clips, frames, 4, 2, 4, generator=torch.Generator().manual_seed(1))


def apart(a: torch.Tensor, b: torch.Tensor) -> int:
    """Largest difference of two uint8 videos, levels."""
    assert a.shape == b.shape
    return int((a.int() - b.int()).abs().max())


def test_without_temporal_layers_every_frame_is_decoded_alone() -> None:
    plain = made(None)
    z = latents(5, clips=2)
    video = plain.codec.decode(z)
    expected = ((video + 1.0) * 127.5).round().to(torch.uint8).permute(0, 1, 3, 4, 2)
    assert torch.equal(decode_video(plain, z), expected)
    assert decode_video(plain, z).is_contiguous()
    assert torch.equal(decode_span(plain, z, 1, 3), decode_video(plain, z)[:, 1:3])
    assert needed_neighbours(plain) == 0


def test_temporal_layers_change_frames(models: Models) -> None:
    z = latents(5)
    assert apart(decode_video(models, z), decode_frame_by_frame(models, z)) > 3


def test_windows_leave_no_seam(models: Models) -> None:
    z = latents(21, clips=2)
    at_once = decode_span(models, z, 0, 21)
    in_windows = torch.cat(list(decode_windows(models, z, window=5)), dim=1)
    # Sums are taken in another order in tensors of another size: a value may fall on the other side of a rounding.
    assert apart(in_windows, at_once) <= 1
    too_few = torch.cat(list(decode_windows(models, z, window=5, neighbours=0)), dim=1)
    assert apart(too_few, at_once) > 3


def test_a_span_needs_its_neighbours_only(models: Models) -> None:
    z = latents(40)
    margin = needed_neighbours(models)
    assert margin == models.decoder.radius
    cut = z[:, 20 - margin : 24 + margin]
    assert torch.equal(decode_span(models, cut, margin, margin + 4), decode_span(models, z, 20, 24))


def test_the_same_command_gives_the_same_frames(models: Models) -> None:
    z = latents(18, clips=3)
    assert torch.equal(decode_video(models, z), decode_video(models, z))


def test_one_frame(models: Models) -> None:
    z = latents(1)
    assert torch.equal(decode_video(models, z), decode_frame_by_frame(models, z))
