"""Builds the surfaces out of strips along the streets and the shapes of the junctions."""

from __future__ import annotations

import itertools

import numpy as np
import shapely
from shapely.geometry import Polygon

from drivegen.core.arrays import Floats
from drivegen.world.roads.corners import Shape
from drivegen.world.roads.layout import DRIVEWAY_M, Layout, Street, Zebra
from drivegen.world.roads.surfaces import Surfaces

ISLAND_GAP_M = 0.35
"""Carriageway between the lanes' edge and a median's kerb."""
PARKING_CLEAR_M = 6.0
"""Nobody parks this close to a stop line or crossing."""


def build_surfaces(layout: Layout) -> Surfaces:
    """The ground of a layout."""
    road: list[Polygon] = []
    parking: list[Polygon] = []
    sidewalks: list[Polygon] = []
    verges: list[Polygon] = []
    crossings: list[tuple[int, Polygon]] = []
    islands: list[Polygon] = []
    for street in layout.streets:
        here = [_island(street, span) for span in island_spans(street)]
        road.append(_carriageway(street, here))
        islands += here
        for right in (True, False):
            parking += [_parking(street, right, span) for span in parking_spans(street, right)]
            walks, grass = _beside(street, right)
            sidewalks += walks
            verges += grass
        crossings += [(zebra.crossing, crossing_polygon(street, zebra)) for zebra in street.zebras]
    for place in layout.places:
        road.append(Polygon(place.shape.outline))
        walks, grass = _corner_grounds(place.shape)
        sidewalks += walks
        verges += grass
    ordered = tuple(polygon for _, polygon in sorted(crossings, key=lambda pair: pair[0]))
    return Surfaces(tuple(road), tuple(parking), tuple(sidewalks), tuple(verges), ordered, tuple(islands))


def island_spans(street: Street) -> list[tuple[float, float]]:
    """Stations between which the street has a median."""
    if street.section.median_m <= 2.0 * ISLAND_GAP_M + 0.3:
        return []
    return [(low, high) for low, high in street.blocks(0.8, 1.2) if high - low > 8.0]


def parking_spans(street: Street, right: bool) -> list[tuple[float, float]]:
    """Stations between which the street has a parking lane on a side."""
    if street.section.side(right).parking_m <= 0.0:
        return []
    return [(low, high) for low, high in street.blocks(PARKING_CLEAR_M, PARKING_CLEAR_M) if high - low > 12.0]


def crossing_polygon(street: Street, zebra: Zebra) -> Polygon:
    """What a crossing covers of the carriageway."""
    s = np.array([zebra.low, zebra.high])
    return Polygon(street.line.strip(s, -street.kerb_at(s, True), street.kerb_at(s, False)))


def _carriageway(street: Street, islands: list[Polygon]) -> Polygon:
    s = street.stations(0.0, street.line.length_m)
    whole = Polygon(street.line.strip(s, -street.kerb_at(s, True), street.kerb_at(s, False)))
    return Polygon(whole.exterior, [island.exterior for island in islands]) if islands else whole


def _island(street: Street, span: tuple[float, float]) -> Polygon:
    """A median with round noses; at the map's edge it stops a little before the carriageway does."""
    half = street.section.median_m / 2 - ISLAND_GAP_M
    low, high = max(span[0], 0.5), min(span[1], street.line.length_m - 0.5)
    nose = half * (1.0 - np.cos(np.linspace(0.0, np.pi / 2, 6)))
    s = np.concatenate([low + nose, street.line.stations(low + half, high - half)[1:-1], (high - nose)[::-1]])
    in_m = np.minimum(np.minimum(s - low, high - s), half)
    d = np.sqrt(np.maximum(0.0, half**2 - (half - in_m) ** 2))
    outline = street.line.strip(s, -d, d)
    # The tips are on both sides of the strip: once is enough.
    return Polygon(np.delete(outline, [len(s), len(outline) - 1], axis=0))


def _parking(street: Street, right: bool, span: tuple[float, float]) -> Polygon:
    section = street.section
    inner = section.parking_inner_m(right)
    return _strip(street, right, street.line.stations(*span), inner, inner + section.side(right).parking_m)


def _strip(street: Street, right: bool, s: Floats, inner: float, outer: float) -> Polygon:
    low, high = (-outer, -inner) if right else (inner, outer)
    return Polygon(street.line.strip(s, low, high))


def _beside(street: Street, right: bool) -> tuple[list[Polygon], list[Polygon]]:
    """Sidewalks and verges of one side: paved from the kerb near crossings, with grass in between."""
    section, line = street.section, street.line
    side, kerb, outer = section.side(right), section.kerb_m(right), section.outer_m(right)
    if not side.sidewalk_m:
        return [], [_strip(street, right, street.stations(0.0, line.length_m), kerb, outer)]
    green = _green_spans(street, right) if side.verge_m else []
    grass = [_strip(street, right, street.stations(*pair), kerb, kerb + side.verge_m) for pair in green]
    # The paved rest is one polygon: its inner edge steps from the kerb to the far edge of the grass and back.
    marks = [0.0, *itertools.chain.from_iterable(green), line.length_m]
    stations = [street.stations(low, high) for low, high in itertools.pairwise(marks) if high - low > 1e-6]
    planted = [any(low < s.mean() < high for low, high in green) for s in stations]
    edges = [
        np.full(len(s), kerb + side.verge_m) if grown else street.kerb_at(s, right)
        for s, grown in zip(stations, planted, strict=True)
    ]
    s, inner = np.concatenate(stations), np.concatenate(edges)
    whole = line.strip(s, -outer, -inner) if right else line.strip(s, inner, outer)
    return [Polygon(_without_repeats(whole))], grass


def _green_spans(street: Street, right: bool) -> list[tuple[float, float]]:
    """Stations between which a verge is grown with grass."""
    first, last = (end.apron_m + end.taper_m for end in street.ends)
    paved = [(s - DRIVEWAY_M / 2, s + DRIVEWAY_M / 2) for s in street.driveways(right)]
    if street.mid is not None:
        paved.append((street.mid.low - 1.2, street.mid.high + 1.2))
    edges = [first, *itertools.chain.from_iterable(sorted(paved)), street.line.length_m - last]
    return [pair for pair in zip(edges[::2], edges[1::2], strict=True) if pair[1] - pair[0] > 2.0]


def _corner_grounds(shape: Shape) -> tuple[list[Polygon], list[Polygon]]:
    walks: list[Polygon] = []
    grass: list[Polygon] = []
    for spoke, corner in zip(shape.spokes, shape.corners, strict=True):
        ground = Polygon(np.concatenate([corner.outer, corner.kerb[::-1]]))
        (walks if spoke.section.left.sidewalk_m else grass).append(shapely.make_valid(ground))
    return walks, grass


def _without_repeats(outline: Floats) -> Floats:
    keep = np.linalg.norm(np.diff(outline, axis=0, append=outline[:1]), axis=1) > 1e-7
    return outline[keep]
