"""Builds crossings, junctions and traffic lights out of the layout and its lanes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from shapely.geometry import Polygon

from drivegen.core.arrays import Floats
from drivegen.world.roads.corners import Spoke
from drivegen.world.roads.ground_plan import crossing_polygon
from drivegen.world.roads.junctions import Arm, Control, Crossing, Junction
from drivegen.world.roads.lane_graph import LaneGraph
from drivegen.world.roads.layout import End, Layout, Place, Street
from drivegen.world.roads.signals import ALL_RED_S, AMBER_S, Pole, Signal

_POST_OFF_KERB_M = 0.6
_COORDINATED = 0.55
"""Share of junctions whose lights are timed for the ego."""


def build_signals(layout: Layout, arrivals_s: Sequence[float]) -> tuple[tuple[Signal, ...], dict[tuple[int, int], int]]:
    """All traffic lights, and which arm (junction, arm) has which.

    Args:
        arrivals_s: when the ego would reach each junction if nothing stopped it; about half of its lights are green
            then, as along a street whose lights are coordinated.
    """
    signals: list[Signal] = []
    index: dict[tuple[int, int], int] = {}
    for place in layout.places:
        if place.control is not Control.SIGNALS:
            continue
        spokes = place.shape.spokes
        greens = [_green_s(layout.streets[spoke.road]) for spoke in spokes]
        cycle = sum(greens) + len(spokes) * (AMBER_S + ALL_RED_S)
        begin = _begin_s(layout, place, greens, arrivals_s[place.index])
        for arm, (spoke, green) in enumerate(zip(spokes, greens, strict=True)):
            index[place.index, arm] = len(signals)
            poles = _poles(layout, place, spoke)
            signals.append(
                Signal(len(signals), place.index, arm, poles, float(cycle), float(np.mod(begin, cycle)), green)
            )
            begin += green + AMBER_S + ALL_RED_S
    return tuple(signals), index


def build_crossings(layout: Layout, signal_index: dict[tuple[int, int], int]) -> tuple[Crossing, ...]:
    """All crossings, by index."""
    found = []
    for street in layout.streets:
        by_zebra = {end.zebra.crossing: end for end in street.ends if end.zebra is not None}
        for zebra in street.zebras:
            end = by_zebra.get(zebra.crossing)
            joint = (end.junction, end.arm) if end is not None else (-1, -1)
            middle = 0.5 * (zebra.low + zebra.high)
            start = street.line.points(middle, -street.kerb_at(middle, True))
            stop = street.line.points(middle, street.kerb_at(middle, False))
            polygon = crossing_polygon(street, zebra)
            signal = signal_index.get(joint, -1)
            found.append(Crossing(zebra.crossing, polygon, start, stop, street.index, *joint, signal))
    return tuple(sorted(found, key=lambda crossing: crossing.index))


def build_junctions(layout: Layout, graph: LaneGraph, signal_index: dict[tuple[int, int], int]) -> tuple[Junction, ...]:
    """All junctions."""
    junctions = []
    for place in layout.places:
        arms = tuple(
            Arm(
                spoke.road,
                spoke.yaw,
                _crossing_of(_end(layout, spoke)),
                signal_index.get((place.index, arm), -1),
                graph.incoming(spoke),
                graph.outgoing(spoke),
            )
            for arm, spoke in enumerate(place.shape.spokes)
        )
        junctions.append(Junction(place.index, place.shape.centre, Polygon(place.shape.outline), arms, place.control))
    return tuple(junctions)


def _end(layout: Layout, spoke: Spoke) -> End:
    return layout.streets[spoke.road].ends[0 if spoke.at_start else 1]


def _crossing_of(end: End) -> int:
    return end.zebra.crossing if end.zebra is not None else -1


def _green_s(street: Street) -> float:
    return (10.0 if street.main else 6.0) + 1.5 * (street.section.lanes - 1)


def _begin_s(layout: Layout, place: Place, greens: list[float], arrival_s: float) -> float:
    """When the first arm of a junction turns green."""
    cycle = sum(greens) + len(greens) * (AMBER_S + ALL_RED_S)
    if place.phase > _COORDINATED:
        return -(place.phase - _COORDINATED) / (1.0 - _COORDINATED) * cycle
    if arrival_s < 0.0:
        return -place.phase / _COORDINATED * cycle
    ego = next(i for i, spoke in enumerate(place.shape.spokes) if spoke.road == layout.main[place.index])
    waited = place.phase / _COORDINATED * greens[ego]
    return arrival_s - waited - sum(greens[:ego]) - ego * (AMBER_S + ALL_RED_S)


def _poles(layout: Layout, place: Place, spoke: Spoke) -> tuple[Pole, ...]:
    """A post at the stop line, and one on the far side with an arm over the carriageway."""
    street, end = layout.streets[spoke.road], _end(layout, spoke)
    # People walk beside the crossing: the post stands between its stop bar and the crossing.
    station = end.stop_m if spoke.at_start else street.line.length_m - end.stop_m
    off = spoke.section.kerb_m(False) + _POST_OFF_KERB_M
    near = street.line.points(station, off if spoke.at_start else -off)
    far_off, far = _far_side(place, spoke)
    mast = far_off - spoke.section.median_m / 2 - 0.5 * spoke.section.lane_m
    return Pole(near, spoke.yaw, 0.0), Pole(far, spoke.yaw, float(max(mast, 2.0)))


def _far_side(place: Place, spoke: Spoke) -> tuple[float, Floats]:
    """Beyond the junction seen from an arm, to the right of its lanes: distance from its centre line, and place."""
    shape = place.shape
    ahead = np.array([np.cos(spoke.yaw), np.sin(spoke.yaw)])
    left = np.array([-ahead[1], ahead[0]])
    opposite = [i for i, other in enumerate(shape.spokes) if np.cos(other.yaw - spoke.yaw) < -0.75]
    if opposite:
        off = max(shape.spokes[opposite[0]].section.kerb_m(True), spoke.section.kerb_m(False))
        far = float(shape.setback_m[opposite[0]]) + 0.1
    else:
        # The closed side of a T-junction: just behind the kerb of the street that runs across.
        off = spoke.section.kerb_m(False)
        first, last = next(corner.kerb for corner in shape.corners if corner.closed)
        origin = shape.centre + left * (off + _POST_OFF_KERB_M)
        far = float(np.linalg.solve(np.stack([-ahead, first - last], axis=1), first - origin)[0]) + _POST_OFF_KERB_M
    off += _POST_OFF_KERB_M
    return off, shape.centre - ahead * far + left * off
