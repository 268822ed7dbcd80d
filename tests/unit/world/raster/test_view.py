from __future__ import annotations

import numpy as np
import pytest

from drivegen.core import GeometryError, Pose, forward_camera
from drivegen.world.geometry import MeshBuilder
from drivegen.world.raster import make_view, rasterise, static_batch

CAMERA = forward_camera("CAM_FRONT", (48, 64), np.deg2rad(70.0), 1.5, pitch_rad=0.05)


def test_projects_as_the_camera_does() -> None:
    pose = Pose.from_yaw(0.4, (12.0, -3.0, 0.6))
    view = make_view(CAMERA, pose, 3)
    point = pose.apply(np.array([15.0, 2.0, 0.5]))
    x, y, z = view.rotation @ (point - view.position)
    camera_from_global = (pose @ CAMERA.ego_from_camera).inverse()
    expected = 3 * CAMERA.project(camera_from_global.apply(point))
    np.testing.assert_allclose([view.fx * x / z + view.cx, view.fy * y / z + view.cy], expected)


def test_a_mirror_shows_the_mirrored_world() -> None:
    """Drawing in a mirror is drawing the world turned over at the mirror, seen by the camera itself."""
    builder, turned = MeshBuilder(), MeshBuilder()
    view = make_view(CAMERA, Pose.from_yaw(0.1, (0.0, 0.0, 0.0)), 2)
    point, normal = np.array([5.0, 0.0, 0.1]), np.array([0.05, -0.03, 1.0])
    normal /= np.linalg.norm(normal)
    rng = np.random.default_rng(0)
    middle = np.array([12.0, 0.0, 4.5]) + rng.normal(0.0, 1.0, (20, 1, 3)) * [4, 4, 0.2]
    corners = middle + rng.normal(0.0, 1.2, (20, 3, 3))
    over = corners - 2.0 * ((corners - point) @ normal)[..., None] * normal
    builder.triangles(corners, (0.5, 0.5, 0.5))
    turned.triangles(over[:, ::-1], (0.5, 0.5, 0.5))
    mirrored = rasterise(view.mirrored_in(point, normal), static_batch(builder.build()))
    expected = rasterise(view, static_batch(turned.build()))
    assert (expected.face >= 0).mean() > 0.03
    assert (mirrored.face != expected.face).mean() < 0.002
    same = (mirrored.face == expected.face) & (expected.face >= 0)
    np.testing.assert_allclose(mirrored.depth[same], expected.depth[same], rtol=1e-4)


def test_a_mirror_hides_what_lies_below_it() -> None:
    builder = MeshBuilder()
    builder.box((10, -2, -3), (12, 2, -0.1), (0.5, 0.5, 0.5))
    view = make_view(CAMERA, Pose.identity(), 1).mirrored_in(np.zeros(3), np.array([0.0, 0.0, 1.0]))
    assert (rasterise(view, static_batch(builder.build())).face < 0).all()
    with pytest.raises(GeometryError, match="mirrored"):
        view.mirrored_in(np.zeros(3), np.array([0.0, 0.0, 1.0]))


def test_a_pixel_needs_a_sample() -> None:
    with pytest.raises(GeometryError, match="sample"):
        make_view(CAMERA, Pose.identity(), 0)
