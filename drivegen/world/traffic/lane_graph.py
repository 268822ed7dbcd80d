"""The network's lanes, signals and sidewalks as tables for the kernels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Booleans, Floats
from drivegen.world.roads import KERB_M, Control, Lane, RoadNetwork, Turn, Walkway
from drivegen.world.traffic import tables
from drivegen.world.traffic.tables import LANE, PATH, POINT, Table
from drivegen.world.traffic.traces import Lamps as Floats32

SIDE_ACCEL_MPS2 = 2.2
"""Largest sideways acceleration in a curve."""
LEAD_M = 80.0
"""Lanes at the map's edge go on straight for this far, so that nobody ends in plain sight."""
SHARP_M = 9.0
"""Long vehicles keep off connectors with a smaller radius."""
APART_M = 2.9
"""Vehicles of two arms may be in a junction together when their ways keep this distance."""
PROBE_M = 10.0
_TURNS = {Turn.LEFT: 1, Turn.STRAIGHT: 0, Turn.RIGHT: -1, None: 0}


@dataclass(frozen=True, eq=False)
class Graph:
    """The tables of a network.

    Attributes:
        lanes, points: LANE and POINT rows.
        paths, steps: PATH rows and the POINT rows of their lines.
        probes: (Q, 4) x, y, lane, station of places every 10 m along the lanes of roads.
        walk_probes: (Q', 4) the same along sidewalks.
        conflict: (L, L) station of the second lane beyond which it keeps clear of the first one; 0 where the two are
            no connectors of one junction from different arms, or never come near each other.
    """

    lanes: Table
    points: Table
    paths: Table
    steps: Table
    probes: Floats
    walk_probes: Floats
    conflict: Floats32


def make_graph(network: RoadNetwork) -> Graph:
    """The tables of a network."""
    lanes, points = _lanes(network)
    paths, steps = _paths(network)
    return Graph(
        lanes,
        points,
        paths,
        steps,
        _probes(lanes, points, lanes["connector"] == 0),
        _probes(paths, steps, paths["crossing"] < 0),
        _conflicts(network),
    )


def _lanes(network: RoadNetwork) -> tuple[Table, Table]:
    entered = {on for lane in network.lanes for on in lane.successors}
    rows = np.zeros(len(network.lanes), LANE)
    pieces: list[Table] = []
    first = 0
    for lane in network.lanes:
        lead_in = 0.0 if lane.index in entered else LEAD_M
        lead_out = 0.0 if lane.successors else LEAD_M
        piece, step = _line(lane.points, lead_in, lead_out)
        piece["limit"] = np.minimum(lane.speed_mps, _curve_speed(piece, step))
        row = rows[lane.index]
        row["first"], row["count"], row["step"] = first, len(piece), step
        row["length"], row["lead_in"], row["width"] = step * (len(piece) - 1), lead_in, lane.width_m
        _rules(row, lane, network, lead_in)
        row["sharp"] = lane.road < 0 and float(piece["limit"].min()) < math.sqrt(SIDE_ACCEL_MPS2 * SHARP_M)
        pieces.append(piece)
        first += len(piece)
    return rows, np.concatenate(pieces)


def _rules(row: Table, lane: Lane, network: RoadNetwork, lead_in: float) -> None:
    """What a driver must know of a lane beside its course."""
    row["connector"], row["junction"], row["arm"] = lane.road < 0, lane.junction, lane.arm
    row["turn"], row["left"], row["right"], row["signal"] = _TURNS[lane.turn], lane.left, lane.right, -1
    row["stop"] = lane.stop_m + lead_in if lane.stop_m == lane.stop_m else np.inf
    if lane.road >= 0 and lane.junction >= 0:
        junction = network.junctions[lane.junction]
        signals = junction.control is Control.SIGNALS
        row["control"] = tables.SIGNALS if signals else tables.ALL_WAY_STOP
        row["signal"] = junction.arms[lane.arm].signal
        if not np.isfinite(row["stop"]):
            row["stop"] = row["length"]
    row["successors"] = _padded(lane.successors, tables.BRANCHES)
    row["branches"] = min(len(lane.successors), tables.BRANCHES)
    row["crossings"] = -1
    # Cyclists who came into an inner lane stay on its edge.
    row["ride"] = lane.bike_m if lane.right < 0 and lane.bike_m == lane.bike_m else lane.width_m / 2 - 0.5
    for k, (crossing, begin, end) in enumerate(lane.crossings[: tables.CROSSINGS]):
        row["crossings"][k], row["cross_from"][k], row["cross_to"][k] = crossing, begin + lead_in, end + lead_in


def _padded(values: tuple[int, ...], count: int) -> list[int]:
    return [*values[:count], *([-1] * (count - len(values)))]


