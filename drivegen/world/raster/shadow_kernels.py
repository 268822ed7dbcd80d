"""Shadow maps, compiled: drawing casters along the light, and asking whether a point is lit."""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Bytes, Floats, Integers
from drivegen.world.compiled import compiled, inlined
from drivegen.world.geometry import Material
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster.leaves import leaf_solid
from drivegen.world.raster.outline import SUB, misses_samples, rows, span

_LEAVES = int(Material.LEAVES)
# The ground throws no shadow worth its price.
_FIRST_GROUND, _LAST_GROUND = int(Material.ASPHALT), int(Material.MARKING)
EMPTY = -1e30
# Points count as this much higher than they are, besides the offset along their normal.
BIAS_M = 0.03


@compiled
def draw_casters(
    corners: Floats32, uv: Floats32, material: Bytes, param: Floats32, planes: Floats32,
    first: Integers, count: Integers, turns: Floats, shifts: Floats, closed: bool,
    corner: Floats, texel_m: float, heights: Floats32,
) -> None:  # fmt: skip
    """Draw segments of faces into `heights` (R, R), the greatest height towards the light of each texel.

    Args:
        planes: (F, 4) of a FacePool.
        first, count: (K,) the faces of each segment.
        turns, shifts: (K, 3, 3) and (K, 3) from its mesh to coordinates right, up, towards the light.
        closed: whether the segments are closed bodies, of which only what faces the light need be drawn.
        corner: (2,) right and up coordinate of the corner of texel (0, 0).
    """
    vertices, pixels, plane = np.empty((3, 3)), np.empty((3, 2), np.int64), np.empty((3, 3))
    size = len(heights)
    for k in range(len(first)):
        for f in range(first[k], first[k] + count[k]):
            if _FIRST_GROUND <= material[f] <= _LAST_GROUND:
                continue
            if closed and planes[f, 3] > -1e8:
                towards = turns[k, 2, 0] * planes[f, 0] + turns[k, 2, 1] * planes[f, 1] + turns[k, 2, 2] * planes[f, 2]
                if towards < 0.0:
                    continue
            _into_light(corners, f, turns, shifts, k, corner, texel_m, vertices, pixels)
            if misses_samples(pixels, 3, size, size):
                continue
            leafy = material[f] == _LEAVES and param[f, 3] < 1.0
            if _level_planes(vertices, uv, f, leafy, plane):
                _fill_caster(pixels, vertices, plane, leafy, param, f, texel_m, heights)


@inlined
def _into_light(
    corners: Floats32, f: int, turns: Floats, shifts: Floats, k: int, corner: Floats, texel_m: float,
    vertices: Floats, pixels: Integers,
) -> None:  # fmt: skip
    """The corners of a face: column and row in texels and height in metres, and snapped columns and rows."""
    for i in range(3):
        x, y, z = float(corners[f, i, 0]), float(corners[f, i, 1]), float(corners[f, i, 2])
        for axis in range(3):
            value = turns[k, axis, 0] * x + turns[k, axis, 1] * y + turns[k, axis, 2] * z + shifts[k, axis]
            vertices[i, axis] = (value - corner[axis]) / texel_m if axis < 2 else value
        for axis in range(2):
            pixels[i, axis] = int(np.floor(min(max(vertices[i, axis], -1e5), 1e5) * SUB))


@inlined
def _level_planes(vertices: Floats, uv: Floats32, f: int, leafy: bool, plane: Floats) -> bool:
    """Rows height, u, v: step per column, per row, and value at the centre of texel (0, 0); False without area."""
    ax, ay = vertices[1, 0] - vertices[0, 0], vertices[1, 1] - vertices[0, 1]
    bx, by = vertices[2, 0] - vertices[0, 0], vertices[2, 1] - vertices[0, 1]
    area = ax * by - ay * bx
    if abs(area) < 1e-12:
        return False
    for row in range(3 if leafy else 1):
        first = vertices[0, 2] if row == 0 else float(uv[f, 0, row - 1])
        a = (vertices[1, 2] if row == 0 else float(uv[f, 1, row - 1])) - first
        b = (vertices[2, 2] if row == 0 else float(uv[f, 2, row - 1])) - first
        plane[row, 0] = (a * by - b * ay) / area
        plane[row, 1] = (b * ax - a * bx) / area
        plane[row, 2] = first + plane[row, 0] * (0.5 - vertices[0, 0]) + plane[row, 1] * (0.5 - vertices[0, 1])
    return True


@inlined
def _fill_caster(
    pixels: Integers,
    vertices: Floats,
    plane: Floats,
    leafy: bool,
    param: Floats32,
    f: int,
    texel_m: float,
    heights: Floats32,
) -> None:
    low = min(vertices[0, 2], vertices[1, 2], vertices[2, 2])
    high = max(vertices[0, 2], vertices[1, 2], vertices[2, 2])
    first, last = rows(pixels, 1, len(heights))
    for j in range(first, last + 1):
        start, stop = span(pixels, 1, j, len(heights))
        for i in range(start, stop + 1):
            height = np.float32(min(max(plane[0, 2] + plane[0, 1] * j + plane[0, 0] * i, low), high))
            if height <= heights[j, i]:
                continue
            if leafy:
                u = plane[1, 2] + plane[1, 1] * j + plane[1, 0] * i
                v = plane[2, 2] + plane[2, 1] * j + plane[2, 0] * i
                if not leaf_solid(u, v, texel_m, float(param[f, 2]), float(param[f, 3])):
                    continue
            heights[j, i] = height


@inlined
def shadow_at(
    heights: Floats32, axes: Floats, corners: Floats, texels_m: Floats, x: float, y: float, z: float,
    nx: float, ny: float, nz: float,
) -> float:  # fmt: skip
    """Share of the light, 0 shadowed to 1 lit, that reaches a point with a unit normal: 2 x 2 texels, bilinear.

    Args:
        heights, axes, corners, texels_m: of a ShadowMap; the finest map that holds the point is asked, and beyond
            all maps everything is lit (fading over the last texels of the widest).
    """
    for level in range(len(heights)):
        texel, size = texels_m[level], heights.shape[1]
        per_texel = 1.0 / texel
        # A step off the surface, so that it does not shade itself.
        px, py, pz = x + 1.2 * texel * nx, y + 1.2 * texel * ny, z + 1.2 * texel * nz
        u = (axes[0, 0] * px + axes[0, 1] * py + axes[0, 2] * pz - corners[level, 0]) * per_texel - 0.5
        v = (axes[1, 0] * px + axes[1, 1] * py + axes[1, 2] * pz - corners[level, 1]) * per_texel - 0.5
        if u < 0.0 or v < 0.0 or u >= size - 1 or v >= size - 1:
            continue
        height = axes[2, 0] * px + axes[2, 1] * py + axes[2, 2] * pz + BIAS_M
        i, j = int(u), int(v)
        a, b = u - i, v - j
        lit = 0.0
        if heights[level, j, i] <= height:
            lit += (1.0 - a) * (1.0 - b)
        if heights[level, j, i + 1] <= height:
            lit += a * (1.0 - b)
        if heights[level, j + 1, i] <= height:
            lit += (1.0 - a) * b
        if heights[level, j + 1, i + 1] <= height:
            lit += a * b
        if level + 1 < len(heights):
            return lit
        edge = min(u, v, size - 1 - u, size - 1 - v) / (0.06 * size)
        return 1.0 - (1.0 - lit) * min(edge, 1.0)
    return 1.0
