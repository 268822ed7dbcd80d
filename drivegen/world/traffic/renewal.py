"""Kernels: agents leave far from the ego, and new ones come in, so that long scenes stay as full as they began."""

from __future__ import annotations

import numpy as np

from drivegen.world.compiled import compiled
from drivegen.world.traffic.chains import extend, roll
from drivegen.world.traffic.driving import line_up
from drivegen.world.traffic.tables import ALIVE, CHAIN, GONE, UNBORN, Table
from drivegen.world.traffic.walking import set_down

KEEP_M = 180.0
"""Agents farther than this from the ego leave."""
COME_M, HIDE_M = 128.0, 172.0
"""New ones come between these distances."""
TRIES = 3


@compiled
def drop_drivers(lanes: Table, drivers: Table, alive: np.ndarray) -> None:
    """Let those go who are far away, or far enough at the end of the map."""
    x, y = drivers[0].x, drivers[0].y
    for i in alive:
        d = drivers[i]
        far = np.hypot(d.x - x, d.y - y)
        ends = d.chain[2] < 0 and d.s > lanes[d.chain[1]].length - 15.0
        if i > 0 and (far > KEEP_M + 5.0 or (ends and far > 125.0)):
            drivers[i].state = GONE


@compiled
def drop_walkers(walkers: Table, strollers: np.ndarray, x: float, y: float) -> None:
    """Let walkers go who are far away."""
    for j in strollers:
        w = walkers[j]
        if np.hypot(w.x - x, w.y - y) > KEEP_M:
            walkers[j].state = GONE


@compiled
def _wanted(probes: np.ndarray, x: float, y: float, rate: float) -> float:
    """How many agents belong on the lanes (or sidewalks) around, of which probes stand every 10 m."""
    near = 0
    for q in range(len(probes)):
        if (probes[q, 0] - x) ** 2 + (probes[q, 1] - y) ** 2 < KEEP_M * KEEP_M:
            near += 1
    return 10.0 * near * rate


@compiled
def _pick(probes: np.ndarray, x: float, y: float, low: float, high: float, dice: int) -> tuple[int, int]:
    """One of the probes between two distances, each as likely (-1: none), and the dice after that."""
    chosen, seen = -1, 0
    for q in range(len(probes)):
        far = np.hypot(probes[q, 0] - x, probes[q, 1] - y)
        if low < far < high:
            seen += 1
            dice = roll(dice)
            if (dice >> 8) % seen == 0:
                chosen = q
    return chosen, dice


@compiled
def _count(table: Table) -> tuple[int, int]:
    """Number of living agents, and the first one that waits to come in (-1: none)."""
    living, waiting = 0, -1
    for i in range(len(table)):
        if table[i].state == ALIVE:
            living += 1
        elif table[i].state == UNBORN and waiting < 0:
            waiting = i
    return living, waiting


@compiled
def renew_drivers(
    lanes: Table,
    points: Table,
    drivers: Table,
    boxes: Table,
    count: int,
    probes: np.ndarray,
    rate: float,
    route: np.ndarray,
) -> None:
    """Let a waiting driver come in far away when there are too few."""
    living, i = _count(drivers)
    if i < 0 or rate <= 0.0 or living >= _wanted(probes, drivers[0].x, drivers[0].y, rate):
        return
    for _ in range(TRIES):
        q, drivers[i].dice = _pick(probes, drivers[0].x, drivers[0].y, COME_M, HIDE_M, drivers[i].dice)
        if q >= 0 and _fits(lanes, points, drivers, boxes, count, i, int(probes[q, 2]), probes[q, 3]):
            drivers[i].state = ALIVE
            drivers[i].chain[1], drivers[i].s = int(probes[q, 2]), probes[q, 3]
            extend(lanes, drivers, i, route)
            line_up(lanes, points, drivers, i)
            return


@compiled
def _fits(lanes: Table, points: Table, drivers: Table, boxes: Table, count: int, i: int, lane: int, s: float) -> bool:
    """Whether driver i may come in there: far from the ego, off junctions, and with room around it; sets its speed."""
    row = lanes[lane]
    d = drivers[i]
    if row.connector == 1 or s < d.reach + 2.0 or s > min(row.stop, row.length) - d.front - 4.0:
        return False
    if d.cyclist == 1 and row.right >= 0:
        return False
    p = points[row.first + min(int(s / row.step), row.count - 1)]
    far = np.hypot(p.x - drivers[0].x, p.y - drivers[0].y)
    if far < COME_M + d.reach or far > HIDE_M:
        return False
    drivers[i].v = min(p.limit * d.eager, d.top) * 0.9
    c, w = np.cos(p.yaw), np.sin(p.yaw)
    for k in range(count):
        b = boxes[k]
        u, v = (b.x - p.x) * c + (b.y - p.y) * w, -(b.x - p.x) * w + (b.y - p.y) * c
        behind, ahead = d.reach + b.half_l + 5.0 + 0.8 * b.v, b.half_l + 5.0 + 1.1 * drivers[i].v
        if abs(v) < 1.8 + b.half_w and -behind < u < ahead:
            return False
        if abs(v) < 2.0 + b.half_w and 0.0 < u < 60.0:
            drivers[i].v = min(drivers[i].v, b.v + 3.0)
    drivers[i].d_from = drivers[i].d_to = drivers[i].home if d.cyclist == 0 else -row.ride
    for k in range(CHAIN):
        drivers[i].chain[k] = -1
    return True


@compiled
def renew_walkers(
    paths: Table, steps: Table, walkers: Table, x: float, y: float, probes: np.ndarray, rate: float
) -> None:
    """Let a waiting walker come in far away when there are too few."""
    living, j = _count(walkers)
    if j < 0 or rate <= 0.0 or len(paths) == 0 or living >= _wanted(probes, x, y, rate):
        return
    q, walkers[j].dice = _pick(probes, x, y, COME_M, KEEP_M - 4.0, walkers[j].dice)
    if q < 0:
        return
    walkers[j].path, walkers[j].s = int(probes[q, 2]), probes[q, 3]
    set_down(paths, steps, walkers, j)
    for o in range(len(walkers)):
        if walkers[o].state == ALIVE and np.hypot(walkers[o].x - walkers[j].x, walkers[o].y - walkers[j].y) < 1.5:
            return
    walkers[j].state, walkers[j].v = ALIVE, walkers[j].pace
