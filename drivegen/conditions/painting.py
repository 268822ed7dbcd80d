"""Polygons of the camera frame onto a small canvas: exact clipping, projection, filling, nearest surface first.

Canvas pixels follow the project's convention: pixel (0, 0) covers [0, 1) x [0, 1), its centre is (0.5, 0.5).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from drivegen.core import Camera
from drivegen.core.arrays import Bytes, Floats

# Sub-pixel bits of polygon corners, as cv2 understands them.
_SHIFT = 4
# Polygons are cut this many image sizes beyond the image, so that their corners stay small numbers.
_GUARD = 1.0


def view_planes(camera: Camera, near_m: float, far_m: float) -> Floats:
    """Planes (6, 4) around what the camera sees and a guard band; inside is where plane[:3] @ point + plane[3] >= 0."""
    height, width = camera.size
    u, v, z = camera.intrinsics[0], camera.intrinsics[1], np.array([0.0, 0.0, 1.0])
    sides = [
        u + _GUARD * width * z,
        (1 + _GUARD) * width * z - u,
        v + _GUARD * height * z,
        (1 + _GUARD) * height * z - v,
    ]
    planes = np.zeros((6, 4))
    planes[:, :3] = [z, -z, *sides]
    planes[0, 3], planes[1, 3] = -near_m, far_m
    return planes


def distances(points: Floats, planes: Floats) -> Floats:
    """Signed distances (..., 6), up to scale, of points (..., 3); all at least 0 inside the view."""
    return points @ planes[:, :3].T + planes[:, 3]


def clip_polygon(points: Floats, planes: Floats) -> Floats:
    """A polygon (M, 3) cut to the inside of all planes (Sutherland & Hodgman 1974): (M', 3), possibly empty."""
    for plane in planes[(distances(points, planes) < 0).any(axis=0)]:
        distance = points @ plane[:3] + plane[3]
        inside = distance >= 0
        if not inside.any():
            return points[:0]
        following, after = _following(points), _following(distance)
        crossing = inside != _following(inside)
        fraction = distance / np.where(crossing, distance - after, 1.0)
        cut = np.empty((2 * len(points), 3))
        cut[0::2], cut[1::2] = points, points + fraction[:, None] * (following - points)
        keep = np.empty(len(cut), dtype=bool)
        keep[0::2], keep[1::2] = inside, crossing
        points = cut[keep]
    return points


def _following(values: np.ndarray) -> np.ndarray:
    """Each vertex's successor around the polygon."""
    return np.concatenate([values[1:], values[:1]])


def fixed_point(pixels: Floats) -> np.ndarray:
    """Pixel coordinates (M, 2) as cv2's fixed-point integers, whose pixel centres are whole numbers."""
    return np.rint((pixels - 0.5) * (1 << _SHIFT)).astype(np.int32)


def fill(canvas: Bytes, outlines: Sequence[np.ndarray], value: int) -> None:
    """Fill a polygon given by its fixed-point outline and holes."""
    cv2.fillPoly(canvas, list(outlines), value, lineType=cv2.LINE_8, shift=_SHIFT)


def nearest_quads(quads: Floats, camera: Camera, near_m: float, far_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Which of Q planar quadrangles each pixel sees, by a depth buffer.

    Args:
        quads: (Q, 4, 3), camera frame; convex; seen from either side.

    Returns:
        index (h, w) int32, -1 where there is none, and inverse depth (h, w) in 1/m, 0 where there is none.
    """
    height, width = camera.size
    index = np.full((height, width), -1, dtype=np.int32)
    nearest = np.zeros((height, width), dtype=np.float32)
    mask = np.zeros((height, width), dtype=np.uint8)
    planes = view_planes(camera, near_m, far_m)
    beyond = distances(quads, planes) < 0
    cut = beyond.any(axis=(1, 2))
    slopes = inverse_depth_planes(quads, camera).astype(np.float32)
    columns, rows = np.arange(width, dtype=np.float32) + 0.5, np.arange(height, dtype=np.float32)[:, None] + 0.5
    for q in np.flatnonzero(~beyond.all(axis=1).any(axis=1)):
        points = clip_polygon(quads[q], planes) if cut[q] else quads[q]
        if len(points) < 3:
            continue
        outline = fixed_point(camera.project(points))
        left, top = np.maximum(outline.min(axis=0) >> _SHIFT, 0)
        right, bottom = np.minimum((outline.max(axis=0) >> _SHIFT) + 2, (width, height))
        if left >= right or top >= bottom:
            continue
        window = (slice(top, bottom), slice(left, right))
        part = mask[window]
        part[:] = 0
        cv2.fillConvexPoly(mask, outline, 1, lineType=cv2.LINE_8, shift=_SHIFT)
        # Filling also marks pixels whose centre lies just outside; the plane may run away there.
        closest = np.float32(1.0 / points[:, 2].min())
        inverse = np.minimum(
            slopes[q, 0] * columns[left:right] + (slopes[q, 1] * rows[top:bottom] + slopes[q, 2]), closest
        )
        wins = part.view(bool) & (inverse > nearest[window])
        np.copyto(nearest[window], inverse, where=wins)
        np.copyto(index[window], np.int32(q), where=wins)
    return index, nearest


def inverse_depth_planes(quads: Floats, camera: Camera) -> Floats:
    """Coefficients (Q, 3) of 1 / depth = a u + b v + c over each planar quad (Q, 4, 3): exact in perspective.

    From n . p = d and p = z K^-1 (u, v, 1): 1 / z = (n / d) K^-1 (u, v, 1).
    """
    normal = np.cross(quads[:, 1] - quads[:, 0], quads[:, 3] - quads[:, 0])
    offset = np.sum(normal * quads[:, 0], axis=1, keepdims=True)
    # A plane through the camera is seen edge-on: it covers no area.
    offset = np.where(np.abs(offset) < 1e-9, 1e-9, offset)
    return normal / offset @ np.linalg.inv(camera.intrinsics)
