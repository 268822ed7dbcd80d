"""Rows of barriers that part the directions or line a road."""

from __future__ import annotations

import numpy as np
import shapely

from drivegen.core.arrays import Floats
from drivegen.world.roads import KERB_M, Road, RoadNetwork
from drivegen.world.traffic.cast import Member, draw_member, fork
from drivegen.world.traffic.things import Piece, Thing, along_road, barrier_along

ROW_EVERY_M = 200.0
"""Way along a road per row of barriers at density 1."""
OFF_EDGE_M = 1.05
"""From the edge of a country road's shoulder to the middle of a row; delineators stand before it."""
GAP_M = 0.12
"""Between two barriers of a row."""
_FEWEST, _MOST = 5, 13
_NARROWEST_M = 1.7


def row_of(rng: np.random.Generator, count: int, s: float, d: float, stretch: float = 1.0) -> list[Piece]:
    """So many barriers of a kind end to end, the first one's end at station s; for `stretch` see `stretch_of`."""
    member = draw_member(rng, "barrier")
    pitch = (float(member.size_m[1]) + GAP_M) * stretch
    return [barrier_along(member, s + (n + 0.5) * pitch, d) for n in range(count)]


def stretch_of(road: Road, s: float, d: float, reach_m: float = 28.0) -> float:
    """Stations per metre at an offset d from the road's middle, for the sharpest bend within a reach of station s."""
    near = np.abs(road.line.s - s) < reach_m
    return float(1.0 / max(0.3, 1.0 - float((road.line.curvature()[near] * d).max(initial=0.0))))


def median_rows(network: RoadNetwork, rng: np.random.Generator, density: float) -> list[Thing]:
    """On raised medians."""
    islands = [island for island in network.surfaces.islands if not island.is_empty]
    if not islands:
        return []
    ground = shapely.union_all(islands)
    shapely.prepare(ground)
    things: list[Thing] = []
    for road in network.roads:
        if road.section.median_m < _NARROWEST_M:
            continue
        row = along_road(road, _rows(rng, road, density, 0.0), KERB_M)
        inside = np.array([bool(shapely.contains(ground, shapely.box(*_bounds(t.xy, t.member)))) for t in row])
        things += [thing for thing, fits in zip(row, inside.tolist(), strict=True) if fits]
    return things


def roadside_rows(network: RoadNetwork, rng: np.random.Generator, density: float) -> list[Thing]:
    """On the grass beside country roads."""
    areas = shapely.buffer(shapely.union_all([junction.area for junction in network.junctions]), 14.0)
    things: list[Thing] = []
    for road in network.roads:
        for right in (True, False):
            d = road.section.kerb_m(right) + OFF_EDGE_M
            row = along_road(road, _rows(rng, road, 0.5 * density, -d if right else d))
            things += [thing for thing in row if areas.disjoint(shapely.Point(thing.xy))]
    return things


def _rows(rng: np.random.Generator, road: Road, density: float, d: float) -> list[Piece]:
    """Rows along a road at one offset; the same draws whatever the density."""
    pieces: list[Piece] = []
    length = float(road.line.length_m)
    step = 45.0
    for s in np.arange(8.0, length - 20.0, step).tolist():
        order, count = rng.random(), int(rng.integers(_FEWEST, _MOST))
        own = int(rng.integers(2**62))
        if order < density * step / ROW_EVERY_M:
            row = row_of(fork(own), count, s, d, stretch_of(road, s, d))
            pieces += [piece for piece in row if piece.along < length - 8.0]
    return pieces


def _bounds(xy: Floats, member: Member) -> tuple[float, float, float, float]:
    """A small square in the middle of a barrier: wherever it fits the barrier hardly stands out."""
    half = 0.5 * float(member.size_m[0])
    return float(xy[0]) - half, float(xy[1]) - half, float(xy[0]) + half, float(xy[1]) + half
