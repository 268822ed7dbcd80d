"""The frame branch of kind "transformer": a U-Net of convolutions around transformer blocks."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from drivegen.models.attention import SelfAttentionBlock
from drivegen.models.perception.config import HEAD_DIM, PerceptionConfig
from drivegen.models.perception.layers import ConvNormAct, pooled, stem, upsample

BLOCKS = 3
"""Transformer blocks, at stride 16."""
FEED_FORWARD = 2


class TransformerTrunk(nn.Module):
    """Frames to features at stride 4 and a summary.

    U-Net: Ronneberger et al. 2015, arXiv:1505.04597; convolutions before a transformer: Xiao et al. 2021,
    arXiv:2106.14881. Every cell of 16 x 16 pixels sees every other.
    """

    def __init__(self, config: PerceptionConfig) -> None:
        super().__init__()
        fine, middle, coarse = config.width, 2 * config.width, 4 * config.width
        self.detail_channels = config.width
        self.summary_channels = fine + middle + coarse
        self.stem = nn.Sequential(stem(fine), nn.SiLU(), ConvNormAct(fine, fine))
        self.down8 = nn.Sequential(ConvNormAct(fine, middle, stride=2), ConvNormAct(middle, middle))
        self.down16 = nn.Conv2d(middle, coarse, 3, stride=2, padding=1)
        # Of frames as they come, so that a net can go on with enlarged ones.
        self.grid = (config.image_size[0] // 16, config.image_size[1] // 16)
        self.position = nn.Parameter(0.02 * torch.randn(1, self.grid[0] * self.grid[1], coarse))
        head_dim = HEAD_DIM if coarse % HEAD_DIM == 0 else coarse // 2
        self.blocks = nn.ModuleList(SelfAttentionBlock(coarse, head_dim, FEED_FORWARD) for _ in range(BLOCKS))
        self.norm = nn.LayerNorm(coarse)
        self.up8 = nn.Conv2d(coarse, middle, 1)
        self.merge8 = ConvNormAct(2 * middle, middle)
        self.up4 = nn.Conv2d(middle, fine, 1)
        self.merge4 = nn.Conv2d(2 * fine, fine, 1)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, H, W) to features (B, width, H / 4, W / 4) and a summary (B, S)."""
        at4 = self.stem(images)
        at8 = self.down8(at4)
        at16 = self.down16(at8)
        tokens = rearrange(at16, "b c h w -> b (h w) c") + self._position(at16.shape[2], at16.shape[3])
        for block in self.blocks:
            tokens = block(tokens)
        tokens = self.norm(tokens)
        at16 = rearrange(tokens, "b (h w) c -> b c h w", h=at16.shape[2])
        up8 = self.merge8(torch.cat([upsample(self.up8(at16)), at8], dim=1))
        detail = self.merge4(torch.cat([upsample(self.up4(up8)), at4], dim=1))
        return detail, torch.cat([pooled(at4), pooled(at8), tokens.mean(dim=1)], dim=1)

    def _position(self, rows: int, columns: int) -> Tensor:
        """Codes (1, rows * columns, C) of the places, between those learnt where frames are enlarged."""
        if (rows, columns) == self.grid:
            return self.position
        learnt = rearrange(self.position, "1 (h w) c -> 1 c h w", h=self.grid[0])
        spread = F.interpolate(learnt, (rows, columns), mode="bicubic", align_corners=False)
        return rearrange(spread, "1 c h w -> 1 (h w) c")
