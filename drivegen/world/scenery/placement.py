"""Where things may stand: places along frontages and roads, and what keeps them off each other."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from drivegen.core.arrays import Booleans, Floats, Integers
from drivegen.world.roads import RoadNetwork

CLEAR_M = 0.25
"""Houses keep this far from the roads' ground."""
_PIECE_M = 50.0
_KERB_CLEAR_M = 0.12
"""Posts that are moved keep this far from carriageways."""


@dataclass(frozen=True, eq=False)
class Front:
    """A frontage as arrays: stations (K,), places (K, 2), unit directions (K, 2); the land lies on the left."""

    s: Floats
    xy: Floats
    along: Floats

    @staticmethod
    def of(line: LineString) -> Front:
        """The frontage along a line."""
        xy = np.asarray(shapely.get_coordinates(line), dtype=np.float64)
        step = np.linalg.norm(np.diff(xy, axis=0), axis=1)
        xy, step = xy[np.concatenate([[True], step > 1e-6])], step[step > 1e-6]
        along = np.gradient(xy, axis=0)
        along /= np.linalg.norm(along, axis=1, keepdims=True)
        return Front(np.concatenate([[0.0], np.cumsum(step)]), xy, along)

    @property
    def length_m(self) -> float:
        """Its length."""
        return float(self.s[-1])

    def at(self, s: Floats | float, depth_m: Floats | float = 0.0) -> Floats:
        """Places (..., 2) at stations (...), depth_m into the land."""
        index, share = self._between(s)
        along = self.along[index] + share * (self.along[index + 1] - self.along[index])
        left = np.stack([-along[..., 1], along[..., 0]], axis=-1)
        place = self.xy[index] + share * (self.xy[index + 1] - self.xy[index])
        result: Floats = place + np.asarray(depth_m)[..., None] * left
        return result

    def heading(self, s: Floats | float) -> Floats:
        """Directions (..., 2) at stations (...), of about unit length."""
        index, share = self._between(s)
        heading: Floats = self.along[index] + share * (self.along[index + 1] - self.along[index])
        return heading

    def _between(self, s: Floats | float) -> tuple[Integers, Floats]:
        """The corner before each station, and how far (..., 1) it lies on the way to the next, in [0, 1]."""
        index = np.clip(np.searchsorted(self.s, s, side="right") - 1, 0, len(self.s) - 2)
        share = np.clip((s - self.s[index]) / (self.s[index + 1] - self.s[index]), 0.0, 1.0)
        return index, np.asarray(share)[..., None]

    def rectangle(self, s0: float, s1: float, setback_m: float, depth_m: float) -> Floats:
        """Corners (4, 2), counter-clockwise, of the rectangle over a stretch: front left, front right, back right,
        back left, as seen from the road."""
        a, m, b = self.at(np.array([s0, 0.5 * (s0 + s1), s1]))
        along = (b - a) / max(float(np.linalg.norm(b - a)), 1e-6)
        left = np.array([-along[1], along[0]])
        # Where the frontage bulges towards the land, the house stands back.
        front = max(0.0, float((m - 0.5 * (a + b)) @ left)) * 1.15 + setback_m
        return np.stack(
            [a + front * left, b + front * left, b + (front + depth_m) * left, a + (front + depth_m) * left]
        )


@dataclass(eq=False)
class Occupied:
    """What has been taken: everything added must keep off the roads' ground and off what was there before.

    Attributes:
        ground: prepared geometry of the roads' ground, see RoadNetwork.ground.
    """

    ground: BaseGeometry
    _taken: list[Polygon] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Distances to many small pieces are quick to tell; those to one large shape are not.
        self._pieces = shapely.STRtree(_pieces(self.ground))

    def off_ground(self, points: Floats, distance_m: Floats | float) -> Booleans:
        """Whether points (N, 2) lie farther than (N,) from the ground of all roads."""
        free = np.ones(len(points), bool)
        free[self._pieces.query(shapely.points(points), predicate="dwithin", distance=distance_m)[0]] = False
        return free

    def add(self, shapes: Floats | list[Polygon], gap_m: float = 0.0) -> Booleans:
        """Try rectangles (N, 4, 2) or polygons one after another; returns (N,) which of them found room."""
        found = list(shapely.polygons(shapes)) if isinstance(shapes, np.ndarray) else list(shapes)
        if not found:
            return np.zeros(0, bool)
        array = np.array(found, dtype=object)
        wide = shapely.buffer(array, gap_m, quad_segs=1, join_style="mitre") if gap_m else array
        free = ~np.asarray(shapely.intersects(self.ground, shapely.buffer(array, CLEAR_M, quad_segs=1)))
        if self._taken:
            free[shapely.STRtree(self._taken).query(wide, predicate="intersects")[0]] = False
        rows, columns = shapely.STRtree(array).query(wide, predicate="intersects")
        order = np.lexsort((columns, rows))
        for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
            if column < row and free[row] and free[column]:
                free[row] = False
        self._taken += [found[i] for i in np.flatnonzero(free)]
        return np.asarray(free, dtype=bool)

    def free_points(self, points: Floats, radius_m: Floats | float, *, ground: bool = True) -> Booleans:
        """Whether discs at points (N, 2) keep off what was taken and, unless told otherwise, off the ground."""
        places = shapely.points(points)
        free = np.ones(len(points), bool)
        if self._taken and len(points):
            rows = shapely.STRtree(self._taken).query(places, predicate="dwithin", distance=radius_m)[0]
            free[rows] = False
        if ground:
            free &= self.off_ground(points, CLEAR_M)
        return free


