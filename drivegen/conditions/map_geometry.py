"""A road map as flat arrays in the global frame, prepared once per map so that drawing a frame loops over little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from drivegen.core import LaneLine, RoadMap, Structure, TerrainGrid
from drivegen.core.arrays import Booleans, Floats, Integers
from drivegen.core.road_map import DASH_GAP_M, DASH_M, DOUBLE_GAP_M

# The ground layers, in the order of the raster's channels.
GROUND_LAYERS: Final = ("road", "lane_line", "sidewalk", "crossing")
# On sloping ground edges get a vertex this often, so that they follow it.
SLOPE_STEP_M: Final = 5.0


@dataclass(frozen=True, eq=False)
class Ground:
    """R rings of P polygons on the ground.

    Attributes:
        points: (V, 2) vertices of all rings, one ring after another, unclosed.
        height_m: (V,) how high they lie.
        ring_start: (R + 1,) where each ring begins in `points`.
        polygon_start: (P + 1,) where each polygon begins among the rings: its outline, then its holes.
        layer: (P,) index in GROUND_LAYERS.
    """

    points: Floats
    height_m: Floats
    ring_start: Integers
    polygon_start: Integers
    layer: Integers


@dataclass(frozen=True, eq=False)
class Walls:
    """W upright rectangles that stand on the ground.

    Attributes:
        start, end: (W, 2) foot of the wall, its outside to the right of start -> end.
        foot_m: (W, 2) how high its foot lies at its start and its end.
        top_m: (W,) how high its upper edge lies, which is level.
        rgb: (W, 3) colour with the shade of the side it faces.
    """

    start: Floats
    end: Floats
    foot_m: Floats
    top_m: Floats
    rgb: Floats


@dataclass(frozen=True, eq=False)
class Columns:
    """K upright things that look alike from all sides: trees and poles.

    Attributes:
        center: (K, 2); radius_m, height_m: (K,); rgb: (K, 3).
        foot_m: (K,) how high the ground lies there.
        tree: (K,) whether it is a tree, of which only the crown is drawn.
    """

    center: Floats
    radius_m: Floats
    height_m: Floats
    rgb: Floats
    foot_m: Floats
    tree: Booleans


@dataclass(frozen=True, eq=False)
class MapGeometry:
    """Everything a road map can paint; global frame, metres."""

    ground: Ground
    walls: Walls
    columns: Columns


# The outline of a polygon and its holes, (M, 2) each, unclosed.
Rings = list[Floats]


def prepare_map(road_map: RoadMap) -> MapGeometry:
    """The arrays of a map."""
    layers = {
        "road": _polygons(road_map.road),
        "lane_line": [[outline] for line in road_map.lane_lines for outline in _painted(line)],
        "sidewalk": _polygons(road_map.sidewalks),
        "crossing": _polygons(road_map.crossings),
    }
    buildings = [s for s in road_map.structures if s.kind not in ("tree", "pole")]
    columns = [s for s in road_map.structures if s.kind in ("tree", "pole")]
    terrain = road_map.terrain
    return MapGeometry(_ground(layers, terrain), _walls(buildings, terrain), _columns(columns, terrain))


def _ground(layers: dict[str, list[Rings]], terrain: TerrainGrid | None) -> Ground:
    polygons = [rings for group in layers.values() for rings in group]
    rings = [ring for polygon in polygons for ring in polygon]
    if terrain is not None:
        rings = [_dense(ring) for ring in rings]
    points = np.concatenate([*rings, np.zeros((0, 2))])
    return Ground(
        points=points,
        height_m=_heights(points, terrain),
        ring_start=_starts([len(ring) for ring in rings]),
        polygon_start=_starts([len(polygon) for polygon in polygons]),
        layer=np.repeat([GROUND_LAYERS.index(name) for name in layers], [len(group) for group in layers.values()]),
    )


def _starts(counts: list[int]) -> Integers:
    """Where runs of these lengths begin, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _heights(places: Floats, terrain: TerrainGrid | None) -> Floats:
    """How high the ground lies (...) at places (..., 2)."""
    return np.zeros(places.shape[:-1]) if terrain is None else terrain.height(places)


def _dense(ring: Floats) -> Floats:
    """A ring (V, 2) with further vertices on its edges, none longer than SLOPE_STEP_M."""
    step = np.roll(ring, -1, axis=0) - ring
    pieces = np.maximum(np.ceil(np.linalg.norm(step, axis=1) / SLOPE_STEP_M - 1e-9), 1).astype(np.int64)
    edge = np.repeat(np.arange(len(ring)), pieces)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    return ring[edge] + step[edge] * (number / pieces[edge])[:, None]


