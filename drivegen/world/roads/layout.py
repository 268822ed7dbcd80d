"""A plan with its measures: streets cut to the edges of the junctions, crossings, stop lines, junction shapes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.profile import Profile
from drivegen.world.roads.centre_line import CentreLine, between
from drivegen.world.roads.corners import Shape, Spoke, make_shape
from drivegen.world.roads.junctions import Control
from drivegen.world.roads.lanes import Turn
from drivegen.world.roads.plan import Plan
from drivegen.world.roads.section import Section

STOP_BAR_M = 0.4
DRIVEWAY_M = 3.4
"""Width of a driveway where it crosses the verge."""
_CROSSING_GAP_M = 0.4
_BEFORE_CROSSING_M = 1.0
_TAPER_M = 3.6


@dataclass(frozen=True)
class Zebra:
    """A crossing over a street between two of its stations."""

    crossing: int
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class End:
    """An end of a street; distances are from the end, metres, all zero at the map's edge.

    Attributes:
        junction, arm: where it leads, -1 at the map's edge.
        zebra: the crossing there, with stations along the street; None without one.
        stop_m: distance of the stop line.
        apron_m: up to here the sidewalk takes the verge's place, and that of the parking lane where it bulbs out.
        taper_m: over this length beyond the apron a bulb's kerb goes back; zero without bulbs.
    """

    junction: int
    arm: int
    zebra: Zebra | None
    stop_m: float
    apron_m: float
    taper_m: float = 0.0


@dataclass(frozen=True, eq=False)
class Street:
    """A road from junction edge to junction edge.

    Attributes:
        index: the road's index.
        line: its course.
        section: its cross-section in the direction of the line.
        ends: at the line's first and last point.
        mid: a crossing far from both ends, or None.
        main: whether the ego drives here.
        drives: stations of the driveways on the right and on the left, rising; each DRIVEWAY_M wide.
    """

    index: int
    line: CentreLine
    section: Section
    ends: tuple[End, End]
    mid: Zebra | None
    main: bool
    drives: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())

    def driveways(self, right: bool) -> tuple[float, ...]:
        """Stations of the driveways of a side, rising."""
        return self.drives[0 if right else 1]

    @property
    def zebras(self) -> tuple[Zebra, ...]:
        """Its crossings in the order of their stations."""
        found = (self.ends[0].zebra, self.mid, self.ends[1].zebra)
        return tuple(zebra for zebra in found if zebra is not None)

    @cached_property
    def _grid(self) -> Floats:
        """Stations for outlines: those of the line, and where kerbs bend or driveways begin and end."""
        drives = np.array([*self.drives[0], *self.drives[1]])
        found = [self.line.coarse, drives - DRIVEWAY_M / 2, drives + DRIVEWAY_M / 2]
        for number, end in enumerate(self.ends):
            if end.taper_m:
                s = end.apron_m + end.taper_m * np.linspace(0.0, 1.0, 9)
                found.append(self.line.length_m - s if number else s)
        every = np.sort(np.concatenate(found))
        return every[np.diff(every, prepend=-1.0) > 1e-3]

    def stations(self, low: float, high: float) -> Floats:
        """Stations from low to high for outlines that follow the kerb; see CentreLine.stations."""
        return between(self._grid, low, high)

    def kerb_at(self, s: Floats | float, right: bool) -> Floats:
        """|d| of the carriageway's edge at stations (...)."""
        s = np.asarray(s, dtype=np.float64)
        out = np.ones_like(s)
        for number, end in enumerate(self.ends):
            if end.taper_m:
                from_end = self.line.length_m - s if number else s
                along = np.clip((from_end - end.apron_m) / end.taper_m, 0.0, 1.0)
                out = np.minimum(out, along * along * (3.0 - 2.0 * along))
        side = self.section.side(right)
        kerb: Floats = self.section.kerb_m(right) - side.parking_m * (1.0 - out)
        return kerb

    def blocks(self, at_ends: float, at_mid: float) -> list[tuple[float, float]]:
        """Stations between the stop lines, keeping off them and off the mid-block crossing by distances in metres."""
        low, high = (end.stop_m + at_ends if end.junction >= 0 else 0.0 for end in self.ends)
        high = self.line.length_m - high
        cuts = [] if self.mid is None else [self.mid.low - at_mid, self.mid.high + at_mid]
        edges = [low, *cuts, high]
        return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 1.0]


@dataclass(frozen=True, eq=False)
class Place:
    """A junction with its shape; arm i is spoke i of the shape."""

    index: int
    control: Control
    shape: Shape
    turn: Turn
    phase: float


@dataclass(frozen=True, eq=False)
class Layout:
    """Everything with its measures.

    Attributes:
        streets: by road index.
        places: by junction index.
        main: the ego's streets in driving order.
        crossings: number of crossings.
    """

    streets: tuple[Street, ...]
    places: tuple[Place, ...]
    main: tuple[int, ...]
    crossings: int


