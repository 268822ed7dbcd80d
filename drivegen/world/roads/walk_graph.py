"""Builds the walkways: sidewalks along streets, corners between arms, and the crossings that join them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.roads.layout import Layout, Street
from drivegen.world.roads.walkways import Walkway

_POINT_M = 0.9


@dataclass(eq=False)
class _Draft:
    """A walkway before its neighbours are known."""

    points: Floats
    width_m: float
    nodes: tuple[int, int]
    crossing: int = -1
    kerb_s: tuple[float, float] = (0.0, 0.0)


@dataclass(eq=False)
class _Builder:
    """Walkways and nodes while they are collected; a node is named by street, side and place along the street."""

    drafts: list[_Draft] = field(default_factory=list)
    nodes: dict[tuple[int, bool, str], int] = field(default_factory=dict)

    def node(self, street: int, right: bool, where: str) -> int:
        """Number of a node: where is start, end or mid."""
        return self.nodes.setdefault((street, right, where), len(self.nodes))


def build_walkways(layout: Layout) -> tuple[Walkway, ...]:
    """All walkways of a layout."""
    builder = _Builder()
    for street in layout.streets:
        for right in (True, False):
            if street.section.side(right).sidewalk_m:
                _along(builder, street, right)
        if min(street.section.left.sidewalk_m, street.section.right.sidewalk_m) > 0.0:
            _over(builder, street)
    for place in layout.places:
        spokes = place.shape.spokes
        for arm, spoke in enumerate(spokes):
            other = spokes[(arm + 1) % len(spokes)]
            sides = spoke.section.left, other.section.right
            if min(side.sidewalk_m for side in sides) <= 0.0:
                continue
            ends = [
                (layout.streets[spoke.road], spoke.at_start, not spoke.at_start),
                (layout.streets[other.road], other.at_start, other.at_start),
            ]
            # Seen along the road, the left of a spoke is the left side where the road begins and the right where it
            # ends.
            first, last = (_end_node(*end) for end in ends)
            nodes = tuple(
                builder.node(street.index, right, "start" if at_start else "end") for street, at_start, right in ends
            )
            path = np.concatenate([first[None], place.shape.corners[arm].walk, last[None]])
            width = min(side.sidewalk_m for side in sides)
            builder.drafts.append(_Draft(_even(path), width, (nodes[0], nodes[1])))
    return _finish(builder)


def _end_node(street: Street, at_start: bool, right: bool) -> Floats:
    return street.line.points(_stations(street)[0 if at_start else -1], _d(street, right))


def _stations(street: Street) -> list[float]:
    """Stations of the nodes of both sides: on the axes of crossings; near an end without one, a little inside."""
    found = []
    for side, end in enumerate(street.ends):
        inside = 0.0 if end.junction < 0 else 1.5
        plain = street.line.length_m - inside if side else inside
        found.append(plain if end.zebra is None else 0.5 * (end.zebra.low + end.zebra.high))
    if street.mid is not None:
        found.insert(1, 0.5 * (street.mid.low + street.mid.high))
    return found


def _names(street: Street) -> list[str]:
    return ["start", "end"] if street.mid is None else ["start", "mid", "end"]


def _d(street: Street, right: bool) -> float:
    return street.section.walk_m(right) * (-1.0 if right else 1.0)


def _along(builder: _Builder, street: Street, right: bool) -> None:
    stations, names = _stations(street), _names(street)
    width = street.section.side(right).sidewalk_m
    for i in range(len(stations) - 1):
        count = max(2, int(np.ceil((stations[i + 1] - stations[i]) / 0.6)) + 1)
        points = street.line.points(np.linspace(stations[i], stations[i + 1], count), _d(street, right))
        nodes = (builder.node(street.index, right, names[i]), builder.node(street.index, right, names[i + 1]))
        builder.drafts.append(_Draft(points, width, nodes))


def _over(builder: _Builder, street: Street) -> None:
    by_name = {"start": street.ends[0].zebra, "mid": street.mid, "end": street.ends[1].zebra}
    for name, station in zip(_names(street), _stations(street), strict=True):
        zebra = by_name[name]
        if zebra is None:
            continue
        first, last = (street.line.points(station, _d(street, right)) for right in (True, False))
        nodes = (builder.node(street.index, True, name), builder.node(street.index, False, name))
        edges = [float(street.kerb_at(station, right)) for right in (True, False)]
        kerb, width = street.section.walk_m(True) - edges[0], sum(edges)
        points = _even(np.stack([first, last]))
        builder.drafts.append(_Draft(points, zebra.high - zebra.low, nodes, zebra.crossing, (kerb, kerb + width)))


def _even(path: Floats) -> Floats:
    s = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    even = np.linspace(0.0, s[-1], max(2, int(np.ceil(s[-1] / _POINT_M)) + 1))
    return np.stack([np.interp(even, s, path[:, 0]), np.interp(even, s, path[:, 1])], axis=-1)


def _finish(builder: _Builder) -> tuple[Walkway, ...]:
    at_node: dict[int, list[int]] = {}
    for index, draft in enumerate(builder.drafts):
        for node in draft.nodes:
            at_node.setdefault(node, []).append(index)
    found = []
    for index, draft in enumerate(builder.drafts):
        s = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(draft.points, axis=0), axis=1))])
        first, last = (tuple(i for i in at_node[node] if i != index) for node in draft.nodes)
        found.append(
            Walkway(index, draft.points, s, draft.width_m, draft.nodes, draft.crossing, draft.kerb_s, first, last)
        )
    return tuple(found)
