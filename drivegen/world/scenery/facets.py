"""The terrain as flat facets, and polygons draped on it: roads, land and paint share its facets and never cross."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from drivegen.core.arrays import Floats, Integers
from drivegen.world.geometry import Material, Mesh, linear
from drivegen.world.roads import Terrain
from drivegen.world.scenery.cutting import cut_rings, packed

Geometries = npt.NDArray[np.object_]
CELL_M, LAND_CELL_M = 12.0, 24.0
"""Sides of the cells of roads and of the land beside them; each is two right-angled triangles."""


@dataclass(frozen=True, eq=False)
class Facets:
    """Heights at the corners of square cells; each cell is two triangles on either side of its rising diagonal.

    Attributes:
        cell_m: side of a cell.
        origin: (2,) of the first corner, a multiple of cell_m.
        heights: (columns, rows), metres.
    """

    cell_m: float
    origin: Floats
    heights: Floats

    @staticmethod
    def of(terrain: Terrain, bounds: tuple[float, float, float, float], cell_m: float) -> Facets:
        """Over a rectangle (x low, y low, x high, y high), with a margin of a cell."""
        low = (np.floor(np.array(bounds[:2]) / cell_m) - 1) * cell_m
        count = np.ceil((np.array(bounds[2:]) - low) / cell_m).astype(np.int64) + 2
        x, y = (low[i] + cell_m * np.arange(count[i]) for i in range(2))
        return Facets(cell_m, low, terrain.height(np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1)))

    def height(self, xy: Floats) -> Floats:
        """Heights (...) of the facets at places (..., 2)."""
        place = (np.asarray(xy) - self.origin) / self.cell_m
        cell = np.clip(np.floor(place), 0, np.array(self.heights.shape) - 2).astype(np.int64)
        u, v = np.moveaxis(place - cell, -1, 0)
        i, j = np.moveaxis(cell, -1, 0)
        z00, z11 = self.heights[i, j], self.heights[i + 1, j + 1]
        z10, z01 = self.heights[i + 1, j], self.heights[i, j + 1]
        below = z00 + (z10 - z00) * u + (z11 - z10) * v
        above = z00 + (z01 - z00) * v + (z11 - z01) * u
        height: Floats = np.where(u >= v, below, above)
        return height

    def slope_normals(self, xy: Floats) -> Floats:
        """Smooth unit normals (..., 3) of the ground at places (..., 2)."""
        step = 0.5 * self.cell_m
        east, north = np.array([step, 0.0]), np.array([0.0, step])
        dx = (self.height(xy + east) - self.height(xy - east)) / (2 * step)
        dy = (self.height(xy + north) - self.height(xy - north)) / (2 * step)
        normal = np.stack([-dx, -dy, np.ones_like(dx)], axis=-1)
        unit: Floats = normal / np.linalg.norm(normal, axis=-1, keepdims=True)
        return unit


@dataclass(frozen=True)
class Coat:
    """What a piece of ground is made of: colour (display), material, its seed, and its height above the terrain."""

    rgb: tuple[float, float, float]
    material: Material
    lift_m: float
    seed: float = 0.0


def drape(facets: Facets, polygons: Sequence[BaseGeometry], coats: Sequence[Coat]) -> Mesh:
    """Lay polygons (Polygon or MultiPolygon, with holes or without) on the ground, one coat for each."""
    if not len(polygons):
        return Mesh.empty()
    array = shapely.simplify(np.array(polygons, dtype=object), 1e-3)
    plain = (shapely.get_type_id(array) == shapely.GeometryType.POLYGON) & (shapely.get_num_interior_rings(array) == 0)
    plain &= shapely.area(array) > 1e-4
    rings, owners = _plain_rings(array[plain]), np.flatnonzero(plain).tolist()
    for index in np.flatnonzero(~plain).tolist():
        found = rings_of(array[index])
        rings += found
        owners += [index] * len(found)
    return drape_rings(facets, *packed(rings), np.array(owners, dtype=np.int64), coats)


def drape_rings(facets: Facets, points: Floats, starts: Integers, owner: Integers, coats: Sequence[Coat]) -> Mesh:
    """Lay rings, packed as for `cut_rings`, on the ground; `owner` (R,) names the coat of each."""
    if len(starts) < 2:
        return Mesh.empty()
    flat, ring = cut_rings(points, starts, facets.cell_m)
    edges = flat[:, 1:] - flat[:, :1]
    solid = edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0] > 1e-7
    flat, ring = flat[solid], ring[solid]
    coat = owner[ring]
    lift = np.array([c.lift_m for c in coats])[coat]
    colour = linear(np.array([c.rgb for c in coats]).reshape(-1, 3))
    count = len(flat)
    corners = np.concatenate([flat, (facets.height(flat) + lift[:, None])[..., None]], axis=-1)
    param = np.zeros((count, 4), np.float32)
    param[:, 2] = np.array([c.seed for c in coats], dtype=np.float32)[coat]
    return Mesh(
        corners=corners.astype(np.float32),
        normals=facets.slope_normals(flat).astype(np.float32),
        uv=flat.astype(np.float32),
        rgb=colour[coat],
        material=np.array([c.material for c in coats], dtype=np.uint8)[coat],
        param=param,
        lamp=np.zeros(count, np.uint8),
        two_sided=np.zeros(count, bool),
    )


def _plain_rings(polygons: Geometries) -> list[Floats]:
    """Counter-clockwise rings of polygons without holes."""
    outer = shapely.get_exterior_ring(polygons)
    points, index = shapely.get_coordinates(outer, return_index=True)
    parts = np.split(points, np.flatnonzero(np.diff(index)) + 1) if len(points) else []
    turned = shapely.is_ccw(outer)
    return [part[:-1] if left else part[:0:-1] for part, left in zip(parts, turned, strict=True)]


def rings_of(polygon: BaseGeometry) -> list[Floats]:
    """Counter-clockwise rings (N, 2) without holes whose union is the polygon."""
    found: list[Floats] = []
    waiting = [polygon]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Polygon):
            if part.is_empty or part.area < 1e-4:
                continue
            if part.interiors:
                waiting += _halves(part)
                continue
            ring = np.asarray(shapely.get_coordinates(part.exterior))[:-1]
            found.append(ring if part.exterior.is_ccw else ring[::-1])
        elif hasattr(part, "geoms"):
            waiting += list(reversed(part.geoms))
    return found


def _halves(polygon: Polygon) -> list[BaseGeometry]:
    """A polygon cut along a line through its first hole, which opens the hole."""
    x0, y0, x1, y1 = polygon.bounds
    a0, b0, a1, b1 = polygon.interiors[0].bounds
    if a1 - a0 < b1 - b0:
        middle = 0.5 * (a0 + a1)
        boxes = ((x0 - 1, y0 - 1, middle, y1 + 1), (middle, y0 - 1, x1 + 1, y1 + 1))
    else:
        middle = 0.5 * (b0 + b1)
        boxes = ((x0 - 1, y0 - 1, x1 + 1, middle), (x0 - 1, middle, x1 + 1, y1 + 1))
    return [shapely.clip_by_rect(polygon, *box) for box in boxes]


def polygons_of(shape: BaseGeometry) -> list[Polygon]:
    """The polygons of a Polygon, MultiPolygon or collection."""
    if isinstance(shape, Polygon):
        return [] if shape.is_empty else [shape]
    if isinstance(shape, MultiPolygon) or hasattr(shape, "geoms"):
        return [p for part in shape.geoms for p in polygons_of(part)]
    return []
