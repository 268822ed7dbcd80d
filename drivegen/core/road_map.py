"""What stands still around the road, in the global frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from shapely.errors import ShapelyError
from shapely.geometry import LineString, Polygon, mapping, shape

from drivegen.core.errors import DataError, GeometryError
from drivegen.core.lanes import MapLane, TrafficLight
from drivegen.core.terrain_grid import TerrainGrid

# A dashed line is painted for DASH_M, then bare for DASH_GAP_M, starting with paint at the line's first point.
DASH_M = 3.0
DASH_GAP_M = 5.0
# Distance between the inner edges of the two stripes of a double line.
DOUBLE_GAP_M = 0.1

T = TypeVar("T")


@dataclass(frozen=True)
class LaneLine:
    """A painted line.

    Attributes:
        line: its course (x, y), metres.
        kind: solid, dashed (DASH_M, DASH_GAP_M) or double (DOUBLE_GAP_M).
        width_m: width of the paint.
        rgb: colour of the paint, each in [0, 1].
    """

    line: LineString
    kind: str
    width_m: float
    rgb: tuple[float, float, float]


@dataclass(frozen=True)
class Structure:
    """Something tall that does not move: a building, a tree, a pole.

    Attributes:
        footprint: its outline (x, y), metres.
        height_m: its height above the ground.
        kind: building, tree or pole.
        rgb: its dominant colour in daylight, each in [0, 1].
    """

    footprint: Polygon
    height_m: float
    kind: str
    rgb: tuple[float, float, float]


@dataclass(frozen=True)
class RoadMap:
    """Surfaces, paint and structures of a scene; every layer may be empty.

    Attributes:
        road, sidewalks, crossings: surfaces that one can see; zebra crossings lie on the road.
        lane_lines: paint along the lanes.
        structures: what is tall.
        terrain: how high the ground lies; None: the plane z = 0.
        drivable: where vehicles may drive, junctions and parking lanes included.
        lanes: the lanes and how they go on.
        stop_lines: bars before which traffic waits.
        parking: where vehicles may stand.
        traffic_lights: signals and their states over time.
    """

    road: tuple[Polygon, ...] = ()
    sidewalks: tuple[Polygon, ...] = ()
    crossings: tuple[Polygon, ...] = ()
    lane_lines: tuple[LaneLine, ...] = ()
    structures: tuple[Structure, ...] = ()
    terrain: TerrainGrid | None = None
    drivable: tuple[Polygon, ...] = ()
    lanes: tuple[MapLane, ...] = ()
    stop_lines: tuple[LineString, ...] = ()
    parking: tuple[Polygon, ...] = ()
    traffic_lights: tuple[TrafficLight, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers (GeoJSON geometries, metres), for JSON; see docs/conventions.md for the keys."""
        return {
            "road": [mapping(p) for p in self.road],
            "sidewalks": [mapping(p) for p in self.sidewalks],
            "crossings": [mapping(p) for p in self.crossings],
            "lane_lines": [
                {"line": mapping(x.line), "kind": x.kind, "width_m": x.width_m, "rgb": list(x.rgb)}
                for x in self.lane_lines
            ],
            "structures": [
                {"footprint": mapping(s.footprint), "height_m": s.height_m, "kind": s.kind, "rgb": list(s.rgb)}
                for s in self.structures
            ],
            "terrain": None if self.terrain is None else self.terrain.to_dict(),
            "drivable": [mapping(p) for p in self.drivable],
            "lanes": [lane.to_dict() for lane in self.lanes],
            "stop_lines": [mapping(line) for line in self.stop_lines],
            "parking": [mapping(p) for p in self.parking],
            "traffic_lights": [light.to_dict() for light in self.traffic_lights],
        }

    @staticmethod
    def from_dict(value: Mapping[str, Any]) -> RoadMap:
        """The inverse of `to_dict`; the layers from `terrain` on may be missing, as in maps of older versions.

        Raises:
            DataError: another layer is missing, or one is not what `to_dict` writes.
        """
        try:
            terrain = value.get("terrain")
            return RoadMap(
                road=_tuple(shape, value["road"]),
                sidewalks=_tuple(shape, value["sidewalks"]),
                crossings=_tuple(shape, value["crossings"]),
                lane_lines=_tuple(_lane_line, value["lane_lines"]),
                structures=_tuple(_structure, value["structures"]),
                terrain=None if terrain is None else TerrainGrid.from_dict(terrain),
                drivable=_tuple(shape, value.get("drivable", ())),
                lanes=_tuple(MapLane.from_dict, value.get("lanes", ())),
                stop_lines=_tuple(shape, value.get("stop_lines", ())),
                parking=_tuple(shape, value.get("parking", ())),
                traffic_lights=_tuple(TrafficLight.from_dict, value.get("traffic_lights", ())),
            )
        except (KeyError, TypeError, ValueError, AttributeError, ShapelyError, GeometryError) as error:
            raise DataError("not a road map", where="road map", got=f"{type(error).__name__}: {error}") from error


def _tuple(read: Callable[[Any], T], values: Any) -> tuple[T, ...]:
    return tuple(read(value) for value in values)


def _lane_line(value: Any) -> LaneLine:
    return LaneLine(shape(value["line"]), str(value["kind"]), float(value["width_m"]), _rgb(value["rgb"]))


def _structure(value: Any) -> Structure:
    return Structure(shape(value["footprint"]), float(value["height_m"]), str(value["kind"]), _rgb(value["rgb"]))


def _rgb(value: Any) -> tuple[float, float, float]:
    red, green, blue = (float(v) for v in value)
    return red, green, blue
