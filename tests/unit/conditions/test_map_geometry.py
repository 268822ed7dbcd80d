"""Lane lines become the paint that is on the road, structures become walls."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from drivegen.conditions.map_geometry import GROUND_LAYERS, Ground, prepare_map
from drivegen.core import LaneLine, RoadMap, Structure, TerrainGrid
from drivegen.core.road_map import DASH_GAP_M, DASH_M, DOUBLE_GAP_M

WHITE = (1.0, 1.0, 1.0)


def painted(line: LineString, kind: str, width_m: float = 0.2) -> Ground:
    return prepare_map(RoadMap(lane_lines=(LaneLine(line, kind, width_m, WHITE),))).ground


def polygons(ground: Ground) -> list[Polygon]:
    rings = [ground.points[a:b] for a, b in zip(ground.ring_start[:-1], ground.ring_start[1:], strict=True)]
    return [
        Polygon(rings[a], rings[a + 1 : b])
        for a, b in zip(ground.polygon_start[:-1], ground.polygon_start[1:], strict=True)
    ]


def test_a_solid_line_has_its_length_and_width() -> None:
    (paint,) = polygons(painted(LineString([(0, 0), (30, 0)]), "solid"))
    assert paint.bounds == pytest.approx((0.0, -0.1, 30.0, 0.1))


def test_dashes_start_with_paint_and_repeat() -> None:
    dashes = polygons(painted(LineString([(0, 0), (10, 0), (30, 0)]), "dashed"))
    starts = [dash.bounds[0] for dash in dashes]
    assert starts == pytest.approx([0.0, DASH_M + DASH_GAP_M, 2 * (DASH_M + DASH_GAP_M), 3 * (DASH_M + DASH_GAP_M)])
    assert [dash.area for dash in dashes] == pytest.approx([0.2 * DASH_M] * 4)


def test_the_last_dash_ends_with_the_line() -> None:
    dashes = polygons(painted(LineString([(0, 0), (10, 0)]), "dashed"))
    assert dashes[-1].bounds[2] == pytest.approx(10.0)


def test_a_dash_follows_a_bend() -> None:
    first = polygons(painted(LineString([(0, 0), (2, 0), (2, 20)]), "dashed"))[0]
    # Its end is cut along the bisector's share, not square.
    assert first.bounds == pytest.approx((0.0, -0.1, 2.1, 1.0), abs=0.1)


def test_a_double_line_is_two_stripes_a_gap_apart() -> None:
    right, left = sorted(polygons(painted(LineString([(0, 0), (30, 0)]), "double")), key=lambda p: p.bounds[1])
    assert left.bounds[1] - right.bounds[3] == pytest.approx(DOUBLE_GAP_M)
    assert left.area == pytest.approx(right.area) == pytest.approx(30 * 0.2)


def test_layers_and_holes_are_kept() -> None:
    holed = Polygon(box(0, 0, 10, 10).exterior, [box(2, 2, 4, 4).exterior])
    ground = prepare_map(RoadMap(road=(holed,), sidewalks=(box(20, 0, 30, 10),))).ground
    assert [GROUND_LAYERS[i] for i in ground.layer] == ["road", "sidewalk"]
    assert [p.area for p in polygons(ground)] == pytest.approx([96.0, 100.0])


def test_parts_of_several_polygons_are_all_there() -> None:
    both = MultiPolygon([box(0, 0, 1, 1), box(5, 0, 7, 1)])
    assert [p.area for p in polygons(prepare_map(RoadMap(crossings=(both,))).ground)] == pytest.approx([1.0, 2.0])  # type: ignore[arg-type]


def test_outsides_lie_to_the_right_whatever_the_footprint_s_direction() -> None:
    for footprint in (box(0, 0, 4, 2), Polygon(box(0, 0, 4, 2).exterior.coords[::-1])):
        walls = prepare_map(RoadMap(structures=(Structure(footprint, 3.0, "building", WHITE),))).walls
        along = walls.end - walls.start
        outward = np.stack([along[:, 1], -along[:, 0]], axis=1)
        middle = 0.5 * (walls.start + walls.end) - np.array([2.0, 1.0])
        assert (np.sum(outward * middle, axis=1) > 0).all()


def test_a_line_without_length_paints_nothing() -> None:
    assert not len(painted(LineString([(1, 1), (1, 1)]), "solid").points)


def slope() -> TerrainGrid:
    """z = 0.05 x."""
    return TerrainGrid((-100.0, -100.0), 200.0, np.array([[-5.0, 5.0], [-5.0, 5.0]]))


def test_the_ground_follows_the_terrain() -> None:
    flat = prepare_map(RoadMap(road=(box(0, 0, 40, 10),))).ground
    assert not flat.height_m.any()
    ground = prepare_map(RoadMap(road=(box(0, 0, 40, 10),), terrain=slope())).ground
    np.testing.assert_allclose(ground.height_m, 0.05 * ground.points[:, 0], atol=1e-12)
    (outline,) = polygons(ground)
    assert outline.area == pytest.approx(400)
    edges = np.linalg.norm(np.diff(np.array(outline.exterior.coords), axis=0), axis=1)
    assert edges.max() <= 5.0 + 1e-9
    assert len(edges) == 20


def test_structures_stand_on_the_terrain() -> None:
    house = Structure(box(20, 0, 40, 10), 6.0, "building", WHITE)
    tree = Structure(box(-21, 0, -19, 2), 6.0, "tree", WHITE)
    geometry = prepare_map(RoadMap(structures=(house, tree), terrain=slope()))
    np.testing.assert_allclose(geometry.walls.foot_m[:, 0], 0.05 * geometry.walls.start[:, 0])
    np.testing.assert_allclose(geometry.walls.top_m, 1.5 + 6.0)
    np.testing.assert_allclose(geometry.columns.foot_m, [-1.0])
