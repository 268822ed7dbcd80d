"""What the labels say has moved between two frames of a clip: where pixels must have changed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drivegen.core.arrays import Booleans, Floats
from drivegen.core.detections import box_iou
from drivegen.core.labels import FrameLabels
from drivegen.core.poses import matrix_from_quaternion

# The camera has moved when the vehicle went this far or turned this much: a few pixels in the near half of a picture.
MOVED_M = 0.5
TURNED_RAD = 0.03
# An object has moved when its visible box overlaps its earlier self less than this.
STAYED_IOU = 0.6


def camera_moved(labels: Sequence[FrameLabels]) -> Booleans:
    """(T, T): whether the camera stands elsewhere or looks elsewhere in the second frame than in the first."""
    places = np.stack([frame.global_from_ego.translation for frame in labels])
    turns = matrix_from_quaternion(np.stack([frame.global_from_ego.rotation for frame in labels]))
    ahead: Floats = turns[:, :, 0]
    distance = np.linalg.norm(places[:, None] - places[None], axis=-1)
    angle = np.arccos(np.clip(ahead @ ahead.T, -1.0, 1.0))
    return np.asarray((distance >= MOVED_M) | (angle >= TURNED_RAD))


def moved_boxes(first: FrameLabels, second: FrameLabels) -> Floats:
    """Where scored objects are in either frame (M, 4) that have moved, come or gone between the two, in pixels."""
    before, after = _scored_boxes(first), _scored_boxes(second)
    moved = []
    for track in sorted(before.keys() | after.keys()):
        boxes = [seen[track] for seen in (before, after) if track in seen]
        if len(boxes) == 1 or box_iou(boxes[0][None], boxes[1][None])[0, 0] < STAYED_IOU:
            moved += boxes
    return np.stack(moved) if moved else np.zeros((0, 4))


def moving_pairs(labels: Sequence[FrameLabels]) -> list[tuple[int, int, Floats | None]]:
    """For each frame, the nearest later one by which something has moved.

    Returns:
        (first, second, where): `where` (M, 4) are boxes in pixels, None for the whole picture, which moves with the
        camera. Frames after which nothing moves any more are left out.
    """
    by_camera = camera_moved(labels)
    pairs: list[tuple[int, int, Floats | None]] = []
    for first in range(len(labels) - 1):
        for second in range(first + 1, len(labels)):
            if by_camera[first, second]:
                pairs.append((first, second, None))
                break
            boxes = moved_boxes(labels[first], labels[second])
            if len(boxes):
                pairs.append((first, second, boxes))
                break
    return pairs


def _scored_boxes(labels: FrameLabels) -> dict[str, Floats]:
    chosen = np.flatnonzero(labels.scored & np.isfinite(labels.visible_px).all(axis=1))
    return {labels.track_ids[i]: labels.visible_px[i] for i in chosen}
