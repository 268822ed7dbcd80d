"""Copies what a picture needs out of a pool of faces, and puts it where it belongs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Bytes, Floats, Integers
from drivegen.world.compiled import compiled, inlined
from drivegen.world.geometry import Material, Mesh
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster.batch import Integers32
from drivegen.world.raster.pool import FacePool

_PAINT, _CLOTH = int(Material.PAINT), int(Material.CLOTH)


@dataclass(frozen=True, eq=False)
class Segments:
    """K pieces of a pool, each to be placed somewhere.

    Attributes:
        first, count: (K,) int64 faces of the pool.
        scale: (K, 3) factors on the mesh's x, y, z; turn: (K, 3, 3) rotation and shift: (K, 3) translation after that.
        tint: (K, 3) float32 linear colour of what takes the object's colour: paint, and cloth that is white.
        moved: (K,) uint8 whether scale, turn, shift and tint apply at all.
        instance: (K,) int32.
        lamps: (K, LAMP_COUNT) float32 strength of each lamp.
        snow: (K,) float32.
    """

    first: Integers
    count: Integers
    scale: Floats
    turn: Floats
    shift: Floats
    tint: Floats32
    moved: Bytes
    instance: Integers32
    lamps: Floats32
    snow: Floats32


def gather(
    pool: FacePool, segments: Segments, eyes: Floats, mesh: Mesh, tags: tuple[Integers32, Floats32, Floats32], at: int
) -> int:
    """Write segments of a pool into `mesh` and `tags` (instance, emission, snow) from face `at` on; returns the end.

    Left out are faces that look away from all `eyes` (E, 3), places in the global frame.
    """
    source = pool.faces
    end: int = _gather(
        pool.planes, eyes,
        segments.first, segments.count, segments.scale, segments.turn, segments.shift, segments.tint, segments.moved,
        segments.instance, segments.lamps, segments.snow,
        source.corners, source.normals, source.uv, source.rgb, source.material, source.param, source.lamp,
        source.two_sided.view(np.uint8),
        mesh.corners, mesh.normals, mesh.uv, mesh.rgb, mesh.material, mesh.param, mesh.lamp,
        mesh.two_sided.view(np.uint8), *tags, at,
    )  # fmt: skip
    return end


@compiled
def _gather(
    planes: Floats32, eyes: Floats, first: Integers, count: Integers, scale: Floats, turn: Floats, shift: Floats,
    tint: Floats32, moved: Bytes, instance: Integers32, lamps: Floats32, snow: Floats32,
    corners: Floats32, normals: Floats32, uv: Floats32, rgb: Floats32, material: Bytes, param: Floats32, lamp: Bytes,
    two_sided: Bytes,
    to_corners: Floats32, to_normals: Floats32, to_uv: Floats32, to_rgb: Floats32, to_material: Bytes,
    to_param: Floats32, to_lamp: Bytes, to_two_sided: Bytes, to_instance: Integers32, to_emission: Floats32,
    to_snow: Floats32, at: int,
) -> int:  # fmt: skip
    local = np.empty((len(eyes), 3))
    for k in range(len(first)):
        for e in range(len(eyes)):
            _into_mesh(eyes, e, scale, turn, shift, k, moved[k] != 0, local)
        for f in range(first[k], first[k] + count[k]):
            if not _faces_any(planes, f, local):
                continue
            tinted = moved[k] != 0 and _takes_tint(material, rgb, f)
            for i in range(3):
                if moved[k] != 0:
                    _place(corners, normals, f, i, scale, turn, shift, k, to_corners, to_normals, at)
                else:
                    for axis in range(3):
                        to_corners[at, i, axis] = corners[f, i, axis]
                        to_normals[at, i, axis] = normals[f, i, axis]
                to_uv[at, i, 0], to_uv[at, i, 1] = uv[f, i, 0], uv[f, i, 1]
                to_rgb[at, i] = rgb[f, i] * (tint[k, i] if tinted else np.float32(1.0))
            for i in range(4):
                to_param[at, i] = param[f, i]
            to_material[at], to_lamp[at], to_two_sided[at] = material[f], lamp[f], two_sided[f]
            to_instance[at], to_snow[at] = instance[k], snow[k]
            to_emission[at] = lamps[k, lamp[f]] if lamp[f] > 0 else np.float32(0.0)
            at += 1
    return at


@inlined
def _takes_tint(material: Bytes, rgb: Floats32, f: int) -> bool:
    """As `Mesh.tinted`."""
    white = min(rgb[f, 0], rgb[f, 1], rgb[f, 2]) > 0.99
    return bool(material[f] == _PAINT or (material[f] == _CLOTH and white))


@inlined
def _place(
    corners: Floats32, normals: Floats32, f: int, i: int, scale: Floats, turn: Floats, shift: Floats, k: int,
    to_corners: Floats32, to_normals: Floats32, at: int,
) -> None:  # fmt: skip
    """Write corner i of face f and its normal as segment k places them."""
    x, y, z = corners[f, i, 0] * scale[k, 0], corners[f, i, 1] * scale[k, 1], corners[f, i, 2] * scale[k, 2]
    a, b, c = normals[f, i, 0] / scale[k, 0], normals[f, i, 1] / scale[k, 1], normals[f, i, 2] / scale[k, 2]
    length = np.sqrt(a * a + b * b + c * c)
    for row in range(3):
        p, q, r = turn[k, row, 0], turn[k, row, 1], turn[k, row, 2]
        to_corners[at, i, row] = np.float32(p * x + q * y + r * z + shift[k, row])
        to_normals[at, i, row] = np.float32((p * a + q * b + r * c) / length)


@inlined
def _into_mesh(
    eyes: Floats, e: int, scale: Floats, turn: Floats, shift: Floats, k: int, moved: bool, local: Floats
) -> None:
    """local[e]: the place of an eye in the frame of segment k's mesh."""
    for axis in range(3):
        local[e, axis] = eyes[e, axis]
        if moved:
            total = 0.0
            for row in range(3):
                total += turn[k, row, axis] * (eyes[e, row] - shift[k, row])
            local[e, axis] = total / scale[k, axis]


@inlined
def _faces_any(planes: Floats32, f: int, eyes: Floats) -> bool:
    """Whether an eye is in front of a face, or within a centimetre of its plane: the exact test follows later."""
    for e in range(len(eyes)):
        along = planes[f, 0] * eyes[e, 0] + planes[f, 1] * eyes[e, 1] + planes[f, 2] * eyes[e, 2]
        if along - planes[f, 3] > -0.01:
            return True
    return False
