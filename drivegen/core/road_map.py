"""What stands still around the road, in the global frame, on the ground plane z = 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shapely.errors import ShapelyError
from shapely.geometry import LineString, Polygon, mapping, shape

from drivegen.core.errors import DataError

# A dashed line is painted for DASH_M, then bare for DASH_GAP_M, starting with paint at the line's first point.
DASH_M = 3.0
DASH_GAP_M = 5.0
# Distance between the inner edges of the two stripes of a double line.
DOUBLE_GAP_M = 0.1


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
    """Surfaces, paint and structures of a scene; every layer may be empty."""

    road: tuple[Polygon, ...] = ()
    sidewalks: tuple[Polygon, ...] = ()
    crossings: tuple[Polygon, ...] = ()
    lane_lines: tuple[LaneLine, ...] = ()
    structures: tuple[Structure, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers (GeoJSON geometries, metres), for JSON."""
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
        }

    @staticmethod
    def from_dict(value: Mapping[str, Any]) -> RoadMap:
        """The inverse of `to_dict`.

        Raises:
            DataError: a layer is missing or is not what `to_dict` writes.
        """
        try:
            return RoadMap(
                road=tuple(shape(p) for p in value["road"]),
                sidewalks=tuple(shape(p) for p in value["sidewalks"]),
                crossings=tuple(shape(p) for p in value["crossings"]),
                lane_lines=tuple(
                    LaneLine(shape(x["line"]), str(x["kind"]), float(x["width_m"]), _rgb(x["rgb"]))
                    for x in value["lane_lines"]
                ),
                structures=tuple(
                    Structure(shape(s["footprint"]), float(s["height_m"]), str(s["kind"]), _rgb(s["rgb"]))
                    for s in value["structures"]
                ),
            )
        except (KeyError, TypeError, ValueError, AttributeError, ShapelyError) as error:
            raise DataError("not a road map", where="road map", got=f"{type(error).__name__}: {error}") from error


def _rgb(value: Any) -> tuple[float, float, float]:
    red, green, blue = (float(v) for v in value)
    return red, green, blue
