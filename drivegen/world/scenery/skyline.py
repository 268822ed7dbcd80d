"""What is seen beyond the first rows of houses and fields: towers, roofs, woods and hills, as real geometry."""

from __future__ import annotations

import numpy as np
import shapely

from drivegen.core.arrays import Floats
from drivegen.world.geometry import Colour, Material, Mesh, MeshBuilder
from drivegen.world.profile import Profile
from drivegen.world.roads import RoadNetwork
from drivegen.world.scenery.palette import BRICKS, CONCRETES, PLASTERS, ROOFS, pick, times
from drivegen.world.scenery.pile import Pile, scattered
from drivegen.world.scenery.placement import Occupied
from drivegen.world.scenery.roofs import hipped
from drivegen.world.scenery.trees import VARIANTS, Season, Species, far_blob, in_season, leaf_colours

_STEP_M = 60.0
_KEEP_OFF_M = 75.0


def skyline(network: RoadNetwork, rng: np.random.Generator, season: Season, occupied: Occupied) -> Mesh:
    """Everything between 75 m and 900 m from the roads."""
    profile = network.profile
    builder = MeshBuilder()
    if profile is Profile.URBAN:
        builder.add(_blocks(network, rng, _around(network, rng, occupied, 7.0, (90.0, 320.0)), (9.0, 34.0)))
        builder.add(_blocks(network, rng, _around(network, rng, occupied, 2.2, (250.0, 700.0)), (25.0, 120.0)))
    elif profile is Profile.SUBURBAN:
        builder.add(_roofs(network, rng, _around(network, rng, occupied, 5.0, (80.0, 260.0))))
        builder.add(_woods(network, rng, occupied, _around(network, rng, occupied, 1.6, (90.0, 450.0)), season))
        builder.add(_blocks(network, rng, _around(network, rng, occupied, 0.5, (350.0, 700.0)), (15.0, 60.0)))
    else:
        builder.add(_woods(network, rng, occupied, _around(network, rng, occupied, 3.0, (80.0, 500.0)), season))
        builder.add(_roofs(network, rng, _around(network, rng, occupied, 0.6, (120.0, 500.0))))
    if profile is not Profile.URBAN:
        builder.add(_hills(network, rng, _around(network, rng, occupied, 0.45, (480.0, 900.0)), season))
    return builder.build()


