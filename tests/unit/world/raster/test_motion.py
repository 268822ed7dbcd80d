from __future__ import annotations

import numpy as np

from drivegen.core import Pose, forward_camera
from drivegen.core.arrays import Floats
from drivegen.world.geometry import MeshBuilder
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster import GBuffer, View, make_view, object_batch, rasterise, screen_motion, static_batch

CAMERA = forward_camera("CAM_FRONT", (48, 96), np.deg2rad(70.0), 1.5)
DT_S = 0.02


def wall() -> MeshBuilder:
    builder = MeshBuilder()
    builder.quads([[(10, 12, -9), (10, -12, -9), (10, -12, 12), (10, 12, 12)]], (0.5, 0.5, 0.5))
    return builder


def motion(now: View, before: View, velocity: Floats | None) -> tuple[Floats32, GBuffer]:
    mesh = wall().build()
    batch = static_batch(mesh) if velocity is None else object_batch(mesh.take(np.zeros(0, int)), {"a": mesh}, velocity)
    drawn = rasterise(now, batch)
    return screen_motion(now, before, drawn, batch, DT_S), drawn


def test_what_stands_moves_against_the_camera() -> None:
    now, before = make_view(CAMERA, Pose.identity()), make_view(CAMERA, Pose.from_yaw(0.0, (0.0, 0.2, 0.0)))
    moved, _ = motion(now, before, None)
    # The camera went 0.2 m to the right: a wall 10 m away goes left by f * 0.2 / 10.
    np.testing.assert_allclose(moved[..., 0], -now.fx * 0.2 / 10.0, rtol=1e-3)
    np.testing.assert_allclose(moved[..., 1], 0.0, atol=1e-3)


def test_objects_move_by_themselves() -> None:
    view = make_view(CAMERA, Pose.identity(), 2)
    moved, _ = motion(view, view, np.array([[0.0, -5.0, 0.0]]))
    np.testing.assert_allclose(moved[..., 0], view.fx / 2 * 5.0 * DT_S / 10.0, rtol=1e-3)


def test_the_sky_turns_with_the_camera() -> None:
    empty = static_batch(wall().build().take(np.zeros(0, int)))
    now = make_view(CAMERA, Pose.identity())
    before = make_view(CAMERA, Pose.from_yaw(0.01, (3.0, 0.0, 0.0)))
    moved = screen_motion(now, before, rasterise(now, empty), empty, DT_S)
    centre = moved[24, 48]
    assert abs(abs(centre[0]) - now.fx * np.tan(0.01)) < 0.02
    assert np.abs(moved).max() < 2.0
