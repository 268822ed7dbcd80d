"""What stands on the plots: houses with their drives, hedges and fences; parks and car parks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from shapely.geometry import Polygon

from drivegen.core import Structure
from drivegen.core.arrays import Floats
from drivegen.world.geometry import Colour, Material
from drivegen.world.profile import Profile
from drivegen.world.roads import RoadNetwork
from drivegen.world.scenery.buildings import Character, add_town_house
from drivegen.world.scenery.facets import Coat
from drivegen.world.scenery.fences import add_boards, add_hedge, add_picket, add_railing
from drivegen.world.scenery.ground import LAND_DROP_M, raised_m
from drivegen.world.scenery.houses import add_barn, add_shed, add_villa
from drivegen.world.scenery.outlines import Outline
from drivegen.world.scenery.palette import pick, times
from drivegen.world.scenery.pile import Pile
from drivegen.world.scenery.placement import Front
from drivegen.world.scenery.plots import Plot, Use

_HEDGES: tuple[Colour, ...] = ((0.22, 0.33, 0.15), (0.26, 0.36, 0.16), (0.19, 0.29, 0.15))


@dataclass(eq=False)
class Estate:
    """What the plots add to the stage.

    Attributes:
        houses, small: quads of houses; and of fences and hedges, which are not drawn from afar.
        structures: footprints of the houses.
        patches, coats: drives, lawns and yards to be draped on the land.
        trees, bushes: (x, y) where garden trees and bushes would stand if there is room.
    """

    houses: Pile = field(default_factory=Pile)
    small: Pile = field(default_factory=Pile)
    structures: list[Structure] = field(default_factory=list)
    patches: list[Polygon] = field(default_factory=list)
    coats: list[Coat] = field(default_factory=list)
    trees: list[Floats] = field(default_factory=list)
    bushes: list[Floats] = field(default_factory=list)


def build_estate(network: RoadNetwork, rng: np.random.Generator, town: Character, plots: list[Plot]) -> Estate:
    """Furnish all plots."""
    estate = Estate()
    lift = raised_m(network.profile) - LAND_DROP_M
    if not plots:
        return estate
    corners = np.stack([p.corners for p in plots])
    middle = 0.5 * (corners[:, 0] + corners[:, 1])
    base = network.terrain.height(middle) + lift
    lowest = network.terrain.height(corners).min(axis=1) + lift
    hedge = pick(rng, _HEDGES)
    for plot, z, low in zip(plots, base.tolist(), lowest.tolist(), strict=True):
        along = plot.corners[1] - plot.corners[0]
        depth = float(np.linalg.norm(plot.corners[3] - plot.corners[0]))
        outline = Outline(float(np.linalg.norm(along)), depth, z - low + 0.4, plot.open_left, plot.open_right)
        place = (float(plot.corners[0, 0]), float(plot.corners[0, 1]), z, float(np.arctan2(along[1], along[0])))
        if plot.use is Use.PARK:
            _park(estate, rng, plot, outline, lift, place, hedge)
        elif plot.use is Use.CAR_PARK:
            grey = float(rng.uniform(0.28, 0.36))
            _patch(estate, plot.corners, (grey, grey, grey), Material.ASPHALT, lift)
        else:
            estate.houses.place(*place)
            height, rgb = _house(estate.houses, rng, plot.use, outline, town, plot.garage_m)
            estate.structures.append(Structure(Polygon(plot.corners), height, "building", rgb))
            if plot.use in (Use.VILLA, Use.FARM):
                _garden(estate, rng, network, plot, lift, hedge)
    return estate


def _house(
    pile: Pile, rng: np.random.Generator, use: Use, outline: Outline, town: Character, garage_m: float
) -> tuple[float, Colour]:
    if use is Use.TOWN_HOUSE:
        return add_town_house(pile, rng, outline, town)
    if use is Use.SHED:
        return add_shed(pile, rng, outline)
    if use is Use.BARN:
        return add_barn(pile, rng, outline)
    return add_villa(pile, rng, outline, garage_m=garage_m)


def _patch(estate: Estate, corners: Floats, rgb: Colour, material: Material, lift: float) -> None:
    estate.patches.append(Polygon(corners))
    estate.coats.append(Coat(rgb, material, lift + 0.015))


def _park(
    estate: Estate, rng: np.random.Generator, plot: Plot, outline: Outline, lift: float,
    place: tuple[float, float, float, float], hedge: Colour,
) -> None:  # fmt: skip
    """Lawn with trees behind a railing or a hedge."""
    _patch(estate, plot.corners, pick(rng, ((0.30, 0.42, 0.18), (0.34, 0.44, 0.20)), 0.06), Material.GRASS, lift)
    a, along, into = plot.corners[0], plot.corners[1] - plot.corners[0], plot.corners[3] - plot.corners[0]
    estate.trees += [a + u * along + v * into for u, v in rng.uniform(0.08, 0.92, (int(rng.integers(6, 14)), 2))]
    estate.bushes += [a + u * along + v * into for u, v in rng.uniform(0.05, 0.95, (8, 2))]
    estate.small.place(*place)
    if rng.random() < 0.5:
        add_hedge(estate.small, (0.3, outline.width_m * 0.42), 0.5, 0.9, hedge)
        add_hedge(estate.small, (outline.width_m * 0.58, outline.width_m - 0.3), 0.5, 0.9, hedge)
    else:
        add_railing(estate.small, (0.3, outline.width_m * 0.42), 0.3, (0.16, 0.19, 0.17))
        add_railing(estate.small, (outline.width_m * 0.58, outline.width_m - 0.3), 0.3, (0.16, 0.19, 0.17))


def _garden(
    estate: Estate, rng: np.random.Generator, network: RoadNetwork, plot: Plot, lift: float, hedge: Colour
) -> None:
    """Drive and path to the road, a hedge or a fence along it, trees before and behind the house."""
    front, (s0, s1) = plot.front, plot.span
    low, high, back, _ = plot.corners
    width = max(plot.garage_m, 2.8 if plot.garage_m == 0 else 0.0)
    along = (high - low) / np.linalg.norm(high - low)
    outer, inner = (high, high - width * along) if plot.garage_m else (high + 3.2 * along, high + 0.4 * along)
    drive = _to_front(plot, inner, outer, 1.5 if plot.garage_m else 6.0)
    stone = pick(rng, ((0.50, 0.50, 0.49), (0.56, 0.52, 0.47), (0.42, 0.40, 0.38)), 0.08)
    material = Material.PAVING if rng.random() < 0.6 else Material.GRAVEL if rng.random() < 0.5 else Material.CONCRETE
    clear = [_stations(front, drive[:2])]
    _patch(estate, drive, stone, material, lift)
    if plot.use is Use.VILLA:
        u = 0.45 * (float(np.linalg.norm(high - low)) - plot.garage_m)
        path = _to_front(plot, low + (u - 0.6) * along, low + (u + 0.6) * along, 0.0)
        _patch(estate, path, times(stone, 1.08), Material.PAVING, lift)
        clear.append(_stations(front, path[:2]))
    kind = rng.random()
    if kind < 0.75 and network.profile is Profile.SUBURBAN:
        _boundary(estate, rng, network, plot, clear, kind, lift, hedge)
    depth = np.linalg.norm(back - high)
    for _ in range(int(rng.integers(1, 5))):
        v = rng.uniform(2.2, 3.5) if rng.random() < 0.55 else rng.uniform(depth + 8.0, depth + 22.0)
        estate.trees.append(front.at(np.array(rng.uniform(s0 + 1.0, s1 - 1.0)), v))
    into = (back - high) / depth
    for u in rng.uniform(0.0, 1.0, int(rng.integers(2, 6))):
        estate.bushes.append(low + u * (high - low) - rng.uniform(0.9, 1.3) * into)


def _to_front(plot: Plot, a: Floats, b: Floats, deeper_m: float) -> Floats:
    """A strip (4, 2), counter-clockwise, from the road's ground to the front of a house, between two of its points."""
    into = plot.corners[3] - plot.corners[0]
    into = into / np.linalg.norm(into)
    nearest = plot.front.xy[np.argmin(((plot.front.xy - 0.5 * (a + b)) ** 2).sum(axis=1))]
    reach = [max(0.5, float((p - nearest) @ into)) for p in (a, b)]
    # Slightly short of the sidewalk's edge, which lies higher.
    near = [p - (r - 0.02) * into for p, r in zip((a, b), reach, strict=True)]
    return np.stack([*near, b + deeper_m * into, a + deeper_m * into])


