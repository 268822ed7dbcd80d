"""Autoencoders: images <-> latents before scaling.

Two kinds share one interface, that of `diffusers.AutoencoderKL`: `encode(x).latent_dist` is a diagonal Gaussian with
`mode()`, `sample(generator)` and `kl()`; `decode(z).sample` is the image. Images are (N, 3, H, W) in [-1, 1]. Either
can be vector-quantised instead (`vector_quantised.py`), with the same interface.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from diffusers.models.autoencoders.vae import DecoderOutput, DiagonalGaussianDistribution
from diffusers.models.modeling_outputs import AutoencoderKLOutput
from torch import Tensor, nn

from drivegen.core.errors import ConfigError, DataError
from drivegen.models.diffusers_config import autoencoder_arguments
from drivegen.models.pixel_autoencoder import PixelAutoencoder
from drivegen.models.vector_quantised import Codebook, QuantisedAutoencoder

STEM = 4
"""The stem folds squares of STEM x STEM pixels into channels: no layer ever runs at full resolution."""


@dataclass(frozen=True)
class AutoencoderConfig:
    """Shape of an autoencoder."""

    kind: Literal["light", "kl", "pixel"] = "light"
    """light: our own, fast on CPUs; kl: `diffusers.AutoencoderKL`, so that public weights drop in; pixel: pixels folded
    into channels without loss, for comparison."""
    downsampling: int = 8
    """Pixels per latent, along each side; light supports 4 and 8."""
    latent_channels: int = 16
    width: int = 96
    """light: channels at 1/4 resolution."""
    coarse_width: int = 128
    """light: channels at 1/8 resolution (unused when downsampling is 4)."""
    encoder_blocks: tuple[int, int] = (1, 2)
    """light: residual blocks at 1/4 and at 1/8 resolution."""
    decoder_blocks: tuple[int, int] = (2, 3)
    """light: residual blocks at 1/4 and at 1/8 resolution."""
    norm_num_groups: int = 8
    """light: groups of each GroupNorm."""
    kl: dict[str, Any] = field(default_factory=dict)
    """kl: arguments of AutoencoderKL as its config.json has them; names outside a closed list are refused."""
    regulariser: Literal["kl", "vq"] = "kl"
    """kl: latents are pulled towards a unit Gaussian; vq: the decoder sees codes of a learned book (as the paper's)."""
    codebook_size: int = 1024
    """vq: codes (the paper: 16384)."""
    codebook_decay: float = 0.99
    """vq: share of its old value that a code keeps at each training step."""
    codebook_restart_below: float = 0.02
    """vq: a code that gets less than this share of its fair share of latents is put where latents are; 0: never."""

    def __post_init__(self) -> None:
        if self.codebook_size < 2 or not 0 <= self.codebook_decay < 1 or not 0 <= self.codebook_restart_below < 1:
            raise ConfigError(
                "out of range",
                where="codebook_size, codebook_decay, codebook_restart_below",
                expected="at least 2 codes, and shares from 0 to below 1",
                got=(self.codebook_size, self.codebook_decay, self.codebook_restart_below),
            )
        if self.kind == "pixel" and (self.latent_channels, self.regulariser) != (3 * self.downsampling**2, "kl"):
            raise ConfigError(
                "pixels are as many as they are",
                where="latent_channels, regulariser",
                expected=(3 * self.downsampling**2, "kl"),
                got=(self.latent_channels, self.regulariser),
            )
        if self.kind == "light" and self.downsampling not in (4, 8):
            raise ConfigError("unknown value", where="downsampling", expected="4 or 8", got=self.downsampling)
        for name in ("width", "coarse_width"):
            if getattr(self, name) % self.norm_num_groups:
                raise ConfigError(
                    "must be a multiple of norm_num_groups",
                    where=name,
                    expected=f"a multiple of {self.norm_num_groups}",
                    got=getattr(self, name),
                )


def build_autoencoder(config: AutoencoderConfig) -> nn.Module:
    """A LightAutoencoder or a diffusers.AutoencoderKL with fresh weights, or a QuantisedAutoencoder of one of them.

    Raises:
        ConfigError: the `kl` arguments do not give the stated downsampling or latent channels.
    """
    base = _build_base(config)
    if config.regulariser == "kl":
        return base
    codebook = Codebook(
        config.codebook_size, config.latent_channels, config.codebook_decay, config.codebook_restart_below
    )
    return QuantisedAutoencoder(base, codebook)


def _build_base(config: AutoencoderConfig) -> nn.Module:
    if config.kind == "light":
        return LightAutoencoder(config)
    if config.kind == "pixel":
        return PixelAutoencoder(config.downsampling)
    arguments = autoencoder_arguments(config.kl, where="kl")
    arguments.setdefault("latent_channels", config.latent_channels)
    autoencoder = AutoencoderKL(**arguments)
    downsampling = 2 ** (len(autoencoder.config.block_out_channels) - 1)
    found = (downsampling, autoencoder.config.latent_channels)
    if found != (config.downsampling, config.latent_channels):
        raise ConfigError(
            "kl arguments disagree with the configuration",
            where="downsampling, latent_channels",
            expected=(config.downsampling, config.latent_channels),
            got=found,
        )
    return autoencoder


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut; the identity when fresh. (N, C, h, w) -> (N, C, h, w)."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm2 = nn.GroupNorm(groups, channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        return x + self.conv2(F.silu(self.norm2(h)))


class LightAutoencoder(nn.Module):
    """A small autoencoder whose every layer runs at 1/4 resolution or below.

    Pixels are unshuffled by 4, so the first convolution sees 48 channels; one strided convolution leads to 1/8. The
    decoder mirrors it with pixel shuffles. At 64x128 on two CPU cores it trains several times faster than an
    AutoencoderKL of the same size, which spends its time at full resolution.
    """

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = _encoder(config)
        self.decoder = _decoder(config)

    def encode(self, x: Tensor) -> AutoencoderKLOutput:
        """Images (N, 3, H, W) in [-1, 1] to a Gaussian over latents (N, C, H/f, W/f), float32.

        Raises:
            DataError: H or W is not a multiple of the downsampling factor.
        """
        factor = self.config.downsampling
        if x.shape[-2] % factor or x.shape[-1] % factor:
            raise DataError(
                "image size does not fit the autoencoder",
                where="encode",
                expected=f"height and width that are multiples of {factor}",
                got=tuple(x.shape[-2:]),
            )
        return AutoencoderKLOutput(latent_dist=DiagonalGaussianDistribution(self.encoder(x).float()))

    def decode(self, z: Tensor) -> DecoderOutput:
        """Latents (N, C, h, w) to images (N, 3, h*f, w*f), about [-1, 1] (not clamped)."""
        return DecoderOutput(sample=self.decoder(z))

    def forward(self, x: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, AutoencoderKLOutput]:
        """Images to reconstructions from sampled latents, and the Gaussian they were sampled from."""
        encoded = self.encode(x)
        return self.decode(encoded.latent_dist.sample(generator)).sample, encoded


def _encoder(config: AutoencoderConfig) -> nn.Sequential:
    fine, coarse = config.encoder_blocks
    groups, width = config.norm_num_groups, config.width
    layers: list[nn.Module] = [nn.PixelUnshuffle(STEM), nn.Conv2d(3 * STEM**2, width, 3, padding=1)]
    layers += [ResidualBlock(width, groups) for _ in range(fine)]
    if config.downsampling == 8:
        layers.append(nn.Conv2d(width, config.coarse_width, 3, stride=2, padding=1))
        width = config.coarse_width
        layers += [ResidualBlock(width, groups) for _ in range(coarse)]
    layers += [nn.GroupNorm(groups, width), nn.SiLU(), nn.Conv2d(width, 2 * config.latent_channels, 3, padding=1)]
    return nn.Sequential(*layers)


def _decoder(config: AutoencoderConfig) -> nn.Sequential:
    fine, coarse = config.decoder_blocks
    groups, width = config.norm_num_groups, config.width
    layers: list[nn.Module] = []
    if config.downsampling == 8:
        layers.append(nn.Conv2d(config.latent_channels, config.coarse_width, 3, padding=1))
        layers += [ResidualBlock(config.coarse_width, groups) for _ in range(coarse)]
        layers += [nn.Conv2d(config.coarse_width, 4 * width, 1), nn.PixelShuffle(2)]
    else:
        layers.append(nn.Conv2d(config.latent_channels, width, 3, padding=1))
    layers += [ResidualBlock(width, groups) for _ in range(fine)]
    layers += [nn.GroupNorm(groups, width), nn.SiLU(), nn.Conv2d(width, 3 * STEM**2, 3, padding=1)]
    layers.append(nn.PixelShuffle(STEM))
    return nn.Sequential(*layers)
