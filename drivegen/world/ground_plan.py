"""What the ground is made of: painted surfaces for the renderer, and the same as a RoadMap for everybody else."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
from shapely.geometry import LineString, Polygon

from drivegen.core import LaneLine
from drivegen.core.arrays import Floats, Integers
from drivegen.core.road_map import DASH_GAP_M, DASH_M
from drivegen.world.config import Profile
from drivegen.world.network import CentreLine, Junction, Network

LINE_M = 0.15
WHITE, YELLOW = (0.90, 0.90, 0.88), (0.86, 0.68, 0.16)
CROSS_STREET_M = 70.0


class Surface(IntEnum):
    """Materials of the ground; the value is what the renderer paints into its class map."""

    TERRAIN = 0
    PAVING = 1
    SIDEWALK = 2
    KERB = 3
    ROAD = 4
    PARKING = 5
    TYRE = 6
    PATCH = 7
    WORN = 8
    CROSSING = 9
    WHITE_LINE = 10
    YELLOW_LINE = 11
    DRIVEWAY = 12
    BIKE = 13


@dataclass(frozen=True)
class Patch:
    """A piece of ground in one material: a strip between two stations and two offsets of the road, metres."""

    surface: Surface
    low: float
    high: float
    d: tuple[float, float]
    step: float = 5.0


@dataclass(frozen=True, eq=False)
class Outlines:
    """N outlines packed into one array: outline i is points[starts[i]:starts[i + 1]].

    Attributes:
        points: (P, 2) global frame, metres.
        starts: (N + 1,)
        values: (N,) what each is filled with.
    """

    points: Floats
    starts: Integers
    values: Integers

    def take(self, index: Integers) -> Outlines:
        """Some of the outlines, in the order named."""
        lengths = (self.starts[1:] - self.starts[:-1])[index]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        places = np.repeat(self.starts[:-1][index] - starts[:-1], lengths) + np.arange(starts[-1])
        return Outlines(self.points[places], starts, self.values[index])

    @staticmethod
    def pack(outlines: Sequence[Floats], values: Sequence[int]) -> Outlines:
        """Pack outlines (N_i, 2)."""
        starts = np.concatenate([[0], np.cumsum([len(o) for o in outlines])]).astype(np.int64)
        points = np.concatenate(outlines) if len(outlines) else np.zeros((0, 2))
        return Outlines(points, starts, np.asarray(values, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class GroundPlan:
    """The ground of a scene: patches in painting order, and the layers of its RoadMap."""

    line: CentreLine
    patches: tuple[Patch, ...]
    road: tuple[Polygon, ...]
    sidewalks: tuple[Polygon, ...]
    crossings: tuple[Polygon, ...]
    lane_lines: tuple[LaneLine, ...]

    @cached_property
    def outlines(self) -> Outlines:
        """The patches' outlines; their values are the surfaces."""
        spans = [(p.low, p.high, max(2, int(np.ceil((p.high - p.low) / p.step)) + 1)) for p in self.patches]
        stations = [np.linspace(*span) for span in spans]
        s = np.concatenate([part for there in stations for part in (there, there[::-1])])
        counts = np.array([n for _, _, n in spans], dtype=np.int64)
        d = np.repeat(np.array([p.d for p in self.patches]).ravel(), np.repeat(counts, 2))
        starts = np.concatenate([[0], np.cumsum(2 * counts)]).astype(np.int64)
        values = np.array([int(p.surface) for p in self.patches], dtype=np.int64)
        return Outlines(self.line.points(s, d), starts, values)

    @cached_property
    def circles(self) -> Floats:
        """(N, 3) x, y and radius of a circle around each patch."""
        starts = self.outlines.starts[:-1]
        low = np.minimum.reduceat(self.outlines.points, starts, axis=0)
        high = np.maximum.reduceat(self.outlines.points, starts, axis=0)
        radius = 0.5 * np.linalg.norm(high - low, axis=1, keepdims=True)
        return np.concatenate([0.5 * (low + high), radius], axis=1)