def _walls(buildings: list[Structure], terrain: TerrainGrid | None) -> Walls:
    start, end, top, rgb = [], [], [], []
    middles = shapely.get_coordinates([shapely.centroid(b.footprint) for b in buildings]).reshape(-1, 2)
    for building, ground in zip(buildings, _heights(middles, terrain).tolist(), strict=True):
        for outline in (rings[0] for rings in _polygons((building.footprint,))):
            # Counter-clockwise, so that the outside lies to the right of every edge.
            following = np.roll(outline, -1, axis=0)
            twice_area = np.sum(outline[:, 0] * following[:, 1] - outline[:, 1] * following[:, 0])
            start.append(outline if twice_area > 0 else following)
            end.append(following if twice_area > 0 else outline)
            top.append(np.full(len(outline), ground + building.height_m))
            rgb.append(np.tile(building.rgb, (len(outline), 1)))
    first = np.concatenate([*start, np.zeros((0, 2))])
    last = np.concatenate([*end, np.zeros((0, 2))])
    along = np.abs(last - first)
    # Walls that face east or west are a little darker, so that a corner shows.
    shade = 0.85 + 0.15 * along[:, :1] / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    return Walls(
        start=first,
        end=last,
        foot_m=_heights(np.stack([first, last], axis=1), terrain),
        top_m=np.concatenate([*top, np.zeros(0)]),
        rgb=np.concatenate([*rgb, np.zeros((0, 3))]) * shade,
    )


def _columns(structures: list[Structure], terrain: TerrainGrid | None) -> Columns:
    bounds = np.array([s.footprint.bounds for s in structures]).reshape(-1, 4)
    center = 0.5 * (bounds[:, :2] + bounds[:, 2:])
    return Columns(
        center=center,
        radius_m=0.25 * (bounds[:, 2] - bounds[:, 0] + bounds[:, 3] - bounds[:, 1]),
        height_m=np.array([s.height_m for s in structures]),
        rgb=np.array([s.rgb for s in structures]).reshape(-1, 3),
        foot_m=_heights(center, terrain),
        tree=np.array([s.kind == "tree" for s in structures], dtype=bool),
    )


def _polygons(shapes: Sequence[BaseGeometry]) -> list[Rings]:
    """Outlines of polygons and of the parts of multi-polygons; anything else has no area."""
    parts = shapely.get_parts(np.asarray(shapes, dtype=object))
    parts = parts[(shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)]
    rings, polygon = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    result: list[Rings] = [[] for _ in parts]
    # Closed rings repeat their first point.
    for i, outline in enumerate(np.split(points, np.flatnonzero(np.diff(ring)) + 1) if len(rings) else []):
        result[polygon[i]].append(outline[:-1])
    return result


def _painted(lane_line: LaneLine) -> list[Floats]:
    """Outlines (M, 2) of the painted areas of a lane line."""
    course = shapely.get_coordinates(lane_line.line)
    step = np.diff(course, axis=0)
    keep = np.linalg.norm(step, axis=1) > 1e-9
    if not keep.any():
        return []
    course, half = course[np.concatenate([[True], keep])], lane_line.width_m / 2.0
    if lane_line.kind == "double":
        aside = half + DOUBLE_GAP_M / 2.0
        return [_strip(*_sides(course, half, offset)) for offset in (-aside, aside)]
    right, left = _sides(course, half)
    if lane_line.kind == "dashed":
        return [_strip(*np.split(dash, 2, axis=1)) for dash in _dashes(course, np.concatenate([right, left], axis=1))]
    return [_strip(right, left)]


def _dashes(course: Floats, values: Floats) -> list[Floats]:
    """Values (V, 4) at the vertices of a course (V, 2), interpolated along it and cut into its dashes."""
    distance = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(course, axis=0), axis=1))])
    starts = np.arange(0.0, distance[-1] - 1e-6, DASH_M + DASH_GAP_M)
    ends = np.minimum(starts + DASH_M, distance[-1])
    # The vertices inside of a dash belong to it.
    first, last = np.searchsorted(distance, starts, "right"), np.searchsorted(distance, ends, "left")
    places = [np.concatenate([[a], distance[i:j], [b]]) for a, b, i, j in zip(starts, ends, first, last, strict=True)]
    at = np.concatenate(places)
    found = np.stack([np.interp(at, distance, column) for column in values.T], axis=1)
    return np.split(found, np.cumsum([len(place) for place in places])[:-1])


def _sides(course: Floats, half_width_m: float, offset_m: float = 0.0) -> tuple[Floats, Floats]:
    """Right and left edge (V, 2) of a stripe along a course, moved `offset_m` to its left; mitred at bends."""
    step = np.diff(course, axis=0)
    normal = np.stack([-step[:, 1], step[:, 0]], axis=1) / np.linalg.norm(step, axis=1, keepdims=True)
    both = np.concatenate([normal[:1], 0.5 * (normal[:-1] + normal[1:]), normal[-1:]])
    mitre = both / np.maximum(np.sum(both**2, axis=1, keepdims=True), 0.25)
    return course + (offset_m - half_width_m) * mitre, course + (offset_m + half_width_m) * mitre


def _strip(right: Floats, left: Floats) -> Floats:
    """The outline between two edges."""
    return np.concatenate([right, left[::-1]])
