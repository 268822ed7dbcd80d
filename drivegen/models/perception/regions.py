"""What a net sees in boxes of frames, as arrays: in those that labels name, and in those of its own detections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from drivegen.core.arrays import Booleans, Floats
from drivegen.core.detections import Detections, box_iou
from drivegen.models.perception.net import PerceptionNet
from drivegen.models.perception.region_branch import NOTHING

_TOGETHER = 256
_LEAST_PX = 1.0
_WORTH_A_LOOK = 0.1
# Detections that overlap so much are of one thing.
_SAME_PLACE = 0.6


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


def look_again(
    net: PerceptionNet, images: Tensor, detections: Sequence[Detections], size: tuple[int, int]
) -> list[Detections]:
    """Detections as sure as both branches are that something is there: the geometric mean of their confidences.

    That is the score of a probabilistic two-stage detector (Zhou et al. 2021, arXiv:2103.07461). Of detections of
    several classes at one place, the one whose class fits best is as sure as the place holds anything; the others are
    as sure as their class. Detections that are hardly sure at all are not looked at again.

    Args:
        net, images, size: as `look_at_regions` takes them.
        detections: per frame.
    """
    asked = [found.scores >= _WORTH_A_LOOK for found in detections]
    looks = look_at_regions(
        net, images, [found.boxes_px[chosen] for found, chosen in zip(detections, asked, strict=True)], size
    )
    return [_as_sure_as_both(found, chosen, look) for found, chosen, look in zip(detections, asked, looks, strict=True)]


def _as_sure_as_both(found: Detections, asked: Booleans, likely: Floats) -> Detections:
    """Detections (N,) of which those asked about (N,) bool have looks (M, 11), the surest first."""
    some, likely = found[asked], np.nan_to_num(likely)
    fits = np.sqrt(some.scores * likely[np.arange(len(some)), some.category_ids])
    there = np.sqrt(some.scores * likely[:, :NOTHING].sum(axis=1))
    together = box_iou(some.boxes_px, some.boxes_px) >= _SAME_PLACE
    best = fits >= np.where(together, fits, 0.0).max(axis=1, initial=0.0)
    scores = found.scores.copy()
    scores[asked] = np.where(best, np.where(together, there, 0.0).max(axis=1, initial=0.0), fits)
    return replace(found, scores=scores).by_confidence()


def _visible(boxes_px: Floats) -> list[int]:
    """Rows of the boxes that have something to look at; comparisons with NaN are false."""
    sides = boxes_px[:, 2:] - boxes_px[:, :2]
    return [int(i) for i in np.flatnonzero((sides >= _LEAST_PX).all(axis=1))]
