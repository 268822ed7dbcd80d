"""The region branch: what stands in a box that somebody else has drawn."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from drivegen.core.categories import CATEGORIES
from drivegen.models.perception.config import NORM_GROUPS
from drivegen.models.perception.layers import ResidualBlock, downsample
from drivegen.models.perception.region_crops import SIDE, cut_regions

NOTHING = len(CATEGORIES)
"""Place of "nothing that fits the box" among the answers, behind the classes."""
_HIDDEN = 128
_PLACE_HIDDEN = 64
_CELLS = (SIDE // 8) ** 2
# A box of 20 pixels is of middling size.
_TYPICAL_LOG_PX = 3.0


class RegionBranch(nn.Module):
    """A small net over a square around each box (R-CNN, Girshick et al. 2014, arXiv:1311.2524).

    The frame branch has to find objects by itself; this one is asked about a place, and sees an object of eight pixels
    as large as any other. Where the box lies and how large it is scales and shifts its features (FiLM, Perez et al.
    2018, arXiv:1709.07871), since size is lost in the square.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(4, width, 5, stride=2, padding=2)
        self.trunk = nn.Sequential(
            ResidualBlock(width),
            downsample(width, 2 * width),
            ResidualBlock(2 * width),
            downsample(2 * width, 4 * width),
            ResidualBlock(4 * width),
            ResidualBlock(4 * width),
        )
        self.norm = nn.GroupNorm(NORM_GROUPS, 4 * width)
        self.place = nn.Sequential(nn.Linear(4, _PLACE_HIDDEN), nn.SiLU(), nn.Linear(_PLACE_HIDDEN, 8 * width))
        self.head = nn.Sequential(
            nn.LayerNorm(4 * width * _CELLS), nn.Linear(4 * width * _CELLS, _HIDDEN), nn.SiLU(),
            nn.Linear(_HIDDEN, NOTHING + 1),
        )  # fmt: skip

    def forward(self, images: Tensor, frame_of: Tensor, boxes_px: Tensor) -> Tensor:
        """Logits (N, 11), single precision; see `PerceptionNet.forward_regions`."""
        features = self.norm(self.trunk(self.stem(cut_regions(images, frame_of, boxes_px))))
        scale, shift = self.place(_place(boxes_px, images)).chunk(2, dim=1)
        scale, shift = (rearrange(x, "n c -> n c 1 1") for x in (scale, shift))
        features = F.silu(features * (1 + scale) + shift)
        return self.head(rearrange(features, "n c h w -> n (c h w)")).float()


def _place(boxes_px: Tensor, images: Tensor) -> Tensor:
    """How wide and tall boxes (N, 4) are, and where they stand in the frame: (N, 4), each about -1 to 1."""
    height, width = images.shape[-2:]
    x_min, y_min, x_max, y_max = boxes_px.float().unbind(dim=1)
    sizes = [side.clamp_min(1.0).log() - _TYPICAL_LOG_PX for side in (x_max - x_min, y_max - y_min)]
    return torch.stack([*sizes, (x_min + x_max) / width - 1, 2 * y_max / height - 1], dim=1)
