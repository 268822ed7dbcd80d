"""Builds the lanes of streets and the connectors through junctions."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.roads.corners import Spoke
from drivegen.world.roads.lanes import Lane, Turn
from drivegen.world.roads.layout import Layout, Place, Street

SIDE_ACCELERATION_MPS2 = 2.2
"""Connectors' speed limits keep the sideways acceleration below this."""
_POINT_M = 0.8


@dataclass(frozen=True, eq=False)
class LaneGraph:
    """All lanes, and which belong to which street.

    Attributes:
        lanes: by index.
        forward, backward: per street, the lanes along its line and against it, the innermost first.
        route: the ego's lanes and connectors.
    """

    lanes: tuple[Lane, ...]
    forward: tuple[tuple[int, ...], ...]
    backward: tuple[tuple[int, ...], ...]
    route: tuple[int, ...]

    def incoming(self, spoke: Spoke) -> tuple[int, ...]:
        """Lanes that come in by a spoke."""
        return self.backward[spoke.road] if spoke.at_start else self.forward[spoke.road]

    def outgoing(self, spoke: Spoke) -> tuple[int, ...]:
        """Lanes that go out by a spoke."""
        return self.forward[spoke.road] if spoke.at_start else self.backward[spoke.road]


def build_lanes(rng: np.random.Generator, layout: Layout) -> LaneGraph:
    """Lanes of all streets, then the connectors of all junctions."""
    lanes: list[Lane] = []
    forward: list[tuple[int, ...]] = []
    backward: list[tuple[int, ...]] = []
    for street in layout.streets:
        for along, found in ((True, forward), (False, backward)):
            first = len(lanes)
            lanes += [_street_lane(street, i, along, first) for i in range(street.section.lanes)]
            found.append(tuple(range(first, len(lanes))))
    graph = LaneGraph(tuple(lanes), tuple(forward), tuple(backward), ())
    on_route = _route_lanes(rng, layout, graph)
    successors: dict[int, list[int]] = {}
    connectors: dict[tuple[int, int], int] = {}
    for place in layout.places:
        for source, target, turn, arm in _movements(place, graph, on_route):
            index = len(lanes)
            lanes.append(_connector(index, (lanes[source], lanes[target]), turn, place, arm))
            successors.setdefault(source, []).append(index)
            connectors[source, target] = index
    for source, found_there in successors.items():
        lanes[source] = replace(lanes[source], successors=tuple(found_there))
    route = [on_route[0]]
    for a, b in itertools.pairwise(on_route):
        route += [connectors[a, b], b]
    return LaneGraph(tuple(lanes), graph.forward, graph.backward, tuple(route))


def _street_lane(street: Street, number: int, along: bool, first: int) -> Lane:
    section, line = street.section, street.line
    points = line.offset(section.lane_d(number, along))
    yaw = line.yaw
    if not along:
        points, yaw = points[::-1], yaw[::-1] + np.pi
    s = _stations(points)
    end = street.ends[1 if along else 0]
    stations = line.s if along else line.length_m - line.s[::-1]
    crossings = []
    for zebra in street.zebras if along else street.zebras[::-1]:
        low, high = (zebra.low, zebra.high) if along else (line.length_m - zebra.high, line.length_m - zebra.low)
        low, high = np.interp([low, high], stations, s).tolist()
        crossings.append((zebra.crossing, low, high))
    outermost = number == section.lanes - 1
    bike = section.side(along).bike_m
    return Lane(
        index=first + number, points=np.ascontiguousarray(points), s=s, yaw=np.ascontiguousarray(yaw),
        width_m=section.lane_m, speed_mps=section.speed_mps, road=street.index, junction=end.junction, arm=end.arm,
        turn=None, successors=(), left=first + number - 1 if number else -1,
        right=-1 if outermost else first + number + 1,
        stop_m=float(s[-1]) - end.stop_m if end.junction >= 0 else float("nan"), crossings=tuple(crossings),
        bike_m=section.lane_m / 2 + bike / 2 if outermost and bike else float("nan"),
    )  # fmt: skip


def _route_lanes(rng: np.random.Generator, layout: Layout, graph: LaneGraph) -> list[int]:
    """The ego's lane on each of its streets: the one from which it can make its next turn."""
    turns = [place.turn for place in layout.places]
    count = layout.streets[layout.main[0]].section.lanes
    number = int(rng.integers(count))
    chosen: list[int] = []
    for position, road in enumerate(layout.main):
        count = layout.streets[road].section.lanes
        ahead = next((turn for turn in turns[position:] if turn is not Turn.STRAIGHT), None)
        fresh = position == 0 or turns[position - 1] is not Turn.STRAIGHT
        if fresh and ahead is not None:
            number = 0 if ahead is Turn.LEFT else count - 1
        elif fresh:
            number = min(number, count - 1)
        chosen.append(graph.forward[road][number])
    return chosen


