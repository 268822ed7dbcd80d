"""Paint that has an outline of its own: bicycle lanes, zebra stripes, stop bars, arrows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely
from shapely.geometry import Polygon

from drivegen.core.arrays import Floats
from drivegen.world.geometry import Colour
from drivegen.world.roads.lane_graph import LaneGraph
from drivegen.world.roads.lanes import Lane, Turn
from drivegen.world.roads.layout import STOP_BAR_M, Layout, Street, Zebra
from drivegen.world.roads.markings import WHITE

Painted = tuple[Polygon, Colour]
BIKE_GREEN: Colour = (0.25, 0.42, 0.29)
BIKE_RED: Colour = (0.50, 0.27, 0.22)
STRIPE_M = 0.5
ARROW_BEFORE_STOP_M = 6.0

# Arrow outlines in lane coordinates (metres ahead, metres to the left), each a simple polygon.
_SHAFT = [(0.0, -0.09), (3.5, -0.09), (3.5, -0.4), (5.0, 0.0), (3.5, 0.4), (3.5, 0.09), (0.0, 0.09)]
_BEND = [
    (0.0, -0.09), (1.85, -0.09), (2.45, 0.42), (2.45, 0.55), (2.95, 0.55), (2.4, 1.2), (1.75, 0.55), (2.23, 0.55),
    (1.75, 0.09), (0.0, 0.09),
]  # fmt: skip
_ARROW_M = 5.0


def build_paint(rng: np.random.Generator, layout: Layout, graph: LaneGraph) -> tuple[Painted, ...]:
    """All of it, in painting order."""
    painted: list[Painted] = []
    bike_rgb = BIKE_GREEN if rng.random() < 0.6 else BIKE_RED
    coloured = rng.random() < 0.4
    for street in layout.streets:
        if coloured:
            painted += _bike_lanes(street, bike_rgb)
    for street in layout.streets:
        for zebra in street.zebras:
            painted += _zebra(street, zebra)
        for end, right in ((street.ends[0], False), (street.ends[1], True)):
            if end.junction >= 0:
                painted.append((_stop_bar(street, right), WHITE))
    for lane in graph.lanes:
        if lane.turn is None and lane.junction >= 0 and lane.left + lane.right > -2:
            painted += _arrows(lane, graph)
    return tuple(painted)


def _bike_lanes(street: Street, rgb: Colour) -> list[Painted]:
    section = street.section
    found: list[Painted] = []
    for right in (True, False):
        side = section.side(right)
        if not side.bike_m:
            continue
        low, high = section.driving_m + 0.1, section.driving_m + side.bike_m - 0.05
        found += [(_patch(street, span, right, low, high), rgb) for span in street.blocks(0.0, 1.0)]
    return found


def _zebra(street: Street, zebra: Zebra) -> list[Painted]:
    """Stripes along the traffic, over the whole carriageway."""
    line, middle = street.line, 0.5 * (zebra.low + zebra.high)
    low, high = -float(street.kerb_at(middle, True)) + 0.25, float(street.kerb_at(middle, False)) - 0.25
    count = max(2, round((high - low) / (2.0 * STRIPE_M)))
    pitch = (high - low) / count
    right = low + pitch * (np.arange(count) + 0.25)
    s = np.array([zebra.low, zebra.high, zebra.high, zebra.low])
    d = np.stack([right, right, right + 0.5 * pitch, right + 0.5 * pitch], axis=-1)
    return [(stripe, WHITE) for stripe in shapely.polygons(line.points(s, d))]


def _stop_bar(street: Street, right: bool) -> Polygon:
    section = street.section
    end = street.ends[1 if right else 0]
    span = (end.stop_m - STOP_BAR_M, end.stop_m)
    if right:
        span = (street.line.length_m - span[1], street.line.length_m - span[0])
    inner = max(section.median_m / 2, 0.12)
    return _patch(street, span, right, inner, section.driving_m + section.side(right).bike_m)


def _patch(street: Street, span: tuple[float, float], right: bool, low: float, high: float) -> Polygon:
    d = (-high, -low) if right else (low, high)
    return Polygon(street.line.strip(street.line.stations(*span), *d))


def _arrows(lane: Lane, graph: LaneGraph) -> list[Painted]:
    """One arrow before the stop line, with a head for each way that the lane leads."""
    tail = lane.stop_m - ARROW_BEFORE_STOP_M - _ARROW_M
    if tail < 8.0:
        return []
    turns = {graph.lanes[index].turn for index in lane.successors}
    outlines = [shape for turn, shape in _OUTLINES if turn in turns]
    (x, y), yaw = lane.at(tail)
    place = _placer(np.array([x, y]), float(yaw))
    return [(Polygon(place(outline)), WHITE) for outline in outlines]


def _placer(origin: Floats, yaw: float) -> Callable[[Floats], Floats]:
    turn = np.array([[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]])
    return lambda outline: origin + outline @ turn.T


_OUTLINES: tuple[tuple[Turn, Floats], ...] = (
    (Turn.STRAIGHT, np.array(_SHAFT)),
    (Turn.LEFT, np.array(_BEND)),
    (Turn.RIGHT, np.array(_BEND) * [1.0, -1.0]),
)
