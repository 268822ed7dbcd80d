"""Kerbs: the upright faces between carriageway and raised ground, and the stones on top of them."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from drivegen.core.arrays import Booleans, Floats
from drivegen.world.geometry import Material, Mesh, MeshBuilder
from drivegen.world.roads import KERB_M, RoadNetwork
from drivegen.world.scenery.facets import Coat, Facets, drape_rings, polygons_of

STONE_M = 0.16
_RGB = (0.60, 0.59, 0.57)
_PIECE_M = 6.0
_FOOT_M = 0.05


def kerbs(network: RoadNetwork, facets: Facets) -> tuple[Mesh, Mesh]:
    """Kerb faces, and the stones on top of them, along every edge where carriageway and raised ground meet."""
    surfaces = network.surfaces
    raised = surfaces.sidewalks + surfaces.verges + surfaces.islands
    if not raised:
        return Mesh.empty(), Mesh.empty()
    tree = shapely.STRtree(list(raised))
    # The seams between roads and junctions close by a millimetre.
    road = shapely.union_all(shapely.buffer(list(surfaces.road), 1e-3, quad_segs=1, join_style="mitre"))
    start, end, right_start, right_end = _edges(road)
    middle = 0.5 * (start + end) + 0.05 * (right_start + right_end)
    keep = _within(tree, middle)
    start, end, right_start, right_end = start[keep], end[keep], right_start[keep], right_end[keep]
    return _faces(facets, start, end), _stones(facets, start, end, right_start, right_end)


def _edges(road: BaseGeometry) -> tuple[Floats, Floats, Floats, Floats]:
    """Edges of the carriageway's outline, carriageway on the left: start and end (N, 2), and the directions (N, 2) that
    point outwards at both, of length 1 or, in corners, as long as a mitre needs."""
    parts: list[tuple[Floats, ...]] = []
    for polygon in (orient(p) for p in polygons_of(road.simplify(1e-3))):
        for ring in (polygon.exterior, *polygon.interiors):
            points = _resampled(np.asarray(shapely.get_coordinates(ring)))
            along = np.diff(points, axis=0)
            along /= np.linalg.norm(along, axis=1, keepdims=True)
            right = np.stack([along[:, 1], -along[:, 0]], axis=-1)
            mitre = right + np.roll(right, 1, axis=0)
            length = np.maximum((mitre * right).sum(axis=1, keepdims=True), 0.5)
            mitre = mitre / length
            parts.append((points[:-1], points[1:], mitre, np.roll(mitre, -1, axis=0)))
    if not parts:
        return (np.zeros((0, 2)),) * 4
    a, b, c, d = (np.concatenate(column) for column in zip(*parts, strict=True))
    return a, b, c, d


def _resampled(points: Floats) -> Floats:
    """A closed outline (N, 2) with long edges cut into pieces."""
    length = np.linalg.norm(np.diff(points, axis=0), axis=1)
    points = points[np.concatenate([[True], length > 1e-6])]
    length = length[length > 1e-6]
    pieces = np.maximum(1, np.ceil(length / _PIECE_M)).astype(np.int64)
    edge = np.repeat(np.arange(len(pieces)), pieces)
    share = (np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)) / pieces[edge]
    found = points[edge] + share[:, None] * (points[edge + 1] - points[edge])
    return np.concatenate([found, points[-1:]])


def _within(tree: shapely.STRtree, points: Floats) -> Booleans:
    """Whether points (N, 2) lie in one of a tree's polygons."""
    found = np.zeros(len(points), bool)
    found[tree.query(shapely.points(points), predicate="intersects")[0]] = True
    return found


def _faces(facets: Facets, start: Floats, end: Floats) -> Mesh:
    """Upright quads that look to the carriageway; their foot reaches a little below it."""
    low, high = -_FOOT_M, KERB_M
    z0, z1 = facets.height(start), facets.height(end)
    corners = np.stack(
        [_at(end, z1 + low), _at(start, z0 + low), _at(start, z0 + high), _at(end, z1 + high)],
        axis=1,
    )
    builder = MeshBuilder()
    builder.quads(corners, _RGB, Material.KERB)
    return builder.build()


def _stones(facets: Facets, start: Floats, end: Floats, right_start: Floats, right_end: Floats) -> Mesh:
    """The level top of the kerb stones, a centimetre proud of the sidewalk."""
    rings = np.stack([start, start + STONE_M * right_start, end + STONE_M * right_end, end], axis=1)
    count = len(rings)
    coat = Coat(_RGB, Material.KERB, KERB_M + 0.008)
    starts = 4 * np.arange(count + 1, dtype=np.int64)
    return drape_rings(facets, rings.reshape(-1, 2).copy(), starts, np.zeros(count, np.int64), [coat])


def _at(xy: Floats, z: Floats) -> Floats:
    return np.concatenate([xy, z[:, None]], axis=1)
