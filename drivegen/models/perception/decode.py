"""From a net's answers to detections and identities, in the pixels of the frame."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from drivegen.core.arrays import Floats
from drivegen.core.detections import Detections, box_iou, without_rivals
from drivegen.core.observations import Features
from drivegen.models.perception.config import STRIDE
from drivegen.models.perception.outputs import FrameOutputs

FARTHEST_LOG_M = 7.0
"""Depths beyond exp(7), about a kilometre, are a net's noise."""
SPARE = 4
"""Candidates looked at for each detection wanted: suppression takes some away."""


def detections_of(
    outputs: FrameOutputs,
    index: int,
    size: tuple[int, int],
    min_score: float = 0.02,
    max_detections: int = 100,
    nms_iou: float = 0.6,
) -> Detections:
    """The objects of one frame: peaks of the class maps (CenterNet, arXiv:1904.07850, section 4) without duplicates.

    Args:
        outputs: of a batch.
        index: of the frame in it.
        size: (h, w) of the frame that was resized for the net, pixels; boxes come back in it.
        min_score: confidence below which nothing is reported.
        max_detections: most objects.
        nms_iou: of two boxes of a class that overlap more than this, the less confident one goes.
    """
    scores = outputs.class_logits[index].detach().float().sigmoid()
    peaks = torch.where(scores >= F.max_pool2d(scores[None], 3, stride=1, padding=1)[0], scores, 0.0).flatten()
    wanted = min(SPARE * max_detections, peaks.numel())
    found, places = peaks.topk(wanted, sorted=True)
    places = places[found >= max(min_score, torch.finfo(torch.float32).tiny)]
    h, w = outputs.class_logits.shape[-2:]
    category, row, column = places // (h * w), places % (h * w) // w, places % w
    boxes = _boxes(outputs, index, row, column, size)
    sine, cosine = outputs.alpha[index, :, row, column].detach().double().cpu().numpy()
    depth = outputs.log_depth[index, row, column].detach().double().clamp(-FARTHEST_LOG_M, FARTHEST_LOG_M).exp()
    seen = Detections(
        boxes,
        peaks[places].double().cpu().numpy(),
        category.cpu().numpy(),
        depth.cpu().numpy(),
        _half_open(np.arctan2(sine, cosine)),
    )
    seen = seen[(boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])]
    alike = seen.category_ids[:, None] == seen.category_ids[None, :]
    left = without_rivals(alike & (box_iou(seen.boxes_px, seen.boxes_px) > nms_iou))
    return seen[np.flatnonzero(left)[:max_detections]]


def identities_of(identity: Tensor, boxes_px: Floats, size: tuple[int, int]) -> Features:
    """What stands at the centres of boxes, bilinear between cells.

    Args:
        identity: (E, h, w) of one frame.
        boxes_px: (N, 4) in pixels of the frame.
        size: (h, w) of the frame, pixels.

    Returns:
        (N, E) unit vectors; NaN for a box that is NaN or less than a pixel wide or high.
    """
    boxes = np.asarray(boxes_px, dtype=np.float64).reshape(-1, 4)
    vectors = np.full((len(boxes), identity.shape[0]), np.nan, dtype=np.float32)
    # Comparisons with NaN are false.
    there = (boxes[:, 2] - boxes[:, 0] >= 1) & (boxes[:, 3] - boxes[:, 1] >= 1)
    if there.any():
        centres = (boxes[there, :2] + boxes[there, 2:]) / np.array([size[1], size[0]]) - 1.0
        grid = torch.from_numpy(centres).to(identity.device, torch.float32)[None, None]
        sampled = F.grid_sample(identity[None].float(), grid, padding_mode="border", align_corners=False)
        vectors[there] = F.normalize(sampled[0, :, 0], dim=0).T.cpu().numpy()
    return vectors


def _boxes(outputs: FrameOutputs, index: int, row: Tensor, column: Tensor, size: tuple[int, int]) -> Floats:
    """(N, 4) x_min y_min x_max y_max of the boxes at cells, cut at the frame's edges."""
    h, w = outputs.class_logits.shape[-2:]
    centres = STRIDE * (torch.stack([column, row]).double() + 0.5)
    left_top, right_bottom = outputs.box_ltrb[index, :, row, column].detach().double().split(2)
    corners = torch.cat([centres - left_top, centres + right_bottom]).T.cpu().numpy()
    scale = np.array([size[1] / (STRIDE * w), size[0] / (STRIDE * h)] * 2)
    boxes: Floats = np.clip(corners * scale, 0.0, np.array([size[1], size[0]] * 2, dtype=np.float64))
    return boxes


def _half_open(angle: Floats) -> Floats:
    """Angles in [-pi, pi] to (-pi, pi]."""
    return np.where(angle <= -math.pi, math.pi, angle)
