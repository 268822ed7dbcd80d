"""Fragments: what a pixel shows of one face, worked on in passes over bands of rows.

A pass is one compiled loop over fragments that reads and writes columns of a table; a band is small enough to stay in
the processor's cache from pass to pass.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from drivegen.core.arrays import Bytes, Floats
from drivegen.world.compiled import compiled, inlined
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.shading.borrow import borrowed
from drivegen.world.shading.contact import land_height
from drivegen.world.shading.sky import look_up
from drivegen.world.shading.surface import unit

# Columns of a fragment: place, way to the eye, normal, texture coordinates, extents of a pixel, place in the picture.
X, Y, Z, HEIGHT, DISTANCE, VX, VY, VZ, NX, NY, NZ, COSINE = range(12)
U, V, FU, FV, FOOT, SMALL, ACROSS, DOWN, WEIGHT = range(12, 21)
# Filled by the texture pass: albedo, share of window glass, own light, the pane's number, snow, water, open sky.
RED, GREEN, BLUE, GLASS, ER, EG, EB, PICK, COVER, PUDDLE, OPEN = range(21, 32)
# Filled by the light pass: irradiance over pi, and the share of the sun that is not hidden.
LR, LG, LB, SUNLIT = range(32, 36)
COLUMNS = 36
# Rows of `tags`: face, material, lamp, pixel.
FACE, MATERIAL, LAMP, PIXEL = range(4)

Integers32 = npt.NDArray[np.int32]


@compiled
def collect(
    face: Integers32, depth: Floats32, first: int, last: int, samples: int, corners: Floats32, normals: Floats32,
    uv: Floats32, info: Bytes, eye: Floats, ground: Floats32, ground_corner: Floats, panorama: Floats32,
    scratch: Floats, table: Floats32, tags: Integers32, out: Floats32,
) -> int:  # fmt: skip
    """Fragments of pixel rows first to last; the sky goes straight into `out` (h, w, 3). Returns their number.

    Args:
        face, depth: (S h, S w) of the G-buffer.
        corners, normals: (F, 3, 3); uv: (F, 3, 2); info: (F, 3) material, lamp, two-sided (1).
        eye: position (3), camera_from_global rotation (9), fx, fy, cx, cy in samples, 1 / fx, 1 / fy.
        ground, ground_corner: terrain heights, as in LightField.
        scratch: (6, 3) room for the kernel.
    """
    corners, normals, uv, info, eye = borrowed(corners), borrowed(normals), borrowed(uv), borrowed(info), borrowed(eye)
    ground, panorama, table, tags = borrowed(ground), borrowed(panorama), borrowed(table), borrowed(tags)
    face, depth, out = borrowed(face), borrowed(depth), borrowed(out)
    height, width = out.shape[0], out.shape[1]
    # Barycentric coordinates over depth are linear in the pixel: three rows of a, b, c for a px + b py + c.
    plane = borrowed(scratch)
    current = -1
    total = samples * samples
    part, per_width, per_height = 1.0 / total, 1.0 / width, 1.0 / height
    count = 0
    for row in range(first, last):
        for column in range(width):
            left = total
            out[row, column, 0] = out[row, column, 1] = out[row, column, 2] = 0.0
            for k in range(total):
                down = k // samples
                j, i = row * samples + down, column * samples + k - down * samples
                index = face[j, i]
                shown, px, py = _same_face(face, row, column, samples, k, index)
                if shown == 0:
                    continue
                if index < 0:
                    _add_sky(eye, px, py, panorama, shown * part, row, column, out)
                else:
                    if index != current:
                        _planes(corners, index, eye, plane)
                        current = index
                    fragment = table[count]
                    _place(fragment, index, px, py, depth[j, i], plane, normals, uv, info, eye, samples)
                    land = land_height(ground, ground_corner[4], ground_corner[5], fragment[X], fragment[Y])
                    fragment[HEIGHT] = fragment[Z] - land
                    fragment[ACROSS], fragment[DOWN] = (column + 0.5) * per_width, (row + 0.5) * per_height
                    fragment[WEIGHT] = shown * part
                    tags[count, FACE], tags[count, MATERIAL] = index, info[index, 0]
                    tags[count, LAMP], tags[count, PIXEL] = info[index, 1], row * width + column
                    count += 1
                left -= shown
                if left <= 0:
                    break
    return count


@inlined
def _same_face(face: Integers32, row: int, column: int, samples: int, k: int, index: int) -> tuple[int, float, float]:
    """How many samples of a pixel show a face, and their middle; 0 when an earlier sample than k did."""
    if k == 0:
        alone = True
        for j in range(row * samples, (row + 1) * samples):
            for i in range(column * samples, (column + 1) * samples):
                alone = alone and face[j, i] == index
        if alone:
            return samples * samples, (column + 0.5) * samples, (row + 0.5) * samples
    for other in range(k):
        if face[row * samples + other // samples, column * samples + other % samples] == index:
            return 0, 0.0, 0.0
    count, px, py = 0, 0.0, 0.0
    for other in range(k, samples * samples):
        j, i = row * samples + other // samples, column * samples + other % samples
        if face[j, i] == index:
            count += 1
            px += i + 0.5
            py += j + 0.5
    return count, px / count, py / count


@inlined
def _add_sky(
    eye: Floats, px: float, py: float, panorama: Floats32, share: float, row: int, column: int, out: Floats32
) -> None:
    dx, dy = (px - eye[14]) * eye[16], (py - eye[15]) * eye[17]
    x, y, z = unit(
        eye[3] * dx + eye[6] * dy + eye[9], eye[4] * dx + eye[7] * dy + eye[10], eye[5] * dx + eye[8] * dy + eye[11]
    )
    red, green, blue = look_up(panorama, x, y, z)
    out[row, column, 0] += share * red
    out[row, column, 1] += share * green
    out[row, column, 2] += share * blue


@inlined
def _planes(corners: Floats32, index: int, eye: Floats, plane: Floats) -> None:
    """Barycentric coordinates over depth as functions of the pixel, for one face."""
    v = plane
    for k in range(3):
        x, y, z = corners[index, k, 0] - eye[0], corners[index, k, 1] - eye[1], corners[index, k, 2] - eye[2]
        v[k + 3, 0] = eye[3] * x + eye[4] * y + eye[5] * z
        v[k + 3, 1] = eye[6] * x + eye[7] * y + eye[8] * z
        v[k + 3, 2] = eye[9] * x + eye[10] * y + eye[11] * z
    scale = 0.0
    for k in range(3):
        a, b = (k + 4 if k < 2 else 3), (k + 5 if k < 1 else k + 2)
        nx = v[a, 1] * v[b, 2] - v[a, 2] * v[b, 1]
        ny = v[a, 2] * v[b, 0] - v[a, 0] * v[b, 2]
        nz = v[a, 0] * v[b, 1] - v[a, 1] * v[b, 0]
        if k == 0:
            determinant = nx * v[3, 0] + ny * v[3, 1] + nz * v[3, 2]
            if abs(determinant) < 1e-12:
                determinant = 1e-12 if determinant >= 0.0 else -1e-12
            scale = 1.0 / determinant
        plane[k, 0] = nx * scale * eye[16]
        plane[k, 1] = ny * scale * eye[17]
        plane[k, 2] = nz * scale - plane[k, 0] * eye[14] - plane[k, 1] * eye[15]


@inlined
def _place(
    fragment: Floats32, index: int, px: float, py: float, near: float, plane: Floats, normals: Floats32, uv: Floats32,
    info: Bytes, eye: Floats, samples: int,
) -> None:  # fmt: skip
    """Where a fragment lies, its normal and texture coordinates; `near` is its depth in the G-buffer."""
    w0 = plane[0, 0] * px + plane[0, 1] * py + plane[0, 2]
    w1 = plane[1, 0] * px + plane[1, 1] * py + plane[1, 2]
    w2 = plane[2, 0] * px + plane[2, 1] * py + plane[2, 2]
    w = w0 + w1 + w2
    z = 1.0 / w if w > 1e-9 else near
    # Faces seen edge on have no sound plane.
    if abs(z - near) > 0.1 * near + 0.05:
        z = near
    b0 = min(max(w0 * z, 0.0), 1.0)
    b1 = min(max(w1 * z, 0.0), 1.0 - b0)
    b2 = 1.0 - b0 - b1
    dx, dy = (px - eye[14]) * eye[16], (py - eye[15]) * eye[17]
    gx = eye[3] * dx + eye[6] * dy + eye[9]
    gy = eye[4] * dx + eye[7] * dy + eye[10]
    gz = eye[5] * dx + eye[8] * dy + eye[11]
    length = np.sqrt(gx * gx + gy * gy + gz * gz)
    fragment[X], fragment[Y], fragment[Z] = eye[0] + z * gx, eye[1] + z * gy, eye[2] + z * gz
    fragment[DISTANCE] = z * length
    shorter = -1.0 / length
    vx, vy, vz = gx * shorter, gy * shorter, gz * shorter
    fragment[VX], fragment[VY], fragment[VZ] = vx, vy, vz
    sx, sy = plane[0, 0] + plane[1, 0] + plane[2, 0], plane[0, 1] + plane[1, 1] + plane[2, 1]
    for k in range(2):
        t0, t1, t2 = uv[index, 0, k], uv[index, 1, k], uv[index, 2, k]
        t = b0 * t0 + b1 * t1 + b2 * t2
        across = abs(plane[0, 0] * t0 + plane[1, 0] * t1 + plane[2, 0] * t2 - t * sx)
        down = abs(plane[0, 1] * t0 + plane[1, 1] * t1 + plane[2, 1] * t2 - t * sy)
        fragment[U + k] = t
        fragment[FU + k] = min((across + down) * samples * z, 1e4)
    nx, ny, nz = unit(
        b0 * normals[index, 0, 0] + b1 * normals[index, 1, 0] + b2 * normals[index, 2, 0],
        b0 * normals[index, 0, 1] + b1 * normals[index, 1, 1] + b2 * normals[index, 2, 1],
        b0 * normals[index, 0, 2] + b1 * normals[index, 1, 2] + b2 * normals[index, 2, 2],
    )
    cosine = nx * vx + ny * vy + nz * vz
    # Leaves keep the round crown's normal: they are lit as a whole.
    if cosine < 0.0 and info[index, 2] == 1:
        nx, ny, nz, cosine = -nx, -ny, -nz, -cosine
    fragment[NX], fragment[NY], fragment[NZ], fragment[COSINE] = nx, ny, nz, cosine
    small = z * length * samples * eye[16]
    fragment[SMALL] = small
    fragment[FOOT] = small / max(abs(cosine), 0.02)