def _line(points: Floats, lead_in: float, lead_out: float) -> tuple[Table, float]:
    """A polyline with even steps of about 1 m, with straight pieces before and behind; and the step."""
    ends = [points]
    if lead_in > 0:
        ends.insert(0, points[:1] - lead_in * _unit(points[1] - points[0]))
    if lead_out > 0:
        ends.append(points[-1:] + lead_out * _unit(points[-1] - points[-2]))
    course = np.concatenate(ends)
    s = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(course, axis=0).T))])
    count = max(3, math.ceil(s[-1] / 1.0) + 1)
    even = np.linspace(0.0, s[-1], count)
    rows = np.zeros(count, POINT)
    rows["x"], rows["y"] = np.interp(even, s, course[:, 0]), np.interp(even, s, course[:, 1])
    step = np.diff(np.stack([rows["x"], rows["y"]], axis=1), axis=0)
    heading = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
    rows["yaw"] = np.concatenate([heading[:1], 0.5 * (heading[1:] + heading[:-1]), heading[-1:]])
    return rows, float(s[-1] / (count - 1))


def _unit(vector: Floats) -> Floats:
    return vector / max(float(np.hypot(*vector)), 1e-9)


def _curve_speed(rows: Table, step: float) -> Floats:
    """Speed that keeps the sideways acceleration in bounds; the bend is measured over a few metres."""
    reach = min(3, len(rows) // 2)
    yaw = np.pad(rows["yaw"], reach, mode="edge")
    bend = np.abs(yaw[2 * reach :] - yaw[: -2 * reach]) / (2 * reach * step)
    return np.sqrt(SIDE_ACCEL_MPS2 / np.maximum(bend, 1e-4))


def _probes(rows: Table, points: Table, wanted: Booleans) -> Floats:
    """(Q, 4) x, y, row, station of the points about every PROBE_M of some rows."""
    found = [np.zeros((0, 4))]
    for index in np.flatnonzero(wanted):
        row = rows[index]
        k = np.arange(int(PROBE_M // 2), row["count"], round(PROBE_M / row["step"]))
        at = points[row["first"] + k]
        found.append(np.column_stack([at["x"], at["y"], np.full(len(k), float(index)), k * row["step"]]))
    return np.ascontiguousarray(np.concatenate(found))


def _conflicts(network: RoadNetwork) -> Floats32:
    table = np.zeros((len(network.lanes), len(network.lanes)), np.float32)
    for junction in network.junctions:
        ways = [lane for lane in network.lanes if lane.road < 0 and lane.junction == junction.index]
        if not ways:
            continue
        points = np.concatenate([np.concatenate([lane.points[:-1:2], lane.points[-1:]]) for lane in ways])
        stations = np.concatenate([np.append(lane.s[:-1:2], lane.s[-1]) for lane in ways])
        owner = np.repeat(np.arange(len(ways)), [len(lane.s[:-1:2]) + 1 for lane in ways])
        a, b = np.nonzero(np.hypot(*np.moveaxis(points[:, None] - points[None], -1, 0)) < APART_M)
        last = np.zeros((len(ways), len(ways)), np.float32)
        np.maximum.at(last, (owner[a], owner[b]), stations[b].astype(np.float32) + 0.1)
        arms = np.array([lane.arm for lane in ways])
        index = np.array([lane.index for lane in ways])
        table[np.ix_(index, index)] = np.where(arms[:, None] != arms[None], last, 0.0)
    return table


def _paths(network: RoadNetwork) -> tuple[Table, Table]:
    rows = np.zeros(len(network.walkways), PATH)
    pieces: list[Table] = []
    first = 0
    for walkway in network.walkways:
        piece, step = _line(walkway.points, 0.0, 0.0)
        row = rows[walkway.index]
        row["first"], row["count"], row["step"], row["length"] = first, len(piece), step, step * (len(piece) - 1)
        row["half"], row["crossing"], row["signal"] = max(0.15, walkway.width_m / 2 - 0.4), walkway.crossing, -1
        row["kerb"] = (0.0, 0.0)
        if walkway.crossing >= 0:
            row["signal"] = network.crossings[walkway.crossing].signal
            row["kerb"] = walkway.kerb_s
        row["lift"] = 0.0 if network.profile == "rural" else KERB_M
        for end, ways in enumerate((walkway.first_neighbors, walkway.last_neighbors)):
            codes = tuple(2 * way + _end_at(network.walkways[way], walkway.nodes[end]) for way in ways)
            row["neighbors"][end] = _padded(codes, tables.BRANCHES)
            row["branches"][end] = min(len(codes), tables.BRANCHES)
        pieces.append(piece)
        first += len(piece)
    empty = np.zeros(0, POINT)
    return rows, np.concatenate(pieces) if pieces else empty


def _end_at(walkway: Walkway, node: int) -> int:
    return 0 if walkway.nodes[0] == node else 1
