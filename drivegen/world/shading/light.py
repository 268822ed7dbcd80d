"""Where light comes from in a picture besides sky and sun: lamps by cells, head-lights; and what hides the sky."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drivegen.core.arrays import Bytes, Floats
from drivegen.world.compiled import compiled, inlined
from drivegen.world.geometry import Lamp, Material
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster import Batch, View
from drivegen.world.shading.contact import contact_map
from drivegen.world.shading.look import Look
from drivegen.world.shading.noise import falling, smooth

CELL_M, CELLS, PER_CELL = 8.0, 40, 6
LAMP_FIELDS = 14
BEAM_FIELDS = 11
GROUND_CELL_M, GROUND_CELLS = 8.0, 48


@dataclass(frozen=True, eq=False)
class LightField:
    """The lights around a camera, packed for the shading kernel.

    Attributes:
        lamps: (L, LAMP_FIELDS) position, direction of the cone, rgb at 1 m, cosine of its edge, of its core, reach m,
            one over the difference of the cosines, one over the square of the reach.
        cells: (CELLS, CELLS, PER_CELL) indices of the lamps that reach a cell of CELL_M, strongest first, -1 for none.
        contact: top-down map of what stands close above the ground, uint8, contact.CONTACT_FULL for 1.
        ground: (GROUND_CELLS, GROUND_CELLS) heights of the terrain, metres.
        corners: (6,) x and y of the first corner of `cells`, `contact` and `ground`.
        beam: (BEAM_FIELDS,) the ego's head-lights: position, forward, left, strength, airlight in haze.
    """

    lamps: Floats32
    cells: npt.NDArray[np.int16]
    contact: Bytes
    ground: Floats32
    corners: Floats
    beam: Floats


def make_lights(
    view: View,
    batch: Batch,
    look: Look,
    *,
    street_lamps: Floats,
    ground: Floats32,
    ground_corner: Floats,
    ego: Floats,
    head: float = 1.0,
) -> LightField:
    """The lights that matter to a view.

    Args:
        street_lamps: (L, 3) positions, metres.
        ground: terrain heights as in LightField, from `ground_corner` (2,).
        ego: (3, 3) rows position, forward, left of the vehicle that carries the camera.
        head: strength of that vehicle's head-lights, 0 off to 1 on.
    """
    middle = view.position[:2] + 0.30 * CELL_M * CELLS * _level(view.forward)
    corner = middle - 0.5 * CELL_M * CELLS
    lamps = np.concatenate([_street(street_lamps, look, middle), _head_lights(batch, look), _shop_lights(batch, look)])
    lamps[:, 12], lamps[:, 13] = 1.0 / (lamps[:, 10] - lamps[:, 9]), 1.0 / lamps[:, 11] ** 2
    cells = np.full((CELLS, CELLS, PER_CELL), -1, np.int16)
    if len(lamps):
        _fill_cells(lamps, cells, corner)
    contact, contact_corner = contact_map(view, batch, ground, ground_corner)
    origin = ego[0] + 3.7 * ego[1] + np.array([0.0, 0.0, 0.65])
    beam = np.concatenate([origin, ego[1], ego[2], [look.beam * head, look.haze_per_m]])
    corners = np.concatenate([corner, contact_corner, ground_corner])
    return LightField(lamps, cells, contact, ground, corners, beam)


def _level(direction: Floats) -> Floats:
    flat = direction[:2]
    return np.asarray(flat / max(float(np.linalg.norm(flat)), 1e-6))


def _street(positions: Floats, look: Look, middle: Floats) -> Floats32:
    """Street lamps shine down in a wide cone."""
    near = np.linalg.norm(positions[:, :2] - middle, axis=1) < 0.5 * CELL_M * CELLS + 20.0
    kept = positions[near] if look.lamps > 0 else positions[:0]
    rows = np.zeros((len(kept), LAMP_FIELDS), np.float32)
    rows[:, :3] = kept
    rows[:, 5] = -1.0
    rows[:, 6:9] = 46.0 * look.lamps * look.lamp_rgb / (1.0 if look.night else 4.0)
    rows[:, 9:12] = (0.18, 0.75, 30.0)
    return rows


_VEHICLE_LAMPS = (
    (Lamp.HEAD, 1.0, (32.0, 31.0, 27.0), -0.07, (0.90, 0.985, 40.0)),
    (Lamp.BRAKE, -1.0, (1.5, 0.10, 0.06), -0.3, (0.1, 0.9, 8.0)),
    (Lamp.TAIL, -1.0, (0.35, 0.03, 0.02), -0.3, (0.1, 0.9, 5.0)),
)


def _head_lights(batch: Batch, look: Look) -> Floats32:
    """The lamps of each vehicle merge into one cone ahead of it, and a red shine behind."""
    if look.beam <= 0.0 or not len(batch.centres):
        return np.zeros((0, LAMP_FIELDS), np.float32)
    rows = []
    forward = batch.rotations[:, :, 0]
    for lamp, end, rgb, down, cone in _VEHICLE_LAMPS:
        on = np.flatnonzero(batch.lamps[:, lamp] > 0.05)
        part = np.zeros((len(on), LAMP_FIELDS), np.float32)
        part[:, :3] = batch.centres[on] + end * 0.52 * batch.sizes[on, :1] * forward[on]
        part[:, 2] += np.clip(0.75 - 0.5 * batch.sizes[on, 2], -1.2, 0.4)
        part[:, 3:6] = end * forward[on] + np.array([0.0, 0.0, down])
        part[:, 6:9] = look.beam * batch.lamps[on, lamp, None] * np.array(rgb)
        part[:, 9:12] = cone
        rows.append(part)
    return np.concatenate(rows)


def _shop_lights(batch: Batch, look: Look) -> Floats32:
    """Light that falls from shop windows onto the sidewalk."""
    if look.lamps <= 0.5:
        return np.zeros((0, LAMP_FIELDS), np.float32)
    mesh = batch.mesh
    faces = np.flatnonzero(mesh.material == Material.SHOP)[::2][:60]
    rows = np.zeros((len(faces), LAMP_FIELDS), np.float32)
    if len(faces):
        normal = mesh.normals[faces, 0]
        rows[:, :3] = mesh.corners[faces].mean(axis=1) + 0.4 * normal
        rows[:, 3:6] = normal * 0.9 + np.array([0.0, 0.0, -0.44], np.float32)
        rows[:, 6:9] = 2.2 * look.lamps * np.array([1.0, 0.82, 0.58])
        rows[:, 9:12] = (0.0, 0.9, 12.0)
    return rows


@compiled
def _fill_cells(lamps: Floats32, cells: npt.NDArray[np.int16], corner: Floats) -> None:
    """Keep for every cell the lamps that give most light at its middle."""
    strength = np.zeros((cells.shape[0], cells.shape[1], cells.shape[2]), np.float32)
    count = cells.shape[2]
    for index in range(lamps.shape[0]):
        reach = lamps[index, 11]
        power = lamps[index, 6] + lamps[index, 7] + lamps[index, 8]
        row0 = max(0, int((lamps[index, 1] - reach - corner[1]) / CELL_M))
        row1 = min(cells.shape[0] - 1, int((lamps[index, 1] + reach - corner[1]) / CELL_M))
        column0 = max(0, int((lamps[index, 0] - reach - corner[0]) / CELL_M))
        column1 = min(cells.shape[1] - 1, int((lamps[index, 0] + reach - corner[0]) / CELL_M))
        for row in range(row0, row1 + 1):
            for column in range(column0, column1 + 1):
                dx = corner[0] + (column + 0.5) * CELL_M - lamps[index, 0]
                dy = corner[1] + (row + 0.5) * CELL_M - lamps[index, 1]
                far = math.sqrt(dx * dx + dy * dy)
                if far > reach + 0.71 * CELL_M:
                    continue
                value = power / (9.0 + max(0.0, far - 0.5 * CELL_M) ** 2)
                slot = count
                while slot > 0 and strength[row, column, slot - 1] < value:
                    slot -= 1
                if slot == count:
                    continue
                for k in range(count - 1, slot, -1):
                    strength[row, column, k] = strength[row, column, k - 1]
                    cells[row, column, k] = cells[row, column, k - 1]
                strength[row, column, slot] = value
                cells[row, column, slot] = index


@inlined
def lamp_light(
    lamps: Floats32, cells: npt.NDArray[np.int16], corners: Floats,
    x: float, y: float, z: float, nx: float, ny: float, nz: float,
) -> tuple[float, float, float]:  # fmt: skip
    """Irradiance over pi that the lamps around a place give a surface with a normal."""
    red, green, blue = 0.0, 0.0, 0.0
    column, row = math.floor((x - corners[0]) / CELL_M), math.floor((y - corners[1]) / CELL_M)
    if row < 0 or column < 0 or row >= cells.shape[0] or column >= cells.shape[1]:
        return red, green, blue
    for slot in range(cells.shape[2]):
        index = cells[row, column, slot]
        if index < 0:
            break
        dx, dy, dz = lamps[index, 0] - x, lamps[index, 1] - y, lamps[index, 2] - z
        square = dx * dx + dy * dy + dz * dz
        edge = 1.0 - square * lamps[index, 13]
        if edge <= 0.0:
            continue
        per_length = 1.0 / (math.sqrt(square) + 1e-6)
        cone = -(dx * lamps[index, 3] + dy * lamps[index, 4] + dz * lamps[index, 5]) * per_length
        if cone <= lamps[index, 9]:
            continue
        cone = min((cone - lamps[index, 9]) * lamps[index, 12], 1.0)
        cone *= cone * (3.0 - 2.0 * cone)
        facing = (dx * nx + dy * ny + dz * nz) * per_length
        # A little wraps round: lamps are not points, and air and ground scatter.
        facing = max(0.12 * (1.0 + facing), facing)
        value = cone * facing * edge * edge / (square + 1.0)
        red += value * lamps[index, 6]
        green += value * lamps[index, 7]
        blue += value * lamps[index, 8]
    return red, green, blue


@inlined
def beam_power(beam: Floats, x: float, y: float, z: float) -> float:
    """Light over pi of the ego's dipped head-lights on a surface that faces them, at a place."""
    dx, dy, dz = x - beam[0], y - beam[1], z - beam[2]
    ahead = dx * beam[3] + dy * beam[4] + dz * beam[5]
    if ahead < 0.3:
        return 0.0
    left = dx * beam[6] + dy * beam[7] + dz * beam[8]
    square = dx * dx + dy * dy + dz * dz
    up = (dz - beam[5] * ahead) / ahead
    aside = left / ahead
    # The cut-off lies half a degree low, and rises to the right where it cannot dazzle.
    limit = -0.008 + 0.10 * min(max(-aside - 0.01, 0.0), 0.12)
    below = limit - up
    cut = smooth(-0.012, 0.022, below)
    a, b, c = aside * (1.0 / 0.48), (aside + 0.03) * (1.0 / 0.15), (below - 0.012) * (1.0 / 0.035)
    wide = falling(a * a)
    power = 0.9 * wide
    if cut > 0.0:
        power += cut * (125.0 * wide * falling(max(below, 0.0) * 10.0) + 300.0 * falling(b * b + c * c))
    return beam[9] * power / (square + 60.0)
