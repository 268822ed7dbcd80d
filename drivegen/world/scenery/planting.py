"""Where trees and bushes grow: along streets, in gardens, at field edges, in woods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from drivegen.core import Structure
from drivegen.core.arrays import Booleans, Floats, Integers
from drivegen.world.geometry import Mesh
from drivegen.world.profile import Profile
from drivegen.world.roads import RoadNetwork
from drivegen.world.scenery.estates import Estate
from drivegen.world.scenery.ground import LAND_DROP_M, raised_m
from drivegen.world.scenery.palette import pick
from drivegen.world.scenery.pile import scattered
from drivegen.world.scenery.placement import Front, Occupied, spread
from drivegen.world.scenery.trees import (
    BARE_IN_SNOW,
    CROWN_SHARE,
    SEASON_SHARE,
    VARIANTS,
    Season,
    Species,
    in_season,
    leaf_colours,
    prototype,
)

TREE_DETAIL_M = (float("inf"), 150.0, 65.0, 30.0)
BUSH_DETAIL_M = (80.0, 80.0, 38.0, 20.0)
"""Distances up to which the body, the crown, the outline and the fine tufts of trees and bushes are drawn; see
`trees.Growth`."""
_ORDER = tuple(Species)
_PINES = (Species.CONIFER, Species.CONIFER)
_MIXED = (Species.ROUND, Species.ROUND, Species.BIRCH, Species.CONIFER)


@dataclass(frozen=True, eq=False)
class Plants:
    """N trees and bushes.

    Attributes:
        xy: (N, 2); height_m: (N,).
        species: (N,) index into tuple(Species).
        rank: (N,) 0 beside a road's carriageway, 1 on the land, 2 far behind (drawn with fewer faces).
    """

    xy: Floats
    height_m: Floats
    species: Integers
    rank: Integers

    @property
    def radius_m(self) -> Floats:
        """(N,) half width of the crowns."""
        share = np.array([CROWN_SHARE[s] for s in _ORDER])
        radius: Floats = 0.5 * share[self.species] * self.height_m
        return radius

    def take(self, index: Integers | Booleans) -> Plants:
        """Some of them."""
        return Plants(self.xy[index], self.height_m[index], self.species[index], self.rank[index])

    @staticmethod
    def join(parts: list[Plants]) -> Plants:
        """All of several."""
        if not parts:
            return Plants(np.zeros((0, 2)), np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64))
        return Plants(
            *(np.concatenate([getattr(p, name) for p in parts]) for name in ("xy", "height_m", "species", "rank"))
        )


def draw_season(rng: np.random.Generator, *, snowy: bool) -> Season:
    """What time of the year it is, for leaves: mostly winter where snow lies."""
    seasons = tuple(SEASON_SHARE)
    drawn = seasons[int(rng.choice(len(seasons), p=np.array(list(SEASON_SHARE.values()))))]
    # Drawn in any case, so that the weather moves nothing else.
    bare = rng.random() < BARE_IN_SNOW
    return Season.WINTER if snowy and bare else drawn


def make_plants(network: RoadNetwork, rng: np.random.Generator, estate: Estate, occupied: Occupied) -> Plants:
    """All plants on the land; those that stand in the way of houses, roads or each other are left out."""
    parts: list[Plants] = []
    gardens = np.array(estate.trees).reshape(-1, 2)
    kinds = (Species.ROUND, Species.ROUND, Species.BIRCH, Species.CONIFER, Species.STREET)
    parts.append(_drawn(rng, gardens, kinds, (4.5, 10.0), 1))
    parts.append(_drawn(rng, np.array(estate.bushes).reshape(-1, 2), (Species.BUSH,), (0.7, 1.7), 1))
    for frontage in network.frontages:
        front = Front.of(frontage.line)
        if front.length_m < 12.0:
            continue
        if network.profile is Profile.RURAL:
            parts += _country(front, rng)
        elif network.roads[frontage.road].main or rng.random() < 0.3:
            parts.append(_backdrop(front, rng, network.profile))
    plants = Plants.join(parts)
    radius = plants.radius_m
    bush = plants.species == _ORDER.index(Species.BUSH)
    keep = occupied.free_points(plants.xy, np.where(bush, 0.5, 0.3) * radius + 0.2, ground=False)
    keep &= occupied.off_ground(plants.xy, 0.25 + np.where(bush, 0.95, 0.35) * radius)
    plants = plants.take(keep)
    return plants.take(spread(plants.xy, 0.62 * plants.radius_m))


def _drawn(
    rng: np.random.Generator, xy: Floats, kinds: tuple[Species, ...], height_m: tuple[float, float], rank: int
) -> Plants:
    """Plants of drawn species and heights at given places."""
    count = len(xy)
    index = np.array([_ORDER.index(k) for k in kinds])
    return Plants(
        np.asarray(xy, dtype=np.float64).reshape(-1, 2), rng.uniform(*height_m, count),
        index[rng.integers(len(kinds), size=count)], np.full(count, rank, np.int64),
    )  # fmt: skip


def _backdrop(front: Front, rng: np.random.Generator, profile: Profile) -> Plants:
    """Trees in the yards behind the houses."""
    urban = profile is Profile.URBAN
    count = int(front.length_m / (24.0 if urban else 11.0))
    s = rng.uniform(0.0, front.length_m, count)
    depth = rng.uniform(18.0, 45.0, count) if urban else rng.uniform(15.0, 58.0, count)
    kinds = (Species.ROUND, Species.ROUND, Species.BIRCH, Species.TALL if urban else Species.CONIFER, Species.CONIFER)
    return _drawn(rng, front.at(s, depth), kinds, (6.0, 13.0), 2)


def _country(front: Front, rng: np.random.Generator) -> list[Plants]:
    """Woods, avenues, hedgerows and single trees, stretch by stretch."""
    parts: list[Plants] = []
    s = 0.0
    while s < front.length_m:
        stop = min(front.length_m, s + float(rng.uniform(40.0, 130.0)))
        draw, length = rng.random(), stop - s
        if draw < 0.24:
            mixed = _PINES if rng.random() < 0.35 else _MIXED
            edge = float(rng.uniform(2.0, 12.0))
            for low, high, each, rank in ((edge, edge + 9.0, 5.0, 1), (edge + 9.0, edge + 30.0, 3.2, 2)):
                count = int(length / each)
                places = front.at(rng.uniform(s, stop, count), rng.uniform(low, high, count))
                parts.append(_drawn(rng, places, mixed, (8.0, 16.0), rank))
            count = int(length / 7.0)
            shrubs = front.at(rng.uniform(s, stop, count), rng.uniform(edge - 1.0, edge + 1.5, count))
            parts.append(_drawn(rng, shrubs, (Species.BUSH,), (1.0, 2.2), 1))
        elif draw < 0.38:
            at = np.arange(s + 3.0, stop, float(rng.uniform(9.0, 17.0)))
            kind = (Species.TALL, Species.ROUND, Species.BIRCH)[int(rng.integers(3))]
            parts.append(_drawn(rng, front.at(at, rng.uniform(2.2, 2.8, len(at))), (kind,), (7.0, 11.0), 1))
        elif draw < 0.55:
            at = np.arange(s, stop, 1.9) + rng.uniform(-0.4, 0.4)
            depth = float(rng.uniform(1.6, 5.0))
            parts.append(
                _drawn(rng, front.at(at, rng.uniform(depth, depth + 0.5, len(at))), (Species.BUSH,), (1.2, 2.4), 1)
            )
        else:
            count = int(rng.integers(0, 4))
            places = front.at(rng.uniform(s, stop, count), rng.uniform(4.0, 45.0, count))
            parts.append(_drawn(rng, places, (Species.ROUND, Species.CONIFER, Species.ROUND), (7.0, 14.0), 1))
        s = stop
    return parts


def plant_layers(
    network: RoadNetwork, plants: Plants, rng: np.random.Generator, season: Season
) -> list[tuple[Mesh, float]]:
    """Meshes of trees and bushes from coarse to fine, with the distance up to which each is drawn, metres."""
    lift = raised_m(network.profile) - LAND_DROP_M
    z = network.terrain.height(plants.xy) + lift
    places = np.concatenate([plants.xy, z[:, None]], axis=1)
    yaw, variant = rng.uniform(0, 2 * np.pi, len(plants.xy)), rng.integers(VARIANTS, size=len(plants.xy))
    wide = rng.uniform(0.85, 1.2, len(plants.xy))
    light = rng.uniform(0.86, 1.1, (len(plants.xy), 1))
    layers: dict[float, list[Mesh]] = {reach: [] for reach in sorted({*TREE_DETAIL_M, *BUSH_DETAIL_M}, reverse=True)}
    for number, species in enumerate(_ORDER):
        grown = in_season(species, season)
        colours = np.array([pick(rng, leaf_colours(species, season), 0.08) for _ in range(5)])
        tint = np.clip(colours[rng.integers(5, size=len(plants.xy))] * light, 0.02, 0.95)
        reaches = BUSH_DETAIL_M if species is Species.BUSH else TREE_DETAIL_M
        for v in range(VARIANTS):
            for far in (False, True):
                some = (plants.species == number) & (variant == v) & ((plants.rank == 2) == far)
                if not some.any():
                    continue
                height = plants.height_m[some]
                scale = np.stack([height * wide[some], height * wide[some], height], axis=-1)
                growth = prototype(grown, v, far)
                for part, reach in zip((growth.body, growth.crown, growth.outline, growth.fine), reaches, strict=True):
                    layers[reach].append(scattered(part, places[some], yaw[some], scale, tint[some]))
    return [(Mesh.join(meshes), reach) for reach, meshes in layers.items()]


def plant_structures(plants: Plants, season: Season) -> list[Structure]:
    """Footprints of the crowns of trees that stand near a road."""
    tree = (plants.rank < 2) & (plants.species != _ORDER.index(Species.BUSH))
    near = plants.take(tree)
    angle = np.arange(8) * np.pi / 4 + np.pi / 8
    octagon = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    shapes = shapely.polygons(near.xy[:, None] + near.radius_m[:, None, None] * octagon)
    return [
        Structure(shape, float(height), "tree", leaf_colours(_ORDER[int(kind)], season)[0])
        for shape, height, kind in zip(shapes, near.height_m, near.species, strict=True)
    ]
