"""Paint on the road: lane lines as thin strips, and painted polygons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from drivegen.core import LaneLine
from drivegen.core.arrays import Floats
from drivegen.core.road_map import DASH_GAP_M, DASH_M, DOUBLE_GAP_M
from drivegen.world.geometry import Colour, Material, Mesh
from drivegen.world.roads import RoadNetwork
from drivegen.world.scenery.facets import Coat, Facets, drape, drape_rings

LINE_LIFT_M, AREA_LIFT_M, STRIPE_LIFT_M = 0.008, 0.006, 0.010
"""Heights of paint above the road: wide areas (bicycle lanes) lie below lines, and lines below stripes."""
_WIDE_M2 = 25.0


def lane_paint(lines: Sequence[LaneLine], facets: Facets) -> Mesh:
    """Lane lines as strips of paint."""
    colours: dict[Colour, int] = {}
    rings: list[Floats] = []
    owner: list[int] = []
    for line in lines:
        index = colours.setdefault(line.rgb, len(colours))
        found = line_strips(line)
        rings.append(found.reshape(-1, 2))
        owner += [index] * len(found)
    if not owner:
        return Mesh.empty()
    coats = [Coat(rgb, Material.MARKING, LINE_LIFT_M) for rgb in colours]
    starts = 4 * np.arange(len(owner) + 1, dtype=np.int64)
    return drape_rings(facets, np.concatenate(rings), starts, np.array(owner, dtype=np.int64), coats)


def area_paint(network: RoadNetwork, facets: Facets) -> Mesh:
    """Zebra stripes, stop bars, arrows and bicycle lanes."""
    lifts = [AREA_LIFT_M if polygon.area > _WIDE_M2 else STRIPE_LIFT_M for polygon, _ in network.painted]
    coats = [Coat(rgb, Material.MARKING, lift) for (_, rgb), lift in zip(network.painted, lifts, strict=True)]
    return drape(facets, [polygon for polygon, _ in network.painted], coats)


def line_strips(line: LaneLine) -> Floats:
    """The paint of a line as counter-clockwise quads (Q, 4, 2)."""
    points = np.asarray(shapely.get_coordinates(line.line), dtype=np.float64)
    length = np.linalg.norm(np.diff(points, axis=0), axis=1)
    points = points[np.concatenate([[True], length > 1e-6])]
    if len(points) < 2:
        return np.zeros((0, 4, 2))
    s = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    half = 0.5 * line.width_m
    if line.kind == "double":
        inner = 0.5 * DOUBLE_GAP_M
        edges: tuple[tuple[float, float], ...] = ((-inner - line.width_m, -inner), (inner, inner + line.width_m))
    else:
        edges = ((-half, half),)
    if line.kind == "dashed":
        begin = np.arange(0.0, s[-1], DASH_M + DASH_GAP_M)
        stop = np.minimum(begin + DASH_M, s[-1])
        middle = 0.5 * (begin + stop)
        begin, stop = np.concatenate([begin, middle]), np.concatenate([middle, stop])
    else:
        begin, stop = s[:-1], s[1:]
    normal = _normals(points)
    quads = [_strip(points, s, normal, begin, stop, low, high) for low, high in edges]
    return np.concatenate(quads)


def _strip(points: Floats, s: Floats, normal: Floats, begin: Floats, stop: Floats, low: float, high: float) -> Floats:
    """Quads (Q, 4, 2) between stations and between two offsets to the left."""

    def at(stations: Floats, offset: float) -> Floats:
        moved = points + offset * normal
        return np.stack([np.interp(stations, s, moved[:, i]) for i in range(2)], axis=-1)

    return np.stack([at(begin, low), at(stop, low), at(stop, high), at(begin, high)], axis=1)


def _normals(points: Floats) -> Floats:
    """Directions (K, 2) to the left at the points of a line, mitred."""
    along = np.diff(points, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    left = np.stack([-along[:, 1], along[:, 0]], axis=-1)
    first, last = np.concatenate([left[:1], left]), np.concatenate([left, left[-1:]])
    mitre = first + last
    return mitre / np.maximum((mitre * last).sum(axis=1, keepdims=True), 0.5)
