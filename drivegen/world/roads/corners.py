"""The shape of a junction: how far it reaches into its arms, its round kerbs, the corners beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.roads.section import Section

CLOSED_RAD = np.deg2rad(140.0)
"""Arms that are farther apart than this have no corner between them: the straight side of a T-junction."""
_ARC_POINTS = 15


@dataclass(frozen=True, eq=False)
class Spoke:
    """An arm as the junction sees it.

    Attributes:
        road: the road.
        at_start: whether the road begins here (it ends here otherwise).
        yaw: heading outwards, radians.
        section: the road's cross-section seen outwards.
    """

    road: int
    at_start: bool
    yaw: float
    section: Section


@dataclass(frozen=True, eq=False)
class Corner:
    """What lies between the left side of one spoke and the right side of the next.

    Attributes:
        kerb: (K, 2) the carriageway's edge, from this spoke to the next.
        outer: (K', 2) the outer edge of the ground, likewise.
        walk: (K'', 2) the middle of the sidewalk, likewise.
        closed: whether it is the straight side of a T-junction.
    """

    kerb: Floats
    outer: Floats
    walk: Floats
    closed: bool


@dataclass(frozen=True, eq=False)
class Shape:
    """A junction in plan.

    Attributes:
        centre: (2,) where the centre lines meet.
        spokes: counter-clockwise.
        radius_m: radius of its kerbs.
        setback_m: (N,) how far the junction reaches into each spoke from its centre.
        corners: corner i lies between spoke i and the one after it.
        outline: (K, 2) the carriageway between the arms, counter-clockwise.
    """

    centre: Floats
    spokes: tuple[Spoke, ...]
    radius_m: float
    setback_m: Floats
    corners: tuple[Corner, ...]
    outline: Floats


def make_shape(centre: Floats, spokes: Sequence[Spoke], radius_m: float) -> Shape:
    """The shape of a junction whose kerbs have a radius."""
    ordered = sorted(spokes, key=lambda spoke: float(np.mod(spoke.yaw, 2.0 * np.pi)))
    pairs = [(i, (i + 1) % len(ordered)) for i in range(len(ordered))]
    setback = np.full(len(ordered), 3.0)
    for i, j in pairs:
        for radius, wide in _edges(ordered[i], ordered[j], radius_m):
            reach = _reach(ordered[i], ordered[j], wide, radius)
            setback[i], setback[j] = max(setback[i], reach[0]), max(setback[j], reach[1])
    setback += 0.2
    corners = tuple(
        _corner(centre, (ordered[i], ordered[j]), (float(setback[i]), float(setback[j])), radius_m) for i, j in pairs
    )
    return Shape(
        centre, tuple(ordered), radius_m, setback, corners, np.concatenate([corner.kerb for corner in corners])
    )


def _between(a: Spoke, b: Spoke) -> float:
    return float(np.mod(b.yaw - a.yaw, 2.0 * np.pi))


def _edges(a: Spoke, b: Spoke, radius_m: float) -> list[tuple[float, tuple[float, float]]]:
    """Radius, and distance from each centre line, of the kerb, the outer edge and the sidewalk's middle."""
    left, right = a.section.side(False), b.section.side(True)
    beyond = max(left.beyond_m, right.beyond_m)
    middle = beyond - min(left.sidewalk_m, right.sidewalk_m) / 2
    return [
        (radius_m, (a.section.kerb_m(False), b.section.kerb_m(True))),
        (max(radius_m - beyond, 0.3), (a.section.outer_m(False), b.section.outer_m(True))),
        (max(radius_m - middle, 0.8), (a.section.walk_m(False), b.section.walk_m(True))),
    ]


def _reach(a: Spoke, b: Spoke, wide: tuple[float, float], radius: float) -> tuple[float, float]:
    """Distance from the centre, along each spoke, at which the round corner between them begins."""
    angle = _between(a, b)
    if angle > CLOSED_RAD:
        return 0.0, 0.0
    tangent = radius / np.tan(angle / 2)
    sine, cosine = np.sin(angle), np.cos(angle)
    return (wide[1] + wide[0] * cosine) / sine + tangent, (wide[0] + wide[1] * cosine) / sine + tangent


def _corner(centre: Floats, pair: tuple[Spoke, Spoke], setback: tuple[float, float], radius_m: float) -> Corner:
    closed = _between(*pair) > CLOSED_RAD
    lines = [_rounded(centre, pair, setback, wide, radius, closed) for radius, wide in _edges(*pair, radius_m)]
    return Corner(lines[0], lines[1], lines[2], closed)


def _rounded(
    centre: Floats,
    pair: tuple[Spoke, Spoke],
    setback: tuple[float, float],
    wide: tuple[float, float],
    radius: float,
    closed: bool,
) -> Floats:
    """A line (K, 2) from the left of one spoke round the corner to the right of the next."""
    ahead = [np.array([np.cos(spoke.yaw), np.sin(spoke.yaw)]) for spoke in pair]
    left = [np.array([-u[1], u[0]]) for u in ahead]
    first = centre + ahead[0] * setback[0] + left[0] * wide[0]
    last = centre + ahead[1] * setback[1] - left[1] * wide[1]
    if closed:
        return np.stack([first, last])
    angle = _between(*pair)
    reach = _reach(*pair, wide, radius)
    tangent = radius / np.tan(angle / 2)
    apex = centre + ahead[0] * (reach[0] - tangent) + left[0] * wide[0]
    middle = apex + (ahead[0] + ahead[1]) / (2.0 * np.cos(angle / 2)) * (radius / np.sin(angle / 2))
    # From pointing at the first spoke's edge to pointing at the second one's, the short way.
    begin = np.arctan2(*(-(left[0]))[::-1])
    turn = np.linspace(0.0, -(np.pi - angle), _ARC_POINTS)
    arc = middle + radius * np.stack([np.cos(begin + turn), np.sin(begin + turn)], axis=-1)
    return np.concatenate([first[None], arc, last[None]])
