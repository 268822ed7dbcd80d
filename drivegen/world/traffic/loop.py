"""Kernel: the whole simulation, step after step, with a log of where everybody is in each frame."""

from __future__ import annotations

import numpy as np

from drivegen.world.compiled import compiled
from drivegen.world.traffic.chains import extend
from drivegen.world.traffic.driving import HALT_BRAKE_MPS2, accelerate, line_up, move, signal_turns
from drivegen.world.traffic.junctions import grant, track_inside
from drivegen.world.traffic.lane_changes import make_way, maybe_change
from drivegen.world.traffic.renewal import drop_drivers, drop_walkers, renew_drivers, renew_walkers
from drivegen.world.traffic.sensing import fill_boxes, middle, tow
from drivegen.world.traffic.tables import ALIVE, BOX, GONE, HELD, Table
from drivegen.world.traffic.walking import set_down, walk


@compiled
def _list_alive(table: Table, out: np.ndarray) -> int:
    n = 0
    for i in range(len(table)):
        if table[i].state == ALIVE and n < len(out):
            out[n] = i
            n += 1
    return n


@compiled
def _log(
    log: Table, n: int, frame: int, drivers: Table, alive: np.ndarray, walkers: Table, strollers: np.ndarray
) -> int:
    """Write everybody's place; walkers are numbered after the drivers. Returns the number of entries."""
    for i in alive:
        if n >= len(log):
            return n
        d = drivers[i]
        log[n].frame, log[n].agent, log[n].v, log[n].travelled = frame, i, d.v, d.travelled
        log[n].steer, log[n].accel, log[n].blinks, log[n].z = d.steer, d.accel, d.blinks, 0.0
        log[n].x, log[n].y, log[n].yaw = middle(drivers, i)
        if d.tow_length > 0.0:
            log[n].tow_x, log[n].tow_y, log[n].tow_yaw = tow(drivers, i)
        n += 1
    for j in strollers:
        if n >= len(log):
            return n
        w = walkers[j]
        log[n].frame, log[n].agent, log[n].v, log[n].travelled = frame, len(drivers) + j, w.v, w.travelled
        log[n].x, log[n].y, log[n].yaw, log[n].z = w.x, w.y, w.yaw, w.z
        log[n].steer, log[n].accel, log[n].blinks = 0.0, 0.0, 0
        n += 1
    return n


@compiled
def _begin(
    lanes: Table, points: Table, paths: Table, steps: Table, drivers: Table, walkers: Table, route: np.ndarray
) -> None:
    """Put everybody on lanes and sidewalks."""
    for i in range(len(drivers)):
        if drivers[i].state == ALIVE:
            extend(lanes, drivers, i, route)
            line_up(lanes, points, drivers, i)
    for j in range(len(walkers)):
        if walkers[j].state == ALIVE:
            set_down(paths, steps, walkers, j)


@compiled
def _find_crossers(walkers: Table, strollers: np.ndarray, crossers: np.ndarray) -> int:
    """List those who are on a crossing; returns their number."""
    n = 0
    for j in strollers:
        if walkers[j].crossing >= 0:
            crossers[n] = j
            n += 1
    return n


