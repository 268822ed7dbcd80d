"""Where roads meet: arms, control, crossings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shapely.geometry import Polygon

from drivegen.core.arrays import Floats


class Control(StrEnum):
    """Who may go: traffic lights say, or everyone stops and goes in the order of arrival."""

    SIGNALS = "signals"
    STOP = "stop"


@dataclass(frozen=True)
class Arm:
    """One road that leads to a junction.

    Attributes:
        road: its index in RoadNetwork.roads.
        yaw: heading away from the junction, radians.
        crossing: the crossing over it, -1 without one.
        signal: the traffic light of those who come in by it, -1 without one.
        incoming: lanes that lead into the junction, leftmost (next to the centre line) first.
        outgoing: lanes that lead out of it, leftmost first.
    """

    road: int
    yaw: float
    crossing: int
    signal: int
    incoming: tuple[int, ...]
    outgoing: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Junction:
    """Three or four arms that meet; arms go round counter-clockwise.

    Attributes:
        index: its place in RoadNetwork.junctions.
        centre: (2,) where the centre lines meet.
        area: carriageway between the arms; the lanes of the roads begin and end on its edge.
        arms: counter-clockwise seen from above.
        control: how the right of way is settled.
    """

    index: int
    centre: Floats
    area: Polygon
    arms: tuple[Arm, ...]
    control: Control


@dataclass(frozen=True, eq=False)
class Crossing:
    """A zebra crossing from kerb to kerb.

    Attributes:
        index: its place in RoadNetwork.crossings.
        polygon: what it covers of the carriageway.
        start: (2,) kerb end of its axis, on the right of the road's own direction.
        end: (2,) the other kerb.
        road: the road that it crosses.
        junction: the junction that it belongs to, -1 in mid-block.
        arm: the arm of that junction that it crosses, -1 in mid-block.
        signal: the traffic light of the *vehicles* of that arm, -1 without one. People walk while it is red and not
            about to turn green; vehicles that turn into the arm yield to them.
    """

    index: int
    polygon: Polygon
    start: Floats
    end: Floats
    road: int
    junction: int
    arm: int
    signal: int
