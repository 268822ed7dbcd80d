"""All that is known of the roads of a scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from drivegen.core import LaneLine, RoadMap, Structure
from drivegen.core.arrays import Floats
from drivegen.world.geometry import Colour
from drivegen.world.profile import Profile
from drivegen.world.roads.centre_line import CentreLine
from drivegen.world.roads.frontages import Frontage
from drivegen.world.roads.junctions import Crossing, Junction
from drivegen.world.roads.lanes import Lane
from drivegen.world.roads.map_layers import map_lanes, stop_lines, terrain_grid
from drivegen.world.roads.parking import Driveway, ParkingSpot
from drivegen.world.roads.section import Section
from drivegen.world.roads.signals import Signal
from drivegen.world.roads.signs import Sign
from drivegen.world.roads.surfaces import Surfaces
from drivegen.world.roads.terrain import Terrain
from drivegen.world.roads.walkways import Walkway

Painted = tuple[Polygon, Colour]
"""A painted polygon and its colour (display values)."""


@dataclass(frozen=True, eq=False)
class Road:
    """A road between two junctions, or between a junction and the map's edge.

    Attributes:
        index: its place in RoadNetwork.roads.
        line: its course, from edge to edge of the junctions' areas.
        section: its cross-section, seen in the direction of the line.
        start_junction: junction at its first point, -1 at the map's edge.
        end_junction: junction at its last point, -1 at the map's edge.
        main: whether the ego drives here.
    """

    index: int
    line: CentreLine
    section: Section
    start_junction: int
    end_junction: int
    main: bool


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """Roads, what is on them, and the way of the ego.

    Attributes:
        profile: what kind of place it is.
        terrain: heights; everything here is in plan view (x, y) of the global frame, metres.
        roads, lanes, junctions, signals, crossings, walkways, parking, frontages, driveways: see their
            classes; each knows its index.
        surfaces: the ground.
        lane_lines: paint in lines.
        painted: paint in polygons with its colour, in painting order: bicycle lanes, zebra stripes, stop bars, arrows.
        signs: traffic signs.
        route: the ego's lanes with the connectors between them, each a successor of the one before; it begins and ends
            at the map's edge.
        route_start_m: where the ego starts: distance along the whole route from the first point of its first lane.
    """

    profile: Profile
    terrain: Terrain
    roads: tuple[Road, ...]
    lanes: tuple[Lane, ...]
    junctions: tuple[Junction, ...]
    signals: tuple[Signal, ...]
    crossings: tuple[Crossing, ...]
    walkways: tuple[Walkway, ...]
    parking: tuple[ParkingSpot, ...]
    frontages: tuple[Frontage, ...]
    driveways: tuple[Driveway, ...]
    surfaces: Surfaces
    lane_lines: tuple[LaneLine, ...]
    painted: tuple[Painted, ...]
    signs: tuple[Sign, ...]
    route: tuple[int, ...]
    route_start_m: float

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """x low, y low, x high, y high of all its ground."""
        surfaces = self.surfaces
        low_high = shapely.total_bounds(list(surfaces.road + surfaces.sidewalks + surfaces.verges))
        return tuple(low_high.tolist())

    @cached_property
    def ground(self) -> BaseGeometry:
        """Everything that belongs to a road (carriageway, islands, verges, sidewalks) as one geometry: houses keep
        off it. Prepared for quick tests."""
        surfaces = self.surfaces
        parts = surfaces.road + surfaces.sidewalks + surfaces.verges + surfaces.islands
        # Neighbours share edges up to rounding; a millimetre closes the seams.
        whole = shapely.union_all(shapely.buffer(list(parts), 1e-3, quad_segs=1, join_style="mitre"))
        shapely.prepare(whole)
        return whole

    @cached_property
    def route_points(self) -> Floats:
        """(K, 2) the whole route, metres; `route_start_m` counts along it."""
        parts = [self.lanes[index].points for index in self.route]
        return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])

    def road_map(self, structures: Sequence[Structure] = ()) -> RoadMap:
        """The same for everybody who does not know this package; what the traffic lights show is not in it."""
        return RoadMap(
            road=self.surfaces.road,
            sidewalks=self.surfaces.sidewalks,
            crossings=self.surfaces.crossings,
            lane_lines=self.lane_lines,
            structures=tuple(structures),
            terrain=terrain_grid(self.terrain, self.bounds, structures),
            drivable=self.surfaces.road,
            lanes=map_lanes(self.lanes, [road.section for road in self.roads]),
            stop_lines=stop_lines(self.lanes),
            parking=self.surfaces.parking,
        )
