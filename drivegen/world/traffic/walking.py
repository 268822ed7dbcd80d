"""Kernels: pedestrians along sidewalks and over crossings."""

from __future__ import annotations

import numpy as np

from drivegen.world.compiled import compiled
from drivegen.world.traffic.chains import place, roll
from drivegen.world.traffic.sensing import middle
from drivegen.world.traffic.tables import CHAIN, RED, Row, Table

LOOK_M = 0.7
"""People face the way that theirs takes this far ahead."""
TURN_RADPS = 2.4
SIDESTEP_MPS = 0.5
RAMP_M = 0.3
"""Way over which somebody steps down from a kerb."""
CROSS_CHANCE = 0.4
PATIENCE_S = 7.0
"""For so long people let drivers go first who have waited."""


@compiled
def _spot(paths: Table, steps: Table, path: int, along: int, s: float, d: float) -> tuple[float, float, float]:
    """x, y, heading of walking at station s, offset d to the left of somebody who goes `along`."""
    row = paths[path]
    x, y, yaw, _ = place(row.first, row.count, row.step, steps, s)
    if along < 0:
        yaw += np.pi
    return x - d * np.sin(yaw), y + d * np.cos(yaw), yaw


@compiled
def set_down(paths: Table, steps: Table, walkers: Table, j: int) -> None:
    """Put a walker on its path for the first time."""
    w = walkers[j]
    d = min(max(w.d, -paths[w.path].half), paths[w.path].half)
    x, y, yaw = _spot(paths, steps, w.path, w.along, w.s, d)
    walkers[j].x, walkers[j].y, walkers[j].d = x, y, d
    if w.stands == 0:
        walkers[j].yaw = yaw
    walkers[j].z = paths[w.path].lift


