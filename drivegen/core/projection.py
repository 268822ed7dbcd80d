"""3D boxes in an image: near-plane clipping, amodal and visible 2D boxes, visible fractions.

Occlusion is that of the boxes among one another: what nearer boxes' silhouettes leave of a silhouette is visible.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry

from drivegen.core.arrays import Booleans, Floats
from drivegen.core.boxes import EDGES, Boxes3D
from drivegen.core.cameras import Camera

# Nothing nearer than this along the optical axis is projected.
NEAR_PLANE_M = 0.1
# How much of a silhouette counts as the whole object: what lies within the image and half an image beyond each edge.
# A car that passes beside the camera has a silhouette without bound; measured against that, it would never be seen.
SURROUND = 0.5
# x_min y_min x_max y_max, pixels.
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Projection:
    """N boxes as one camera sees them; boxes outside the image have visible fraction 0 and NaN boxes.

    Attributes:
        amodal_px: (N, 4) x_min y_min x_max y_max of the whole box, beyond the image's edge and behind others.
        visible_px: (N, 4) the same of the part that is inside the image and not hidden.
        visible_fraction: (N,) visible area over the area of the whole silhouette (within SURROUND of the image).
        depth_m: (N,) distance of the centre along the optical axis.
        in_image: (N,) whether any part of the silhouette lies in the image, hidden or not.
    """

    amodal_px: Floats
    visible_px: Floats
    visible_fraction: Floats
    depth_m: Floats
    in_image: Booleans


def silhouette(corners_camera: Floats, camera: Camera) -> Polygon | None:
    """The outline in the image of one box, clipped at the near plane.

    Args:
        corners_camera: (8, 3) in the camera frame, in the order of `boxes.FACES`.

    Returns:
        A convex polygon in pixels (unbounded by the image), or None when nothing lies in front of the near plane.
    """
    points = clip_to_near_plane(corners_camera)
    if len(points) < 3:
        return None
    # The array functions of shapely: its classes build one Python object per point.
    hull = shapely.convex_hull(shapely.multipoints(camera.project(points)))
    return hull if isinstance(hull, Polygon) else None


def clip_to_near_plane(corners_camera: Floats) -> Floats:
    """The corners (8, 3) in front of the near plane and where the edges cross it: points (M, 3), M <= 12."""
    depth = corners_camera[:, 2] - NEAR_PLANE_M
    start, end = EDGES[:, 0], EDGES[:, 1]
    crossing = (depth[start] > 0) != (depth[end] > 0)
    start, end = start[crossing], end[crossing]
    fraction = (depth[start] / (depth[start] - depth[end]))[:, None]
    crossings = (1.0 - fraction) * corners_camera[start] + fraction * corners_camera[end]
    return np.concatenate([corners_camera[depth > 0], crossings])


def project_boxes(boxes_camera: Boxes3D, camera: Camera) -> Projection:
    """Project boxes of the camera frame and work out what hides what.

    Returns:
        A Projection in the order of the boxes.
    """
    n = len(boxes_camera)
    amodal, visible = np.full((n, 4), np.nan), np.full((n, 4), np.nan)
    fraction, in_image = np.zeros(n), np.zeros(n, dtype=bool)
    corners = boxes_camera.corners()
    height, width = float(camera.size[0]), float(camera.size[1])
    image = box(0.0, 0.0, width, height)
    surround = box(-SURROUND * width, -SURROUND * height, (1 + SURROUND) * width, (1 + SURROUND) * height)
    nearer: list[tuple[Bounds, BaseGeometry]] = []
    # Nearest surface first, so that each box is hidden by those before it.
    for index in np.argsort(np.linalg.norm(corners, axis=-1).min(axis=1)) if n else []:
        outline = silhouette(corners[index], camera)
        if outline is None or outline.area <= 0:
            continue
        amodal[index] = bounds = outline.bounds
        if not _overlap(bounds, image.bounds):
            continue
        inside = shapely.intersection(outline, image)
        in_image[index] = inside.area > 0
        if not in_image[index]:
            continue
        seen = _without(inside, nearer)
        nearer.append((inside.bounds, inside))
        if seen.area > 0:
            fraction[index] = min(1.0, seen.area / shapely.intersection(outline, surround).area)
            visible[index] = seen.bounds
    return Projection(amodal, visible, fraction, boxes_camera.centers[:, 2].copy(), in_image)


def project_amodal(boxes_camera: Boxes3D, camera: Camera) -> Projection:
    """As `project_boxes` without asking what hides what: visible fraction 0 and no visible boxes.

    Much faster, for when visibility is known from elsewhere.
    """
    n = len(boxes_camera)
    corners = boxes_camera.corners()
    amodal, in_image = np.full((n, 4), np.nan), np.zeros(n, dtype=bool)
    whole = (corners[..., 2] > NEAR_PLANE_M).all(axis=1)
    if whole.any():
        pixels = camera.project(corners[whole])
        amodal[whole] = np.concatenate([pixels.min(axis=1), pixels.max(axis=1)], axis=1)
    outlines: dict[int, BaseGeometry | None] = {}
    for index in np.flatnonzero(~whole & (corners[..., 2] > NEAR_PLANE_M).any(axis=1)):
        outlines[index] = outline = silhouette(corners[index], camera)
        if outline is not None and outline.area > 0:
            amodal[index] = outline.bounds
    height, width = float(camera.size[0]), float(camera.size[1])
    image = box(0.0, 0.0, width, height)
    low, high = amodal[:, :2], amodal[:, 2:]
    with np.errstate(invalid="ignore"):
        touches = ((low < [width, height]) & (high > 0)).all(axis=1)
        inside = ((low >= 0) & (high <= [width, height])).all(axis=1)
    in_image[inside] = (high - low).min(axis=1)[inside] > 0
    # A rectangle that reaches over the edge may hold a silhouette that does not.
    for index in np.flatnonzero(touches & ~inside):
        outline = outlines[index] if index in outlines else silhouette(corners[index], camera)
        in_image[index] = outline is not None and shapely.intersection(outline, image).area > 0
    return Projection(amodal, np.full((n, 4), np.nan), np.zeros(n), boxes_camera.centers[:, 2].copy(), in_image)


def _without(outline: BaseGeometry, nearer: list[tuple[Bounds, BaseGeometry]]) -> BaseGeometry:
    """What of an outline the nearer outlines leave uncovered."""
    bounds = outline.bounds
    for other_bounds, other in nearer:
        if _overlap(bounds, other_bounds):
            outline = shapely.difference(outline, other)
            if outline.is_empty:
                break
    return outline


def _overlap(a: Bounds, b: Bounds) -> bool:
    """Whether two rectangles x_min y_min x_max y_max share any area."""
    return bool(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3])