def _stations(front: Front, points: Floats) -> tuple[float, float]:
    """The stretch of a frontage that lies before points (N, 2)."""
    nearest = np.argmin(((front.xy[None] - points[:, None]) ** 2).sum(axis=-1), axis=1)
    s = front.s[nearest]
    s = s + ((points - front.xy[nearest]) * front.heading(s)).sum(axis=1)
    return float(s.min()), float(s.max())


def _boundary(
    estate: Estate, rng: np.random.Generator, network: RoadNetwork, plot: Plot, clear: list[tuple[float, float]],
    kind: float, lift: float, hedge: Colour,
) -> None:  # fmt: skip
    """A hedge or a fence along the road, open where drives and paths cross it, and a fence towards the neighbour."""
    front, (s0, s1) = plot.front, plot.span
    white = times((0.86, 0.85, 0.82), float(rng.uniform(0.85, 1.0)))
    wood = pick(rng, ((0.45, 0.35, 0.26), (0.52, 0.43, 0.33), (0.36, 0.30, 0.25)), 0.08)
    s = s0 + 0.2
    for low, high in [*sorted(clear), (s1 - 0.2, s1)]:
        stop = min(low - 0.25, s1 - 0.2)
        while stop - s > 1.0:
            end = min(s + 7.0, stop)
            length = _stand(estate.small, network, front, s, end, 0.45, lift)
            if kind < 0.4:
                add_hedge(estate.small, (0.0, length), 0.0, 0.75 + 0.5 * kind, hedge)
            elif kind < 0.6:
                add_picket(estate.small, (0.0, length), 0.0, white)
            else:
                add_railing(estate.small, (0.0, length), 0.0, (0.2, 0.2, 0.21))
            s = end
        s = max(s, high + 0.25)
    if rng.random() < 0.6:
        a, b = front.at(np.array([s1, s1]), np.array([5.0, 24.0]))
        z = float(network.terrain.height(a)) + lift
        estate.small.place(a[0], a[1], z, float(np.arctan2(b[1] - a[1], b[0] - a[0])))
        add_boards(estate.small, (0.0, 19.0), 0.0, wood)


def _stand(pile: Pile, network: RoadNetwork, front: Front, s0: float, s1: float, depth_m: float, lift: float) -> float:
    """Place a pile's next owner along a stretch of frontage; returns its length."""
    a, b = front.at(np.array([s0, s1]), depth_m)
    z = float(network.terrain.height(0.5 * (a + b))) + lift
    pile.place(a[0], a[1], z, float(np.arctan2(b[1] - a[1], b[0] - a[0])))
    return float(np.linalg.norm(b - a))
