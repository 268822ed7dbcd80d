"""Regions cut out of frames, all at one size however large they are in the frame."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 40
"""Pixels of a cut-out square along each side."""
CONTEXT = 2.0
"""The square is so many times as long as the longer side of its box: what stands beside an object, and where it ends,
tell what it is (R-CNN's context padding, Girshick et al. 2014, arXiv:1311.2524, appendix A)."""
SMALLEST_PX = 4.0
"""A square shows at least CONTEXT times so much of the frame."""
COARSEST_LEVEL = 2
"""Large squares are cut from frames halved up to so many times, so that thin things do not fall between pixels."""
_TOGETHER = 32


def cut_regions(images: Tensor, frame_of: Tensor, boxes_px: Tensor) -> Tensor:
    """Squares around boxes, bilinear; beyond the edges of a frame its outermost pixels go on.

    Args:
        images: (B, 3, H, W).
        frame_of: (N,) which image each box lies in.
        boxes_px: (N, 4) x_min y_min x_max y_max in pixels of the images.

    Returns:
        (N, 4, SIDE, SIDE): the image's channels, and 1 inside the box, 0 around it.
    """
    height, width = images.shape[-2:]
    left_top, right_bottom = boxes_px.float().split(2, dim=1)
    side = CONTEXT * (right_bottom - left_top).amax(dim=1).clamp_min(SMALLEST_PX)
    steps = (torch.arange(SIDE, device=images.device) + 0.5) / SIDE - 0.5
    centre = (left_top + right_bottom) / 2
    x, y = (centre[:, axis, None] + side[:, None] * steps for axis in (0, 1))
    # Coordinates of `grid_sample` run from -1 to 1 between the outer edges of the picture.
    grid = torch.stack(
        [
            (2 * x / width - 1)[:, None, :].expand(-1, SIDE, -1),
            (2 * y / height - 1)[:, :, None].expand(-1, -1, SIDE),
        ],
        dim=-1,
    )
    seen = _sampled(images, frame_of, grid, _levels(side))
    inside_x = (x >= left_top[:, :1]) & (x <= right_bottom[:, :1])
    inside_y = (y >= left_top[:, 1:]) & (y <= right_bottom[:, 1:])
    inside = inside_y[:, None, :, None] & inside_x[:, None, None, :]
    return torch.cat([seen, inside.to(seen)], dim=1)


def _levels(side: Tensor) -> Tensor:
    """How often (N,) the frame is halved before a square of this side is cut out of it: to 1.3 to 2.7 pixels a step."""
    return (0.75 * side / SIDE).clamp_min(1.0).log2().floor().clamp_max(COARSEST_LEVEL).long()


def _sampled(images: Tensor, frame_of: Tensor, grid: Tensor, level: Tensor) -> Tensor:
    """Images (N, 3, SIDE, SIDE) at the places of the grid (N, SIDE, SIDE, 2), from frames halved `level` (N,) times."""
    seen = images.new_zeros((len(grid), images.shape[1], SIDE, SIDE))
    for times in range(COARSEST_LEVEL + 1):
        halved = F.avg_pool2d(images, 2**times) if times else images
        # A few at a time: every region has its whole frame copied.
        for some in torch.nonzero(level == times)[:, 0].split(_TOGETHER):
            seen[some] = F.grid_sample(halved[frame_of[some]], grid[some], padding_mode="border", align_corners=False)
    return seen
