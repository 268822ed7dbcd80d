"""The ground that belongs to roads: carriageways, parking lanes, sidewalks, verges and islands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from shapely.geometry.base import BaseGeometry

from drivegen.world.geometry import Colour, Material, Mesh
from drivegen.world.profile import Profile
from drivegen.world.roads import KERB_M, RoadNetwork
from drivegen.world.scenery.facets import Coat, Facets, drape
from drivegen.world.scenery.palette import shaded

LAND_DROP_M = 0.04
"""Land lies this much below sidewalks in towns, and below the carriageway in the country."""
PARKING_LIFT_M = 0.003
"""Parking lanes lie this much above the carriageway that they are part of, and below paint."""


def raised_m(profile: Profile) -> float:
    """Height of sidewalks, verges and islands above the carriageway."""
    return 0.0 if profile is Profile.RURAL else KERB_M


def road_ground(network: RoadNetwork, facets: Facets, rng: np.random.Generator) -> Mesh:
    """All surfaces of the network, draped on the terrain; each road, junction and parking lane in its own shade."""
    surfaces, up = network.surfaces, raised_m(network.profile)
    asphalt = float(rng.uniform(0.27, 0.40))
    tone = (asphalt * rng.uniform(0.98, 1.03), asphalt, asphalt * rng.uniform(0.97, 1.03))
    shapes: list[BaseGeometry] = []
    coats: list[Coat] = []

    def add(polygons: Sequence[BaseGeometry], rgb: Colour, spread: float, material: Material, lift_m: float) -> None:
        for polygon in polygons:
            shapes.append(polygon)
            coats.append(Coat(shaded(rng, rgb, spread), material, lift_m, float(rng.random())))

    add(surfaces.road, tone, 0.07, Material.ASPHALT, 0.0)
    add(surfaces.parking, shaded(rng, tone, 0.12), 0.03, Material.ASPHALT, PARKING_LIFT_M)
    walk = (0.56, 0.55, 0.52) if rng.random() < 0.6 else (0.52, 0.48, 0.45)
    add(surfaces.sidewalks, shaded(rng, walk, 0.08), 0.02, Material.PAVING, up)
    add(surfaces.verges, (0.36, 0.42, 0.22), 0.06, Material.GRASS, up)
    paved = network.profile is Profile.URBAN and rng.random() < 0.4
    rgb, material = ((0.52, 0.51, 0.49), Material.PAVING) if paved else ((0.33, 0.41, 0.20), Material.GRASS)
    add(surfaces.islands, rgb, 0.05, material, up)
    return drape(facets, shapes, coats)
