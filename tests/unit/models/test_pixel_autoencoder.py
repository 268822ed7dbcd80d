"""Pixels in the place of latents."""

from __future__ import annotations

import pytest
import torch

from drivegen.core import ConfigError, DataError
from drivegen.models import AutoencoderConfig, LatentCodec, build_autoencoder, count_parameters


@pytest.mark.parametrize("downsampling", [1, 2, 4])
def test_pixels_come_back_as_they_were(downsampling: int) -> None:
    channels = 3 * downsampling**2
    config = AutoencoderConfig(kind="pixel", downsampling=downsampling, latent_channels=channels)
    autoencoder = build_autoencoder(config)
    assert count_parameters(autoencoder) == 0
    images = torch.rand(2, 3, 8, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    posterior = autoencoder.encode(images).latent_dist
    assert posterior.mode().shape == (2, channels, 8 // downsampling, 16 // downsampling)
    # There is nothing to draw: a pixel is what it is.
    assert torch.equal(posterior.sample(), posterior.mode())
    assert torch.equal(autoencoder.decode(posterior.mode()).sample, images)


def test_scaled_as_latents_are() -> None:
    codec = LatentCodec(build_autoencoder(AutoencoderConfig(kind="pixel", downsampling=2, latent_channels=12)), 12)
    video = torch.rand(1, 8, 3, 16, 16, generator=torch.Generator().manual_seed(0)) - 0.5
    codec.measure_statistics(video)
    latents = codec.encode(video)
    assert latents.mean().abs() < 1e-5
    assert latents.std() == pytest.approx(1.0, abs=1e-2)
    torch.testing.assert_close(codec.decode(latents), video, atol=1e-6, rtol=0)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"expected \(48, 'kl'\); got \(16, 'kl'\)"):
        AutoencoderConfig(kind="pixel", downsampling=4)
    with pytest.raises(ConfigError, match="pixels are as many as they are"):
        AutoencoderConfig(kind="pixel", downsampling=1, latent_channels=3, regulariser="vq")
    with pytest.raises(DataError, match="multiples of 4"):
        build_autoencoder(AutoencoderConfig(kind="pixel", downsampling=4, latent_channels=48)).encode(
            torch.zeros(1, 3, 6, 8)
        )
