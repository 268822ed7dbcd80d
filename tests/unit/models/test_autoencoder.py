"""The light autoencoder and AutoencoderKL behind one interface."""

from __future__ import annotations

import pytest
import torch

from drivegen.core import ConfigError, DataError
from drivegen.models import AutoencoderConfig, build_autoencoder, count_parameters

KL = {
    "block_out_channels": [8, 16],
    "down_block_types": ["DownEncoderBlock2D"] * 2,
    "up_block_types": ["UpDecoderBlock2D"] * 2,
    "norm_num_groups": 4,
}
SMALL = {"width": 16, "coarse_width": 16, "encoder_blocks": (1, 1), "decoder_blocks": (1, 1)}


@pytest.mark.parametrize(
    "config",
    [
        AutoencoderConfig(latent_channels=4, **SMALL),
        AutoencoderConfig(latent_channels=4, downsampling=4, **SMALL),
        AutoencoderConfig(kind="kl", downsampling=2, latent_channels=3, kl=KL),
    ],
    ids=["light-8", "light-4", "kl"],
)
def test_one_interface(config: AutoencoderConfig) -> None:
    autoencoder = build_autoencoder(config)
    images = torch.rand(2, 3, 24, 40) * 2 - 1
    posterior = autoencoder.encode(images).latent_dist
    latents = posterior.mode()
    assert latents.shape == (2, config.latent_channels, 24 // config.downsampling, 40 // config.downsampling)
    assert posterior.kl().shape == (2,)
    assert autoencoder.decode(latents).sample.shape == images.shape
    drawn = [posterior.sample(torch.Generator().manual_seed(3)) for _ in range(2)]
    assert torch.equal(*drawn)
    assert not torch.equal(drawn[0], latents)


def test_learns_a_picture() -> None:
    torch.manual_seed(0)
    autoencoder = build_autoencoder(AutoencoderConfig(latent_channels=4, **SMALL))
    images = torch.nn.functional.interpolate(torch.rand(2, 3, 2, 4) * 2 - 1, size=(16, 32))
    optimizer = torch.optim.Adam(autoencoder.parameters(), lr=3e-3)
    losses = []
    for _ in range(60):
        reconstruction, encoded = autoencoder(images)
        loss = (reconstruction - images).abs().mean() + 1e-6 * encoded.latent_dist.kl().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.4 * losses[0]


def test_size_must_fit() -> None:
    autoencoder = build_autoencoder(AutoencoderConfig(**SMALL))
    with pytest.raises(DataError, match=r"multiples of 8; got \(20, 32\)"):
        autoencoder.encode(torch.zeros(1, 3, 20, 32))


def test_posterior_is_single_precision_under_autocast() -> None:
    autoencoder = build_autoencoder(AutoencoderConfig(**SMALL))
    with torch.autocast("cpu", torch.bfloat16):
        posterior = autoencoder.encode(torch.zeros(1, 3, 16, 16)).latent_dist
    assert posterior.mode().dtype == torch.float32


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"downsampling": 16}, "downsampling: unknown value; expected 4 or 8"),
        ({"width": 90}, "width: must be a multiple of norm_num_groups"),
    ],
)
def test_configuration_is_checked(changes: dict, match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        AutoencoderConfig(**changes)


def test_kl_arguments_must_agree() -> None:
    with pytest.raises(ConfigError, match=r"downsampling, latent_channels.*expected \(8, 4\); got \(2, 4\)"):
        build_autoencoder(AutoencoderConfig(kind="kl", latent_channels=4, kl=KL))


def test_kl_arguments_are_a_closed_list() -> None:
    with pytest.raises(DataError, match=r"kl\.quantizer: unknown key"):
        build_autoencoder(AutoencoderConfig(kind="kl", kl={"quantizer": "os.system"}))


def test_shipped_size() -> None:
    assert 1.5e6 < count_parameters(build_autoencoder(AutoencoderConfig())) < 3e6
