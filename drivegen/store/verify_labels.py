"""Checks the boxes of a frame: 2D boxes must be what the 3D boxes and the calibration say."""

from __future__ import annotations

from typing import Any

import numpy as np

from drivegen.core import CATEGORY_ID, Boxes3D, FrameLabels, Projection, project_boxes
from drivegen.core.arrays import Booleans, Floats
from drivegen.store.problems import Problem

# How far a stored 2D box may lie from the projection of its 3D box, pixels, ...
BOX_TOLERANCE_PX = 0.05
# ... and relative to its distance from the image's corner: boxes at the near plane reach very far out.
_RELATIVE = 1e-6
_FRACTION_TOLERANCE = 1e-3
# How far a mask's pixels may reach beyond the projection of their box: a pixel's width, and what labels were scaled by.
MASK_TOLERANCE_PX = 2.0
# Two boxes that share an edge leave a sliver between them or not, as rounding falls: sizes a little larger and smaller
# show both outcomes.
_NUDGE = 1e-6


def check_labels(file: str, where: str, labels: FrameLabels, objects: list[dict[str, Any]]) -> list[Problem]:
    """Check one frame's labels.

    Args:
        objects: the same labels as the rows hold them.
    """
    problems = []
    for row in objects:
        here = f"{where} {row['track_id']}"
        if CATEGORY_ID.get(row["category"]) != row["category_id"]:
            problems.append(Problem(file, here, "category", f"got {row['category']!r} with id {row['category_id']}"))
        if row["written"] is not True or row["conditioned"] is None or row["scored"] is None:
            problems.append(Problem(file, here, "written, conditioned, scored", "flag is missing"))
    if len(set(labels.track_ids)) != len(labels):
        problems.append(Problem(file, where, "track_id", "repeats in one frame"))
    if not len(labels):
        return problems
    wrong = _differences(labels)
    for index, field in wrong:
        here = f"{where} {labels.track_ids[index]}"
        problems.append(Problem(file, here, field, "is not the projection of the 3D box"))
    return problems


def _differences(labels: FrameLabels) -> list[tuple[int, str]]:
    """Which fields of which objects do not follow from the 3D boxes: (index, column)."""
    projection = _project(labels, 0.0)
    amodal = _far(labels.amodal_px, projection.amodal_px, projection.amodal_px)
    depth = np.abs(labels.depth_m - projection.depth_m) > 1e-3
    if labels.visibility_measured:
        return _named({"amodal_px": amodal, "depth_m": depth, **_impossible(labels, projection.amodal_px)})
    fraction = ~(np.abs(labels.visible_fraction - projection.visible_fraction) <= _FRACTION_TOLERANCE)
    visible = _far(labels.visible_px, projection.visible_px, projection.visible_px)
    if visible.any():
        outcomes = np.stack([_project(labels, nudge).visible_px for nudge in (-_NUDGE, 0.0, _NUDGE)])
        # A box may also be hidden in one outcome only.
        hidden = np.isnan(outcomes).any(axis=(0, 2)) & np.isnan(labels.visible_px).all(axis=1)
        low, high = np.fmin.reduce(outcomes), np.fmax.reduce(outcomes)
        visible = _far(labels.visible_px, low, high) & ~hidden
    return _named({"amodal_px": amodal, "visible_px": visible, "depth_m": depth, "visible_fraction": fraction})


def _impossible(labels: FrameLabels, amodal_px: Floats) -> dict[str, Booleans]:
    """Measured visibility that cannot be: a visible part without extent, outside of the box or of the image."""
    height, width = labels.camera.size
    hidden = np.isnan(labels.visible_px).all(axis=1)
    visible = np.where(hidden[:, None], amodal_px, labels.visible_px)
    low = np.maximum(amodal_px[:, :2], 0.0) - MASK_TOLERANCE_PX
    high = np.minimum(amodal_px[:, 2:], [width, height]) + MASK_TOLERANCE_PX
    inside = ((visible[:, :2] >= low) & (visible[:, 2:] <= high) & (visible[:, :2] < visible[:, 2:])).all(axis=1)
    fraction = labels.visible_fraction
    share = (fraction >= 0) & (fraction <= 1) & ((fraction == 0) == hidden)
    return {"visible_px": ~inside & ~hidden, "visible_fraction": ~share}


def _named(fields: dict[str, Booleans]) -> list[tuple[int, str]]:
    return [(int(i), field) for field, bad in fields.items() for i in np.flatnonzero(bad)]


def _project(labels: FrameLabels, nudge: float) -> Projection:
    boxes = labels.boxes_ego
    boxes = Boxes3D(boxes.centers, boxes.sizes * (1.0 + nudge), boxes.rotations, boxes.velocities)
    return project_boxes(boxes.transformed(labels.camera.ego_from_camera.inverse()), labels.camera)


def _far(stored: Floats, low: Floats, high: Floats) -> Booleans:
    """Which boxes (N,) have an edge outside [low, high] by more than the tolerance; NaN agrees with NaN only."""
    tolerance = BOX_TOLERANCE_PX + _RELATIVE * np.maximum(np.abs(low), np.abs(high))
    inside = (stored >= low - tolerance) & (stored <= high + tolerance)
    both_hidden = np.isnan(stored) & np.isnan(low) & np.isnan(high)
    result: Booleans = ~(inside | both_hidden).all(axis=1)
    return result
