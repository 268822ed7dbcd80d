"""The codec owns the scaling of latents."""

from __future__ import annotations

import pytest
import torch

from drivegen.core import DataError
from drivegen.models import AutoencoderConfig, LatentCodec, build_autoencoder


@pytest.fixture
def codec(autoencoder_config: AutoencoderConfig) -> LatentCodec:
    torch.manual_seed(0)
    return LatentCodec(build_autoencoder(autoencoder_config), autoencoder_config.latent_channels)


def video(frames: int = 3) -> torch.Tensor:
    return torch.rand(2, frames, 3, 16, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_scaling(codec: LatentCodec) -> None:
    plain = codec.encode(video())
    assert plain.shape == (2, 3, 4, 2, 4)
    mean, std = torch.tensor([0.0, 1.0, -2.0, 0.5]), torch.tensor([1.0, 2.0, 0.5, 4.0])
    codec.set_statistics(mean, std)
    scaled = codec.encode(video())
    torch.testing.assert_close(scaled, (plain - mean[:, None, None]) / std[:, None, None])


def test_decoding_undoes_the_scaling(codec: LatentCodec) -> None:
    before = codec.decode(codec.encode(video()))
    codec.set_statistics(torch.full((4,), 0.3), torch.full((4,), 1.7))
    torch.testing.assert_close(codec.decode(codec.encode(video())), before)


def test_measured_latents_have_unit_statistics(codec: LatentCodec) -> None:
    codec.measure_statistics(video(8))
    latents = codec.encode(video(8))
    torch.testing.assert_close(latents.mean(dim=(0, 1, 3, 4)), torch.zeros(4), atol=1e-4, rtol=0)
    torch.testing.assert_close(latents.std(dim=(0, 1, 3, 4)), torch.ones(4), atol=1e-3, rtol=0)


def test_chunks_do_not_matter(codec: LatentCodec) -> None:
    whole = codec.encode(video(5))
    codec.chunk = 3
    torch.testing.assert_close(codec.encode(video(5)), whole)
    assert codec.decode(whole).shape == video(5).shape


def test_video_is_clamped(codec: LatentCodec) -> None:
    decoded = codec.decode(100 * torch.randn(1, 2, 4, 2, 4))
    assert decoded.min() >= -1
    assert decoded.max() <= 1


def test_generator_draws_from_the_posterior(codec: LatentCodec) -> None:
    first, second = (codec.encode(video(), torch.Generator().manual_seed(s)) for s in (5, 5))
    assert torch.equal(first, second)
    assert not torch.equal(first, codec.encode(video()))


@pytest.mark.parametrize(
    ("mean", "std", "match"),
    [
        (torch.zeros(3), torch.ones(4), r"mean: wrong statistics; expected \(4,\)"),
        (torch.zeros(4), torch.tensor([1.0, float("nan"), 1.0, 1.0]), "std: wrong statistics"),
        (torch.zeros(4), torch.tensor([1.0, 0.0, 1.0, 1.0]), "a latent channel is constant"),
    ],
)
def test_statistics_are_checked(codec: LatentCodec, mean: torch.Tensor, std: torch.Tensor, match: str) -> None:
    with pytest.raises(DataError, match=match):
        codec.set_statistics(mean, std)
