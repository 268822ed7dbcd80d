"""The z-buffer: triangles to samples, compiled.

A face is moved into the camera frame, culled, clipped at the near plane (and a mirror's plane) and snapped to 1/256 of
a sample. From there on integers decide which samples it covers, so that faces that share an edge leave no gap and
cover no sample twice (top-left rule). The inverse of the depth is linear in the picture: for a sample's ray r it is
`n . r / (n . v0)`, whatever the clipping made of the outline; larger is nearer, and 0 is the sky.
"""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Bytes, Floats, Integers
from drivegen.world.compiled import compiled, inlined
from drivegen.world.geometry import Material
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster.batch import Integers32
from drivegen.world.raster.leaves import leaf_solid
from drivegen.world.raster.outline import (
    clip_to_plane,
    face_into_camera,
    may_show,
    misses_samples,
    near_clip,
    rows,
    snap,
    span,
)

LEAVES = int(Material.LEAVES)
MARKING = int(Material.MARKING)
# Road paint counts as this much nearer than it is.
MARKING_BIAS = 1.003


@compiled
def draw(
    corners: Floats32,
    uv: Floats32,
    material: Bytes,
    param: Floats32,
    two_sided: Bytes,
    position: Floats,
    rotation: Floats,
    lens: Floats,
    clip: Floats,
    face: Integers32,
    inverse: Floats32,
) -> None:
    """Draw faces (F) into `face` (rows, columns) int32, filled with -1, and `inverse` depth float32, filled with 0."""
    vertices, plane = np.empty((3, 3)), np.empty((3, 3))
    polygon, spare, pixels = np.empty((8, 3)), np.empty((8, 3)), np.empty((8, 2), np.int64)
    near = np.array([0.0, 0.0, 1.0, lens[6]])
    clips = clip[0] != 0.0 or clip[1] != 0.0 or clip[2] != 0.0
    for f in range(len(corners)):
        if not may_show(corners, f, position, rotation, lens):
            continue
        triple = face_into_camera(corners, f, position, rotation, lens, two_sided[f] != 0, vertices)
        if triple == 0.0:
            continue
        count = near_clip(vertices, lens[6], near, polygon)
        if clips:
            count = clip_to_plane(polygon, count, clip, spare)
            polygon[:count] = spare[:count]
        if count < 3:
            continue
        low, high = snap(polygon, count, lens, pixels)
        if misses_samples(pixels, count, face.shape[1], len(face)):
            continue
        leafy = material[f] == LEAVES and param[f, 3] < 1.0
        _planes(vertices, triple, uv, f, lens, leafy, plane)
        bias = MARKING_BIAS if material[f] == MARKING else 1.0
        for k in range(1, count - 1):
            if leafy:
                _fill_leaves(pixels, k, plane, low, high, param, lens, f, face, inverse)
            else:
                _fill(pixels, k, plane, low * bias, high * bias, bias, f, face, inverse)


@inlined
def _planes(vertices: Floats, triple: float, uv: Floats32, f: int, lens: Floats, leafy: bool, plane: Floats) -> None:
    """Rows 1/z, u/z, v/z: their step per column, per row, and the value at the centre of sample (0, 0)."""
    v = vertices
    for row in range(3 if leafy else 1):
        x = y = z = 0.0
        for i in range(3):
            b, c = (i + 1) % 3, (i + 2) % 3
            weight = 1.0 if row == 0 else float(uv[f, i, row - 1])
            x += weight * (v[b, 1] * v[c, 2] - v[b, 2] * v[c, 1])
            y += weight * (v[b, 2] * v[c, 0] - v[b, 0] * v[c, 2])
            z += weight * (v[b, 0] * v[c, 1] - v[b, 1] * v[c, 0])
        x /= triple * lens[0]
        y /= triple * lens[1]
        plane[row, 0], plane[row, 1] = x, y
        plane[row, 2] = z / triple + x * (0.5 - lens[2]) + y * (0.5 - lens[3])


@inlined
def _fill(
    pixels: Integers, k: int, plane: Floats, low: float, high: float, bias: float, f: int, face: Integers32,
    inverse: Floats32,
) -> None:  # fmt: skip
    """Draw triangle (0, k, k + 1) of a polygon; its inverse depth stays within [low, high]."""
    first, last = rows(pixels, k, len(face))
    step = plane[0, 0] * bias
    for j in range(first, last + 1):
        start, stop = span(pixels, k, j, face.shape[1])
        base = (plane[0, 2] + plane[0, 1] * j) * bias
        one, other = base + step * start, base + step * stop
        if min(one, other) >= low and max(one, other) <= high:
            for i in range(start, stop + 1):
                w = np.float32(base + step * i)
                if w > inverse[j, i]:
                    inverse[j, i] = w
                    face[j, i] = f
        else:
            # Seen edge-on: snapping moved the outline off the plane.
            for i in range(start, stop + 1):
                w = np.float32(min(max(base + step * i, low), high))
                if w > inverse[j, i]:
                    inverse[j, i] = w
                    face[j, i] = f


@inlined
def _fill_leaves(
    pixels: Integers, k: int, plane: Floats, low: float, high: float, param: Floats32, lens: Floats, f: int,
    face: Integers32, inverse: Floats32,
) -> None:  # fmt: skip
    """The same with holes."""
    first, last = rows(pixels, k, len(face))
    seed, share = float(param[f, 2]), float(param[f, 3])
    for j in range(first, last + 1):
        start, stop = span(pixels, k, j, face.shape[1])
        for i in range(start, stop + 1):
            w = min(max(plane[0, 2] + plane[0, 1] * j + plane[0, 0] * i, low), high)
            if np.float32(w) <= inverse[j, i]:
                continue
            u = (plane[1, 2] + plane[1, 1] * j + plane[1, 0] * i) / w
            v = (plane[2, 2] + plane[2, 1] * j + plane[2, 0] * i) / w
            if leaf_solid(u, v, 1.0 / (w * lens[0]), seed, share):
                inverse[j, i] = np.float32(w)
                face[j, i] = f


@compiled
def depth_of(inverse: Floats32, face: Integers32, material: Bytes, depth: Floats32) -> None:
    """Depth in metres of inverse depths; inf where nothing was drawn. Takes the bias of road paint off again."""
    one = np.float32(1.0)
    for j in range(len(inverse)):
        for i in range(inverse.shape[1]):
            depth[j, i] = one / inverse[j, i]
        for i in range(inverse.shape[1]):
            f = face[j, i]
            if f >= 0 and material[f] == MARKING:
                depth[j, i] *= np.float32(MARKING_BIAS)
