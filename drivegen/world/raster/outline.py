"""From a face in the world to an outline on the sample grid: moving, culling, clipping, snapping, scanning."""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Floats, Integers
from drivegen.world.compiled import compiled, inlined
from drivegen.world.geometry.mesh import Floats32

# Steps per sample that outlines are snapped to, and the farthest that an outline may reach, in steps: products of
# three such differences still fit into 64 bits.
SUB_BITS = 8
SUB = 1 << SUB_BITS
HALF = SUB // 2
_REACH = 2.0**29


@inlined
def may_show(corners: Floats32, f: int, position: Floats, rotation: Floats, lens: Floats) -> bool:
    """Whether a face may cover the centre of a sample: a quick look that spares most faces the way below.

    False is certain; true is not.
    """
    r, p = rotation, position
    x, y, z = corners[f, 0, 0] - p[0], corners[f, 0, 1] - p[1], corners[f, 0, 2] - p[2]
    z0 = r[2, 0] * x + r[2, 1] * y + r[2, 2] * z
    x0 = r[0, 0] * x + r[0, 1] * y + r[0, 2] * z
    y0 = r[1, 0] * x + r[1, 1] * y + r[1, 2] * z
    x, y, z = corners[f, 1, 0] - p[0], corners[f, 1, 1] - p[1], corners[f, 1, 2] - p[2]
    z1 = r[2, 0] * x + r[2, 1] * y + r[2, 2] * z
    x1 = r[0, 0] * x + r[0, 1] * y + r[0, 2] * z
    y1 = r[1, 0] * x + r[1, 1] * y + r[1, 2] * z
    x, y, z = corners[f, 2, 0] - p[0], corners[f, 2, 1] - p[1], corners[f, 2, 2] - p[2]
    z2 = r[2, 0] * x + r[2, 1] * y + r[2, 2] * z
    x2 = r[0, 0] * x + r[0, 1] * y + r[0, 2] * z
    y2 = r[1, 0] * x + r[1, 1] * y + r[1, 2] * z
    if min(z0, z1, z2) < lens[6]:
        return max(z0, z1, z2) >= lens[6]
    # Columns and rows of the corners, from the first sample's centre; margins for the snapping.
    a, b, c = 1.0 / z0, 1.0 / z1, 1.0 / z2
    x0, x1, x2 = x0 * a, x1 * b, x2 * c
    y0, y1, y2 = y0 * a, y1 * b, y2 * c
    left = np.ceil(max(lens[0] * min(x0, x1, x2) + lens[2] - 0.51, 0.0))
    right = np.floor(min(lens[0] * max(x0, x1, x2) + lens[2] - 0.49, lens[4] - 1.0))
    top = np.ceil(max(lens[1] * min(y0, y1, y2) + lens[3] - 0.51, 0.0))
    bottom = np.floor(min(lens[1] * max(y0, y1, y2) + lens[3] - 0.49, lens[5] - 1.0))
    return left <= right and top <= bottom


@inlined
def face_into_camera(
    corners: Floats32, f: int, position: Floats, rotation: Floats, lens: Floats, two_sided: bool, vertices: Floats
) -> float:
    """Write the corners of face f in camera coordinates into `vertices` (3, 3).

    Returns:
        The triple product of the corners; 0 when the face looks away, lies edge-on or outside the frustum.
    """
    for i in range(3):
        x = float(corners[f, i, 0]) - position[0]
        y = float(corners[f, i, 1]) - position[1]
        z = float(corners[f, i, 2]) - position[2]
        for axis in range(3):
            vertices[i, axis] = rotation[axis, 0] * x + rotation[axis, 1] * y + rotation[axis, 2] * z
    if _outside(vertices, lens):
        return 0.0
    v = vertices
    triple = (
        v[0, 0] * (v[1, 1] * v[2, 2] - v[1, 2] * v[2, 1])
        + v[0, 1] * (v[1, 2] * v[2, 0] - v[1, 0] * v[2, 2])
        + v[0, 2] * (v[1, 0] * v[2, 1] - v[1, 1] * v[2, 0])
    )
    if not two_sided and triple * lens[7] > 0.0:
        return 0.0
    return triple if abs(triple) > 1e-12 else 0.0


@inlined
def _outside(vertices: Floats, lens: Floats) -> bool:
    """Whether all corners lie beyond one plane of the frustum."""
    right, bottom = lens[4] - lens[2], lens[5] - lens[3]
    all_near = all_left = all_right = all_top = all_bottom = True
    for i in range(3):
        x, y, z = lens[0] * vertices[i, 0], lens[1] * vertices[i, 1], vertices[i, 2]
        all_near = all_near and z < lens[6]
        all_left = all_left and x < -lens[2] * z
        all_right = all_right and x > right * z
        all_top = all_top and y < -lens[3] * z
        all_bottom = all_bottom and y > bottom * z
    return all_near or all_left or all_right or all_top or all_bottom