@compiled
def _go_on(paths: Table, walkers: Table, j: int) -> None:
    """At the end of a path: choose what follows, or turn round at a dead end."""
    w = walkers[j]
    end = 1 if w.along > 0 else 0
    count = paths[w.path].branches[end]
    over = w.s - paths[w.path].length if end == 1 else -w.s
    if count == 0:
        walkers[j].along, walkers[j].s = -w.along, paths[w.path].length if end == 1 else 0.0
        walkers[j].d = -w.d
        return
    walkers[j].dice = roll(w.dice)
    start = (walkers[j].dice >> 8) % count
    code = paths[w.path].neighbors[end][start]
    for n in range(count):
        code = paths[w.path].neighbors[end][(start + n) % count]
        walkers[j].dice = roll(walkers[j].dice)
        crosses = paths[code // 2].crossing >= 0
        if code // 2 != w.path and (not crosses or (walkers[j].dice >> 8) % 100 < 100 * CROSS_CHANCE):
            break
    walkers[j].path, walkers[j].along = code // 2, 1 if code % 2 == 0 else -1
    walkers[j].s = over if code % 2 == 0 else paths[code // 2].length - over
    walkers[j].crossing = -1


@compiled
def _clear_of_cars(lanes: Table, drivers: Table, alive: np.ndarray, crossing: int, patient: bool) -> bool:
    """Whether all who come towards a crossing could stop before it, and nobody stands on it.

    Somebody patient also lets a driver go first who has waited for long.
    """
    for i in alive:
        d = drivers[i]
        base = -d.s
        for k in range(CHAIN):
            lane = d.chain[k]
            if k == 0:
                base -= lanes[lane].length if lane >= 0 else 0.0
            if base > 45.0:
                break
            if lane < 0:
                continue
            for c in range(3):
                if lanes[lane].crossings[c] != crossing:
                    continue
                gap = base + lanes[lane].cross_from[c] - d.front
                passed = base + lanes[lane].cross_to[c] - d.front + d.reach
                if gap < 0.3 and passed > -0.3:
                    return False
                if patient and 0.3 <= gap < 4.0 and d.stuck > 4.0:
                    return False
                if gap >= 0.3 and gap - 1.0 < 0.7 * d.v + d.v * d.v / 5.0:
                    return False
            base += lanes[lane].length
    return True


@compiled
def _gate(
    lanes: Table,
    drivers: Table,
    alive: np.ndarray,
    paths: Table,
    walkers: Table,
    j: int,
    lights: np.ndarray,
    until_green: np.ndarray,
    dt: float,
) -> float:
    """How far walker j may go before the kerb of a crossing holds it; notes when it steps onto the crossing."""
    w = walkers[j]
    path = paths[w.path]
    if path.crossing < 0:
        walkers[j].crossing = -1
        return 1.0e6
    near = path.kerb[0] - w.s if w.along > 0 else w.s - path.kerb[1]
    far = path.kerb[1] - w.s if w.along > 0 else w.s - path.kerb[0]
    if far < -0.1:
        walkers[j].crossing = -1
        return 1.0e6
    if w.crossing >= 0 or near > 2.0:
        return 1.0e6
    if near < 0.8:
        wide = path.kerb[1] - path.kerb[0]
        free = path.signal < 0 or (lights[path.signal] == RED and until_green[path.signal] > wide / w.pace + 1.5)
        walkers[j].since += dt
        patient = path.signal < 0 and w.since < PATIENCE_S
        if free and _clear_of_cars(lanes, drivers, alive, path.crossing, patient):
            walkers[j].since = 0.0
            walkers[j].crossing = path.crossing
            return 1.0e6
    return max(near - 0.45, 0.0)


@compiled
def _crowd(walkers: Table, strollers: np.ndarray, j: int, yaw: float) -> tuple[float, float, float, float]:
    """What those around leave to walker j, who wants to go along `yaw`.

    Returns:
        Its speed at most; which way it steps aside (1 left, -1 right, 0 stays); room on its left; room on its right.
    """
    w = walkers[j]
    c, s = np.cos(yaw), np.sin(yaw)
    pace, aside, left, right = 10.0, 0.0, 9.0, 9.0
    nearest = 4.0
    for o in strollers:
        e = walkers[o]
        dx, dy = e.x - w.x, e.y - w.y
        if o == j or dx * dx + dy * dy > 16.0:
            continue
        u, v = dx * c + dy * s, -dx * s + dy * c
        turned = abs(np.cos(e.yaw - yaw))
        wide = 0.5 * w.width + 0.5 * (turned * e.width + (1.0 - turned) * e.length) + 0.19
        deep = 0.5 * w.length + 0.5 * (turned * e.length + (1.0 - turned) * e.width) + 0.14
        if abs(u) < deep:
            if v > 0.0:
                left = min(left, v - wide)
            else:
                right = min(right, -v - wide)
        if u <= 0.0 or abs(v) > wide + 0.1:
            continue
        meets = np.cos(e.yaw - yaw) * e.v
        if abs(v) < wide:
            pace = min(pace, max(meets, 0.0) + max(0.0, u - deep - 0.06) * 1.6)
        if u < nearest and meets < w.pace - 0.1:
            nearest = u
            aside = -1.0 if (meets < -0.2 or v >= 0.0) else 1.0
    return pace, aside, left, right


@compiled
def _cars_ahead(drivers: Table, alive: np.ndarray, w: Row) -> bool:
    """Whether a vehicle stands or comes right before somebody on the carriageway."""
    x, y = w.x + 0.9 * np.cos(w.yaw), w.y + 0.9 * np.sin(w.yaw)
    for i in alive:
        mx, my, yaw = middle(drivers, i)
        dx, dy = x - mx, y - my
        u, v = dx * np.cos(yaw) + dy * np.sin(yaw), -dx * np.sin(yaw) + dy * np.cos(yaw)
        if abs(u) < 0.5 * drivers[i].length + 0.5 and abs(v) < 0.5 * drivers[i].width + 0.5:
            return True
    return False


@compiled
def walk(
    lanes: Table,
    drivers: Table,
    alive: np.ndarray,
    paths: Table,
    steps: Table,
    walkers: Table,
    j: int,
    strollers: np.ndarray,
    lights: np.ndarray,
    until_green: np.ndarray,
    dt: float,
) -> None:
    """One step of walker j."""
    if walkers[j].stands == 1:
        return
    room = _gate(lanes, drivers, alive, paths, walkers, j, lights, until_green, dt)
    w = walkers[j]
    path = paths[w.path]
    _, _, yaw = _spot(paths, steps, w.path, w.along, w.s + w.along * LOOK_M, 0.0)
    pace, aside, left, right = _crowd(walkers, strollers, j, yaw)
    pace = min(pace, w.pace * (1.15 if w.crossing >= 0 else 1.0))
    pace = min(pace, 1.5 * room)
    if w.crossing >= 0 and _cars_ahead(drivers, alive, w):
        pace = 0.0
    goal = w.home if aside == 0.0 else w.d + aside
    goal = min(max(goal, -path.half), path.half)
    # People step sideways without turning, as far as those beside them let them.
    side = min(max(1.5 * (goal - w.d), -SIDESTEP_MPS), SIDESTEP_MPS) * (1.0 if aside != 0.0 or w.v > 0.2 else 0.0)
    side = min(side, max(left, 0.0) / dt) if side > 0.0 else max(side, -max(right, 0.0) / dt)
    turn = (yaw + 0.4 * np.arctan2(side, max(w.v, 0.8)) - w.yaw + np.pi) % (2.0 * np.pi) - np.pi
    if abs(turn) > 0.9:
        pace = min(pace, 0.4)
    v = w.v + min(max(pace - w.v, -3.5 * dt), 1.2 * dt)
    v = 0.0 if pace <= 0.02 and v < 0.15 else min(v, max(room, 0.0) / dt)
    walkers[j].v = v
    walkers[j].yaw += min(max(turn, -TURN_RADPS * dt), TURN_RADPS * dt)
    walkers[j].x += dt * (v * np.cos(yaw) - side * np.sin(yaw))
    walkers[j].y += dt * (v * np.sin(yaw) + side * np.cos(yaw))
    walkers[j].travelled += v * dt
    _project(paths, steps, walkers, j)


@compiled
def _project(paths: Table, steps: Table, walkers: Table, j: int) -> None:
    """Bring station and height up to where walker j now is."""
    w = walkers[j]
    path = paths[w.path]
    x, y, yaw, _ = place(path.first, path.count, path.step, steps, w.s)
    c, q = np.cos(yaw), np.sin(yaw)
    walkers[j].s += min(max((w.x - x) * c + (w.y - y) * q, -0.6), 0.6)
    walkers[j].d = w.along * (-(w.x - x) * q + (w.y - y) * c)
    s = walkers[j].s
    if path.crossing >= 0:
        outside = max(path.kerb[0] - s, s - path.kerb[1])
        walkers[j].z = path.lift * min(max(outside / RAMP_M, 0.0), 1.0)
    else:
        walkers[j].z = path.lift
    if (w.along > 0 and s > path.length) or (w.along < 0 and s < 0.0):
        _go_on(paths, walkers, j)
