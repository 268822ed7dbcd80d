"""3D boxes drawn on frames."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from drivegen.core import DataError, FrameLabels
from drivegen.core.arrays import Bytes, Floats
from drivegen.core.boxes import EDGES, FACES
from drivegen.core.projection import NEAR_PLANE_M
from drivegen.drawing.palette import CATEGORY_COLOR
from drivegen.drawing.text import Rectangle, draw_tag, tag_rectangle

# cv2 takes fixed-point coordinates with this many fractional bits, so that thin lines do not jump by whole pixels.
_SHIFT = 4
_FRONT_TINT = 0.25


def draw_boxes(
    frame: Bytes, labels: FrameLabels, *, scored_only: bool = False, thickness: int = 1, captions: bool = False
) -> Bytes:
    """Draw the cuboids of a frame's labels, nearer over farther, in their categories' colours.

    The front face (the heading) is tinted and outlined twice as thick. Edges are clipped at the near plane, so that a
    box beside the camera does not fold over. On a small frame draw on `enlarge(frame, n)`; the labels are scaled along.

    Args:
        frame: (H, W, 3) uint8 RGB; may be larger or smaller than the labels' camera, in the same proportion.
        labels: the frame's labels.
        scored_only: leave out what the label policy does not score.
        thickness: of the lines, pixels.
        captions: write category and distance above the boxes, as far as there is room.

    Returns:
        A copy with the boxes.

    Raises:
        DataError: the frame has another aspect ratio than the labels' camera.
    """
    height, width = frame.shape[:2]
    camera = labels.camera
    if abs(height * camera.size[1] - width * camera.size[0]) > max(height, width):
        raise DataError("labels are of another frame", where="draw_boxes", expected=camera.size, got=(height, width))
    camera = camera.resize((height, width))
    corners = labels.boxes_ego.transformed(camera.ego_from_camera.inverse()).corners()
    image = np.ascontiguousarray(frame).copy()
    # Labels are nearest first: paint from the far end.
    for index in reversed(range(len(labels))):
        if scored_only and not labels.scored[index]:
            continue
        color = CATEGORY_COLOR[labels.categories[index]]
        front = _polygon(corners[index][list(FACES["front"])])
        if len(front) >= 3:
            _tint(image, camera.project(front), color)
        for start, end in EDGES:
            both = {int(start), int(end)}
            line = _clip_edge(corners[index][start], corners[index][end])
            if line is not None:
                _line(image, camera.project(line), color, thickness * (2 if both <= set(FACES["front"]) else 1))
    if captions:
        _caption(image, labels, [camera.project(c[c[:, 2] >= NEAR_PLANE_M]) for c in corners], scored_only)
    return image


def enlarge(frame: Bytes, factor: int) -> Bytes:
    """A frame (H, W, 3) `factor` times as large, smoothly (Lanczos), so that drawings on it are finer than pixels."""
    if factor < 1:
        raise DataError("factor must be 1 or more", where="enlarge", got=factor)
    if factor == 1:
        return frame
    height, width = frame.shape[:2]
    size = (width * factor, height * factor)
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_LANCZOS4), dtype=np.uint8)


def _clip_edge(start: Floats, end: Floats) -> Floats | None:
    """The part (2, 3) of an edge in front of the near plane."""
    line = _polygon(np.stack([start, end]), closed=False)
    return line if len(line) == 2 else None


def _polygon(points: Floats, closed: bool = True) -> Floats:
    """A polygon or line (N, 3) of the camera frame, cut at the near plane (Sutherland-Hodgman)."""
    result = []
    for index in range(len(points)):
        here, following = points[index], points[(index + 1) % len(points)]
        if here[2] >= NEAR_PLANE_M:
            result.append(here)
        last = not closed and index == len(points) - 1
        if not last and (here[2] >= NEAR_PLANE_M) != (following[2] >= NEAR_PLANE_M):
            fraction = (NEAR_PLANE_M - here[2]) / (following[2] - here[2])
            result.append(here + fraction * (following - here))
    return np.array(result).reshape(-1, 3)


def _fixed(points: Floats) -> np.ndarray:
    """Fixed-point pixel coordinates for cv2, whose (0, 0) is a pixel's centre; far-off points are pulled in."""
    return np.round(np.clip(points - 0.5, -30_000, 30_000) * (1 << _SHIFT)).astype(np.int32)


def _line(image: Bytes, line: Floats, color: tuple[int, int, int], thickness: int) -> None:
    start, end = _fixed(line)
    cv2.line(image, start.tolist(), end.tolist(), color, thickness, cv2.LINE_AA, _SHIFT)


def _tint(image: Bytes, polygon: Floats, color: tuple[int, int, int]) -> None:
    height, width = image.shape[:2]
    left, top = np.clip(np.floor(polygon.min(axis=0)), 0, (width, height)).astype(int)
    right, bottom = np.clip(np.ceil(polygon.max(axis=0)) + 1, 0, (width, height)).astype(int)
    if right <= left or bottom <= top:
        return
    window = image[top:bottom, left:right]
    painted = window.copy()
    cv2.fillConvexPoly(painted, _fixed(polygon - (left, top)), color, cv2.LINE_AA, _SHIFT)
    window[:] = cv2.addWeighted(painted, _FRONT_TINT, window, 1.0 - _FRONT_TINT, 0.0)


def _caption(image: Bytes, labels: FrameLabels, outlines: Sequence[Floats], scored_only: bool) -> None:
    """Name the boxes, nearest first; a caption that would cover an earlier one is left out."""
    taken: list[Rectangle] = []
    for index, points in enumerate(outlines):
        if len(points) == 0 or (scored_only and not labels.scored[index]):
            continue
        text = f"{labels.categories[index].replace('_', ' ')} {labels.depth_m[index]:.0f} m"
        left, top = points.min(axis=0)
        place = tag_rectangle(image, text, (float(left), float(top)))
        if not any(place.overlaps(other) for other in taken):
            draw_tag(image, text, place, CATEGORY_COLOR[labels.categories[index]])
            taken.append(place)