def _around(
    network: RoadNetwork, rng: np.random.Generator, occupied: Occupied, density: float, reach_m: tuple[float, float]
) -> Floats:
    """Places (N, 2) at distances from the route, `density` of them for every 60 m of it, off all roads."""
    route = network.route_points
    length = float(np.linalg.norm(np.diff(route, axis=0), axis=1).sum())
    count = int(density * (length + 200.0) / _STEP_M)
    start = route[rng.integers(len(route), size=count)]
    angle = rng.uniform(0, 2 * np.pi, count)
    # As many near as far: the far ones are seen over the near ones.
    distance = rng.uniform(*reach_m, count)
    xy = start + distance[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return xy[occupied.off_ground(xy, max(_KEEP_OFF_M, 0.3 * reach_m[0]))]


def _blocks(network: RoadNetwork, rng: np.random.Generator, xy: Floats, height_m: tuple[float, float]) -> Mesh:
    """Houses and towers without details."""
    pile = Pile()
    z = network.terrain.height(xy)
    for (x, y), base in zip(xy.tolist(), z.tolist(), strict=True):
        height = float(np.exp(rng.uniform(*np.log(height_m))))
        w, d = rng.uniform(12.0, 30.0, 2) if height > 25 else rng.uniform(10.0, 24.0, 2)
        glassy = height > 30 and rng.random() < 0.6
        rgb = pick(rng, CONCRETES if glassy else PLASTERS + BRICKS[:3] + CONCRETES, 0.1)
        param = (float(rng.uniform(3.0, 3.8)), float(rng.uniform(1.6, 3.4)), float(rng.random()),
                 float(rng.uniform(0.5, 0.85) if glassy else rng.uniform(0.25, 0.45)))  # fmt: skip
        pile.place(x, y, base, float(rng.uniform(0, np.pi)))
        pile.box((0, w), (0, d), (-3.0, height), rgb, Material.FACADE, param=param)
        if height > 40 and rng.random() < 0.6:
            m = 0.2 * min(w, d)
            top = height * float(rng.uniform(1.06, 1.3))
            pile.box((m, w - m), (m, d - m), (height, top), times(rgb, 0.95), Material.FACADE, param=param)
        elif height < 25 and rng.random() < 0.5:
            _cap(pile, rng, float(w), float(d), height)
    return pile.mesh()


def _cap(pile: Pile, rng: np.random.Generator, w: float, d: float, z: float) -> None:
    """A pitched roof without details."""
    rgb = pick(rng, ROOFS)
    ridge = z + 0.3 * d
    a, b = (0.0, d / 2, ridge), (w, d / 2, ridge)
    pile.quad(((0, 0, z), (w, 0, z), b, a), rgb, Material.ROOF)
    pile.quad(((w, d, z), (0, d, z), a, b), rgb, Material.ROOF)
    for u, p, q in ((0.0, d, 0.0), (w, 0.0, d)):
        pile.quad(((u, p, z), (u, q, z), (u, d / 2, ridge), (u, d / 2, ridge)), (0.66, 0.62, 0.55), Material.PLASTER)


def _roofs(network: RoadNetwork, rng: np.random.Generator, xy: Floats) -> Mesh:
    """Single houses among the trees."""
    pile = Pile()
    z = network.terrain.height(xy)
    for (x, y), base in zip(xy.tolist(), z.tolist(), strict=True):
        w, d, top = float(rng.uniform(9, 15)), float(rng.uniform(8, 11)), float(rng.uniform(3.0, 6.0))
        pile.place(x, y, base, float(rng.uniform(0, 2 * np.pi)))
        pile.box((0, w), (0, d), (-1.5, top), pick(rng, PLASTERS), Material.FACADE,
                 param=(2.8, 3.0, float(rng.random()), 0.3), top=False)  # fmt: skip
        hipped(pile, rng, w, d, top)
    return pile.mesh()


def _woods(network: RoadNetwork, rng: np.random.Generator, occupied: Occupied, xy: Floats, season: Season) -> Mesh:
    """Groups of trees with few faces."""
    builder = MeshBuilder()
    for group in xy:
        count = int(rng.integers(4, 11))
        places = group + rng.normal(0, 1.0, (count, 2)) * rng.uniform(6.0, 22.0, 2)
        places = places[occupied.off_ground(places, 50.0)]
        species = Species.CONIFER if rng.random() < 0.35 else Species.ROUND
        colours = np.array([pick(rng, leaf_colours(species, season), 0.1) for _ in range(len(places))]).reshape(-1, 3)
        leafy = in_season(species, season) is Species.ROUND
        z = network.terrain.height(places)
        mesh = far_blob(species, int(rng.integers(VARIANTS)), season)
        tall = rng.uniform(9.0, 17.0, len(places))
        wide = tall * rng.uniform(0.9, 1.2, len(places))
        height = np.stack([wide, wide, tall], axis=-1)
        sunk = (0.24 if leafy else 0.06) * tall
        feet = np.concatenate([places, (z - sunk)[:, None]], axis=1)
        builder.add(scattered(mesh, feet, rng.uniform(0, 6, len(places)), height, colours))
    return builder.build()


def _hills(network: RoadNetwork, rng: np.random.Generator, xy: Floats, season: Season) -> Mesh:
    """Wooded or grassy hills on the horizon."""
    builder = MeshBuilder()
    for x, y in xy.tolist():
        clearance = float(shapely.distance(network.ground, shapely.Point(x, y)))
        radius = min(float(rng.uniform(140.0, 320.0)), clearance - 140.0)
        if radius < 60.0:
            continue
        height = radius * float(rng.uniform(0.10, 0.22))
        wooded = rng.random() < 0.6
        rgb = times(pick(rng, leaf_colours(Species.ROUND, season), 0.1), 0.9) if wooded else (0.40, 0.44, 0.24)
        base = float(network.terrain.height(np.array([x, y]))) - 2.0
        _hill(builder, rng, (x, y, base), radius, height, rgb)
    return builder.build()


def _hill(
    builder: MeshBuilder, rng: np.random.Generator, foot: tuple[float, float, float], radius: float, height: float,
    rgb: Colour,
) -> None:  # fmt: skip
    """A dome with an uneven top."""
    rings, sides = 5, 18
    angle = 2 * np.pi * np.arange(sides + 1) / sides
    reach = np.linspace(0.0, 1.0, rings + 1)
    wave = 1.0 + 0.22 * np.cos(2 * angle + rng.uniform(0, 6)) + 0.12 * np.cos(3 * angle + rng.uniform(0, 6))
    r = reach[:, None] * radius * np.where(True, wave, 1.0)
    bump = rng.normal(0.0, 0.05, (rings + 1, sides))
    bump[[0, -1]] = 0.0
    z = height * ((1 - reach**2) ** 1.5)[:, None] * (1.0 + np.concatenate([bump, bump[:, :1]], axis=1) * 2)
    points = np.stack([foot[0] + r * np.cos(angle), foot[1] + r * np.sin(angle), foot[2] + z], axis=-1)
    slope = 3.0 * height / radius * (reach * np.sqrt(1 - reach**2))[:, None]
    normals = np.stack([slope * np.cos(angle), slope * np.sin(angle), np.ones_like(r)], axis=-1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)

    def grid(values: Floats) -> Floats:
        quads = np.stack([values[:-1, :-1], values[1:, :-1], values[1:, 1:], values[:-1, 1:]], axis=2)
        return quads.reshape(-1, 4, values.shape[-1])

    builder.quads(grid(points), rgb, Material.GRASS, normals=grid(normals), uv=grid(points[..., :2]))
