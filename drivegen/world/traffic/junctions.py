"""Kernels: right of way at junctions and crossings."""

from __future__ import annotations

import numpy as np

from drivegen.world.compiled import compiled
from drivegen.world.traffic.sensing import FAR_M
from drivegen.world.traffic.tables import ALL_WAY_STOP, AMBER, CHAIN, GREEN, RED, Row, Table

LINE_GAP_M = 0.6
"""Drivers stop this far before a line."""
AMBER_BRAKE_MPS2 = 3.0
"""Who would have to brake harder than this goes on at amber."""
PEOPLE_BRAKE_MPS2 = 4.5
HALT_S = 0.5
"""Least time that drivers stand at an all-way stop."""
NEVER = -1.0


@compiled
def track_inside(lanes: Table, drivers: Table, i: int) -> None:
    """Note whether driver i is inside a junction: from its stop line until its tail has left the area."""
    d = drivers[i]
    lane = lanes[d.chain[1]]
    if lane.connector == 1:
        drivers[i].inside, drivers[i].via = lane.junction, d.chain[1]
    elif lane.junction >= 0 and d.s + d.front > lane.stop + 0.2:
        drivers[i].inside, drivers[i].via = lane.junction, d.chain[2]
    elif d.inside >= 0 and d.s + d.front - d.reach > 0.0:
        drivers[i].inside, drivers[i].granted = -1, 0


@compiled
def is_free(lanes: Table, drivers: Table, alive: np.ndarray, conflict: np.ndarray, i: int, junction: int) -> bool:
    """Whether nobody inside a junction, or about to enter it, is in the way that driver i will take there."""
    mine = drivers[i].chain[2]
    if mine < 0:
        return True
    for o in alive:
        d = drivers[o]
        if o == i or (d.inside != junction and d.granted == 0):
            continue
        via = d.via if d.inside == junction else d.chain[2]
        if via < 0 or conflict[mine, via] <= 0.0:
            continue
        tail = d.s + d.front - d.reach
        if via == d.chain[0]:
            tail += lanes[via].length
        elif via != d.chain[1]:
            tail = -1.0
        # Whoever moves on will be gone by the time that driver i comes.
        if tail + 1.2 * d.v < conflict[mine, via]:
            return False
    return True


@compiled
def has_room(lanes: Table, drivers: Table, alive: np.ndarray, i: int) -> bool:
    """Whether driver i, about to enter a junction, finds room for its whole length behind it."""
    connector, leaving = drivers[i].chain[2], drivers[i].chain[3]
    if connector < 0 or leaving < 0:
        return True
    room = lanes[leaving].length - 2.0
    begin = 0.0
    for k in range(3):
        if lanes[leaving].crossings[k] >= 0 and lanes[leaving].cross_to[k] < 25.0:
            begin = max(begin, lanes[leaving].cross_to[k])
    waiting = 0.0
    for o in alive:
        if o == i:
            continue
        d = drivers[o]
        if d.chain[1] == leaving:
            room = min(room, d.s + d.front - d.reach + 2.5 * d.v)
        elif d.inside >= 0 and (d.chain[2] == leaving or d.chain[3] == leaving):
            waiting += d.reach + d.standstill
    return room - waiting > begin + drivers[i].reach + 1.0


