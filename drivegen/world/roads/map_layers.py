"""A network's lanes, stop lines and heights in the words of the road map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon

from drivegen.core import MapLane, Structure, TerrainGrid
from drivegen.core.arrays import Floats
from drivegen.world.roads.lanes import Lane
from drivegen.world.roads.section import Section
from drivegen.world.roads.terrain import Terrain

_TOLERANCE_M = 0.02
_EDGE_M = 30.0
_MOST_CELLS = 40_000


def map_lanes(lanes: Sequence[Lane], sections: Sequence[Section]) -> tuple[MapLane, ...]:
    """All lanes and connectors under their own numbers, then the bicycle lanes beside them.

    Args:
        sections: cross-section of each road.
    """
    found = [_map_lane(lane) for lane in lanes]
    for lane in lanes:
        if np.isfinite(lane.bike_m):
            section = sections[lane.road]
            # The lane's own direction says which side it lies on; both sides' bicycle lanes are equally wide.
            width = max(section.left.bike_m, section.right.bike_m)
            path, polygon = _band(lane, -lane.bike_m, width)
            found.append(MapLane(len(found), path, polygon, "bike", lane.speed_mps))
    return tuple(found)


def stop_lines(lanes: Sequence[Lane]) -> tuple[LineString, ...]:
    """The bar before which each lane's traffic waits, from its left edge to its right edge."""
    found = []
    for lane in lanes:
        if np.isfinite(lane.stop_m):
            middle, yaw = lane.at(lane.stop_m)
            left = np.array([-np.sin(yaw), np.cos(yaw)]) * lane.width_m / 2
            found.append(LineString([middle + left, middle - left]))
    return tuple(found)


def terrain_grid(
    terrain: Terrain, bounds: tuple[float, float, float, float], structures: Sequence[Structure]
) -> TerrainGrid:
    """Heights under the roads and the structures; a coarser grid for a very long route."""
    boxes = np.array([bounds, *(structure.footprint.bounds for structure in structures)])
    low, high = boxes[:, :2].min(axis=0) - _EDGE_M, boxes[:, 2:].max(axis=0) + _EDGE_M
    cell = 10.0 if float(np.prod((high - low) / 10.0)) <= _MOST_CELLS else 20.0
    return terrain.grid((float(low[0]), float(low[1]), float(high[0]), float(high[1])), cell)


def _map_lane(lane: Lane) -> MapLane:
    path, polygon = _band(lane, 0.0, lane.width_m)
    return MapLane(
        lane_id=lane.index,
        center_line=path,
        polygon=polygon,
        kind="lane" if lane.turn is None else "connector",
        speed_limit_mps=lane.speed_mps,
        successors=lane.successors,
        left=lane.left if lane.left >= 0 else None,
        right=lane.right if lane.right >= 0 else None,
        turn=None if lane.turn is None else lane.turn.value,
    )


def _band(lane: Lane, d: float, width_m: float) -> tuple[LineString, Polygon]:
    """Middle and surface of a band along a lane, d to the left of its middle, with few points."""
    normal = np.stack([-np.sin(lane.yaw), np.cos(lane.yaw)], axis=-1)
    middle, left, right = (lane.points + (d + side * width_m / 2) * normal for side in (0.0, 1.0, -1.0))
    edges = [_few(line) for line in (right, left)]
    return LineString(_few(middle)), Polygon(np.concatenate([edges[0], edges[1][::-1]]))


def _few(points: Floats) -> Floats:
    coordinates: Floats = shapely.get_coordinates(shapely.simplify(LineString(points), _TOLERANCE_M))
    return coordinates
