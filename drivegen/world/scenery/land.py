"""The land beyond the roads: fine near them, coarser farther away, out to the horizon."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import shapely

from drivegen.core.arrays import Booleans, Bytes, Floats, Integers
from drivegen.world.geometry import Colour, Material, Mesh, MeshBuilder
from drivegen.world.profile import Profile
from drivegen.world.roads import RoadNetwork, Terrain
from drivegen.world.scenery.facets import Coat, Facets, drape
from drivegen.world.scenery.ground import LAND_DROP_M, raised_m
from drivegen.world.scenery.palette import CROPS, pick

BLOCK_M = 32.0
"""Side of a block of land: 4 cells of the fine ground."""
_COARSE = 4
_NEAR, _MIDDLE, _FAR = 1, 4, 30
"""Blocks around a road that are fine, and of middle size; and how far the land goes."""
_SKIRT_M = 3.0


@dataclass(frozen=True, eq=False)
class Blocks:
    """Square blocks of land around a network.

    Attributes:
        origin: (2,) x, y of the lower left corner; a multiple of 4 BLOCK_M.
        level: (X, Y) 0 fine, 1 middle, 2 coarse (in groups of 4 x 4), -1 none.
        field: (X, Y) number of the field that a block belongs to.
        boxes: (N, 4) low x, low y, high x, high y of the fields, metres.
    """

    origin: Floats
    level: Integers
    field: Integers
    boxes: Floats

    def corners(self, index: Integers, size: int = 1) -> Floats:
        """Corners (N, 4, 2) of blocks (N, 2), `size` blocks wide, counter-clockwise."""
        around = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * size
        return self.origin + BLOCK_M * (index[:, None] + around)

    @property
    def near_bounds(self) -> tuple[float, float, float, float]:
        """Rectangle around the fine blocks."""
        index = np.argwhere(self.level == 0)
        low, high = self.origin + BLOCK_M * index.min(axis=0), self.origin + BLOCK_M * (index.max(axis=0) + 1)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def make_blocks(network: RoadNetwork, rng: np.random.Generator) -> Blocks:
    """Lay blocks around the roads and part them into fields."""
    outlines = shapely.segmentize(list(network.surfaces.road + network.surfaces.sidewalks), 0.5 * BLOCK_M)
    points = shapely.get_coordinates(outlines)
    size = _COARSE * BLOCK_M
    low = (np.floor(points.min(axis=0) / size) - np.ceil(_FAR / _COARSE)) * size
    count = (np.ceil((points.max(axis=0) - low) / size) + np.ceil(_FAR / _COARSE)).astype(np.int64) * _COARSE
    road: Bytes = np.zeros(count, np.uint8)
    cell = np.floor((points - low) / BLOCK_M).astype(np.int64)
    road[cell[:, 0], cell[:, 1]] = 1
    near, middle, there = (_widened(road, r) for r in (_NEAR, _MIDDLE, _FAR))
    groups = middle.reshape(count[0] // _COARSE, _COARSE, count[1] // _COARSE, _COARSE)
    fine = np.kron(groups.any(axis=(1, 3)), np.ones((_COARSE, _COARSE), bool))
    groups = there.reshape(groups.shape)
    reached = np.kron(groups.any(axis=(1, 3)), np.ones((_COARSE, _COARSE), bool))
    level = np.where(near, 0, np.where(fine, 1, np.where(reached, 2, -1)))
    field, boxes = _fields(count, rng)
    return Blocks(low, level, field, low[[0, 1, 0, 1]] + BLOCK_M * boxes)


def _widened(blocks: Bytes, radius: int) -> Booleans:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    if radius == 1:
        kernel = np.ones((3, 3), np.uint8)
    wide: Booleans = cv2.dilate(blocks, kernel) > 0
    return wide


def _fields(count: Integers, rng: np.random.Generator) -> tuple[Integers, Floats]:
    """Part a grid into rectangles of 2 to 6 blocks a side."""
    number = np.zeros(count, np.int64)
    boxes: list[tuple[int, int, int, int]] = []
    waiting = [(0, 0, int(count[0]), int(count[1]))]
    while waiting:
        x0, y0, x1, y1 = waiting.pop()
        wide = x1 - x0 >= y1 - y0
        side = max(x1 - x0, y1 - y0)
        if side > rng.integers(3, 7):
            cut = side // 2 + int(rng.integers(-1, 2) if side < 12 else rng.integers(-3, 4))
            halves = ((x0, y0, x0 + cut, y1), (x0 + cut, y0, x1, y1))
            waiting += halves if wide else ((x0, y0, x1, y0 + cut), (x0, y0 + cut, x1, y1))
            continue
        number[x0:x1, y0:y1] = len(boxes)
        boxes.append((x0, y0, x1, y1))
    return number, np.array(boxes, dtype=np.float64)


def field_coats(profile: Profile, count: int, rng: np.random.Generator) -> list[Coat]:
    """What grows on each field."""
    lift = raised_m(profile) - LAND_DROP_M
    base = pick(rng, ((0.33, 0.41, 0.19), (0.38, 0.43, 0.22), (0.42, 0.44, 0.25)), 0.08)
    paving = pick(rng, ((0.50, 0.49, 0.47), (0.54, 0.51, 0.47)), 0.06)
    coats: list[Coat] = []
    for draw in rng.random(count):
        rgb, material = _coat_of(profile, float(draw), base, paving, rng)
        coats.append(Coat(rgb, material, lift, float(rng.random())))
    return coats


def _coat_of(
    profile: Profile, draw: float, base: Colour, paving: Colour, rng: np.random.Generator
) -> tuple[Colour, Material]:
    if profile is Profile.URBAN:
        return paving, Material.PAVING
    if profile is Profile.SUBURBAN or draw < 0.45:
        return pick(rng, (base,), 0.05), Material.GRASS
    if draw < 0.8:
        return pick(rng, CROPS), Material.GRASS
    return pick(rng, ((0.40, 0.32, 0.24), (0.46, 0.37, 0.28))), Material.SOIL


def near_land(network: RoadNetwork, facets: Facets, blocks: Blocks, coats: list[Coat]) -> Mesh:
    """The fine land up to the edge of the roads' ground (and a little below it, so that no seam opens)."""
    index = np.argwhere(blocks.level == 0)
    low = blocks.origin + BLOCK_M * index
    region = shapely.union_all(shapely.box(low[:, 0], low[:, 1], low[:, 0] + BLOCK_M, low[:, 1] + BLOCK_M))
    ground = network.ground.simplify(0.02).buffer(-0.04, quad_segs=1, join_style="mitre")
    region = shapely.difference(region, ground)
    fields = np.unique(blocks.field[index[:, 0], index[:, 1]])
    if network.profile is not Profile.RURAL:
        return drape(facets, [region], [coats[int(fields[0])]])
    parts = [shapely.clip_by_rect(region, *blocks.boxes[f]) for f in fields]
    return drape(facets, parts, [coats[int(f)] for f in fields])


