"""Which detections of a frame found which labels, and the cells of size and distance that they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from drivegen.core import CATEGORY_ID, Detections, FrameLabels, LabelPolicy, box_iou
from drivegen.core.arrays import Booleans, Floats, Integers

SIZES: Final = ("8-16", "16-32", "32+")
"""Height in pixels of an image as tall as the label policy's base, from which each cell starts."""
DISTANCES: Final = ("0-20", "20-40", "40-80")
"""Depth along the optical axis in metres."""

_SIZE_EDGES = np.array([16.0, 32.0])
_DISTANCE_EDGES = np.array([20.0, 40.0])
_BASE_HEIGHT_PX = LabelPolicy().base_height_px
# Usual heights in metres, in the order of CATEGORIES: how far away a false alarm would stand, where its detector does
# not say. About nuScenes' (the anchors of B. Zhu et al., arXiv:1908.09492).
_USUAL_HEIGHT_M = np.array([1.7, 2.8, 3.5, 3.9, 3.2, 1.8, 1.5, 1.3, 1.1, 1.0])


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Of one frame: N detections that count (those on ignored objects do not) and M wanted labels.

    A detection that hit is in its label's cells, a false alarm in those of its own height and depth.

    Attributes:
        score: (N,) in [0, 1].
        category: (N,) class.
        hit: (N,) whether it found a wanted label.
        size, distance: (N,) places in SIZES and DISTANCES.
        label_class, label_size, label_distance: (M,) of the wanted labels.
        label_found: (M,) score of the detection that found each; NaN when missed.
    """

    score: Floats
    category: Integers
    hit: Booleans
    size: Integers
    distance: Integers
    label_class: Integers
    label_size: Integers
    label_distance: Integers
    label_found: Floats


def match_frame(labels: FrameLabels, detections: Detections, min_iou: float = 0.5) -> Outcomes:
    """Hold a frame's detections to its labels, class by class.

    Args:
        labels: at the size of the frame; scored objects are wanted, the other written ones ignored.
        detections: in pixels of the frame, in any order of confidence.
        min_iou: least overlap (intersection over union) with the visible box.
    """
    found = detections.by_confidence()
    classes = np.array([CATEGORY_ID[name] for name in labels.categories], dtype=np.int64)
    # NaN boxes (wholly hidden) overlap nothing.
    overlap = box_iou(found.boxes_px, labels.visible_px) * (found.category_ids[:, None] == classes[None, :])
    matched = match_wanted(overlap, labels.scored, min_iou)
    wanted = np.flatnonzero(labels.scored)
    hit = (matched >= 0) & np.append(labels.scored, False)[matched]
    kept = (matched < 0) | hit
    label = np.where(hit, matched, 0)
    label_size = np.digitize(labels.height_px, _SIZE_EDGES)
    label_distance = np.digitize(labels.depth_m, _DISTANCE_EDGES)
    size, distance = _cells_of_detections(found, labels)
    if len(labels):
        size, distance = np.where(hit, label_size[label], size), np.where(hit, label_distance[label], distance)
    found_at = np.full(len(labels), np.nan)
    found_at[matched[hit]] = found.scores[hit]
    return Outcomes(
        found.scores[kept], found.category_ids[kept], hit[kept], size[kept], distance[kept],
        classes[wanted], label_size[wanted], label_distance[wanted], found_at[wanted],
    )  # fmt: skip


def match_wanted(overlap: Floats, wanted: Booleans, least: float) -> Integers:
    """COCO's matching with ignored labels: a detection takes an ignored one only where no wanted one is free.

    Args:
        overlap: (N, M) of N detections, most confident first, and M labels.
        wanted: (M,) labels that are not ignored.
        least: overlap below which nothing matches.

    Returns:
        (N,) the label of each detection, -1 for none.
    """
    free = np.ones(overlap.shape[1], dtype=bool)
    matched = np.full(overlap.shape[0], -1, dtype=np.int64)
    # Most detections come near no label at all.
    for i in np.flatnonzero((overlap >= least).any(axis=1)):
        for group in (wanted, ~wanted):
            candidates = np.where(free & group, overlap[i], -1.0)
            best = int(candidates.argmax())
            if candidates[best] >= least:
                matched[i], free[best] = best, False
                break
    return matched


def _cells_of_detections(found: Detections, labels: FrameLabels) -> tuple[Integers, Integers]:
    """Places in SIZES and DISTANCES (N,) of detections by themselves."""
    height_px = found.boxes_px[:, 3] - found.boxes_px[:, 1]
    size = np.digitize(height_px * _BASE_HEIGHT_PX / labels.camera.size[0], _SIZE_EDGES)
    focal_px = labels.camera.intrinsics[1, 1]
    usual = focal_px * _USUAL_HEIGHT_M[found.category_ids] / np.maximum(height_px, 1e-6)
    depth = np.where(np.isfinite(found.depth_m), found.depth_m, usual)
    return size, np.digitize(depth, _DISTANCE_EDGES)
