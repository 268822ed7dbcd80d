"""Directed lanes: those of the roads, and the connectors that lead from one to the next through a junction."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from drivegen.core.arrays import Floats


class Turn(StrEnum):
    """Which way something goes at a junction."""

    LEFT = "left"
    STRAIGHT = "straight"
    RIGHT = "right"


@dataclass(frozen=True, eq=False)
class Lane:
    """A directed lane of a road, or a connector through a junction.

    The first point of a lane's successor is its own last point, with the same heading.

    Attributes:
        index: its place in RoadNetwork.lanes.
        points: (K, 2) its middle, global frame, metres, spaced at most 1 m.
        s: (K,) stations from its beginning, metres.
        yaw: (K,) heading, radians, unwrapped.
        width_m: its width.
        speed_mps: speed limit; connectors that turn have a low one. Curves of roads do not lower it: whoever drives
            slows down for them.
        road: the road it belongs to, -1 for connectors.
        junction: connectors: the junction that they cross; lanes of roads: the one at their end, -1 at the map's edge.
        arm: the arm of that junction through which traffic of this lane enters it, -1 without a junction.
        turn: which way a connector goes; None for lanes of roads.
        successors: lanes that go on where it ends; empty at the map's edge only.
        left: neighbour of the same direction on the left, -1 without one.
        right: the same on the right.
        stop_m: station of the stop line, nan without one.
        crossings: (crossing, station from, station to) where it runs over crossings, in driving order.
        bike_m: distance from its middle to the middle of the bicycle lane on its right, nan without one.
    """

    index: int
    points: Floats
    s: Floats
    yaw: Floats
    width_m: float
    speed_mps: float
    road: int
    junction: int
    arm: int
    turn: Turn | None
    successors: tuple[int, ...]
    left: int
    right: int
    stop_m: float
    crossings: tuple[tuple[int, float, float], ...]
    bike_m: float = float("nan")

    @property
    def length_m(self) -> float:
        """Length of its middle."""
        return float(self.s[-1])

    def at(self, s: Floats | float) -> tuple[Floats, Floats]:
        """Places (..., 2) and headings (...) at stations (...); stations beyond its ends are moved to them."""
        points = np.stack([np.interp(s, self.s, self.points[:, 0]), np.interp(s, self.s, self.points[:, 1])], axis=-1)
        return points, np.asarray(np.interp(s, self.s, self.yaw), dtype=np.float64)
