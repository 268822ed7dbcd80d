"""Kernels: how drivers speed up, brake and move."""

from __future__ import annotations

import numpy as np

from drivegen.world.compiled import compiled
from drivegen.world.traffic.chains import advance, spot
from drivegen.world.traffic.junctions import line_gap, people_gap
from drivegen.world.traffic.sensing import FAR_M, look_ahead
from drivegen.world.traffic.tables import CHAIN, Row, Table

HARDEST_BRAKE_MPS2 = 7.0
EASING_BRAKE_MPS2 = 2.6
"""Braking for a lower speed limit is never harder."""
HALT_BRAKE_MPS2 = 2.2
CLOSEST_M = 0.4
"""Nobody moves nearer than this to what it follows."""


@compiled
def follow(driver: Row, gap: float, lead_mps: float, standstill: float) -> float:
    """The Intelligent Driver Model's interaction term, -a (s* / s)^2."""
    v = driver.v
    root = 2.0 * np.sqrt(driver.power * driver.comfort)
    wanted = standstill + max(0.0, v * driver.headway + v * (v - lead_mps) / root)
    ratio = wanted / max(gap, 0.2)
    return -driver.power * ratio * ratio


@compiled
def accelerate(
    lanes: Table,
    points: Table,
    drivers: Table,
    alive: np.ndarray,
    i: int,
    boxes: Table,
    count: int,
    found: np.ndarray,
    conflict: np.ndarray,
    lights: np.ndarray,
    walkers: Table,
    crossers: np.ndarray,
    crossing_now: int,
) -> tuple[float, float]:
    """Acceleration of driver i, and how far it may move at most before it touches anything."""
    d = drivers[i]
    reach = min(95.0, 14.0 + d.front + 1.5 * d.v + d.v * d.v / 3.6)
    gap, lead, allowed = look_ahead(lanes, points, drivers, i, boxes, count, reach, found)
    wanted = min(allowed * d.eager, d.top, allowed * 1.15)
    free = d.power * (1.0 - (d.v / max(wanted, 0.3)) ** 4)
    accel = max(free, -EASING_BRAKE_MPS2)
    room = FAR_M
    if gap < FAR_M:
        accel = min(accel, min(free, d.power) + follow(d, gap, lead, d.standstill))
        room = gap - CLOSEST_M
    stop = line_gap(lanes, drivers, alive, i, conflict, lights)
    people = people_gap(lanes, points, drivers, i, walkers, crossers, crossing_now)
    halt = min(stop, people, road_end(lanes, drivers, i))
    if halt < FAR_M:
        # A line that is given up late must not make anybody brake harder than a car can.
        accel = min(accel, min(free, d.power) + follow(d, halt, 0.0, 0.4))
        room = min(room, max(halt + 0.5, 0.0))
    return max(accel, -HARDEST_BRAKE_MPS2), max(room, 0.0)


@compiled
def road_end(lanes: Table, drivers: Table, i: int) -> float:
    """Gap to the end of the map, where the road ends within sight of the driver, else FAR_M."""
    d = drivers[i]
    way = -d.s - d.front
    for k in range(1, CHAIN):
        lane = d.chain[k]
        if lane < 0:
            return way
        way += lanes[lane].length
        if way > 90.0:
            return FAR_M
    return FAR_M


@compiled
def move(
    lanes: Table, points: Table, drivers: Table, i: int, accel: float, room: float, dt: float, route: np.ndarray
) -> None:
    """One step of driver i: along its way, the rear axle drawn after the front one as a bicycle's is."""
    d = drivers[i]
    if d.v < 0.3:
        drivers[i].stuck += dt
    elif d.v > 1.5:
        drivers[i].stuck = 0.0
    faster = max(0.0, d.v + accel * dt)
    way = min(0.5 * (d.v + faster) * dt, room)
    if faster < 0.05 and accel < 0.05:
        way, faster = 0.0, 0.0
    drivers[i].accel = (min(faster, 1.2 * way / dt + 0.2) - d.v) / dt
    drivers[i].v = min(faster, 1.2 * way / dt + 0.2) if way < 0.5 * (d.v + faster) * dt else faster
    if way <= 0.0:
        drivers[i].v = 0.0 if room <= 0.0 else drivers[i].v
        return
    advance(lanes, drivers, i, way, route)
    x, y, _, _ = spot(lanes, points, drivers, i, 0.0)
    draw_after(drivers, i, x, y)


@compiled
def draw_after(drivers: Table, i: int, x: float, y: float) -> None:
    """Put the front axle at (x, y) and let rear axle and trailer follow."""
    d = drivers[i]
    moved = np.hypot(x - d.x, y - d.y)
    course = np.arctan2(y - d.y, x - d.x)
    drivers[i].x, drivers[i].y = x, y
    yaw = np.arctan2(y - d.rear_y, x - d.rear_x)
    drivers[i].rear_x, drivers[i].rear_y = x - d.wheelbase * np.cos(yaw), y - d.wheelbase * np.sin(yaw)
    if moved > 1e-3:
        turn = (course - yaw + np.pi) % (2.0 * np.pi) - np.pi
        drivers[i].steer += min(1.0, moved / 0.4) * (min(max(turn, -0.7), 0.7) - d.steer)
    if d.tow_length > 0.0:
        ball_x = drivers[i].rear_x - d.hitch * np.cos(yaw)
        ball_y = drivers[i].rear_y - d.hitch * np.sin(yaw)
        way = np.arctan2(ball_y - d.tow_y, ball_x - d.tow_x)
        drivers[i].tow_x, drivers[i].tow_y = ball_x - d.tow_base * np.cos(way), ball_y - d.tow_base * np.sin(way)


@compiled
def line_up(lanes: Table, points: Table, drivers: Table, i: int) -> None:
    """Put a driver's axles on its lane for the first time."""
    d = drivers[i]
    x, y, yaw, _ = spot(lanes, points, drivers, i, 0.0)
    drivers[i].x, drivers[i].y = x, y
    rx, ry, _, _ = spot(lanes, points, drivers, i, -d.wheelbase)
    yaw = np.arctan2(y - ry, x - rx)
    drivers[i].rear_x, drivers[i].rear_y = x - d.wheelbase * np.cos(yaw), y - d.wheelbase * np.sin(yaw)
    if d.tow_length > 0.0:
        ball_x = drivers[i].rear_x - d.hitch * np.cos(yaw)
        ball_y = drivers[i].rear_y - d.hitch * np.sin(yaw)
        tx, ty, _, _ = spot(lanes, points, drivers, i, -d.wheelbase - d.hitch - d.tow_base)
        way = np.arctan2(ball_y - ty, ball_x - tx)
        drivers[i].tow_x, drivers[i].tow_y = ball_x - d.tow_base * np.cos(way), ball_y - d.tow_base * np.sin(way)


@compiled
def signal_turns(lanes: Table, drivers: Table, i: int) -> None:
    """Which indicators blink: for a lane change, else for the turn ahead."""
    d = drivers[i]
    shift = d.d_to - d.d_from
    if d.gone < 0.85 * d.over and abs(shift) > 2.0 and d.cyclist == 0:
        drivers[i].blinks = 1 if shift > 0.0 else -1
        return
    way = -d.s
    for k in range(1, CHAIN):
        lane = d.chain[k]
        if lane < 0 or way > 12.0 + 2.8 * d.v:
            break
        if lanes[lane].connector == 1:
            drivers[i].blinks = lanes[lane].turn
            return
        way += lanes[lane].length
    drivers[i].blinks = 0
