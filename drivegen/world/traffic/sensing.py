"""Kernels: footprints, and what a driver sees on its way ahead."""

from __future__ import annotations

import numpy as np

from drivegen.world.compiled import compiled
from drivegen.world.traffic.chains import lateral, locate, place
from drivegen.world.traffic.tables import Table

CLEARANCE_M = 0.25
"""Free width that a driver wants on each side of its vehicle."""
PERSON_CLEARANCE_M = 0.6
BRAKE_AHEAD_MPS2 = 1.6
"""Deceleration with which a driver slows down for a curve ahead."""
FAR_M = 1.0e6


@compiled
def middle(drivers: Table, i: int) -> tuple[float, float, float]:
    """x, y, yaw of the middle of driver i's box."""
    d = drivers[i]
    yaw = np.arctan2(d.y - d.rear_y, d.x - d.rear_x)
    back = d.front - 0.5 * d.length
    return d.x + back * np.cos(yaw), d.y + back * np.sin(yaw), yaw


@compiled
def tow(drivers: Table, i: int) -> tuple[float, float, float]:
    """x, y, yaw of the middle of driver i's trailer, whose axle stands at 0.72 of its length."""
    d = drivers[i]
    yaw = np.arctan2(d.y - d.rear_y, d.x - d.rear_x)
    ball_x, ball_y = d.rear_x - d.hitch * np.cos(yaw), d.rear_y - d.hitch * np.sin(yaw)
    way = np.arctan2(ball_y - d.tow_y, ball_x - d.tow_x)
    ahead = 0.22 * d.tow_length
    return d.tow_x + ahead * np.cos(way), d.tow_y + ahead * np.sin(way), way


@compiled
def put_box(
    boxes: Table, n: int, x: float, y: float, yaw: float, length: float, width: float, v: float, owner: int
) -> int:
    """Write one footprint; returns the number of boxes."""
    boxes[n].x, boxes[n].y = x, y
    boxes[n].c, boxes[n].s = np.cos(yaw), np.sin(yaw)
    boxes[n].half_l, boxes[n].half_w = 0.5 * length, 0.5 * width
    boxes[n].v, boxes[n].owner = v, owner
    boxes[n].radius = 0.5 * np.hypot(length, width)
    return n + 1


@compiled
def fill_boxes(boxes: Table, drivers: Table, alive: np.ndarray, walkers: Table, strollers: np.ndarray) -> int:
    """Footprints of all drivers, their trailers, and the people on the carriageway; returns their number."""
    n = 0
    for i in alive:
        d = drivers[i]
        x, y, yaw = middle(drivers, i)
        n = put_box(boxes, n, x, y, yaw, d.length, d.width, d.v, i)
        if d.tow_length > 0.0:
            x, y, yaw = tow(drivers, i)
            n = put_box(boxes, n, x, y, yaw, d.tow_length, d.tow_width, d.v, i)
    for j in strollers:
        w = walkers[j]
        if w.crossing >= 0:
            n = put_box(boxes, n, w.x, w.y, w.yaw, w.length, w.width, w.v, -1)
    return n


@compiled
def _near(boxes: Table, count: int, drivers: Table, i: int, reach: float, found: np.ndarray) -> int:
    """Boxes of others within reach and not behind; returns their number."""
    d = drivers[i]
    yaw = np.arctan2(d.y - d.rear_y, d.x - d.rear_x)
    c, s = np.cos(yaw), np.sin(yaw)
    n = 0
    for k in range(count):
        b = boxes[k]
        if b.owner == i:
            continue
        dx, dy = b.x - d.x, b.y - d.y
        far = reach + b.radius + 4.0
        if dx * dx + dy * dy < far * far and dx * c + dy * s > -b.radius - 1.0:
            found[n] = k
            n += 1
    return n


@compiled
def look_ahead(
    lanes: Table, points: Table, drivers: Table, i: int, boxes: Table, count: int, reach: float, found: np.ndarray
) -> tuple[float, float, float]:
    """What driver i meets on its way.

    A disc of the vehicle's width slides along the way; the first box it touches counts. What lies behind the front
    bumper does not: of two who squeeze together, the one whose nose is behind gives way.

    Returns:
        Gap to the nearest obstacle (FAR_M: none), its speed along the way, and the speed that curves and limits
        ahead allow now.
    """
    d = drivers[i]
    near = _near(boxes, count, drivers, i, reach, found)
    allowed = FAR_M
    s = 0.0
    while s < reach:
        lane, station = locate(lanes, drivers, i, s)
        row = lanes[lane]
        x, y, yaw, limit = place(row.first, row.count, row.step, points, station)
        allowed = min(allowed, np.sqrt(limit * limit + 2.0 * BRAKE_AHEAD_MPS2 * max(0.0, s - 2.0)))
        offset = lateral(drivers, i, s)
        tx, ty = np.cos(yaw), np.sin(yaw)
        x, y = x - offset * ty, y + offset * tx
        gap, speed = _touch(boxes, found, near, x, y, tx, ty, 0.5 * d.width, s - d.front)
        if gap < FAR_M:
            return gap, speed, allowed
        s += 1.2 if s < 24.0 else 2.4
    return FAR_M, 0.0, allowed


@compiled
def _touch(
    boxes: Table, found: np.ndarray, near: int, x: float, y: float, tx: float, ty: float, half: float, way: float
) -> tuple[float, float]:
    """Gap and speed of the nearest box that a disc at (x, y), `way` metres before the bumper, touches."""
    best, speed = FAR_M, 0.0
    for n in range(near):
        b = boxes[found[n]]
        dx, dy = x - b.x, y - b.y
        room = half + (PERSON_CLEARANCE_M if b.owner < 0 else CLEARANCE_M)
        if dx * dx + dy * dy > (room + b.radius) ** 2:
            continue
        u, w = dx * b.c + dy * b.s, -dx * b.s + dy * b.c
        pu, pw = min(max(u, -b.half_l), b.half_l), min(max(w, -b.half_w), b.half_w)
        if (u - pu) ** 2 + (w - pw) ** 2 > room * room:
            continue
        # The touched point, back in the global frame, along the way.
        px, py = b.x + pu * b.c - pw * b.s, b.y + pu * b.s + pw * b.c
        gap = way + (px - x) * tx + (py - y) * ty
        if -0.3 < gap < best:
            best, speed = gap, max(0.0, b.v * (b.c * tx + b.s * ty))
    return best, speed
