"""What stands beside the road: houses, trees, lamps and signs, laid out so that the road itself is never hidden."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from drivegen.core import Structure
from drivegen.core.arrays import Floats
from drivegen.world.config import Profile
from drivegen.world.mesh import Colour
from drivegen.world.network import Network

FACADES: tuple[Colour, ...] = (
    (0.70, 0.62, 0.52), (0.55, 0.36, 0.29), (0.78, 0.74, 0.66), (0.47, 0.47, 0.49), (0.64, 0.55, 0.43),
    (0.80, 0.78, 0.74), (0.45, 0.31, 0.26), (0.60, 0.62, 0.60), (0.74, 0.66, 0.48), (0.38, 0.44, 0.50),
    (0.68, 0.50, 0.40), (0.56, 0.60, 0.52),
)  # fmt: skip
ROOFS: tuple[Colour, ...] = ((0.42, 0.22, 0.17), (0.28, 0.27, 0.28), (0.36, 0.30, 0.25), (0.47, 0.29, 0.20))
GREENS: tuple[Colour, ...] = ((0.22, 0.33, 0.13), (0.28, 0.36, 0.14), (0.17, 0.28, 0.15), (0.34, 0.37, 0.14))
AUTUMN: tuple[Colour, ...] = ((0.55, 0.36, 0.12), (0.48, 0.25, 0.10), (0.40, 0.36, 0.13))


@dataclass(frozen=True, eq=False)
class Building:
    """A house: `corners` (4, 2) counter-clockwise, the first edge faces the road."""

    corners: Floats
    height_m: float
    rgb: Colour
    roof_rgb: Colour
    gable: bool
    style: str
    seed: int


@dataclass(frozen=True, eq=False)
class Tree:
    """A tree: where, how high, how wide its crown, its colour."""

    xy: Floats
    height_m: float
    crown_m: float
    rgb: Colour
    conifer: bool
    seed: int


@dataclass(frozen=True, eq=False)
class Pole:
    """A street lamp or a sign post; `arm` (2,) points from the post to the lamp, metres."""

    xy: Floats
    height_m: float
    kind: str
    arm: Floats
    rgb: Colour


@dataclass(frozen=True, eq=False)
class Scenery:
    """All structures of a scene."""

    buildings: tuple[Building, ...]
    trees: tuple[Tree, ...]
    poles: tuple[Pole, ...]

    def structures(self) -> tuple[Structure, ...]:
        """The same as layers of a RoadMap, with dominant daylight colours."""
        houses = shapely.polygons(np.array([b.corners for b in self.buildings]).reshape(-1, 4, 2))
        rings = [t.xy + 0.5 * t.crown_m * _OCTAGON for t in self.trees] + [p.xy + 0.12 * _OCTAGON for p in self.poles]
        rounds = shapely.polygons(np.array(rings).reshape(-1, 8, 2))
        n = len(self.trees)
        found = [
            Structure(shape, b.height_m, "building", b.rgb) for shape, b in zip(houses, self.buildings, strict=True)
        ]
        found += [Structure(shape, t.height_m, "tree", t.rgb) for shape, t in zip(rounds[:n], self.trees, strict=True)]
        found += [Structure(shape, p.height_m, "pole", p.rgb) for shape, p in zip(rounds[n:], self.poles, strict=True)]
        return tuple(found)


_ANGLES = np.arange(8) * np.pi / 4 + np.pi / 8
_OCTAGON = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=-1)


def make_scenery(network: Network, rng: np.random.Generator) -> Scenery:
    """Draw what stands along the road."""
    buildings: list[Building] = []
    trees: list[Tree] = []
    poles: list[Pole] = []
    season = AUTUMN if rng.random() < 0.15 else GREENS
    for side in (1, -1):
        if network.section.profile is Profile.RURAL:
            _fields(network, rng, side, season, buildings, trees)
        else:
            _houses(network, rng, side, buildings)
            _street_trees(network, rng, side, season, trees)
        _lamps(network, rng, side, poles)
        _signs(network, rng, side, poles)
    return Scenery(tuple(buildings), tuple(trees), tuple(poles))


def _houses(network: Network, rng: np.random.Generator, side: int, found: list[Building]) -> None:
    """A row of houses with gaps at junctions, and houses along the side streets behind the corner ones."""
    urban = network.section.profile is Profile.URBAN
    outer = network.section.sidewalk(side)[1]
    setback = rng.uniform(0.3, 2.5) if urban else rng.uniform(4.0, 9.0)
    margin = network.section.sidewalk_m + (0.5 if urban else 3.0)
    tall = rng.random() < 0.3
    for low, high in network.free_intervals(margin):
        s = low
        while s < high - 6.0:
            width = min(rng.uniform(9.0, 24.0) if urban else rng.uniform(8.0, 14.0), high - s)
            if width >= 6.0 and (not urban or rng.random() < 0.93):
                back = rng.uniform(0.0, 1.2) if urban else rng.uniform(0.0, 3.0)
                found.append(_building(network, rng, side, (s, s + width), outer + setback + back, tall))
            s += width + (
                0.0 if urban and rng.random() < 0.7 else rng.uniform(1.5, 5.0) if urban else rng.uniform(3.0, 14.0)
            )


def _building(
    network: Network, rng: np.random.Generator, side: int, span: tuple[float, float], front: float, tall: bool
) -> Building:
    urban = network.section.profile is Profile.URBAN
    depth = rng.uniform(10.0, 16.0) if urban else rng.uniform(8.0, 11.0)
    a, b = np.array(network.line.points(np.array(span), np.full(2, side * front)))
    # The outward normal of the road side, so that a house on a bend stays a rectangle.
    along = (b - a) / np.linalg.norm(b - a)
    away = side * np.array([-along[1], along[0]])
    corners = np.stack([a, b, b + depth * away, a + depth * away])
    # Counter-clockwise with the street front first: on the right side (away = right), a to b runs clockwise.
    if side < 0:
        corners = corners[[1, 0, 3, 2]]
    floors = int(rng.integers(3, 13) if tall else rng.integers(2, 7)) if urban else int(rng.integers(1, 3))
    style = str(rng.choice(["shop", "flat", "office"], p=[0.5, 0.3, 0.2])) if urban else "house"
    return Building(
        corners=corners,
        height_m=floors * 3.1 + (0.9 if urban else 0.4),
        rgb=_tint(rng, FACADES),
        roof_rgb=_tint(rng, ROOFS),
        gable=not urban,
        style=style,
        seed=int(rng.integers(2**31)),
    )


def _street_trees(
    network: Network, rng: np.random.Generator, side: int, season: tuple[Colour, ...], found: list[Tree]
) -> None:
    """A row of trees beside the kerb, in some streets only."""
    if rng.random() < 0.35:
        return
    urban = network.section.profile is Profile.URBAN
    inner, outer = network.section.sidewalk(side)
    d = inner + 0.5 if urban else network.section.edge(side) + 0.2 + network.section.verge_m * 0.6
    if urban and network.section.sidewalk_m < 2.8:
        return
    if not urban and rng.random() < 0.4:
        d = outer + 2.2
    spacing = rng.uniform(8.0, 18.0)
    colour = _tint(rng, season)
    for low, high in network.free_intervals(7.0):
        for s in np.arange(low + 2.0, high - 1.0, spacing):
            if rng.random() < 0.85:
                xy = network.line.points(np.array(s + rng.uniform(-1, 1)), np.array(side * d))
                height = rng.uniform(5.0, 7.5) if urban else rng.uniform(5.0, 9.0)
                shade = tuple(float(np.clip(c * rng.uniform(0.9, 1.1), 0, 1)) for c in colour)
                found.append(Tree(xy, height, height * rng.uniform(0.4, 0.55), shade, False, int(rng.integers(2**31))))  # type: ignore[arg-type]


def _fields(
    network: Network,
    rng: np.random.Generator,
    side: int,
    season: tuple[Colour, ...],
    buildings: list[Building],
    trees: list[Tree],
) -> None:
    """Open country: now and then a wood, an avenue, or a farm."""
    edge = max(network.section.edge(side), network.section.sidewalk(side)[1])

    def tree(at: float, beyond: float) -> Tree:
        return _tree(network, rng, season, (at, side * (edge + beyond)))

    s = network.start
    while s < network.end:
        length = rng.uniform(40.0, 140.0)
        kind = rng.random()
        stop = min(s + length, network.end)
        if kind < 0.25:
            trees += [tree(rng.uniform(s, stop), rng.uniform(6.0, 22.0)) for _ in range(int(length / 5.0))]
        elif kind < 0.4:
            trees += [tree(float(at), 4.0) for at in np.arange(s, stop, rng.uniform(11.0, 20.0))]
        elif kind < 0.55 and stop - s > 40.0:
            span = (s + 10.0, s + 10.0 + rng.uniform(9.0, 18.0))
            buildings.append(_building(network, rng, side, span, edge + rng.uniform(9.0, 18.0), False))
            trees.append(tree(s + 6.0, 7.0))
        elif kind < 0.8:
            trees += [tree(rng.uniform(s, stop), rng.uniform(5.0, 40.0)) for _ in range(int(rng.integers(0, 4)))]
        s = stop
    blocked = [j.blocked(5.0) for j in network.junctions]
    stations = [_station(network, t.xy) for t in trees]
    trees[:] = [t for t, at in zip(trees, stations, strict=True) if not any(a < at < b for a, b in blocked)]


def _station(network: Network, xy: Floats) -> float:
    """The station nearest to a place."""
    return float(network.line.s[np.argmin(np.sum((network.line.xy - xy) ** 2, axis=1))])


def _tree(network: Network, rng: np.random.Generator, season: tuple[Colour, ...], at: tuple[float, float]) -> Tree:
    conifer = bool(rng.random() < 0.3)
    height = float(rng.uniform(6.0, 13.0))
    rgb = _tint(rng, ((0.13, 0.24, 0.14), (0.16, 0.26, 0.13))) if conifer else _tint(rng, season)
    crown = height * (0.36 if conifer else float(rng.uniform(0.5, 0.7)))
    return Tree(
        network.line.points(np.array(at[0]), np.array(at[1])), height, crown, rgb, conifer, int(rng.integers(2**31))
    )


def _lamps(network: Network, rng: np.random.Generator, side: int, found: list[Pole]) -> None:
    """Street lamps at even distances, their arms over the road; none in the open country."""
    if network.section.profile is Profile.RURAL or (side > 0 and rng.random() < 0.4):
        return
    d = network.section.edge(side) + 0.45
    spacing, height = rng.uniform(24.0, 38.0), rng.uniform(6.5, 9.0)
    for low, high in network.free_intervals(3.0):
        for s in np.arange(low + rng.uniform(0, spacing / 2), high, spacing):
            xy, tip = network.line.points(np.full(2, s), np.array([side * d, side * (d - 2.0)]))
            found.append(Pole(xy, float(height), "lamp", tip - xy, (0.36, 0.37, 0.38)))


def _signs(network: Network, rng: np.random.Generator, side: int, found: list[Pole]) -> None:
    d = network.section.edge(side) + 0.7
    for s in np.arange(network.start + rng.uniform(0, 40), network.end, rng.uniform(45.0, 90.0)):
        if all(not a < s < b for a, b in (j.blocked(2.0) for j in network.junctions)):
            xy = network.line.points(np.array(s), np.array(side * d))
            heading = float(network.line.heading(np.array(s)))
            # Signs face the traffic on their side.
            facing = np.array([np.cos(heading), np.sin(heading)]) * (-1.0 if side < 0 else 1.0)
            rgb: Colour = ((0.75, 0.12, 0.12), (0.12, 0.28, 0.62), (0.85, 0.72, 0.15))[int(rng.integers(3))]
            found.append(Pole(xy, float(rng.uniform(2.4, 3.0)), "sign", facing, rgb))


def _tint(rng: np.random.Generator, palette: tuple[Colour, ...]) -> Colour:
    base = np.array(palette[int(rng.integers(len(palette)))])
    red, green, blue = np.clip(base * rng.uniform(0.88, 1.12) + rng.uniform(-0.02, 0.02, 3), 0.04, 0.95)
    return float(red), float(green), float(blue)
