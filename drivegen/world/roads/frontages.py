"""Lines along which houses, gardens and fields begin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString

from drivegen.core.arrays import Floats
from drivegen.world.profile import Profile
from drivegen.world.roads.layout import Layout

DEPTH_M = 60.0
"""Land is not looked at farther from the line than this."""
_SAMPLE_M = 8.0
_CORNER_M = 14.0


@dataclass(frozen=True, eq=False)
class Frontage:
    """The outer edge of a road's ground, on one side.

    Attributes:
        line: along the outer edge of sidewalk or verge, directed so that the road lies on its RIGHT and the building
            land on its LEFT.
        road: the road; `right` names its side.
        right: whether it lies to the right of the road's own direction.
        profile: what kind of land it is.
        depth_m: how far the land reaches behind the line before another road's ground comes (at most DEPTH_M); near
            the line's ends, where streets meet at an angle, test against RoadNetwork.ground.
    """

    line: LineString
    road: int
    right: bool
    profile: Profile
    depth_m: float


def build_frontages(layout: Layout, profile: Profile) -> tuple[Frontage, ...]:
    """Both sides of every street, and the closed sides of T-junctions."""
    lines: list[tuple[int, bool, Floats]] = []
    for street in layout.streets:
        for right in (True, False):
            s = street.line.stations(0.0, street.line.length_m)
            d = street.section.outer_m(right)
            points = street.line.points(s, -d if right else d)
            lines.append((street.index, right, points[::-1] if right else points))
    for place in layout.places:
        for spoke, corner in zip(place.shape.spokes, place.shape.corners, strict=True):
            if corner.closed:
                lines.append((spoke.road, not spoke.at_start, corner.outer[::-1]))
    others = _others(layout)
    return tuple(
        Frontage(LineString(points), road, right, profile, _depth(points, others)) for road, right, points in lines
    )


def _others(layout: Layout) -> shapely.STRtree:
    """Everything that may lie behind a frontage: both outer edges of all streets."""
    edges = []
    for street in layout.streets:
        s = street.line.stations(0.0, street.line.length_m)
        edges += [
            LineString(street.line.points(s, d)) for d in (-street.section.outer_m(True), street.section.outer_m(False))
        ]
    return shapely.STRtree(edges)


def _depth(points: Floats, others: shapely.STRtree) -> float:
    """Shortest way from the line into the land to any road, corners left out."""
    line = LineString(points)
    margin = min(_CORNER_M, 0.4 * line.length)
    count = max(2, int((line.length - 2 * margin) / _SAMPLE_M) + 1)
    s = np.linspace(margin, line.length - margin, count)
    here = shapely.get_coordinates(shapely.line_interpolate_point(line, s))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, s + 0.5)) - here
    left = np.stack([-ahead[:, 1], ahead[:, 0]], axis=-1) / np.linalg.norm(ahead, axis=1, keepdims=True)
    rays = shapely.linestrings(np.stack([here + 0.5 * left, here + DEPTH_M * left], axis=1))
    ray, edge = others.query(rays, predicate="intersects")
    if not len(ray):
        return DEPTH_M
    hits = shapely.intersection(rays[ray], others.geometries[edge])
    return float(min(DEPTH_M, shapely.distance(shapely.points(here[ray]), hits).min()))
