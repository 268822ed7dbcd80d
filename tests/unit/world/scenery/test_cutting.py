"""Cutting polygons along facets keeps their area, whatever their shape."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry import Polygon, box

from drivegen.core.arrays import Floats
from drivegen.world.geometry import Material
from drivegen.world.roads import Terrain
from drivegen.world.scenery.cutting import cut_rings, packed
from drivegen.world.scenery.facets import Coat, Facets, drape, rings_of


def _areas(triangles: Floats) -> Floats:
    a, b = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    return 0.5 * (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])


def _cut(polygon: Polygon, cell_m: float = 8.0) -> Floats:
    triangles, _ = cut_rings(*packed(rings_of(polygon)), cell_m)
    return triangles


def _comb() -> Polygon:
    """A comb whose teeth come apart in single cells."""
    points = [(0.0, 0.0)]
    for k in range(12):
        points += [(2.0 * k + 0.3, -9.3), (2.0 * k + 1.1, -9.1), (2.0 * k + 1.2, 0.2)]
    return Polygon([*points, (24.0, 3.0), (0.0, 3.0)])


def test_area_is_kept() -> None:
    rng = np.random.default_rng(0)
    stars = []
    for _ in range(40):
        angle = np.sort(rng.uniform(0, 2 * np.pi, 17))
        reach = rng.uniform(3.0, 30.0, 17)
        stars.append(Polygon(rng.uniform(-50, 50, 2) + reach[:, None] * np.stack([np.cos(angle), np.sin(angle)], -1)))
    holes = [box(-20, -20, 20, 20).difference(box(-5, -3, 4, 6)).difference(box(8, 8, 12, 15))]
    for polygon in [*stars, *holes, _comb(), box(-16, -16, 16, 16)]:
        if not polygon.is_valid:
            continue
        areas = _areas(_cut(polygon))
        assert (areas > -1e-9).all() and abs(areas.sum() - polygon.area) < 1e-3


def test_no_triangle_crosses_a_facet() -> None:
    triangles = _cut(_comb(), 8.0)
    for values in (triangles[..., 0], triangles[..., 1], triangles[..., 0] - triangles[..., 1]):
        cells = values / 8.0
        low, high = cells.min(axis=1), cells.max(axis=1)
        assert (np.floor(low + 1e-6) >= np.ceil(high - 1e-6) - 1).all()


def test_a_whole_facet_is_one_triangle() -> None:
    assert len(_cut(box(0, 0, 8, 8))) == 2


def test_triangles_cover_the_polygon_itself() -> None:
    polygon = _comb()
    pieces = shapely.union_all(shapely.polygons(_cut(polygon)).tolist())
    assert shapely.symmetric_difference(pieces, polygon).area < 1e-3


def test_draped_layers_never_cross() -> None:
    terrain = Terrain(np.array([[0.02, 0.01], [0.0, 0.03]]), np.array([1.0, 0.6]), np.array([0.0, 1.0]))
    facets = Facets.of(terrain, (-60.0, -60.0, 60.0, 60.0), 8.0)
    road, paint = Coat((0.3, 0.3, 0.3), Material.ASPHALT, 0.0), Coat((0.9, 0.9, 0.9), Material.MARKING, 0.006)
    below = drape(facets, [box(-50, -50, 50, 50)], [road])
    above = drape(facets, [Polygon([(-40, -33), (41, 30), (40, 33), (-41, -30)])], [paint])
    middle = above.corners.astype(np.float64).mean(axis=1)
    assert np.abs(middle[:, 2] - facets.height(middle[:, :2]) - 0.006).max() < 1e-4
    assert np.abs(facets.height(below.corners[..., :2].reshape(-1, 2)) - below.corners[..., 2].ravel()).max() < 1e-4
    away = np.abs(facets.height(middle[:, :2]) - terrain.height(middle[:, :2]))
    assert away.max() < 0.03
