"""The layout before anything is built: which roads there are, where they meet, and the way that the ego takes."""

from __future__ import annotations

from dataclasses import dataclass

from drivegen.core.arrays import Floats
from drivegen.world.roads.centre_line import CentreLine
from drivegen.world.roads.junctions import Control
from drivegen.world.roads.lanes import Turn
from drivegen.world.roads.section import Section


@dataclass(frozen=True, eq=False)
class PlannedRoad:
    """A road from the middle of a junction (or the map's edge) to the middle of another (or the edge).

    Attributes:
        line: its course; straight near junctions.
        section: its cross-section in the direction of the line.
        start, end: junctions at its ends, -1 at the map's edge.
        main: whether the ego drives here.
        mid_crossing: whether it is to have a crossing far from its junctions, where there is room.
    """

    line: CentreLine
    section: Section
    start: int
    end: int
    main: bool
    mid_crossing: bool


@dataclass(frozen=True, eq=False)
class PlannedJunction:
    """A place where roads meet.

    Attributes:
        centre: (2,) global frame, metres.
        control: how the right of way is settled.
        radius_m: radius of its kerbs.
        crossing_m: width of its crossings; zero without crossings.
        bulbs: whether the sidewalks reach out over the parking lanes there.
        turn: where the ego goes.
        phase: where in its cycle the traffic light is at time zero, in [0, 1).
    """

    centre: Floats
    control: Control
    radius_m: float
    crossing_m: float
    bulbs: bool
    turn: Turn
    phase: float


@dataclass(frozen=True, eq=False)
class Plan:
    """Roads and junctions; `main` are the ego's roads in driving order, all directed along its way."""

    roads: tuple[PlannedRoad, ...]
    junctions: tuple[PlannedJunction, ...]
    main: tuple[int, ...]
