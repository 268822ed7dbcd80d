"""Lanes and traffic lights of a road map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shapely.geometry import LineString, Polygon, mapping, shape


@dataclass(frozen=True)
class MapLane:
    """A lane that traffic follows in one direction, or the way through a junction from one lane into another.

    Attributes:
        lane_id: its number, unique in its map.
        center_line: its course (x, y), metres, in the direction of traffic.
        polygon: its surface.
        kind: lane, bike or connector (through a junction).
        speed_limit_mps: how fast one may go.
        successors: lanes that go on where it ends.
        left, right: the neighbour of the same direction, where there is one.
        turn: of a connector: left, straight or right.
    """

    lane_id: int
    center_line: LineString
    polygon: Polygon
    kind: str
    speed_limit_mps: float
    successors: tuple[int, ...] = ()
    left: int | None = None
    right: int | None = None
    turn: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers for JSON."""
        return {
            "lane_id": self.lane_id,
            "center_line": mapping(self.center_line),
            "polygon": mapping(self.polygon),
            "kind": self.kind,
            "speed_limit_mps": self.speed_limit_mps,
            "successors": list(self.successors),
            "left": self.left,
            "right": self.right,
            "turn": self.turn,
        }

    @staticmethod
    def from_dict(value: Mapping[str, Any]) -> MapLane:
        """The inverse of `to_dict`; raises whatever a wrong value brings about."""
        left, right, turn = (value[name] for name in ("left", "right", "turn"))
        return MapLane(
            lane_id=int(value["lane_id"]),
            center_line=shape(value["center_line"]),
            polygon=shape(value["polygon"]),
            kind=str(value["kind"]),
            speed_limit_mps=float(value["speed_limit_mps"]),
            successors=tuple(int(lane) for lane in value["successors"]),
            left=None if left is None else int(left),
            right=None if right is None else int(right),
            turn=None if turn is None else str(turn),
        )


class LightState(StrEnum):
    """What a traffic light shows."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"


@dataclass(frozen=True)
class TrafficLight:
    """A signal and what it shows over the time of the scene.

    Attributes:
        light_id: its number, unique in its map.
        xy: where its poles stand, metres.
        yaw_rad: for each pole the direction that the lamps shine, against the traffic that they stop.
        lanes: the lanes that they stop.
        changes: (time in microseconds, state) from that time on, rising; the first is the scene's first frame.
    """

    light_id: int
    xy: tuple[tuple[float, float], ...]
    yaw_rad: tuple[float, ...]
    lanes: tuple[int, ...]
    changes: tuple[tuple[int, LightState], ...] = ()

    def state_at(self, timestamp_us: int) -> LightState | None:
        """What it shows at a time; None before the first change."""
        shown = None
        for time, state in self.changes:
            if time > timestamp_us:
                break
            shown = state
        return shown

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and numbers for JSON."""
        return {
            "light_id": self.light_id,
            "xy": [list(place) for place in self.xy],
            "yaw_rad": list(self.yaw_rad),
            "lanes": list(self.lanes),
            "changes": [{"timestamp_us": time, "state": state.value} for time, state in self.changes],
        }

    @staticmethod
    def from_dict(value: Mapping[str, Any]) -> TrafficLight:
        """The inverse of `to_dict`; raises whatever a wrong value brings about."""
        return TrafficLight(
            light_id=int(value["light_id"]),
            xy=tuple((float(x), float(y)) for x, y in value["xy"]),
            yaw_rad=tuple(float(yaw) for yaw in value["yaw_rad"]),
            lanes=tuple(int(lane) for lane in value["lanes"]),
            changes=tuple((int(c["timestamp_us"]), LightState(c["state"])) for c in value["changes"]),
        )
