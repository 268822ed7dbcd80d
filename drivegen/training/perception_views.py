"""Frames seen closer, so that a net meets its objects at more places and sizes than were recorded."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from drivegen.training.perception_arrays import PADDING, WRITTEN
from drivegen.training.perception_batches import FrameBatch

# An object of which the picture shows less than this is neither right nor wrong to find, as in `data.LabelPolicy`.
_LEAST_SHOWN = 0.4


def zoom_frames(batch: FrameBatch, images: Tensor, zoom: Tensor, place: Tensor) -> tuple[FrameBatch, Tensor]:
    """Parts of frames, enlarged to the size of the whole, labels and all.

    Depth is as if a longer lens had filmed: what is twice as large is half as far. Counts of road users become
    unknown where a part is left out; observation angles stay.

    Args:
        images: (B, 3, H, W) of the batch's frames.
        zoom: (B,) at least 1; 1 leaves a frame as it is.
        place: (B, 2) where the part lies, x and y, from 0 (left, top) to 1 (right, bottom).
    """
    height, width = images.shape[-2:]
    size = torch.tensor([width, height], device=images.device, dtype=zoom.dtype)
    origin = place * (size - size / zoom[:, None])
    boxes, shown = _moved_boxes(batch.boxes_px, zoom, origin, size)
    role = torch.where(shown < _LEAST_SHOWN, batch.role.clamp_max(WRITTEN), batch.role)
    role = torch.where(shown <= 0, torch.full_like(role, PADDING), role)
    seen = batch._replace(
        boxes_px=boxes,
        role=role,
        depth_m=batch.depth_m / zoom[:, None],
        road_users=torch.where(zoom > 1, torch.full_like(batch.road_users, torch.nan), batch.road_users),
    )
    return seen, _enlarged(images, zoom, origin, size)


def _moved_boxes(boxes_px: Tensor, zoom: Tensor, origin: Tensor, size: Tensor) -> tuple[Tensor, Tensor]:
    """Boxes (B, K, 4) as the parts show them, and the share (B, K) of each that they show; NaN stays NaN and shows 0.

    Args:
        origin: (B, 2) upper left corners of the parts, x and y, pixels.
        size: (2,) width and height.
    """
    moved = (boxes_px - origin.repeat(1, 2)[:, None]) * zoom[:, None, None]
    clipped = torch.minimum(moved.clamp_min(0.0), size.repeat(2))
    share = torch.nan_to_num(_area(clipped) / _area(moved).clamp_min(1e-6))
    return clipped, share


def _area(boxes: Tensor) -> Tensor:
    return (boxes[..., 2] - boxes[..., 0]).clamp_min(0.0) * (boxes[..., 3] - boxes[..., 1]).clamp_min(0.0)


def _enlarged(images: Tensor, zoom: Tensor, origin: Tensor, size: Tensor) -> Tensor:
    """The parts (B, 3, H, W), bilinear."""
    # Coordinates of `affine_grid` run from -1 to 1 between the outer edges of the picture.
    scale = 1.0 / zoom
    middle = 2.0 * (origin + 0.5 * size / zoom[:, None]) / size - 1.0
    theta = images.new_zeros((len(images), 2, 3))
    theta[:, 0, 0], theta[:, 1, 1], theta[:, :, 2] = scale, scale, middle
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)
