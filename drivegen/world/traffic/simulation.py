"""Traffic over the frames of a scene."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Floats, Integers
from drivegen.world.roads import RoadNetwork
from drivegen.world.traffic.checks import clean
from drivegen.world.traffic.lane_graph import Graph, make_graph
from drivegen.world.traffic.loop import run
from drivegen.world.traffic.plans import CHANGE_AFTER_S, EGO_SIZE, Density, EgoPlan
from drivegen.world.traffic.population import Population, populate
from drivegen.world.traffic.recording import lamps_of, standing_traces, traces_of
from drivegen.world.traffic.standing import stand
from drivegen.world.traffic.tables import LOG, Table
from drivegen.world.traffic.traces import Traffic

WARM_UP_S = 14.0
"""Time before the first frame in which queues form."""
WAITING_SHARE = 0.2
"""Share of scenes in which the ego begins near the stop line ahead."""
LONGEST_STEP_S = 0.1
STANDING_REACH_M = 160.0
"""What stands is there while the ego is within this distance."""


def simulate(
    network: RoadNetwork,
    rng: np.random.Generator,
    *,
    frames: int,
    step_s: float,
    density: Density,
    ego: EgoPlan | None = None,
) -> Traffic:
    """Let everybody drive, ride and walk.

    The clock of the traffic lights is 0 at the first frame. What moves comes and goes at more than 120 m from the ego.

    Args:
        network: the roads; the ego follows `network.route`, and is about `route_start_m` along it at the first frame
            (exactly there when it follows a trajectory).
        frames: number of frames T.
        step_s: time between two frames, seconds.
        density: how much of each kind there is.
        ego: what the ego does; None: it follows the route by the rules.
    """
    plan = ego or EgoPlan()
    graph = make_graph(network)
    parts = max(1, math.ceil(step_s / LONGEST_STEP_S - 1e-9))
    dt = step_s / parts
    departure = _departure(network, graph, rng, plan)
    warm = round(WARM_UP_S / dt)
    total = warm + (frames - 1) * parts + 1
    lane, station = _on_route(network, graph, departure.front_m)
    start_xy = network.lanes[lane].at(station - graph.lanes[lane]["lead_in"])[0]
    seconds = total * dt
    people = populate(
        network, graph, rng, density, ego_lane=lane, ego_s=station, ego_xy=start_xy, renewals=seconds / 22.0
    )
    _brief_ego(people, plan, departure)
    things = stand(network, rng, density)
    given = _given(network, plan, total, warm, dt)
    log = _run(network, graph, people, plan, given, (dt, warm, parts, total), frames, departure)
    ego_rows = log[log["agent"] == 0]
    ego_xy, ego_yaw = np.stack([ego_rows["x"], ego_rows["y"]], axis=1), np.unwrap(ego_rows["yaw"])
    traces = standing_traces(things, ego_xy, STANDING_REACH_M)
    traces += traces_of(log, people.crews, people.people, len(people.drivers), step_s)
    return Traffic(
        traces=clean(traces, ego_xy, ego_yaw, step_s),
        ego_xy=ego_xy,
        ego_yaw=ego_yaw,
        ego_speed=ego_rows["v"].astype(np.float64),
        ego_lamps=lamps_of(ego_rows, step_s, None),
    )


@dataclass(frozen=True)
class _Departure:
    """How the ego comes to its start: from `front_m` along the route, `speed_mps` fast, `before_s` before frame 0."""

    front_m: float
    speed_mps: float
    before_s: float


def _departure(network: RoadNetwork, graph: Graph, rng: np.random.Generator, plan: EgoPlan) -> _Departure:
    """A departure that brings the ego to about `route_start_m` by frame 0, from within the stretch of road there."""
    lane, station = _on_route(network, graph, network.route_start_m)
    row = graph.lanes[lane]
    limit = float(graph.points[row["first"] + min(int(station / row["step"]), int(row["count"]) - 1)]["limit"])
    top = limit if plan.speed_mps is None else min(limit, max(plan.speed_mps, 0.3))
    speed = top * float(rng.uniform(0.45, 0.95)) * (0.0 if rng.random() < 0.15 and plan.kind == "rules" else 1.0)
    if plan.kind == "trajectory":
        return _Departure(network.route_start_m, speed, WARM_UP_S)
    gap = float(row["stop"]) - station if np.isfinite(row["stop"]) else 0.0
    if plan.kind == "rules" and 25.0 < gap < 130.0 and rng.random() < WAITING_SHARE:
        # It has just come to the next junction, and may wait there.
        ahead = max(0.0, gap - float(rng.uniform(8.0, 45.0)))
        return _Departure(network.route_start_m + ahead, speed, float(rng.uniform(1.0, 4.0)))
    back = min(float(rng.uniform(25.0, 80.0)), speed * 8.0, station - EGO_SIZE[0] - 1.0)
    return _Departure(network.route_start_m - max(back, 0.0), speed, max(back, 0.0) / max(speed, 1.0) + 0.3)


def _on_route(network: RoadNetwork, graph: Graph, way_m: float) -> tuple[int, float]:
    """Lane and station (with its lead-in) at a way along the route."""
    for index in network.route:
        length = network.lanes[index].length_m
        if way_m <= length:
            return index, way_m + float(graph.lanes[index]["lead_in"])
        way_m -= length
    last = network.route[-1]
    return last, float(graph.lanes[last]["length"]) - 1.0


def _brief_ego(people: Population, plan: EgoPlan, departure: _Departure) -> None:
    """Give the ego the speed that was asked for, and the one to begin with."""
    ego = people.drivers[0]
    if plan.speed_mps is not None:
        ego["eager"], ego["top"] = 2.0, max(plan.speed_mps, 0.05)
    ego["v"] = departure.speed_mps


def _given(network: RoadNetwork, plan: EgoPlan, total: int, warm: int, dt: float) -> Floats:
    """(total, 3) x, y, yaw of the ego on a trajectory; it comes in straight; (0, 3) for the other plans."""
    if plan.kind != "trajectory":
        return np.zeros((0, 3))
    way, index = network.route_start_m, network.route[0]
    for index in network.route:
        if way <= network.lanes[index].length_m:
            break
        way -= network.lanes[index].length_m
    origin, heading = network.lanes[index].at(way)
    points = np.array(plan.trajectory)
    t, x, y, yaw = points[:, 0], points[:, 1], points[:, 2], np.unwrap(points[:, 3])
    times = (np.arange(total) - warm) * dt
    before = np.minimum(times - t[0], 0.0)
    speed = math.hypot(x[1] - x[0], y[1] - y[0]) / (t[1] - t[0]) if len(t) > 1 else 0.0
    px = np.interp(times, t, x) + np.maximum(before * speed, -60.0) * math.cos(yaw[0])
    py = np.interp(times, t, y) + np.maximum(before * speed, -60.0) * math.sin(yaw[0])
    c, s = math.cos(float(heading)), math.sin(float(heading))
    return np.ascontiguousarray(
        np.column_stack(
            [origin[0] + c * px - s * py, origin[1] + s * px + c * py, np.interp(times, t, yaw) + float(heading)]
        )
    )


def _lights(network: RoadNetwork, times: Floats) -> tuple[Integers, Floats]:
    """Codes of the traffic lights and seconds until they are green, both (steps, S)."""
    count = max(1, len(network.signals))
    codes, until = np.zeros((len(times), count), np.int64), np.zeros((len(times), count))
    for k, signal in enumerate(network.signals):
        codes[:, k] = signal.light_at(times)
        phase = np.mod(times - signal.offset_s, signal.cycle_s)
        until[:, k] = np.where(phase < signal.green_s, 0.0, signal.cycle_s - phase)
    return codes, until


def _run(
    network: RoadNetwork,
    graph: Graph,
    people: Population,
    plan: EgoPlan,
    given: Floats,
    clock: tuple[float, int, int, int],
    frames: int,
    departure: _Departure,
) -> Table:
    dt, warm, parts, total = clock
    lights, until_green = _lights(network, (np.arange(total) - warm) * dt)
    alive = int((people.drivers["state"] == 1).sum() + (people.walkers["state"] == 1).sum())
    log = np.empty(frames * (2 * alive + 120), LOG)
    stops = 1.0 if plan.action == "stop" else 0.0
    side = {"change_left": 1.0, "change_right": -1.0}.get(plan.action or "", 0.0)
    timing = np.array([dt, warm, parts, total, CHANGE_AFTER_S, stops, side, -departure.before_s])
    rates = np.array([people.lane_rate, people.walk_rate])
    filled = run(
        graph.lanes, graph.points, graph.paths, graph.steps, people.drivers, people.walkers,
        np.array(network.route, np.int64), graph.conflict, lights, until_green, graph.probes,
        graph.walk_probes, given, log, timing, rates,
    )  # fmt: skip
    return log[:filled]
