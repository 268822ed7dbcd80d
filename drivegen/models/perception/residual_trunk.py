"""The frame branch of kind "residual": a residual network with a feature pyramid."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from drivegen.models.perception.config import PerceptionConfig
from drivegen.models.perception.layers import ResidualBlock, downsample, pooled, stem, upsample

BLOCKS = (1, 2, 2, 1)
"""Residual blocks at strides 4, 8, 16 and 32."""
WIDTHS = (1.0, 1.5, 2.5, 2.5)
"""Channels there, in multiples of the configured width."""


class ResidualTrunk(nn.Module):
    """Frames to features at stride 4 and a summary.

    Residual network: He et al. 2016; feature pyramid: Lin et al. 2017, arXiv:1612.03144. The pyramid's finest level
    adds the features at stride 4 themselves, so that objects of eight pixels keep their outlines.
    """

    def __init__(self, config: PerceptionConfig) -> None:
        super().__init__()
        widths = [8 * round(config.width * times / 8) for times in WIDTHS]
        self.detail_channels = config.width
        self.summary_channels = sum(widths)
        self.stem = stem(widths[0])
        self.down = nn.ModuleList(downsample(fine, coarse) for fine, coarse in pairwise(widths))
        self.stages = nn.ModuleList(
            nn.Sequential(*(ResidualBlock(width) for _ in range(blocks)))
            for width, blocks in zip(widths, BLOCKS, strict=True)
        )
        self.lateral = nn.ModuleList(nn.Conv2d(width, config.width, 1) for width in widths)
        self.smooth = nn.ModuleList(ResidualBlock(config.width) for _ in widths[1:-1])

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, H, W) to features (B, width, H / 4, W / 4) and a summary (B, S)."""
        levels = [self.stages[0](self.stem(images))]
        for down, stage in zip(self.down, self.stages[1:], strict=True):
            levels.append(stage(down(levels[-1])))
        detail = self.lateral[-1](levels[-1])
        for i in reversed(range(len(levels) - 1)):
            detail = upsample(detail) + self.lateral[i](levels[i])
            # The head smooths the finest level.
            if i:
                detail = self.smooth[i - 1](detail)
        return detail, torch.cat([pooled(level) for level in levels], dim=1)
