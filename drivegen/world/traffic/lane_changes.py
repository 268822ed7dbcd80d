"""Kernels: sideways moves, as in MOBIL (Kesting, Treiber, Helbing 2007), and passing cyclists within the lane."""

from __future__ import annotations

import numpy as np

from drivegen.world.compiled import compiled
from drivegen.world.traffic.chains import extend, lateral, place, roll
from drivegen.world.traffic.tables import CHAIN, Row, Table

BENEFIT_MPS2 = 0.35
"""A lane change must gain this acceleration."""
OFTEN_S = 4.0
"""Time between two changes of a driver, at least."""


@compiled
def shift_to(drivers: Table, i: int, goal: float, over: float) -> None:
    """Begin a sideways move from where driver i is to the offset `goal`, over so many metres of way."""
    now = lateral(drivers, i, 0.0)
    drivers[i].d_from, drivers[i].d_to = now, goal
    drivers[i].gone, drivers[i].over = 0.0, max(over, 4.0)


@compiled
def beside(lanes: Table, points: Table, lane: int, s: float, neighbor: int) -> tuple[float, float]:
    """Station on a neighbor lane beside station s, and this lane's offset to the left as seen from there."""
    row, other = lanes[lane], lanes[neighbor]
    x, y, _, _ = place(row.first, row.count, row.step, points, s)
    station = s * other.length / row.length
    d = 0.0
    for _ in range(3):
        px, py, yaw, _ = place(other.first, other.count, other.step, points, station)
        c, w = np.cos(yaw), np.sin(yaw)
        station += (x - px) * c + (y - py) * w
        d = -(x - px) * w + (y - py) * c
    return station, d


@compiled
def _gaps(
    lanes: Table, drivers: Table, alive: np.ndarray, i: int, lane: int, s: float
) -> tuple[float, float, float, float]:
    """On a lane beside station s of driver i's front axle: gap and speed ahead, gap and speed behind."""
    d = drivers[i]
    ahead, ahead_v, behind, behind_v = 200.0, d.v + 5.0, 200.0, 0.0
    for o in alive:
        e = drivers[o]
        # Who is about to come over from the far side counts as being there.
        if o == i or (e.chain[1] != lane and e.chain[0] != lane and e.chain[2] != lane):
            continue
        at = e.s
        if e.chain[0] == lane and e.chain[1] != lane:
            at = lanes[lane].length + e.s
        elif e.chain[2] == lane and e.chain[1] != lane:
            at = e.s - lanes[e.chain[1]].length
        nose, tail = at + e.front, at + e.front - e.reach
        mine, end = s + d.front, s + d.front - d.reach
        if nose > 0.5 * (mine + end):
            if tail - mine < ahead:
                ahead, ahead_v = tail - mine, e.v
        elif end - nose < behind:
            behind, behind_v = end - nose, e.v
    return ahead, ahead_v, behind, behind_v


@compiled
def _pull(driver: Row, gap: float, lead: float) -> float:
    """Acceleration towards a leader at a gap by the Intelligent Driver Model, at half the desired speed at least."""
    root = 2.0 * np.sqrt(driver.power * driver.comfort)
    wanted = driver.standstill + max(0.0, driver.v * driver.headway + driver.v * (driver.v - lead) / root)
    return -driver.power * min(9.0, (wanted / max(gap, 0.3)) ** 2)


@compiled
def maybe_change(
    lanes: Table, points: Table, drivers: Table, alive: np.ndarray, i: int, now: float, route: np.ndarray
) -> None:
    """Let driver i change lane when it gains by it (or was told to) and there is room."""
    d = drivers[i]
    lane = lanes[d.chain[1]]
    busy = d.gone < d.over and abs(d.d_to - d.d_from) > 0.1
    if lane.connector == 1 or d.cyclist == 1 or busy or d.v < 3.0 or now - d.changed < OFTEN_S:
        return
    ahead_m = (lane.stop if lane.control > 0 else lane.length) - d.s - d.front
    if d.s - d.reach < 1.0 or ahead_m < 12.0 + 4.0 * d.v or (i == 0 and d.wish == 0) or d.tow_length > 0.0:
        return
    drivers[i].dice = roll(drivers[i].dice)
    if d.wish == 0 and (drivers[i].dice >> 8) % 24 != 0:
        return
    side = d.wish if d.wish != 0 else (1 if (drivers[i].dice >> 4) % 2 == 0 else -1)
    target = lane.left if side > 0 else lane.right
    if target < 0:
        return
    s, offset = beside(lanes, points, d.chain[1], d.s, target)
    front, front_v, back, back_v = _gaps(lanes, drivers, alive, i, target, s)
    eager = d.wish != 0
    if front < (2.0 if eager else 4.0) + 0.5 * d.v or back < 2.5 + 0.4 * back_v + 1.5 * max(0.0, back_v - d.v):
        return
    if not eager:
        here, here_v, _, _ = _gaps(lanes, drivers, alive, i, d.chain[1], d.s)
        if _pull(d, front, front_v) < _pull(d, here, here_v) + BENEFIT_MPS2:
            return
    _change(lanes, drivers, i, target, s, offset, now, route)


@compiled
def _change(
    lanes: Table, drivers: Table, i: int, target: int, s: float, offset: float, now: float, route: np.ndarray
) -> None:
    """Move driver i's chain to the lane beside; it keeps its place, and goes over during the next seconds."""
    here = lateral(drivers, i, 0.0) + offset
    drivers[i].chain[0] = -1
    drivers[i].chain[1] = target
    for k in range(2, CHAIN):
        drivers[i].chain[k] = -1
    drivers[i].s, drivers[i].changed, drivers[i].wish = s, now, 0
    extend(lanes, drivers, i, route)
    drivers[i].d_from, drivers[i].d_to = here, drivers[i].home
    drivers[i].gone, drivers[i].over = 0.0, max(14.0, 3.6 * drivers[i].v)


@compiled
def make_way(lanes: Table, drivers: Table, alive: np.ndarray, i: int) -> None:
    """Keep cyclists at their edge of the lane, and let cars pass them with a little more room."""
    d = drivers[i]
    if d.gone < d.over and abs(d.d_to - d.d_from) > 0.05:
        return
    goal = d.home
    lane = lanes[d.chain[1]]
    if d.cyclist == 1:
        if lane.connector == 1 and lane.turn == 0:
            return
        # Through a turn they keep near the middle of the way, so that they stay on the road.
        goal = -0.6 if lane.connector == 1 else -lane.ride
    elif lane.connector == 0 and d.width < 2.2:
        for o in alive:
            e = drivers[o]
            if e.cyclist == 1 and e.chain[1] == d.chain[1] and -6.0 < e.s - d.s < 26.0:
                goal = 0.45
    if abs(goal - d.d_to) > 0.05:
        shift_to(drivers, i, goal, max(9.0, 1.6 * d.v))
