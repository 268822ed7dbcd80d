"""Random courses of roads: straights, bends and S-curves in the manner of a place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.profile import Profile
from drivegen.world.roads.centre_line import CentreLine, draw_line

HEADING_LIMIT_RAD = 1.7
"""A route never heads farther than this from its general direction, which keeps it from coming back to itself."""


@dataclass(frozen=True)
class Manner:
    """How roads run in a place.

    Attributes:
        lead_m: straight length kept at each end of a road, for the junction.
        straight_m: range of straights between bends.
        radius_m: range of radii.
        angle_rad: range of bends' angles.
        bend_share: share of places for a bend that have one.
        gap_m: range of distances between junctions.
        stub_m: range of side roads' lengths.
    """

    lead_m: float
    straight_m: tuple[float, float]
    radius_m: tuple[float, float]
    angle_rad: tuple[float, float]
    bend_share: float
    gap_m: tuple[float, float]
    stub_m: tuple[float, float]


MANNERS = {
    Profile.URBAN: Manner(38.0, (5.0, 50.0), (60.0, 220.0), (0.12, 0.6), 0.3, (95.0, 220.0), (100.0, 170.0)),
    Profile.SUBURBAN: Manner(30.0, (5.0, 50.0), (36.0, 170.0), (0.2, 1.2), 0.75, (110.0, 270.0), (100.0, 170.0)),
    Profile.RURAL: Manner(35.0, (10.0, 120.0), (110.0, 450.0), (0.2, 0.9), 0.95, (330.0, 800.0), (120.0, 175.0)),
}


def draw_course(
    rng: np.random.Generator, manner: Manner, start: Floats, yaw: float, length_m: float, general_rad: float
) -> CentreLine:
    """A random course of a given length.

    Args:
        start: (2,) where it begins.
        yaw: heading there, radians.
        general_rad: direction from which its heading must not stray farther than HEADING_LIMIT_RAD.
    """
    lengths, curvatures = [manner.lead_m], [0.0, 0.0]
    left = length_m - 2.0 * manner.lead_m
    away = yaw - general_rad
    while left > 25.0:
        straight = float(rng.uniform(*manner.straight_m))
        angle = float(rng.uniform(*manner.angle_rad) * rng.choice([-1.0, 1.0]))
        radius = float(np.exp(rng.uniform(*np.log(manner.radius_m))))
        ramp = float(np.clip(0.25 * radius, 12.0, 40.0))
        if abs(away + angle) > HEADING_LIMIT_RAD:
            angle = -angle
        room = (left - straight - ramp) / radius
        turned = float(np.sign(angle) * min(abs(angle), room))
        if rng.random() > manner.bend_share or turned * angle < 0 or abs(turned) * radius < 1.5 * ramp:
            lengths.append(min(straight, left))
            curvatures.append(0.0)
            left -= lengths[-1]
            continue
        bend = float(np.sign(turned)) / radius
        lengths += [straight, ramp, abs(turned) * radius - ramp, ramp]
        curvatures += [0.0, bend, bend, 0.0]
        left -= straight + abs(turned) * radius + ramp
        away += turned
    lengths.append(max(0.0, left) + manner.lead_m)
    curvatures.append(0.0)
    return draw_line(start, yaw, lengths, curvatures)
