"""Builds the still world around a road network."""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.geometry import Material, Mesh
from drivegen.world.profile import Profile
from drivegen.world.roads import RoadNetwork
from drivegen.world.scenery.buildings import CHARACTERS
from drivegen.world.scenery.estates import Estate, build_estate
from drivegen.world.scenery.facets import CELL_M, LAND_CELL_M, Facets, drape
from drivegen.world.scenery.ground import road_ground
from drivegen.world.scenery.kerbs import kerbs
from drivegen.world.scenery.land import far_land, field_coats, make_blocks, near_land
from drivegen.world.scenery.paint import area_paint, lane_paint
from drivegen.world.scenery.placement import Occupied, sight_lines
from drivegen.world.scenery.planting import Plants, draw_season, make_plants, plant_layers, plant_structures
from drivegen.world.scenery.plots import make_plots
from drivegen.world.scenery.roadside import make_roadside
from drivegen.world.scenery.signals import signal_heads
from drivegen.world.scenery.signs import sign_posts
from drivegen.world.scenery.skyline import skyline
from drivegen.world.scenery.streetside import make_streetside
from drivegen.world.scenery.tiles import TILE_M, Tile, cut_tiles
from drivegen.world.scenery.types import Stage

LINE_DETAIL_M, AREA_DETAIL_M, KERB_DETAIL_M, STONE_DETAIL_M = 110.0, 140.0, 140.0, 50.0
HOUSE_DETAIL_M, POST_DETAIL_M, SMALL_DETAIL_M = 90.0, 110.0, 45.0
"""Distances up to which lines, painted areas, kerbs, their stones, details of houses, posts and furniture are drawn."""
SKY_TILE_M, SMALL_TILE_M = 200.0, 20.0


def make_stage(network: RoadNetwork, rng: np.random.Generator, *, snowy: bool = False) -> Stage:
    """Furnish a network; the same network and stream give the same stage.

    Args:
        snowy: whether snow lies: most trees are bare then.
    """
    town = CHARACTERS[int(rng.integers(len(CHARACTERS)))]
    season = draw_season(rng, snowy=snowy)
    occupied = Occupied(network.ground)
    plots = make_plots(network, rng, town, occupied)
    estate = build_estate(network, rng, town, plots)
    side = make_streetside(network, rng, sight_lines(network))
    tall, fences, behind = make_roadside(network, rng, occupied)
    plants = Plants.join([*side.trees, make_plants(network, rng, estate, occupied)])
    grown = plant_layers(network, plants, rng, season)
    heads, masts = signal_heads(network)
    posts, panes = _split_lights(Mesh.join([masts, sign_posts(network), *side.posts, tall]))
    shells, details = estate.houses.meshes()
    tiles = _ground_tiles(network, rng, estate)
    for mesh, detail_m in (
        *grown,
        (Mesh.join([shells, panes]), float("inf")),
        (posts, POST_DETAIL_M),
        (details, HOUSE_DETAIL_M),
        (Mesh.join([estate.small.mesh(), fences, *side.small]), SMALL_DETAIL_M),
    ):
        tiles += cut_tiles(mesh, detail_m, SMALL_TILE_M if detail_m <= SMALL_DETAIL_M else TILE_M)
    tiles += cut_tiles(skyline(network, rng, season, occupied), tile_m=SKY_TILE_M)
    lamps: Floats = np.concatenate(side.lamps) if side.lamps else np.zeros((0, 3))
    structures = (*estate.structures, *plant_structures(plants, season), *side.structures, *behind)
    return Stage(tuple(tiles), lamps, heads, structures)


def _split_lights(mesh: Mesh) -> tuple[Mesh, Mesh]:
    """Everything but lamp panes, and the panes, which shine at night however far they are."""
    light = mesh.material == Material.LIGHT
    return mesh.take(np.flatnonzero(~light)), mesh.take(np.flatnonzero(light))


def _ground_tiles(network: RoadNetwork, rng: np.random.Generator, estate: Estate) -> list[Tile]:
    """Land, roads, kerbs and paint."""
    blocks = make_blocks(network, rng)
    fields = field_coats(network.profile, len(blocks.boxes), rng)
    facets = Facets.of(network.terrain, network.bounds, CELL_M)
    land = Facets.of(network.terrain, blocks.near_bounds, LAND_CELL_M)
    ground = [near_land(network, land, blocks, fields), road_ground(network, facets, rng)]
    tiles = cut_tiles(Mesh.join([*ground, drape(land, estate.patches, estate.coats)]))
    tiles += cut_tiles(far_land(network.terrain, blocks, fields), tile_m=SKY_TILE_M)
    if network.profile is not Profile.RURAL:
        faces, stones = kerbs(network, facets)
        tiles += cut_tiles(faces, KERB_DETAIL_M) + cut_tiles(stones, STONE_DETAIL_M)
    tiles += cut_tiles(lane_paint(network.lane_lines, facets), LINE_DETAIL_M)
    tiles += cut_tiles(area_paint(network, facets), AREA_DETAIL_M)
    return tiles
