"""Polygons are cut exactly at planes, and depth is exact in perspective."""

from __future__ import annotations

import numpy as np
from shapely.geometry import Polygon

from drivegen.conditions.painting import clip_polygon, inverse_depth_planes, nearest_quads, view_planes
from drivegen.core import forward_camera

CAMERA = forward_camera("CAM_FRONT", (64, 128), np.deg2rad(70.0), 1.6)


def test_a_polygon_across_a_plane_is_cut_at_it() -> None:
    square = np.array([[-1.0, 0.0, -1.0], [1.0, 0.0, -1.0], [1.0, 0.0, 3.0], [-1.0, 0.0, 3.0]])
    part = clip_polygon(square, np.array([[0.0, 0.0, 1.0, -1.0]]))
    np.testing.assert_allclose(Polygon(part[:, [0, 2]]).bounds, (-1.0, 1.0, 1.0, 3.0))


def test_a_concave_polygon_keeps_its_area() -> None:
    outline = np.array([[0, 0], [4, 0], [4, 4], [2, 1], [0, 4]], dtype=np.float64)
    points = np.column_stack([outline[:, 0], np.zeros(5), outline[:, 1]])
    part = Polygon(clip_polygon(points, np.array([[0.0, 0.0, -1.0, 2.0]]))[:, [0, 2]])
    whole = Polygon(outline).intersection(Polygon([(-1, -1), (5, -1), (5, 2), (-1, 2)]))
    assert np.isclose(part.area, whole.area)


def test_what_is_outside_disappears() -> None:
    behind = np.array([[-1.0, 0.0, -3.0], [1.0, 0.0, -3.0], [1.0, 1.0, -3.0]])
    assert len(clip_polygon(behind, view_planes(CAMERA, 0.1, 90.0))) == 0


def test_inverse_depth_of_a_slanted_wall_is_exact() -> None:
    wall = np.array([[[-2.0, 1.0, 5.0], [3.0, 1.0, 20.0], [3.0, -4.0, 20.0], [-2.0, -4.0, 5.0]]])
    a, b, c = inverse_depth_planes(wall, CAMERA)[0]
    middle = wall[0].mean(axis=0)
    u, v = CAMERA.project(middle)
    assert np.isclose(a * u + b * v + c, 1.0 / middle[2])


def test_crossing_walls_each_win_where_they_are_nearer() -> None:
    def wall(left_m: float, right_m: float) -> np.ndarray:
        return np.array(
            [[-10, 1.6, left_m], [10, 1.6, right_m], [10, -3, right_m], [-10, -3, left_m]], dtype=np.float64
        )

    index, inverse = nearest_quads(np.stack([wall(10, 30), wall(30, 10)]), CAMERA, 0.1, 90.0)
    assert index[32, 40] == 0
    assert index[32, 88] == 1
    # They cross in the middle, 20 m ahead.
    np.testing.assert_allclose(inverse[32, 63:65], 1.0 / 20.0, rtol=0.03)


def test_pixels_that_nothing_covers_have_no_depth() -> None:
    index, inverse = nearest_quads(np.zeros((0, 4, 3)), CAMERA, 0.1, 90.0)
    assert (index == -1).all()
    assert (inverse == 0).all()