def _pieces(ground: BaseGeometry) -> list[BaseGeometry]:
    """A large shape cut into squares."""
    low_x, low_y, high_x, high_y = ground.bounds
    found: list[BaseGeometry] = []
    for x in np.arange(low_x, high_x, _PIECE_M):
        column = shapely.clip_by_rect(ground, x, low_y, x + _PIECE_M, high_y)
        if column.is_empty:
            continue
        _, y0, _, y1 = column.bounds
        cells = [shapely.clip_by_rect(column, x, y, x + _PIECE_M, y + _PIECE_M) for y in np.arange(y0, y1, _PIECE_M)]
        found += [cell for cell in cells if not cell.is_empty]
    return found


def spread(points: Floats, radius_m: Floats) -> Booleans:
    """Thin out points (N, 2) so that no two discs of radii (N,) overlap; earlier ones stay."""
    keep = np.ones(len(points), bool)
    if len(points) < 2:
        return keep
    tree = shapely.STRtree(shapely.points(points))
    reach = 2.0 * float(np.max(radius_m))
    rows, columns = tree.query(shapely.points(points), predicate="dwithin", distance=reach)
    apart = np.linalg.norm(points[rows] - points[columns], axis=1) < radius_m[rows] + radius_m[columns]
    rows, columns = rows[apart & (columns < rows)], columns[apart & (columns < rows)]
    order = np.lexsort((columns, rows))
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if keep[column]:
            keep[row] = False
    return keep


def beside_ways(network: RoadNetwork, feet: Floats, distance_m: float) -> Floats:
    """Feet (N, 2) of posts; those nearer than distance_m to the middle of a walkway are moved the shortest way that
    leads off it and not onto a carriageway."""
    feet = np.array(feet, dtype=np.float64).reshape(-1, 2)
    if not len(feet) or not network.walkways:
        return feet
    ways = shapely.STRtree([shapely.linestrings(way.points) for way in network.walkways])
    roads = shapely.STRtree(list(network.surfaces.road))
    close = np.unique(ways.query(shapely.points(feet), predicate="dwithin", distance=distance_m)[0])
    step, angle = np.meshgrid(np.arange(0.1, 1.6, 0.1), np.arange(24) * np.pi / 12, indexing="ij")
    offset = np.stack([step * np.cos(angle), step * np.sin(angle)], axis=-1).reshape(-1, 2)
    for index in close.tolist():
        places = feet[index] + offset
        points = shapely.points(places)
        free = np.ones(len(places), bool)
        free[ways.query(points, predicate="dwithin", distance=distance_m)[0]] = False
        free[roads.query(points, predicate="dwithin", distance=_KERB_CLEAR_M)[0]] = False
        if free.any():
            feet[index] = places[int(np.argmax(free))]
    return feet


def sight_lines(network: RoadNetwork) -> BaseGeometry:
    """What drivers look through to see their traffic lights: from the last 30 m before each stop line to its heads."""
    shapes: list[BaseGeometry] = []
    for signal in network.signals:
        arm = network.junctions[signal.junction].arms[signal.arm]
        for index in arm.incoming:
            lane = network.lanes[index]
            stop = lane.stop_m if np.isfinite(lane.stop_m) else lane.length_m
            eyes, _ = lane.at(np.array([max(0.0, stop - 30.0), stop]))
            for pole in signal.poles:
                tip = pole.xy + pole.mast_m * np.array([np.sin(pole.yaw), -np.cos(pole.yaw)])
                shapes.append(shapely.convex_hull(shapely.multipoints(np.stack([*eyes, pole.xy, tip]))))
    whole = shapely.union_all(shapely.buffer(shapes, 0.6, quad_segs=2)) if shapes else Polygon()
    shapely.prepare(whole)
    return whole
