"""Building blocks that the branches share; none of them mixes the frames or clips of a batch."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from drivegen.models.perception.config import NORM_GROUPS


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut; the identity when fresh. (B, C, h, w) -> (B, C, h, w).

    The activations come first (He et al. 2016, arXiv:1603.05027): nothing normalises the shortcut, so that brightness
    and contrast reach the heads.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(NORM_GROUPS, channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm2 = nn.GroupNorm(NORM_GROUPS, channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        return x + self.conv2(F.silu(self.norm2(h)))


class ConvNormAct(nn.Sequential):
    """A 3x3 convolution, normalised and activated. (B, C, h, w) -> (B, O, h / stride, w / stride)."""

    def __init__(self, channels: int, out: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(channels, out, 3, stride=stride, padding=1, bias=False),
            nn.GroupNorm(NORM_GROUPS, out),
            nn.SiLU(),
        )


def stem(out: int) -> nn.Sequential:
    """(B, 3, H, W) -> (B, out, H / 4, W / 4).

    Squares of 2x2 pixels are folded into channels, so that no layer runs at full resolution and no detail is lost.
    """
    return nn.Sequential(
        nn.PixelUnshuffle(2),
        nn.Conv2d(12, out // 2, 3, padding=1),
        nn.SiLU(),
        nn.Conv2d(out // 2, out, 3, stride=2, padding=1),
    )


def downsample(channels: int, out: int) -> nn.Conv2d:
    """(B, C, h, w) -> (B, O, h / 2, w / 2)."""
    return nn.Conv2d(channels, out, 3, stride=2, padding=1)


def upsample(x: Tensor) -> Tensor:
    """(B, C, h, w) -> (B, C, 2 h, 2 w), nearest."""
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


def pooled(x: Tensor) -> Tensor:
    """(B, C, h, w) -> (B, C), the mean over the picture."""
    return x.mean(dim=(2, 3))
