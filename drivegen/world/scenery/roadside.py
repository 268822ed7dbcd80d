"""What stands just behind the roads' ground: bus shelters in towns, utility poles and meadow fences in the country."""

from __future__ import annotations

import numpy as np
import shapely

from drivegen.core import Structure
from drivegen.core.arrays import Booleans, Floats
from drivegen.world.geometry import Mesh
from drivegen.world.profile import Profile
from drivegen.world.roads import RoadNetwork
from drivegen.world.scenery.fences import add_field_fence
from drivegen.world.scenery.furniture import SIZE_M, Kind, furniture
from drivegen.world.scenery.ground import LAND_DROP_M, raised_m
from drivegen.world.scenery.palette import pick
from drivegen.world.scenery.pile import Pile, scattered
from drivegen.world.scenery.placement import Front, Occupied

_FENCE_M = 9.0


def make_roadside(
    network: RoadNetwork, rng: np.random.Generator, occupied: Occupied
) -> tuple[Mesh, Mesh, list[Structure]]:
    """Meshes of what is tall (poles, shelters), of fences, and the footprints of the tall things."""
    tall: list[Mesh] = []
    structures: list[Structure] = []
    fences = Pile()
    poles_right = bool(rng.random() < 0.5)
    wires = rng.random() < 0.6
    for frontage in network.frontages:
        front = Front.of(frontage.line)
        main = network.roads[frontage.road].main
        if front.length_m < 30.0 or not main:
            continue
        if network.profile is Profile.RURAL:
            if wires and frontage.right == poles_right:
                stations = np.arange(8.0, front.length_m - 4.0, 45.0)
                _stand(network, front, occupied, Kind.UTILITY, stations, 1.6, 9.2, tall, structures)
            _fences(fences, network, front, occupied, rng)
        else:
            stations = rng.uniform(14.0, front.length_m - 14.0, rng.poisson(front.length_m / 260.0))
            _stand(network, front, occupied, Kind.SHELTER, stations, 1.15, 2.6, tall, structures)
    return Mesh.join(tall), fences.mesh(), structures


def _stand(
    network: RoadNetwork, front: Front, occupied: Occupied, kind: Kind, s: Floats, depth_m: float, height_m: float,
    meshes: list[Mesh], structures: list[Structure],
) -> None:  # fmt: skip
    """Pieces at stations, depth_m behind the frontage, looking at the road."""
    xy = front.at(s, np.full(len(s), depth_m))
    radius = SIZE_M[kind]
    xy, along = xy[_free(occupied, xy, radius)], front.heading(s)[_free(occupied, xy, radius)]
    if not len(xy):
        return
    z = network.terrain.height(xy) + raised_m(network.profile) - LAND_DROP_M
    yaw = np.arctan2(-along[:, 0], along[:, 1])
    meshes.append(scattered(furniture(kind), np.concatenate([xy, z[:, None]], axis=1), yaw))
    footprints = shapely.buffer(shapely.points(xy), min(radius, 0.9), quad_segs=2)
    structures += [Structure(shape, height_m, "pole", (0.38, 0.33, 0.28)) for shape in footprints]


def _free(occupied: Occupied, xy: Floats, radius_m: float) -> Booleans:
    return occupied.free_points(xy, radius_m, ground=False)


def _fences(pile: Pile, network: RoadNetwork, front: Front, occupied: Occupied, rng: np.random.Generator) -> None:
    """Fences of meadows along some stretches."""
    rgb = pick(rng, ((0.52, 0.46, 0.38), (0.42, 0.36, 0.29), (0.84, 0.83, 0.80)), 0.06)
    s = float(rng.uniform(0.0, 60.0))
    while s < front.length_m - 2 * _FENCE_M:
        stop = min(front.length_m, s + float(rng.uniform(40.0, 110.0)))
        if rng.random() < 0.4:
            edges = front.at(np.arange(s, stop, _FENCE_M), 1.1)
            free = occupied.off_ground(edges, 0.7) & occupied.free_points(edges, 3.0, ground=False)
            z = network.terrain.height(0.5 * (edges[1:] + edges[:-1])) + raised_m(network.profile) - LAND_DROP_M
            for a, b, base, ok in zip(edges[:-1], edges[1:], z.tolist(), free[:-1] & free[1:], strict=True):
                if ok:
                    pile.place(a[0], a[1], base, float(np.arctan2(b[1] - a[1], b[0] - a[0])))
                    add_field_fence(pile, (0.0, float(np.linalg.norm(b - a))), 0.0, rgb)
        s = stop