@compiled
def run(
    lanes: Table,
    points: Table,
    paths: Table,
    steps: Table,
    drivers: Table,
    walkers: Table,
    route: np.ndarray,
    conflict: np.ndarray,
    lights: np.ndarray,
    until_green: np.ndarray,
    probes: np.ndarray,
    sidewalk_probes: np.ndarray,
    given: np.ndarray,
    log: Table,
    timing: np.ndarray,
    rates: np.ndarray,
) -> int:
    """Simulate.

    Args:
        conflict: (L, L) station of the second connector beyond which it is clear of the first; 0: always.
        lights, until_green: (steps, S) code of each signal and seconds until it is green, per step.
        given: (steps, 3) x, y, yaw of the ego's middle where it follows a trajectory; (0, 3) where it drives itself.
        log: filled with LOG rows.
        timing: step length s, steps before the first frame, steps per frame, number of steps, time from which the
            ego obeys what it was asked, 1 where it is asked to stop, the lane change asked of it (1 left, -1 right),
            time at which the ego comes in (nobody sees that).
        rates: drivers per metre of lane and walkers per metre of sidewalk that are kept up; 0 for none.

    Returns:
        Number of log rows.
    """
    dt, warm, per_frame, total = timing[0], int(timing[1]), int(timing[2]), int(timing[3])
    alive_all, strollers_all = np.empty(len(drivers), np.int64), np.empty(len(walkers), np.int64)
    found = np.empty(2 * len(drivers) + len(walkers), np.int64)
    boxes = np.empty(2 * len(drivers) + len(walkers), BOX)
    accels, rooms = np.empty(len(drivers)), np.empty(len(drivers))
    queue, crossers = np.empty(len(drivers), np.int64), np.empty(len(walkers), np.int64)
    _begin(lanes, points, paths, steps, drivers, walkers, route)
    n = 0
    if len(given) == 0:
        drivers[0].state = HELD
    for step in range(total):
        now = (step - warm) * dt
        if drivers[0].state == HELD and (now >= timing[7] or step == warm):
            _come_in(drivers, timing[6])
        if len(given) > 0:
            _follow_given(drivers, given, step, dt)
        alive = alive_all[: _list_alive(drivers, alive_all)]
        # An ego on a given trajectory follows no lane; the others see its footprint.
        movers = alive[1:] if len(given) > 0 else alive
        strollers = strollers_all[: _list_alive(walkers, strollers_all)]
        if step >= warm and (step - warm) % per_frame == 0:
            n = _log(log, n, (step - warm) // per_frame, drivers, alive, walkers, strollers)
        _ask_ego(drivers, timing, now)
        count = fill_boxes(boxes, drivers, alive, walkers, strollers)
        for i in movers:
            track_inside(lanes, drivers, i)
        grant(lanes, drivers, movers, conflict, now, queue)
        crossing = _find_crossers(walkers, strollers, crossers)
        for i in movers:
            accels[i], rooms[i] = accelerate(
                lanes,
                points,
                drivers,
                movers,
                i,
                boxes,
                count,
                found,
                conflict,
                lights[step],
                walkers,
                crossers,
                crossing,
            )
        if timing[5] > 0.0 and now >= timing[4]:
            accels[0] = min(accels[0], -HALT_BRAKE_MPS2)
        for i in movers:
            move(lanes, points, drivers, i, accels[i], rooms[i], dt, route)
            maybe_change(lanes, points, drivers, movers, i, now, route)
            make_way(lanes, drivers, movers, i)
            signal_turns(lanes, drivers, i)
        for j in strollers:
            walk(lanes, drivers, alive, paths, steps, walkers, j, strollers, lights[step], until_green[step], dt)
        if step % max(1, int(0.34 / dt)) == 0:
            drop_drivers(lanes, drivers, alive)
            drop_walkers(walkers, strollers, drivers[0].x, drivers[0].y)
            renew_drivers(lanes, points, drivers, boxes, count, probes, rates[0], route)
            renew_walkers(paths, steps, walkers, drivers[0].x, drivers[0].y, sidewalk_probes, rates[1])
    return n


@compiled
def _ask_ego(drivers: Table, timing: np.ndarray, now: float) -> None:
    """Tell the ego of the lane change that is asked of it when its time has come."""
    if abs(now - timing[4]) < 0.5 * timing[0] and timing[6] != 0.0:
        drivers[0].wish = int(timing[6])


@compiled
def _come_in(drivers: Table, side: float) -> None:
    """Let the ego come in; whoever is too near goes, and on the side to which it will change lane whoever is beside."""
    drivers[0].state = ALIVE
    x, y, yaw = middle(drivers, 0)
    for i in range(1, len(drivers)):
        ox, oy, _ = middle(drivers, i)
        u = (ox - x) * np.cos(yaw) + (oy - y) * np.sin(yaw)
        v = -(ox - x) * np.sin(yaw) + (oy - y) * np.cos(yaw)
        half = 0.5 * drivers[i].length
        behind = half + drivers[i].reach - drivers[i].length if drivers[i].tow_length > 0.0 else half
        ahead = 7.0 + 0.8 * drivers[0].v + behind
        own = abs(v) < 2.2 and -8.0 - half < u < ahead
        other = 0.0 < v * side < 5.6 and -32.0 - half < u < 26.0 + behind
        if drivers[i].state == ALIVE and (own or other):
            drivers[i].state = GONE


@compiled
def _follow_given(drivers: Table, given: np.ndarray, step: int, dt: float) -> None:
    """Put the ego where its trajectory has it."""
    x, y, yaw = given[step, 0], given[step, 1], given[step, 2]
    ahead = 0.5 * drivers[0].length - drivers[0].front
    last = max(step - 1, 0)
    on = min(step + 1, len(given) - 1)
    drivers[0].v = np.hypot(given[on, 0] - given[last, 0], given[on, 1] - given[last, 1]) / max(1, on - last) / dt
    drivers[0].x, drivers[0].y = x + ahead * np.cos(yaw), y + ahead * np.sin(yaw)
    drivers[0].rear_x = drivers[0].x - drivers[0].wheelbase * np.cos(yaw)
    drivers[0].rear_y = drivers[0].y - drivers[0].wheelbase * np.sin(yaw)