def _movements(place: Place, graph: LaneGraph, on_route: list[int]) -> list[tuple[int, int, Turn, int]]:
    """(lane, lane, turn, arm) of a junction: no two from one arm end in the same lane."""
    found = []
    spokes = place.shape.spokes
    for arm, spoke in enumerate(spokes):
        ways = {_turn(spoke, other): graph.outgoing(other) for other in spokes if other is not spoke}
        incoming = graph.incoming(spoke)
        for number, lane in enumerate(incoming):
            ego_turn = place.turn if set(incoming) & set(on_route) else None
            for turn, target in _targets(number, len(incoming), ways, ego_turn):
                # The ego turns straight into the lane that it needs next.
                special = [t for t in on_route if lane in on_route and turn is place.turn and t in ways[turn]]
                chosen = special[0] if special and turn is not Turn.STRAIGHT else target
                found.append((lane, chosen, turn, arm))
    return found


def _targets(number: int, count: int, ways: dict[Turn, tuple[int, ...]], busy: Turn | None) -> list[tuple[Turn, int]]:
    """Where one of `count` lanes of an arm leads to; middle lanes keep off the way `busy` where they have a choice."""
    found = []
    if number == 0 and Turn.LEFT in ways:
        found.append((Turn.LEFT, ways[Turn.LEFT][0]))
    if Turn.STRAIGHT in ways:
        found.append((Turn.STRAIGHT, ways[Turn.STRAIGHT][number]))
    if number == count - 1 and Turn.RIGHT in ways:
        found.append((Turn.RIGHT, ways[Turn.RIGHT][-1]))
    if found:
        return found
    # A middle lane of a street that ends here turns beside one of its neighbours.
    if busy is not Turn.RIGHT and len(ways[Turn.RIGHT]) >= count - number:
        return [(Turn.RIGHT, ways[Turn.RIGHT][number - count])]
    return [(Turn.LEFT, ways[Turn.LEFT][number])]


def _turn(spoke: Spoke, other: Spoke) -> Turn:
    angle = float(np.mod(other.yaw - spoke.yaw, 2.0 * np.pi))
    if abs(angle - np.pi) < np.deg2rad(40.0):
        return Turn.STRAIGHT
    return Turn.RIGHT if angle < np.pi else Turn.LEFT


def _connector(index: int, ends: tuple[Lane, Lane], turn: Turn, place: Place, arm: int) -> Lane:
    source, target = ends
    leg_m = np.inf
    if turn is Turn.RIGHT:
        # Around the kerb, not over it: an arc about the kerb's own middle, or farther out.
        kerb = place.shape.corners[arm].kerb
        off = min(np.linalg.norm(source.points[-1] - kerb[0]), np.linalg.norm(target.points[0] - kerb[-1]))
        bend = abs(float(np.mod(target.yaw[0] - source.yaw[-1] + np.pi, 2.0 * np.pi) - np.pi))
        leg_m = float(place.shape.radius_m + off) * np.tan(bend / 2)
    points, yaw = _curve(source.points[-1], float(source.yaw[-1]), target.points[0], float(target.yaw[0]), leg_m)
    s = _stations(points)
    curvature = float(np.abs(np.gradient(yaw, s)).max())
    limit = np.sqrt(SIDE_ACCELERATION_MPS2 / max(curvature, 1e-6))
    speed = float(min(source.speed_mps, target.speed_mps, limit))
    return Lane(
        index, points, s, yaw, min(source.width_m, target.width_m), speed, -1, place.index, arm, turn, (target.index,),
        -1, -1, float("nan"), (),
    )  # fmt: skip


def _curve(start: Floats, start_yaw: float, end: Floats, end_yaw: float, leg_m: float) -> tuple[Floats, Floats]:
    """A smooth curve with given ends, bent only within leg_m of the place where its tangents meet: points (K, 2) and
    headings (K,), unwrapped."""
    turn = float(np.mod(end_yaw - start_yaw + np.pi, 2.0 * np.pi) - np.pi)
    ahead, behind = (np.array([np.cos(a), np.sin(a)]) for a in (start_yaw, end_yaw))
    if abs(turn) < 0.05:
        reach = np.full(2, np.linalg.norm(end - start) / 3.0)
        a, b = start, end
        handles = reach
    else:
        # Both tangents meet at the apex; the longer leg starts with a straight, so that the bend is even.
        legs = np.linalg.solve(np.stack([ahead, behind], axis=1), end - start)
        short = np.minimum(legs, min(1.35 * legs.min(), leg_m))
        a, b = start + ahead * (legs[0] - short[0]), end - behind * (legs[1] - short[1])
        handles = short * (4.0 / 3.0 * np.tan(abs(turn) / 4.0) / np.tan(abs(turn) / 2.0))
    t = np.linspace(0.0, 1.0, 65)[:, None]
    c, d = a + ahead * handles[0], b - behind * handles[1]
    bend = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * c + 3 * (1 - t) * t**2 * d + t**3 * b
    slope = 3 * (1 - t) ** 2 * (c - a) + 6 * (1 - t) * t * (d - c) + 3 * t**2 * (b - d)
    path = np.concatenate([start[None], bend, end[None]])
    yaw = np.unwrap(np.concatenate([[start_yaw], np.arctan2(slope[:, 1], slope[:, 0]), [end_yaw]]))
    return _resample(path, yaw)


def _resample(path: Floats, yaw: Floats) -> tuple[Floats, Floats]:
    s = _stations(path)
    even = np.linspace(0.0, s[-1], max(3, int(np.ceil(s[-1] / _POINT_M)) + 1))
    points = np.stack([np.interp(even, s, path[:, 0]), np.interp(even, s, path[:, 1])], axis=-1)
    return points, np.interp(even, s, yaw)


def _stations(points: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
