"""What a net sees in the boxes of a clip's frames, as arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from drivegen.core.arrays import Floats
from drivegen.models.perception.net import PerceptionNet
from drivegen.models.perception.region_branch import NOTHING

_TOGETHER = 256
_LEAST_PX = 1.0


def look_at_regions(
    net: PerceptionNet, images: Tensor, boxes_px: Sequence[Floats], size: tuple[int, int]
) -> list[Floats]:
    """How likely each class, and last nothing, fits each box.

    Args:
        net: has a region branch.
        images: (B, 3, h, w) frames as the net takes them.
        boxes_px: per frame (N, 4) in pixels of the frames before they were resized.
        size: (h, w) of those.

    Returns:
        Per frame (N, 11); NaN for a box that is NaN or less than a pixel wide or high.
    """
    scale = np.array([images.shape[-1] / size[1], images.shape[-2] / size[0]] * 2)
    found = [np.full((len(boxes), NOTHING + 1), np.nan) for boxes in boxes_px]
    asked = [(frame, i) for frame, boxes in enumerate(boxes_px) for i in _visible(boxes)]
    for start in range(0, len(asked), _TOGETHER):
        some = asked[start : start + _TOGETHER]
        boxes = torch.from_numpy(np.stack([boxes_px[frame][i] * scale for frame, i in some]))
        frames = torch.tensor([frame for frame, _ in some], device=images.device)
        logits = net.forward_regions(images, frames, boxes.to(images.device, torch.float32))
        for (frame, i), likely in zip(some, logits.double().softmax(dim=1).cpu().numpy(), strict=True):
            found[frame][i] = likely
    return found


def _visible(boxes_px: Floats) -> list[int]:
    """Rows of the boxes that have something to look at; comparisons with NaN are false."""
    sides = boxes_px[:, 2:] - boxes_px[:, :2]
    return [int(i) for i in np.flatnonzero((sides >= _LEAST_PX).all(axis=1))]