@compiled
def clip_to_plane(polygon: Floats, count: int, plane: Floats, clipped: Floats) -> int:
    """Keep of a polygon what has n . p >= d (Sutherland and Hodgman); returns how many corners were written."""
    kept = 0
    for i in range(count):
        j = i + 1 if i + 1 < count else 0
        here = plane[0] * polygon[i, 0] + plane[1] * polygon[i, 1] + plane[2] * polygon[i, 2] - plane[3]
        there = plane[0] * polygon[j, 0] + plane[1] * polygon[j, 1] + plane[2] * polygon[j, 2] - plane[3]
        if here >= 0.0:
            for axis in range(3):
                clipped[kept, axis] = polygon[i, axis]
            kept += 1
        if (here >= 0.0) != (there >= 0.0):
            # Always from the kept end, so that both faces at an edge get the same point.
            a, b = (i, j) if here >= 0.0 else (j, i)
            near, far = (here, there) if here >= 0.0 else (there, here)
            share = near / (near - far)
            for axis in range(3):
                clipped[kept, axis] = polygon[a, axis] + share * (polygon[b, axis] - polygon[a, axis])
            kept += 1
    return kept


@inlined
def near_clip(vertices: Floats, near_m: float, plane: Floats, polygon: Floats) -> int:
    """Copy a triangle, or what of it lies beyond the near plane `plane`, to `polygon`; returns its corner count."""
    if vertices[0, 2] < near_m or vertices[1, 2] < near_m or vertices[2, 2] < near_m:
        return clip_to_plane(vertices, 3, plane, polygon)
    for i in range(3):
        for axis in range(3):
            polygon[i, axis] = vertices[i, axis]
    return 3


@inlined
def misses_samples(pixels: Integers, count: int, width: int, height: int) -> bool:
    """Whether no sample's centre lies within the bounds of a polygon; true of most faces of distant bodies."""
    left = right = pixels[0, 0]
    top = bottom = pixels[0, 1]
    for i in range(1, count):
        left, right = min(left, pixels[i, 0]), max(right, pixels[i, 0])
        top, bottom = min(top, pixels[i, 1]), max(bottom, pixels[i, 1])
    first, last = max((left + HALF - 1) >> SUB_BITS, 0), min((right - HALF) >> SUB_BITS, width - 1)
    highest, lowest = max((top + HALF - 1) >> SUB_BITS, 0), min((bottom - HALF) >> SUB_BITS, height - 1)
    return first > last or highest > lowest


@inlined
def snap(polygon: Floats, count: int, lens: Floats, pixels: Integers) -> tuple[float, float]:
    """Project a polygon in front of the near plane and snap it; returns the range of its inverse depth."""
    low, high = 1e30, 0.0
    for i in range(count):
        inverse = 1.0 / polygon[i, 2]
        low, high = min(low, inverse), max(high, inverse)
        x = (lens[0] * polygon[i, 0] * inverse + lens[2]) * SUB
        y = (lens[1] * polygon[i, 1] * inverse + lens[3]) * SUB
        pixels[i, 0] = int(np.floor(min(max(x, -_REACH), _REACH)))
        pixels[i, 1] = int(np.floor(min(max(y, -_REACH), _REACH)))
    return low, high


@inlined
def rows(pixels: Integers, k: int, height: int) -> tuple[int, int]:
    """First and last row whose sample centres lie within the rows of triangle (0, k, k + 1)."""
    top = min(pixels[0, 1], pixels[k, 1], pixels[k + 1, 1])
    bottom = max(pixels[0, 1], pixels[k, 1], pixels[k + 1, 1])
    return max((top + HALF - 1) >> SUB_BITS, 0), min((bottom - HALF) >> SUB_BITS, height - 1)


@inlined
def span(pixels: Integers, k: int, row: int, width: int) -> tuple[int, int]:
    """First and last sample of a row whose centre triangle (0, k, k + 1) covers, either way round.

    Centres exactly on an edge belong to the face below it or to the right of it.
    """
    ax, ay = pixels[0, 0], pixels[0, 1]
    bx, by = pixels[k, 0], pixels[k, 1]
    cx, cy = pixels[k + 1, 0], pixels[k + 1, 1]
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    if area == 0:
        return 0, -1
    if area < 0:
        bx, by, cx, cy = cx, cy, bx, by
    y = row * SUB + HALF
    first, last = _beside(ax, ay, bx, by, y, 0, width - 1)
    first, last = _beside(bx, by, cx, cy, y, first, last)
    return _beside(cx, cy, ax, ay, y, first, last)


@inlined
def _beside(ax: int, ay: int, bx: int, by: int, y: int, first: int, last: int) -> tuple[int, int]:
    """Shorten a span of samples to those on the inner side of the edge from a to b."""
    dx, dy = bx - ax, by - ay
    value = dx * (y - ay) - dy * (HALF - ax)
    if not (dy < 0 or (dy == 0 and dx > 0)):
        value -= 1
    slope = -dy * SUB
    if slope > 0:
        first = max(first, -(value // slope))
    elif slope < 0:
        last = min(last, value // -slope)
    elif value < 0:
        last = first - 1
    return first, last
