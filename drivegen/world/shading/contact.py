"""What stands close above the ground, seen from above: it keeps the sky's light from it."""

from __future__ import annotations

import math

import cv2
import numpy as np

from drivegen.core.arrays import Bytes, Floats
from drivegen.world.compiled import compiled, inlined
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster import Batch, View

CONTACT_CELL_M, CONTACT_CELLS = 0.24, 352
# Sums of close and wide shade exceed 1.
CONTACT_FULL = 210.0
REACH_M = 0.9
LAND_CELL_M = 8.0


def contact_map(view: View, batch: Batch, ground: Floats32, ground_corner: Floats) -> tuple[Bytes, Floats]:
    """Map (CONTACT_CELLS, CONTACT_CELLS) uint8, CONTACT_FULL for 1, around the view, and its first corner (2,)."""
    flat = view.forward[:2] / max(float(np.linalg.norm(view.forward[:2])), 1e-6)
    size = CONTACT_CELL_M * CONTACT_CELLS
    corner = np.floor((view.position[:2] + 0.42 * size * flat - 0.5 * size) / CONTACT_CELL_M) * CONTACT_CELL_M
    canvas = np.zeros((CONTACT_CELLS, CONTACT_CELLS), np.uint8)
    _fill(batch.mesh.corners[batch.static_count :], canvas, corner, ground, ground_corner)
    # Close things shade sharply, and a little farther out softly.
    tight = cv2.GaussianBlur(canvas, (5, 5), 0.9)
    wide = cv2.blur(canvas, (7, 7))
    both = cv2.addWeighted(tight, 0.62, wide, 0.55, 0.0)
    return np.asarray(cv2.max(cv2.convertScaleAbs(tight, alpha=0.85), both), dtype=np.uint8), corner


@inlined
def land_height(ground: Floats32, corner_x: float, corner_y: float, x: float, y: float) -> float:
    """Height of the terrain at a place, from a coarse grid; its edge value beyond it."""
    fx = min(max((x - corner_x) / LAND_CELL_M, 0.0), ground.shape[1] - 1.001)
    fy = min(max((y - corner_y) / LAND_CELL_M, 0.0), ground.shape[0] - 1.001)
    ix, iy = int(fx), int(fy)
    tx, ty = fx - ix, fy - iy
    top = ground[iy, ix] * (1.0 - tx) + ground[iy, ix + 1] * tx
    low = ground[iy + 1, ix] * (1.0 - tx) + ground[iy + 1, ix + 1] * tx
    return top * (1.0 - ty) + low * ty


@compiled
def _fill(corners: Floats32, canvas: Bytes, corner: Floats, ground: Floats32, ground_corner: Floats) -> None:
    """The outline of each low triangle, filled with how near it is to the ground."""
    rows, columns = canvas.shape
    for index in range(corners.shape[0]):
        lowest = min(corners[index, 0, 2], corners[index, 1, 2], corners[index, 2, 2])
        land = land_height(ground, ground_corner[0], ground_corner[1], corners[index, 0, 0], corners[index, 0, 1])
        if lowest - land > REACH_M:
            continue
        value = np.uint8(CONTACT_FULL * (1.0 - 0.6 * max(lowest - land, 0.0) / REACH_M))
        ax = (corners[index, 0, 0] - corner[0]) / CONTACT_CELL_M - 0.5
        ay = (corners[index, 0, 1] - corner[1]) / CONTACT_CELL_M - 0.5
        bx = (corners[index, 1, 0] - corner[0]) / CONTACT_CELL_M - 0.5
        by = (corners[index, 1, 1] - corner[1]) / CONTACT_CELL_M - 0.5
        cx = (corners[index, 2, 0] - corner[0]) / CONTACT_CELL_M - 0.5
        cy = (corners[index, 2, 1] - corner[1]) / CONTACT_CELL_M - 0.5
        row0, row1 = math.floor(min(ay, by, cy)), math.ceil(max(ay, by, cy))
        column0, column1 = math.floor(min(ax, bx, cx)), math.ceil(max(ax, bx, cx))
        if row1 < 0 or column1 < 0 or row0 >= rows or column0 >= columns:
            continue
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        turn = 1.0 if area >= 0.0 else -1.0
        for row in range(max(row0, 0), min(row1 + 1, rows)):
            for column in range(max(column0, 0), min(column1 + 1, columns)):
                u = turn * ((bx - ax) * (row - ay) - (by - ay) * (column - ax))
                v = turn * ((cx - bx) * (row - by) - (cy - by) * (column - bx))
                w = turn * ((ax - cx) * (row - cy) - (ay - cy) * (column - cx))
                if u >= -0.5 and v >= -0.5 and w >= -0.5 and value > canvas[row, column]:
                    canvas[row, column] = value


@inlined
def contact_at(contact: Bytes, corner_x: float, corner_y: float, x: float, y: float) -> float:
    """The contact map at a place, bilinear, 0 outside."""
    fx = (x - corner_x) * (1.0 / CONTACT_CELL_M) - 0.5
    fy = (y - corner_y) * (1.0 / CONTACT_CELL_M) - 0.5
    if fx < 0.0 or fy < 0.0 or fx >= contact.shape[1] - 1 or fy >= contact.shape[0] - 1:
        return 0.0
    ix, iy = int(fx), int(fy)
    tx, ty = fx - ix, fy - iy
    top = contact[iy, ix] * (1.0 - tx) + contact[iy, ix + 1] * tx
    low = contact[iy + 1, ix] * (1.0 - tx) + contact[iy + 1, ix + 1] * tx
    return (top * (1.0 - ty) + low * ty) * (1.0 / CONTACT_FULL)
