"""What a perception net should answer, on its grid, from boxes.

Centres as in CenterNet (Zhou et al. 2019, arXiv:1904.07850); Gaussians as wide as the boxes along each axis, and boxes
learnt from all cells of a Gaussian, as in TTFNet (Liu et al. 2019, arXiv:1909.00700).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from drivegen.core import CATEGORIES
from drivegen.training.perception_arrays import CONDITIONED, WRITTEN

# TTFNet's alpha: the share of a box's side that its Gaussian spans (six standard deviations).
_SPAN = 0.54
# Cells where the Gaussian is lower than this do not learn the box.
_LEAST_WEIGHT = 0.1
# A cell's centre may lie outside of a box that is smaller than the cell; distances to edges are positive.
_LEAST_DISTANCE_PX = 0.25


@dataclass(frozen=True, eq=False)
class DenseTargets:
    """Of B frames on a grid of h x w cells.

    Attributes:
        heat: (B, C, h, w) 1 in the cell of each object's centre, falling off around it.
        positive: (B, C, h, w) bool, the cells with a centre.
        ignored: (B, h, w) bool, cells within objects that are written only: finding them is neither right nor wrong.
        box_ltrb: (B, 4, h, w) distances from the cell's centre to the edges of the object that owns the cell, pixels.
        weight: (B, h, w) how much a cell learns of its owner: sums to 1 per object, 0 where nobody owns the cell.
        owner: (B, h, w) place in the list of objects of who owns the cell.
        objects: () number of objects, at least 1.
    """

    heat: Tensor
    positive: Tensor
    ignored: Tensor
    box_ltrb: Tensor
    weight: Tensor
    owner: Tensor
    objects: Tensor


def dense_targets(
    boxes_px: Tensor, category: Tensor, role: Tensor, depth_m: Tensor, grid: tuple[int, int], stride: int
) -> DenseTargets:
    """Targets of B frames of at most K objects.

    Args:
        boxes_px: (B, K, 4), pixels of the frames that the net sees; NaN pads.
        category, role, depth_m: (B, K) as in `PerceptionArrays`. Of two objects that share a centre cell the nearer
            one owns it.
        grid: (h, w).
        stride: pixels per cell.
    """
    height, width = grid
    counts = role >= CONDITIONED
    boxes = torch.nan_to_num(boxes_px)
    centre = (boxes[..., :2] + boxes[..., 2:]) / (2 * stride)
    limits = torch.tensor([width - 1, height - 1], device=boxes.device)
    cell = centre.floor().long().clamp_min(0).minimum(limits)
    sides = (boxes[..., 2:] - boxes[..., :2]) / stride
    sigma = (_SPAN * sides + 1.0) / 6.0
    columns = _bell(torch.arange(width, device=boxes.device), cell[..., 0], sigma[..., 0])
    rows = _bell(torch.arange(height, device=boxes.device), cell[..., 1], sigma[..., 1])
    bells = rows[..., :, None] * columns[..., None, :] * counts[..., None, None]
    heat = boxes.new_zeros((len(boxes), len(CATEGORIES), height * width))
    slots = category.long().clamp_min(0)[..., None].expand(-1, -1, height * width)
    heat.scatter_reduce_(1, slots, bells.flatten(2), "amax")
    heat = heat.unflatten(2, grid)
    weight, owner = _owners(bells, depth_m)
    return DenseTargets(
        heat=heat,
        positive=heat >= 1.0,
        ignored=_covered(boxes, role == WRITTEN, grid, stride),
        box_ltrb=_distances(boxes, owner, grid, stride),
        weight=weight,
        owner=owner,
        objects=counts.sum().clamp_min(1),
    )


def _bell(places: Tensor, centre: Tensor, sigma: Tensor) -> Tensor:
    """Gaussians (B, K, n) over n places, exactly 1 at the centres (B, K)."""
    away = (places - centre[..., None]) / sigma[..., None]
    return torch.exp(-0.5 * away.square())


def _owners(bells: Tensor, depth_m: Tensor) -> tuple[Tensor, Tensor]:
    """Weight (B, h, w) and owner (B, h, w) of each cell, from Gaussians (B, K, h, w)."""
    # Nearer objects win ties, without changing who wins otherwise.
    nearness = 1e-4 / (1.0 + torch.nan_to_num(depth_m, nan=1e3).clamp_min(0.0))
    claims = torch.where(bells >= _LEAST_WEIGHT, bells + nearness[..., None, None], 0.0)
    best, owner = claims.max(dim=1)
    owned = torch.where(best > 0, bells.gather(1, owner[:, None])[:, 0], 0.0)
    totals = bells.new_zeros(bells.shape[:2]).scatter_add_(1, owner.flatten(1), owned.flatten(1))
    share = totals.clamp_min(1e-6).gather(1, owner.flatten(1)).unflatten(1, owner.shape[1:])
    return owned / share, owner


def _distances(boxes: Tensor, owner: Tensor, grid: tuple[int, int], stride: int) -> Tensor:
    """Distances (B, 4, h, w) from the centres of the cells to the edges of their owners' boxes (B, K, 4), pixels."""
    y = (torch.arange(grid[0], device=boxes.device) + 0.5) * stride
    x = (torch.arange(grid[1], device=boxes.device) + 0.5) * stride
    own = boxes.gather(1, owner.flatten(1)[..., None].expand(-1, -1, 4)).unflatten(1, grid)
    left, top, right, bottom = own.unbind(dim=-1)
    distances = [x - left, y[:, None] - top, right - x, bottom - y[:, None]]
    return torch.stack(distances, dim=1).clamp_min(_LEAST_DISTANCE_PX)


def _covered(boxes: Tensor, chosen: Tensor, grid: tuple[int, int], stride: int) -> Tensor:
    """Cells (B, h, w) that some of the chosen boxes touch."""
    low, high = (boxes[..., :2] / stride).floor(), (boxes[..., 2:] / stride).ceil()
    x = torch.arange(grid[1], device=boxes.device)
    y = torch.arange(grid[0], device=boxes.device)
    inside_x = (x >= low[..., :1]) & (x < high[..., :1])
    inside_y = (y >= low[..., 1:]) & (y < high[..., 1:])
    return (inside_y[..., :, None] & inside_x[..., None, :] & chosen[..., None, None]).any(dim=1)
