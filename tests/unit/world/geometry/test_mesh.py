"""Meshes: what builders make is closed, faces outward and survives being moved."""

from __future__ import annotations

import numpy as np
import pytest

from drivegen.core.poses import Pose
from drivegen.world.geometry import Lamp, Material, Mesh, MeshBuilder, linear


def _volume(mesh: Mesh) -> float:
    """Signed volume by the divergence theorem: right only for closed meshes whose faces look outward."""
    a, b, c = np.moveaxis(mesh.corners.astype(np.float64), 1, 0)
    return float(np.einsum("fi,fi->f", a, np.cross(b, c)).sum() / 6.0)


def _one(kind: str) -> Mesh:
    builder = MeshBuilder()
    if kind == "box":
        builder.box((1, 2, 3), (2, 4, 6), (0.5, 0.5, 0.5), floor=True)
    elif kind == "ball":
        builder.ball((4, 5, 6), (1.0, 2.0, 3.0), (1, 0, 0), rings=24, sides=32)
    else:
        builder.tube((1, 1, 0), (1, 3, 2), (0.5, 0.5), (0, 1, 0), sides=48, caps=True)
    return builder.build()


@pytest.mark.parametrize(
    ("kind", "volume"),
    [("box", 6.0), ("ball", 4 / 3 * np.pi * 6.0), ("tube", np.pi * 0.25 * np.sqrt(8.0))],
)
def test_shapes_are_closed_and_face_outward(kind: str, volume: float) -> None:
    assert _volume(_one(kind)) == pytest.approx(volume, rel=0.02)


@pytest.mark.parametrize("kind", ["box", "ball", "tube"])
def test_normals_look_the_way_their_faces_do(kind: str) -> None:
    mesh = _one(kind)
    edges = mesh.corners[:, 1:] - mesh.corners[:, :1]
    flat = np.cross(edges[:, 0], edges[:, 1])
    assert (np.einsum("fi,fpi->fp", flat, mesh.normals) > 0).all()
    assert np.allclose(np.linalg.norm(mesh.normals, axis=-1), 1.0, atol=1e-5)


@pytest.mark.parametrize("kind", ["box", "ball", "tube"])
def test_moving_keeps_the_shape(kind: str) -> None:
    mesh = _one(kind)
    pose = Pose.from_yaw(0.7, np.array([10.0, -3.0, 2.0]))
    moved = mesh.moved(pose.matrix[:3, :3], pose.translation)
    assert _volume(moved) == pytest.approx(_volume(mesh), rel=1e-4)
    assert np.allclose(moved.corners[0, 0], pose.apply(mesh.corners[0, 0].astype(np.float64)), atol=1e-4)


def test_scaling_keeps_normals_normal_to_the_surface() -> None:
    mesh = _one("ball").scaled(np.array([2.0, 1.0, 0.5]))
    edges = mesh.corners[:, 1:] - mesh.corners[:, :1]
    flat = np.cross(edges[:, 0], edges[:, 1])
    flat /= np.linalg.norm(flat, axis=-1, keepdims=True)
    assert np.einsum("fi,fi->f", flat, mesh.normals.mean(axis=1)).min() > 0.9
    assert np.allclose(np.linalg.norm(mesh.normals, axis=-1), 1.0, atol=1e-5)


def test_tint_reaches_paint_and_white_cloth_alone() -> None:
    builder = MeshBuilder()
    builder.box((0, 0, 0), (1, 1, 1), (1, 1, 1), Material.PAINT)
    builder.box((0, 0, 0), (1, 1, 1), (1, 1, 1), Material.CLOTH)
    builder.box((0, 0, 0), (1, 1, 1), (0.2, 0.2, 0.2), Material.CLOTH)
    builder.box((0, 0, 0), (1, 1, 1), (1, 1, 1), Material.SIGN)
    mesh = builder.build().tinted((1.0, 0.5, 0.0))
    first = mesh.rgb.reshape(4, 10, 3)[:, 0]
    assert np.allclose(first[:2], linear((1.0, 0.5, 0.0)))
    assert np.allclose(first[2], linear((0.2, 0.2, 0.2)))
    assert np.allclose(first[3], 1.0)


def test_quads_keep_their_uv_and_lamp() -> None:
    builder = MeshBuilder()
    corners = [(0, 0, 0), (4, 0, 0), (4, 0, 3), (0, 0, 3)]
    builder.quads(corners, (1, 1, 1), Material.LIGHT, lamp=Lamp.BRAKE, param=(1, 2, 3, 4))
    mesh = builder.build()
    assert len(mesh) == 2
    assert set(mesh.lamp.tolist()) == {int(Lamp.BRAKE)}
    # Along the wall and up: metres, whatever the wall's place.
    assert np.ptp(mesh.uv[..., 0]) == pytest.approx(4.0)
    assert np.ptp(mesh.uv[..., 1]) == pytest.approx(3.0)
    assert np.allclose(mesh.param, [1, 2, 3, 4])


def test_triangles_without_area_are_left_out() -> None:
    builder = MeshBuilder()
    builder.triangles([[(0, 0, 0), (1, 0, 0), (2, 0, 0)], [(0, 0, 0), (1, 0, 0), (0, 1, 0)]], (1, 1, 1))
    assert len(builder.build()) == 1


def test_linear_light_of_known_display_values() -> None:
    assert np.allclose(linear((0.0, 0.5, 1.0)), [0.0, 0.21404, 1.0], atol=1e-4)
    assert len(Mesh.join([])) == 0