class _Planner:
    """Collects the layers while they are laid out."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.patches: list[Patch] = []
        self.road: list[Polygon] = []
        self.sidewalks: list[Polygon] = []
        self.crossings: list[Polygon] = []
        self.lines: list[LaneLine] = []

    def patch(self, surface: Surface, low: float, high: float, d: tuple[float, float], step: float = 5.0) -> None:
        self.patches.append(Patch(surface, float(low), float(high), (float(d[0]), float(d[1])), step))

    def strip(self, surface: Surface, interval: tuple[float, float], d: tuple[float, float]) -> None:
        """A strip along the road, in pieces short enough to be left out when they are far away."""
        low, high = interval
        pieces = max(1, int(np.ceil((high - low) / 60.0)))
        edges = np.linspace(low, high, pieces + 1)
        for a, b in itertools.pairwise(edges):
            self.patch(surface, a, b, d)

    def line(self, interval: tuple[float, float], d: float, *, yellow: bool = False, dashed: bool = False) -> None:
        """A painted line, on the ground and in the map."""
        low, high = interval
        surface = Surface.YELLOW_LINE if yellow else Surface.WHITE_LINE
        half = (d - LINE_M / 2, d + LINE_M / 2)
        if dashed:
            for a in np.arange(low, high, DASH_M + DASH_GAP_M):
                self.patch(surface, a, min(a + DASH_M, high), half)
        else:
            self.strip(surface, interval, half)
        # A dashed line comes in pieces of a few dashes, so that its phase never drifts on a bend.
        edges = np.append(np.arange(low, high, 5 * (DASH_M + DASH_GAP_M)), high) if dashed else np.array([low, high])
        for a, b in itertools.pairwise(edges):
            s = np.linspace(a, b, max(2, int(np.ceil((b - a) / 5.0)) + 1))
            course = LineString(self.network.line.points(s, np.full_like(s, d)))
            self.lines.append(LaneLine(course, "dashed" if dashed else "solid", LINE_M, YELLOW if yellow else WHITE))


def plan_ground(network: Network, rng: np.random.Generator) -> GroundPlan:
    """Lay out the ground of a road, in painting order."""
    planner = _Planner(network)
    whole = (network.start, network.end)
    for side in (1, -1):
        _roadside(planner, side)
    for junction in network.junctions:
        _cross_street(planner, junction, rng)
    section = network.section
    planner.strip(Surface.ROAD, whole, (-section.edge(-1), section.edge(1)))
    planner.road.insert(0, Polygon(network.strip(*whole, (-section.edge(-1), section.edge(1)))))
    _road_wear(planner, rng)
    _parking(planner)
    _lines(planner)
    for junction in network.junctions:
        _crossings(planner, junction)
    return GroundPlan(
        network.line,
        tuple(planner.patches),
        tuple(planner.road),
        tuple(planner.sidewalks),
        tuple(planner.crossings),
        tuple(planner.lines),
    )


def _roadside(planner: _Planner, side: int) -> None:
    """Kerb and sidewalk; in town the ground beyond is paved up to the houses."""
    network, section = planner.network, planner.network.section
    edge = section.edge(side)
    inner, outer = section.sidewalk(side)
    for interval in network.free_intervals(0.0):
        if section.profile is Profile.URBAN:
            planner.strip(Surface.PAVING, interval, (side * edge, side * (outer + 30.0)))
        if section.sidewalk_m > 0:
            planner.strip(Surface.SIDEWALK, interval, (side * inner, side * outer))
            planner.sidewalks.append(Polygon(network.strip(*interval, (side * inner, side * outer))))
            planner.strip(Surface.KERB, interval, (side * edge, side * (edge + 0.2)))
        else:
            planner.strip(Surface.DRIVEWAY, interval, (side * edge, side * (edge + 0.5)))


def _cross_street(planner: _Planner, junction: Junction, rng: np.random.Generator) -> None:
    """A straight street across; both arms belong to one road polygon each."""
    network, section = planner.network, planner.network.section
    walk = section.sidewalk_m
    for side in (1, -1):
        reach = (side * (section.edge(side) - 0.1), side * CROSS_STREET_M)
        low, high = junction.s - junction.half_m, junction.s + junction.half_m
        if walk > 0:
            start = side * section.sidewalk(side)[1]
            for a, b in ((low - walk, low), (high, high + walk)):
                outline = network.strip(a, b, (start, reach[1]), step=100.0)
                planner.patch(Surface.SIDEWALK, a, b, (start, reach[1]), step=100.0)
                planner.sidewalks.append(Polygon(outline))
        outline = network.strip(low, high, reach, step=100.0)
        planner.patch(Surface.ROAD, low, high, reach, step=100.0)
        planner.road.append(Polygon(outline))
        if junction.half_m > 3.4:
            d = np.array([side * (section.edge(side) + 4.0), reach[1]])
            for a in np.arange(abs(d[0]), abs(d[1]), DASH_M + DASH_GAP_M):
                span = (side * a, side * (a + DASH_M))
                planner.patch(Surface.WHITE_LINE, junction.s - 0.07, junction.s + 0.07, span)
            course = LineString(network.line.points(np.full(2, junction.s), d))
            planner.lines.append(LaneLine(course, "dashed", LINE_M, WHITE))


def _road_wear(planner: _Planner, rng: np.random.Generator) -> None:
    """Tyre tracks along each lane, and repaired rectangles."""
    network, section = planner.network, planner.network.section
    for direction in (1, -1):
        for d in section.lane_offsets(direction):
            for track in (-0.8, 0.8):
                planner.strip(Surface.TYRE, (network.start, network.end), (d + track - 0.28, d + track + 0.28))
    for _ in range(rng.poisson((network.end - network.start) / 45.0)):
        s, length = rng.uniform(network.start, network.end - 12.0), rng.uniform(2.0, 9.0)
        lane = float(rng.choice(section.lane_offsets(int(rng.choice([1, -1])))))
        half, shift = rng.uniform(0.4, 1.4), rng.uniform(-0.5, 0.5)
        surface = Surface.PATCH if rng.random() < 0.6 else Surface.WORN
        planner.patch(surface, s, s + length, (lane + shift - half, lane + shift + half))


def _parking(planner: _Planner) -> None:
    """Parking lanes and bike lanes in their own shade of asphalt."""
    network, section = planner.network, planner.network.section
    for side, width in ((1, section.parking_left_m), (-1, section.parking_right_m)):
        inner = section.carriageway_m
        for interval in network.free_intervals(6.0):
            if section.bike_m > 0:
                planner.strip(Surface.BIKE, interval, (side * (inner + 0.1), side * (inner + section.bike_m)))
            if width > 0:
                start = inner + section.bike_m
                planner.strip(Surface.PARKING, interval, (side * start, side * (start + width)))
                planner.line(interval, side * start)


def _lines(planner: _Planner) -> None:
    """Centre line, lane lines and edge lines; all stop before junctions."""
    network, section = planner.network, planner.network.section
    several = section.lanes > 1
    for interval in network.free_intervals(6.0):
        if several:
            planner.line(interval, 0.14, yellow=network.yellow_centre)
            planner.line(interval, -0.14, yellow=network.yellow_centre)
        else:
            planner.line(interval, 0.0, yellow=network.yellow_centre, dashed=section.profile is not Profile.URBAN)
        for direction in (1, -1):
            for lane in range(1, section.lanes):
                planner.line(interval, -direction * lane * section.lane_m, dashed=True)
            if section.bike_m > 0 or section.profile is not Profile.URBAN:
                planner.line(interval, -direction * (section.carriageway_m + 0.05))


def _crossings(planner: _Planner, junction: Junction) -> None:
    """Zebra crossings over the main road, on the near and far side of a junction, with stop lines."""
    network, section = planner.network, planner.network.section
    low, high = junction.blocked(1.0)
    for marked, a, b in ((junction.crossings[0], low - 3.0, low), (junction.crossings[1], high, high + 3.0)):
        if not marked:
            continue
        right, left = -section.edge(-1), section.edge(1)
        for d in np.arange(right + 0.5, left - 0.5, 1.1):
            planner.patch(Surface.CROSSING, a, b, (d, d + 0.55))
        planner.crossings.append(Polygon(network.strip(a, b, (right, left))))
    if junction.crossings[0]:
        planner.patch(Surface.WHITE_LINE, low - 4.4, low - 4.0, (-section.carriageway_m, -0.2))
        middle = network.line.points(np.full(2, low - 4.2), np.array([-section.carriageway_m, -0.2]))
        planner.lines.append(LaneLine(LineString(middle), "solid", 0.4, WHITE))
