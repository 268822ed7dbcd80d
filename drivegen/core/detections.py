"""What a detector finds in a frame, and how it is compared with labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from drivegen.core.arrays import Booleans, Floats, Integers
from drivegen.core.categories import CATEGORIES
from drivegen.core.errors import DataError


@dataclass(frozen=True, eq=False)
class Detections:
    """N detections of one frame, most confident first.

    Attributes:
        boxes_px: (N, 4) x_min y_min x_max y_max around the visible part, in pixels of the frame as it was given.
        scores: (N,) confidence in [0, 1].
        category_ids: (N,) places in `core.CATEGORIES`.
        depth_m: (N,) distance of the centre along the optical axis; NaN when the detector does not tell.
        alpha_rad: (N,) KITTI's observation angle: heading about the camera's y axis relative to the viewing ray
            (rotation_y - atan2(x, z)), in (-pi, pi]; NaN when the detector does not tell.
    """

    boxes_px: Floats
    scores: Floats
    category_ids: Integers
    depth_m: Floats
    alpha_rad: Floats

    def __post_init__(self) -> None:
        n = len(self.scores)
        shapes = {"boxes_px": (n, 4), "scores": (n,), "category_ids": (n,), "depth_m": (n,), "alpha_rad": (n,)}
        for name, shape in shapes.items():
            kind = np.int64 if name == "category_ids" else np.float64
            value = np.asarray(getattr(self, name), dtype=kind)
            if value.shape != shape:
                raise DataError("wrong shape", where=f"Detections.{name}", expected=shape, got=value.shape)
            object.__setattr__(self, name, value)
        if not np.isfinite(self.boxes_px).all() or not ((self.scores >= 0) & (self.scores <= 1)).all():
            raise DataError(
                "not finite, or not a confidence", where="Detections", expected="boxes in px, scores 0 to 1"
            )
        if n and not ((self.category_ids >= 0) & (self.category_ids < len(CATEGORIES))).all():
            raise DataError("no such class", where="Detections.category_ids", expected=f"0 to {len(CATEGORIES) - 1}")

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index: Any) -> Detections:
        """Detections chosen by a slice, mask or index array."""
        return Detections(
            self.boxes_px[index], self.scores[index], self.category_ids[index], self.depth_m[index],
            self.alpha_rad[index],
        )  # fmt: skip

    def by_confidence(self) -> Detections:
        """The same, most confident first; equally confident ones stay in their order."""
        return self[np.argsort(-self.scores, kind="stable")]

    @staticmethod
    def empty() -> Detections:
        """No detections."""
        none = np.zeros(0)
        return Detections(np.zeros((0, 4)), none, none.astype(np.int64), none, none)

    @staticmethod
    def of_boxes(boxes_px: Floats, scores: Floats, category_ids: Integers) -> Detections:
        """Detections of a detector that knows neither depth nor heading, sorted by confidence."""
        unknown = np.full(len(scores), np.nan)
        boxes = np.asarray(boxes_px, dtype=np.float64).reshape(-1, 4)
        return Detections(boxes, scores, category_ids, unknown, unknown).by_confidence()


def box_iou(a: Floats, b: Floats) -> Floats:
    """Overlap (N, M) of boxes (N, 4) and (M, 4), intersection over union; 0 for boxes that are NaN or empty."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(np.nan_to_num(high - low), 0.0, None).prod(axis=-1)
    union = _area(a)[:, None] + _area(b)[None, :] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def match_greedily(overlap: Floats, least: float) -> Integers:
    """COCO's matching: each detection in turn takes the free label that it overlaps most.

    Args:
        overlap: (N, M) of N detections, most confident first, and M labels.
        least: overlap below which nothing matches.

    Returns:
        (N,) the label of each detection, -1 for none.
    """
    free = np.ones(overlap.shape[1], dtype=bool)
    matched = np.full(overlap.shape[0], -1, dtype=np.int64)
    for i, row in enumerate(overlap):
        candidates = np.where(free, row, -1.0)
        best = int(candidates.argmax()) if candidates.size else -1
        if best >= 0 and candidates[best] >= least:
            matched[i], free[best] = best, False
    return matched


def without_rivals(rivals: Booleans) -> Booleans:
    """Greedy non-maximum suppression: each detection that is left takes out all less sure ones that rival it.

    Args:
        rivals: (N, N) whether the detection of a row shows the same thing as that of a column; detections in order of
            falling confidence. The diagonal is not asked.

    Returns:
        (N,) which ones are left.
    """
    left = np.ones(len(rivals), dtype=bool)
    for i in range(len(rivals)):
        if left[i]:
            left[i + 1 :] &= ~rivals[i + 1 :, i]
    return left


def _area(boxes: Floats) -> Floats:
    sides: Floats = np.clip(np.nan_to_num(boxes[:, 2:] - boxes[:, :2]), 0.0, None)
    return np.asarray(sides.prod(axis=-1))