@compiled
def grant(lanes: Table, drivers: Table, alive: np.ndarray, conflict: np.ndarray, now: float, queue: np.ndarray) -> None:
    """All-way stops: who stopped first goes first; others go at the same time when nobody's way crosses theirs."""
    n = 0
    for i in alive:
        d = drivers[i]
        lane = lanes[d.chain[1]]
        if lane.control != ALL_WAY_STOP or d.inside >= 0 or d.granted == 1:
            continue
        if d.halted == NEVER and d.v < 0.4 and lane.stop - d.s - d.front < 2.5:
            drivers[i].halted = now
        if drivers[i].halted != NEVER and now - drivers[i].halted >= HALT_S:
            # Sorted by the time of arrival as they are found.
            k = n
            while k > 0 and drivers[queue[k - 1]].halted > drivers[i].halted:
                queue[k] = queue[k - 1]
                k -= 1
            queue[k] = i
            n += 1
    for k in range(n):
        i = queue[k]
        junction = lanes[drivers[i].chain[1]].junction
        if not is_free(lanes, drivers, alive, conflict, i, junction) or not has_room(lanes, drivers, alive, i):
            continue
        waits = False
        for m in range(k):
            o = queue[m]
            same = lanes[drivers[o].chain[1]].junction == junction
            if same and drivers[o].granted == 0 and now - drivers[o].halted > 3.0:
                waits = waits or conflict[drivers[i].chain[2], drivers[o].chain[2]] > 0.0
        if not waits:
            drivers[i].granted = 1
            drivers[i].halted = NEVER


@compiled
def line_gap(
    lanes: Table, drivers: Table, alive: np.ndarray, i: int, conflict: np.ndarray, lights: np.ndarray
) -> float:
    """Gap to the stop line ahead when driver i must stop there, else FAR_M."""
    d = drivers[i]
    lane = lanes[d.chain[1]]
    if lane.control == 0:
        return FAR_M
    gap = lane.stop - LINE_GAP_M - d.s - d.front
    if d.s + d.front > lane.stop + 0.2 or gap > 90.0:
        return FAR_M
    if lane.control == ALL_WAY_STOP:
        return FAR_M if d.granted == 1 else gap
    light = GREEN if lane.signal < 0 else lights[lane.signal]
    must = d.v * d.v / (2.0 * max(gap + 0.4, 0.05))
    if light == RED:
        return gap
    if light == AMBER and d.yields == 0:
        # Decided once: to stop, or to go on.
        drivers[i].yields = 1 if must < AMBER_BRAKE_MPS2 else 2
    elif light == GREEN:
        drivers[i].yields = 0
    if drivers[i].yields == 1:
        return gap
    if must < 4.0 and gap < 30.0:
        free = is_free(lanes, drivers, alive, conflict, i, lane.junction) and has_room(lanes, drivers, alive, i)
        return FAR_M if free else gap
    return FAR_M


@compiled
def people_gap(
    lanes: Table, points: Table, drivers: Table, i: int, walkers: Table, crossers: np.ndarray, n: int
) -> float:
    """Gap to the nearest crossing ahead that people use in driver i's way, else FAR_M."""
    if n == 0:
        return FAR_M
    d = drivers[i]
    base = -d.s
    for k in range(1, CHAIN):
        lane = d.chain[k]
        if lane < 0 or base > 60.0:
            return FAR_M
        for c in range(3):
            crossing = lanes[lane].crossings[c]
            gap = base + lanes[lane].cross_from[c] - d.front
            if crossing < 0 or gap < -0.3 or gap > 60.0:
                continue
            middle = 0.5 * (lanes[lane].cross_from[c] + lanes[lane].cross_to[c])
            p = points[lanes[lane].first + min(int(middle / lanes[lane].step), lanes[lane].count - 1)]
            stop = max(gap - 1.2, 0.05)
            if d.v * d.v / (2.0 * stop) < PEOPLE_BRAKE_MPS2 and _in_use(walkers, crossers, n, crossing, p.x, p.y, d):
                return gap - 1.0
        base += lanes[lane].length
    return FAR_M


@compiled
def _in_use(walkers: Table, crossers: np.ndarray, n: int, crossing: int, x: float, y: float, driver: Row) -> bool:
    """Whether somebody on a crossing is about to come, or still is, before the lane at (x, y)."""
    for m in range(n):
        w = walkers[crossers[m]]
        if w.crossing != crossing:
            continue
        ahead = (x - w.x) * np.cos(w.yaw) + (y - w.y) * np.sin(w.yaw)
        if -(0.5 * driver.width + 1.0) < ahead < 5.5:
            return True
    return False
