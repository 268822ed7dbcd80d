"""Parking places along the kerb."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shapely.geometry import LineString

from drivegen.core import LaneLine
from drivegen.core.arrays import Floats
from drivegen.world.geometry import Colour
from drivegen.world.roads.ground_plan import parking_spans
from drivegen.world.roads.layout import DRIVEWAY_M, Layout, Street


@dataclass(frozen=True, eq=False)
class ParkingSpot:
    """A place for one parked vehicle.

    Attributes:
        xy: (2,) its middle, global frame, metres.
        yaw: heading of the traffic beside it, radians.
        length_m, width_m: its size.
        road: the road that it lies along.
    """

    xy: Floats
    yaw: float
    length_m: float
    width_m: float
    road: int


@dataclass(frozen=True, eq=False)
class Driveway:
    """Where vehicles cross the sidewalk to a house.

    Attributes:
        xy: (2,) on the outer edge of the sidewalk, in the middle of the driveway, global frame, metres.
        yaw: heading away from the road, radians.
        width_m: its width.
        road: the road that it belongs to.
    """

    xy: Floats
    yaw: float
    width_m: float
    road: int


def build_driveways(layout: Layout) -> tuple[Driveway, ...]:
    """All driveways of a layout."""
    found = []
    for street in layout.streets:
        for right in (True, False):
            outer = street.section.outer_m(right)
            for s in street.driveways(right):
                xy = street.line.points(s, -outer if right else outer)
                yaw = float(street.line.heading(s)) + (-np.pi / 2 if right else np.pi / 2)
                found.append(Driveway(xy, yaw, DRIVEWAY_M, street.index))
    return tuple(found)


def build_parking(layout: Layout) -> tuple[ParkingSpot, ...]:
    """Places along all parking lanes, but not before driveways."""
    spots: list[ParkingSpot] = []
    for street in layout.streets:
        for right in (True, False):
            for span in parking_spans(street, right):
                spots += _row(street, right, span)
    return tuple(spots)


def tick_lines(spots: tuple[ParkingSpot, ...], rgb: Colour) -> list[LaneLine]:
    """Short painted lines at the rear end of each place, across the parking lane."""
    lines = []
    for spot in spots:
        ahead = np.array([np.cos(spot.yaw), np.sin(spot.yaw)])
        left = np.array([-ahead[1], ahead[0]])
        rear = spot.xy - 0.5 * spot.length_m * ahead
        ends = [rear + side * 0.5 * spot.width_m * left for side in (-1.0, 1.0)]
        lines.append(LaneLine(LineString(ends), "solid", 0.1, rgb))
    return lines


def _row(street: Street, right: bool, span: tuple[float, float]) -> list[ParkingSpot]:
    section, line = street.section, street.line
    low, high = span
    count = int((high - low) // 6.4)
    pitch = (high - low) / max(count, 1)
    width = section.side(right).parking_m
    d = section.parking_inner_m(right) + width / 2
    s = low + (np.arange(count) + 0.5) * pitch
    points = line.points(s, np.full(count, -d if right else d))
    yaw = line.heading(s) + (0.0 if right else np.pi)
    driveways = np.array(street.driveways(right))
    blocked = (np.abs(s[:, None] - driveways) < 0.5 * (pitch + DRIVEWAY_M)).any(axis=1)
    return [
        ParkingSpot(points[i], float(yaw[i]), float(pitch), width, street.index)
        for i in np.flatnonzero(~blocked).tolist()
    ]
