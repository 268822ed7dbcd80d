from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from drivegen.core import Pose, forward_camera
from drivegen.core.arrays import Floats
from drivegen.world.geometry import Material, Mesh, MeshBuilder
from drivegen.world.raster import View, make_view, rasterise, static_batch

VIEW = make_view(forward_camera("CAM_FRONT", (32, 48), np.deg2rad(80.0), 1.5), Pose.identity(), 2)


def facing(corners: Floats) -> Mesh:
    """Triangles (F, 3, 3), each turned towards VIEW."""
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    away = np.einsum("fi,fi->f", normal, corners[:, 0] - VIEW.position) > 0
    corners[away] = corners[away][:, ::-1]
    builder = MeshBuilder()
    builder.triangles(corners, (0.5, 0.5, 0.5))
    return builder.build()


def rays(view: View) -> Floats:
    """Directions (rows, columns, 3) of all samples in the camera frame, z = 1."""
    rows, columns = np.mgrid[: view.grid[0], : view.grid[1]] + 0.5
    return np.stack([(columns - view.cx) / view.fx, (rows - view.cy) / view.fy, np.ones(view.grid)], axis=-1)


def traced(view: View, mesh: Mesh) -> tuple[npt.NDArray[np.int64], Floats]:
    """Nearest face and depth of every sample, by solving for each face where each ray meets it."""
    corners = (mesh.corners.astype(np.float64) - view.position) @ view.rotation.T
    best, face = np.full(view.grid, np.inf), np.full(view.grid, -1)
    for f, (a, b, c) in enumerate(corners):
        # ray * z = a + s (b - a) + t (c - a)
        system = np.stack(
            [np.broadcast_to(a - b, (*view.grid, 3)), np.broadcast_to(a - c, (*view.grid, 3)), rays(view)], axis=-1
        )
        solution = np.linalg.solve(system, np.broadcast_to(a, (*view.grid, 3))[..., None])[..., 0]
        s, t, z = np.moveaxis(solution, -1, 0)
        hit = (s >= 0) & (t >= 0) & (s + t <= 1) & (z > 0.1) & (z < best)
        best[hit], face[hit] = z[hit], f
    return face, best


def random_triangles(seed: int, count: int, spread_m: float) -> Mesh:
    rng = np.random.default_rng(seed)
    middle = np.stack([rng.uniform(4, 20, count), rng.uniform(-8, 8, count), rng.uniform(-2, 5, count)], axis=1)
    return facing(middle[:, None] + rng.normal(0.0, spread_m, (count, 3, 3)))


def test_agrees_with_rays_traced_one_by_one() -> None:
    mesh = random_triangles(0, 40, 1.5)
    drawn = rasterise(VIEW, static_batch(mesh))
    face, depth = traced(VIEW, mesh)
    assert (drawn.face != face).mean() < 0.004  # outlines are snapped to 1/256 of a sample
    same = (drawn.face == face) & (face >= 0)
    assert same.mean() > 0.3
    np.testing.assert_allclose(drawn.depth[same], depth[same], rtol=2e-5)


def test_clips_at_the_near_plane() -> None:
    mesh = random_triangles(1, 12, 9.0)
    in_camera = (mesh.corners - VIEW.position) @ VIEW.rotation.T
    assert ((in_camera[..., 2] < 0.1).any(axis=1) & (in_camera[..., 2] > 0.1).any(axis=1)).any()
    drawn = rasterise(VIEW, static_batch(mesh))
    face, depth = traced(VIEW, mesh)
    assert (drawn.face != face).mean() < 0.006
    same = (drawn.face == face) & (face >= 0)
    np.testing.assert_allclose(drawn.depth[same], depth[same], rtol=5e-5)


def test_faces_with_a_common_edge_leave_no_gap_and_no_sample_twice() -> None:
    """A fan of slivers over the whole picture: each sample belongs to exactly one of them."""
    rng = np.random.default_rng(2)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 60))
    rim = np.stack([np.full(60, 8.0), 30 * np.cos(angles), 1.5 + 30 * np.sin(angles)], axis=1)
    hub = np.broadcast_to([8.0, 0.13, 1.4], (60, 3))
    mesh = facing(np.stack([hub, rim, np.roll(rim, -1, axis=0)], axis=1))
    whole = rasterise(VIEW, static_batch(mesh)).face
    assert (whole >= 0).all()
    owners = sum((rasterise(VIEW, static_batch(mesh.take(np.array([f])))).face >= 0).astype(int) for f in range(60))
    assert (owners == 1).all()


def test_backs_are_drawn_only_when_two_sided() -> None:
    corners = np.array([[[8.0, 3, 0], [8.0, -3, 0], [8.0, 0, 4]]])
    front = facing(corners.copy())
    back = replace(front, corners=front.corners[:, ::-1].copy())
    both = replace(back, two_sided=np.ones(1, bool))
    shown = [rasterise(VIEW, static_batch(mesh)).face >= 0 for mesh in (front, back, both)]
    assert shown[0].any()
    assert not shown[1].any()
    np.testing.assert_array_equal(shown[2], shown[0])


def test_road_paint_wins_over_the_road_and_keeps_its_depth() -> None:
    builder = MeshBuilder()
    square = np.array([(2.0, -20, 0), (60, -20, 0), (60, 20, 0), (2.0, 20, 0)])
    builder.quads([square], (0.3, 0.3, 0.3), Material.ASPHALT)
    builder.quads([square], (1.0, 1.0, 1.0), Material.MARKING)
    drawn = rasterise(VIEW, static_batch(builder.build()))
    hit = drawn.face >= 0
    assert (drawn.face[hit] >= 2).all()
    np.testing.assert_allclose(drawn.depth[hit], -1.5 / -rays(VIEW)[..., 1][hit], rtol=1e-4)


def test_foliage_has_about_the_holes_it_asks_for_and_none_far_away() -> None:
    def shown(distance_m: float, share: float) -> float:
        builder = MeshBuilder()
        half = 0.5 * distance_m
        corners = [
            (distance_m, half, -half),
            (distance_m, -half, -half),
            (distance_m, -half, half),
            (distance_m, half, half),
        ]
        builder.quads([corners], (0.1, 0.4, 0.1), Material.LEAVES, param=(0, 0, 0.3, share))
        solid = rasterise(VIEW, static_batch(builder.build()))
        return float((solid.face >= 0).sum()) / whole

    whole = 1.0
    whole = shown(3.0, 1.0)
    assert abs(shown(3.0, 0.6) - 0.6) < 0.08
    assert abs(shown(3.0, 0.3) - 0.3) < 0.08
    assert shown(200.0, 0.3) > 0.99


def test_the_same_bytes_again() -> None:
    batch = static_batch(random_triangles(3, 60, 2.0))
    first, second = rasterise(VIEW, batch), rasterise(VIEW, batch)
    assert first.face.tobytes() == second.face.tobytes()
    assert first.depth.tobytes() == second.depth.tobytes()
