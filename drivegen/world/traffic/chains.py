"""Kernels: places along the chain of lanes that a driver follows."""

from __future__ import annotations

import numpy as np

from drivegen.world.compiled import compiled
from drivegen.world.traffic.tables import CHAIN, Table


@compiled
def roll(state: int) -> int:
    """The next state of a small linear congruential generator, in [0, 2^31)."""
    return (state * 1103515245 + 12345) & 0x7FFFFFFF


@compiled
def place(first: int, count: int, step: float, points: Table, s: float) -> tuple[float, float, float, float]:
    """x, y, yaw, speed limit at station s of a polyline with even steps; straight on beyond its ends."""
    k = min(max(int(np.floor(s / step)), 0), count - 2)
    f = s / step - k
    g = min(max(f, 0.0), 1.0)
    a, b = points[first + k], points[first + k + 1]
    x = a.x + f * (b.x - a.x)
    y = a.y + f * (b.y - a.y)
    return x, y, a.yaw + g * (b.yaw - a.yaw), min(a.limit, b.limit)


@compiled
def locate(lanes: Table, drivers: Table, i: int, ahead: float) -> tuple[int, float]:
    """Lane and station at a way `ahead` metres of driver i's front axle (negative: behind)."""
    s = drivers[i].s + ahead
    lane = drivers[i].chain[1]
    if s < 0.0 and drivers[i].chain[0] >= 0:
        lane = drivers[i].chain[0]
        return lane, s + lanes[lane].length
    k = 1
    while k + 1 < CHAIN and s > lanes[lane].length and drivers[i].chain[k + 1] >= 0:
        s -= lanes[lane].length
        k += 1
        lane = drivers[i].chain[k]
    return lane, s


@compiled
def lateral(drivers: Table, i: int, ahead: float) -> float:
    """Offset to the left of the lane's middle, after `ahead` more metres."""
    p = min(max((drivers[i].gone + ahead) / drivers[i].over, 0.0), 1.0)
    return drivers[i].d_from + (drivers[i].d_to - drivers[i].d_from) * p * p * (3.0 - 2.0 * p)


@compiled
def spot(lanes: Table, points: Table, drivers: Table, i: int, ahead: float) -> tuple[float, float, float, float]:
    """x, y, yaw, speed limit of the way of driver i's front axle, `ahead` metres on."""
    lane, s = locate(lanes, drivers, i, ahead)
    row = lanes[lane]
    x, y, yaw, limit = place(row.first, row.count, row.step, points, s)
    d = lateral(drivers, i, ahead)
    return x - d * np.sin(yaw), y + d * np.cos(yaw), yaw, limit


@compiled
def choose(lanes: Table, lane: int, dice: int, is_long: int) -> int:
    """A successor of a lane by the throw of a dice; long vehicles keep off sharp turns where they can."""
    branches = lanes[lane].branches
    if branches == 0:
        return -1
    start = (dice >> 8) % branches
    for n in range(branches):
        lane_on = lanes[lane].successors[(start + n) % branches]
        if is_long == 0 or lanes[lane_on].sharp == 0:
            return lane_on
    return lanes[lane].successors[start]


@compiled
def extend(lanes: Table, drivers: Table, i: int, route: np.ndarray) -> None:
    """Fill the empty end of a chain: by the route as long as the driver (the ego) is on it, else by chance."""
    for k in range(2, CHAIN):
        if drivers[i].chain[k] >= 0:
            continue
        last = drivers[i].chain[k - 1]
        if last < 0:
            return
        found = -1
        if i == 0:
            found = _on_route(lanes, route, last)
        if found < 0:
            drivers[i].dice = roll(drivers[i].dice)
            found = choose(lanes, last, drivers[i].dice, drivers[i].long)
        drivers[i].chain[k] = found


@compiled
def _on_route(lanes: Table, route: np.ndarray, lane: int) -> int:
    """What follows a lane on the route; from a lane beside the route, what turns as the route does there."""
    at = -1
    for n in range(len(route) - 1):
        if route[n] == lane:
            return route[n + 1]
        if lanes[lane].connector == 0 and (lanes[route[n]].left == lane or lanes[route[n]].right == lane):
            at = n
    if at < 0:
        return -1
    turn = lanes[route[at + 1]].turn
    for b in range(lanes[lane].branches):
        on = lanes[lane].successors[b]
        if lanes[on].turn == turn:
            return on
    return -1


@compiled
def advance(lanes: Table, drivers: Table, i: int, way: float, route: np.ndarray) -> None:
    """Move driver i's front axle on along its chain."""
    drivers[i].s += way
    drivers[i].gone += way
    drivers[i].travelled += way
    while drivers[i].chain[2] >= 0 and drivers[i].s > lanes[drivers[i].chain[1]].length:
        drivers[i].s -= lanes[drivers[i].chain[1]].length
        for k in range(CHAIN - 1):
            drivers[i].chain[k] = drivers[i].chain[k + 1]
        drivers[i].chain[CHAIN - 1] = -1
        extend(lanes, drivers, i, route)