def far_land(terrain: Terrain, blocks: Blocks, coats: list[Coat]) -> Mesh:
    """The middle and the coarse blocks, and skirts where blocks of two sizes meet, so that no gap shows the sky."""
    middle = np.argwhere(blocks.level == 1)
    coarse = np.argwhere(blocks.level[::_COARSE, ::_COARSE] == 2) * _COARSE
    builder = MeshBuilder()
    for index, size in ((middle, 1), (coarse, _COARSE)):
        if len(index):
            _add_sheet(builder, terrain, blocks, coats, index, size)
    _add_skirts(builder, terrain, blocks, coats)
    return builder.build()


def _add_sheet(
    builder: MeshBuilder, terrain: Terrain, blocks: Blocks, coats: list[Coat], index: Integers, size: int
) -> None:
    """Blocks (N, 2), each two triangles."""
    flat = blocks.corners(index, size)
    corners = np.concatenate([flat, (terrain.height(flat) + coats[0].lift_m)[..., None]], axis=-1)
    slope = terrain.gradient(flat)
    normals = np.concatenate([-slope, np.ones((*flat.shape[:2], 1))], axis=-1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    field = blocks.field[index[:, 0], index[:, 1]]
    rgb = np.array([c.rgb for c in coats])[field]
    material = np.array([int(c.material) for c in coats])[field]
    for kind in np.unique(material):
        some = material == kind
        builder.quads(corners[some], rgb[some], Material(int(kind)), normals=normals[some], uv=flat[some])


def _add_skirts(builder: MeshBuilder, terrain: Terrain, blocks: Blocks, coats: list[Coat]) -> None:
    """Upright faces below the edges of blocks that touch finer ones."""
    level = blocks.level
    sides = (((1, 0), 1, 2), ((-1, 0), 3, 0), ((0, 1), 2, 3), ((0, -1), 0, 1))
    for step, a, b in sides:
        beside = np.roll(level, (-step[0], -step[1]), axis=(0, 1))
        index = np.argwhere((level >= 1) & (beside >= 0) & (beside < level))
        if not len(index):
            continue
        ends = blocks.corners(index)[:, [a, b]]
        top = _edge_height(terrain, blocks, ends, level[index[:, 0], index[:, 1]] == 2) + coats[0].lift_m
        low, high = (np.concatenate([ends, (top + d)[..., None]], axis=-1) for d in (-_SKIRT_M, 0.0))
        rgb = np.array([c.rgb for c in coats])[blocks.field[index[:, 0], index[:, 1]]]
        corners = np.stack([low[:, 0], low[:, 1], high[:, 1], high[:, 0]], axis=1)
        up = np.broadcast_to([0.0, 0.0, 1.0], corners.shape)
        builder.quads(corners, rgb, Material.GRASS, normals=up, two_sided=True)


def _edge_height(terrain: Terrain, blocks: Blocks, points: Floats, coarse: Booleans) -> Floats:
    """Heights (N, 2) of the land's edge at corners (N, 2, 2) of blocks; coarse edges run straight between theirs."""
    size = BLOCK_M * _COARSE
    place = (points - blocks.origin) / size
    base = np.floor(place + 1e-9)
    share = place - base
    axis = share[..., 0] < share[..., 1]
    step = np.where(axis[..., None], [0.0, size], [size, 0.0])
    first = blocks.origin + base * size
    part = np.where(axis, share[..., 1], share[..., 0])
    straight = (1 - part) * terrain.height(first) + part * terrain.height(first + step)
    height: Floats = np.where(coarse[:, None], straight, terrain.height(points))
    return height
