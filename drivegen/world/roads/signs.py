"""Traffic signs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.profile import Profile
from drivegen.world.roads.junctions import Control
from drivegen.world.roads.layout import Layout, Street

_OFF_KERB_M = 0.5
_SHARP_BEND = 1.0 / 130.0


class SignKind(StrEnum):
    """What a sign says."""

    STOP = "stop"
    SPEED = "speed"
    CROSSING = "crossing"
    NO_PARKING = "no_parking"
    CURVE = "curve"
    STREET = "street"
    """A street's name, at a corner."""


@dataclass(frozen=True, eq=False)
class Sign:
    """A sign on a post.

    Attributes:
        xy: (2,) foot of the post, global frame, metres.
        yaw: where its face looks, radians.
        kind: what it says.
        value: speed limit in km/h of SPEED signs, otherwise 0.
    """

    xy: Floats
    yaw: float
    kind: SignKind
    value: int = 0


def build_signs(rng: np.random.Generator, layout: Layout) -> tuple[Sign, ...]:
    """Signs on the right of the road, each for those who come towards it."""
    signs: list[Sign] = []
    for street in layout.streets:
        for along in (True, False):
            signs += _of_direction(rng, layout, street, along)
    return tuple(signs)


def _of_direction(rng: np.random.Generator, layout: Layout, street: Street, along: bool) -> list[Sign]:
    """Signs for one direction; stations count along it."""
    length = street.line.length_m
    begin, end = street.ends if along else street.ends[::-1]
    found = []
    if end.junction >= 0:
        if layout.places[end.junction].control is Control.STOP:
            found.append((length - end.stop_m, SignKind.STOP, 0))
        if rng.random() < 0.6:
            found.append((length - end.apron_m - 0.4, SignKind.STREET, 0))
    if begin.junction >= 0 and length > 60.0 and rng.random() < 0.35:
        found.append((begin.stop_m + 14.0, SignKind.SPEED, int(round(street.section.speed_mps * 3.6 / 10.0) * 10)))
    if street.mid is not None:
        found.append((_seen(street, 0.5 * (street.mid.low + street.mid.high), along) - 3.2, SignKind.CROSSING, 0))
    if street.section.profile is not Profile.RURAL and length > 70.0 and rng.random() < 0.35:
        found.append((float(rng.uniform(0.35, 0.65)) * length, SignKind.NO_PARKING, 0))
    found += [(s, SignKind.CURVE, 0) for s in _bends(street, along)]
    return [_place(street, along, *what) for what in found]


def _bends(street: Street, along: bool) -> list[float]:
    """Stations some way before each sharp bend."""
    line = street.line
    sharp = np.abs(line.curvature()) > _SHARP_BEND
    edges = np.flatnonzero(np.diff(sharp.astype(np.int8)) == (1 if along else -1))
    stations = [_seen(street, float(line.s[i]), along) - 25.0 for i in edges.tolist()]
    return [s for s in stations if s > 15.0]


def _seen(street: Street, s: float, along: bool) -> float:
    return s if along else street.line.length_m - s


def _place(street: Street, along: bool, s: float, kind: SignKind, value: int) -> Sign:
    station = _seen(street, s, along)
    off = float(street.kerb_at(station, along)) + _OFF_KERB_M
    heading = float(street.line.heading(station))
    xy = street.line.points(station, -off if along else off)
    return Sign(xy, heading + np.pi if along else heading, kind, value)