def make_layout(rng: np.random.Generator, plan: Plan) -> Layout:
    """Measure a plan."""
    shapes = [_shape(plan, index) for index in range(len(plan.junctions))]
    where = {
        (spoke.road, spoke.at_start): (index, arm)
        for index, shape in enumerate(shapes)
        for arm, spoke in enumerate(shape.spokes)
    }
    streets: list[Street] = []
    crossings = 0
    for index in range(len(plan.roads)):
        street, crossings = _street(plan, index, shapes, where, crossings)
        streets.append(replace(street, drives=(_drives(rng, street), _drives(rng, street))))
    places = tuple(
        Place(index, junction.control, shapes[index], junction.turn, junction.phase)
        for index, junction in enumerate(plan.junctions)
    )
    return Layout(tuple(streets), places, plan.main, crossings)


def _shape(plan: Plan, index: int) -> Shape:
    junction, spokes = plan.junctions[index], []
    for number, road in enumerate(plan.roads):
        section = road.section.with_bulbs() if junction.bulbs else road.section
        if road.start == index:
            spokes.append(Spoke(number, True, float(road.line.yaw[0]), section))
        if road.end == index:
            spokes.append(Spoke(number, False, float(road.line.yaw[-1]) + np.pi, section.reversed()))
    return make_shape(junction.centre, spokes, junction.radius_m)


def _street(
    plan: Plan, index: int, shapes: list[Shape], where: dict[tuple[int, bool], tuple[int, int]], crossings: int
) -> tuple[Street, int]:
    road = plan.roads[index]
    cuts = [0.0, 0.0]
    for side, at_start in enumerate((True, False)):
        if (index, at_start) in where:
            junction, arm = where[index, at_start]
            cuts[side] = float(shapes[junction].setback_m[arm])
    line = road.line.cut(cuts[0], road.line.length_m - cuts[1])
    ends = []
    for at_start in (True, False):
        junction, arm = where.get((index, at_start), (-1, -1))
        width = plan.junctions[junction].crossing_m if junction >= 0 else 0.0
        walked = width > 0.0 and min(road.section.left.sidewalk_m, road.section.right.sidewalk_m) > 0.0
        end = _end(line, at_start, (junction, arm), width if walked else 0.0, crossings)
        bulbs = junction >= 0 and plan.junctions[junction].bulbs
        ends.append(replace(end, apron_m=end.stop_m + 0.6, taper_m=_TAPER_M) if bulbs else end)
        crossings += walked
    mid = _mid(line, road.mid_crossing, (ends[0], ends[1]), crossings)
    crossings += mid is not None
    return Street(index, line, road.section, (ends[0], ends[1]), mid, road.main), crossings


def _end(line: CentreLine, at_start: bool, joint: tuple[int, int], width: float, crossing: int) -> End:
    if joint[0] < 0:
        return End(-1, -1, None, 0.0, 0.0)
    if not width:
        return End(*joint, None, 0.6 + STOP_BAR_M, 3.0)
    far = _CROSSING_GAP_M + width
    low, high = (_CROSSING_GAP_M, far) if at_start else (line.length_m - far, line.length_m - _CROSSING_GAP_M)
    return End(*joint, Zebra(crossing, low, high), far + _BEFORE_CROSSING_M + STOP_BAR_M, far + 1.2)


def _mid(line: CentreLine, wanted: bool, ends: tuple[End, End], crossing: int) -> Zebra | None:
    """A crossing in the middle of a long straight stretch."""
    middle, width = 0.5 * line.length_m, 3.4
    room = middle - max(end.stop_m for end in ends)
    straight = np.ptp(line.heading(middle + np.linspace(-12.0, 12.0, 9))) < 1e-3
    if not wanted or room < 45.0 or not straight or min(end.junction for end in ends) < 0:
        return None
    return Zebra(crossing, middle - width / 2, middle + width / 2)


def _drives(rng: np.random.Generator, street: Street) -> tuple[float, ...]:
    """Stations of driveways on one side: at most houses of a suburb, at few in town, none at fields."""
    share = {Profile.URBAN: 0.12, Profile.SUBURBAN: 0.75, Profile.RURAL: 0.0}[street.section.profile]
    pitch = float(rng.uniform(15.0, 22.0))
    found: list[float] = []
    for low, high in street.blocks(9.0, 9.0):
        places = np.arange(low + rng.uniform(2.0, 10.0), high, pitch)
        places = places + rng.uniform(-2.5, 2.5, len(places))
        kept = (rng.random(len(places)) < share) & (places > low) & (places < high)
        found += places[kept].tolist()
    return tuple(found)
