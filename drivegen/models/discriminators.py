"""Patch discriminators: what tells decoded frames from recorded ones, patch by patch.

P. Isola et al. 2017 (arXiv 1611.07004): strided convolutions whose output is a map of verdicts. Over video the kernels
are three frames long (Blattmann et al. 2023, arXiv 2304.08818, section 3.1.1: "a (patch-wise) temporal discriminator
built from 3D convolutions"). Groups are normalised instead of batches: clips are few.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor, nn

from drivegen.core.errors import ConfigError

GROUPS = 8
MAX_GROWTH = 4
SLOPE = 0.2


@dataclass(frozen=True)
class DiscriminatorConfig:
    """Shape of a patch discriminator."""

    width: int = 32
    """Channels of its first layer; each further one has twice as many, up to four times the width."""
    layers: int = 3
    """Layers that halve the resolution."""

    def __post_init__(self) -> None:
        if self.width < 2 or self.layers < 1:
            raise ConfigError(
                "out of range", where="width, layers", expected="at least 2 and 1", got=(self.width, self.layers)
            )


class PatchDiscriminator(nn.Module):
    """Video to a map of logits: high where it looks real.

    Args:
        config: its shape.
        over_time: True: convolutions see three frames at once; False: every frame is judged alone.
    """

    def __init__(self, config: DiscriminatorConfig, *, over_time: bool) -> None:
        super().__init__()
        self.over_time = over_time
        span, padding = (3, 1) if over_time else (1, 0)
        widths = [config.width * min(2**layer, MAX_GROWTH) for layer in range(config.layers)]
        layers: list[nn.Module] = []
        for before, width in zip([3, *widths], widths, strict=False):
            layers.append(nn.Conv3d(before, width, (span, 4, 4), stride=(1, 2, 2), padding=(padding, 1, 1)))
            if before != 3:
                layers.append(nn.GroupNorm(math.gcd(width, GROUPS), width))
            layers.append(nn.LeakyReLU(SLOPE))
        layers.append(nn.Conv3d(widths[-1], 1, (span, 3, 3), padding=(padding, 1, 1)))
        self.layers = nn.Sequential(*layers)

    def forward(self, video: Tensor) -> Tensor:
        """Video (B, T, 3, H, W) in [-1, 1] to logits (B, T, h, w)."""
        frames = video.shape[1]
        pattern = "b t c h w -> b c t h w" if self.over_time else "b t c h w -> (b t) c 1 h w"
        logits = self.layers(rearrange(video, pattern))
        if self.over_time:
            return rearrange(logits, "b 1 t h w -> b t h w")
        return rearrange(logits, "(b t) 1 1 h w -> b t h w", t=frames)


def hinge_loss(real: Tensor, fake: Tensor) -> Tensor:
    """What a discriminator minimises: logits of real patches above 1, of made ones below -1 (arXiv 1705.02894)."""
    return torch.relu(1.0 - real).mean() / 2 + torch.relu(1.0 + fake).mean() / 2
