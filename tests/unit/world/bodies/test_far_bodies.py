"""Coarse bodies: few triangles, the silhouette, colours and lamps of the fine ones."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from drivegen.core.arrays import Floats
from drivegen.world.bodies import BODIES, body_mesh
from drivegen.world.bodies.skins import GLASS, HEAD, PAINT
from drivegen.world.bodies.thinning import spanned, thinned
from drivegen.world.geometry import Lamp, Material, Mesh

MOST = {"car": 195, "truck": 235, "bus": 225, "trailer": 215, "construction_vehicle": 250, "pedestrian": 145,
        "motorcycle": 255, "bicycle": 200, "traffic_cone": 40, "barrier": 85}  # fmt: skip
TINT = (0.6, 0.1, 0.1)
# Least overlap of the silhouettes from any side, and on the mean over eight sides; thin parts count for much.
OVERLAP = {"car": (0.93, 0.945), "truck": (0.92, 0.945), "bus": (0.95, 0.97), "trailer": (0.93, 0.95),
           "construction_vehicle": (0.92, 0.95), "pedestrian": (0.78, 0.87), "motorcycle": (0.78, 0.86),
           "bicycle": (0.68, 0.74)}  # fmt: skip


def middle_size(name: str) -> Floats:
    return 0.5 * (np.array(BODIES[name].low) + np.array(BODIES[name].high))


def pair(name: str, variant: int = 1) -> tuple[Mesh, Mesh]:
    size = middle_size(name)
    fine, coarse = (body_mesh(name, size, TINT, variant=variant, gait=0.1, coarse=flag) for flag in (False, True))
    return fine, coarse


def silhouette(mesh: Mesh, azimuth_rad: float, pixel_m: float) -> npt.NDArray[np.bool_]:
    """What a far eye a little above the ground sees of a mesh, faces that look away left out."""
    corners = mesh.corners.astype(np.float64)
    toward = np.array([np.cos(azimuth_rad), np.sin(azimuth_rad), 0.03])
    across = corners @ np.array([-np.sin(azimuth_rad), np.cos(azimuth_rad), 0.0])
    up = corners[..., 2] - 0.03 * corners @ np.array([np.cos(azimuth_rad), np.sin(azimuth_rad), 0.0])
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) @ toward
    canvas = np.zeros((420, 720), np.uint8)
    pixels = np.stack([across / pixel_m + 360.0, 400.0 - up / pixel_m], axis=-1)
    for corner in pixels[(face > 0.0) | mesh.two_sided]:
        cv2.fillConvexPoly(canvas, np.round(corner * 16.0).astype(np.int32), 1, shift=4)
    return canvas > 0


@pytest.mark.parametrize("name", list(BODIES))
def test_coarse_bodies_have_few_triangles(name: str) -> None:
    size = middle_size(name)
    for variant in range(4):
        most = MOST[BODIES[name].category] + (30 if name == "pickup" else 0)
        assert len(body_mesh(name, size, TINT, variant=variant, coarse=True)) <= most


@pytest.mark.parametrize("name", [name for name, body in BODIES.items() if body.category in OVERLAP])
def test_silhouettes_agree(name: str) -> None:
    fine, coarse = pair(name)
    pixel_m = float(max(middle_size(name))) / 320.0
    overlap, areas = [], []
    for azimuth in 0.1 + np.arange(8) * np.pi / 4.0:
        a, b = silhouette(fine, azimuth, pixel_m), silhouette(coarse, azimuth, pixel_m)
        overlap.append((a & b).sum() / (a | b).sum())
        areas.append(b.sum() / a.sum())
    least, mean = OVERLAP[BODIES[name].category]
    assert min(overlap) > least
    assert np.mean(overlap) > mean
    assert abs(np.mean(areas) - 1.0) < (0.04 if BODIES[name].category not in {"bicycle", "motorcycle"} else 0.09)


@pytest.mark.parametrize("name", list(BODIES))
def test_coarse_bodies_carry_the_same_lamps_and_materials(name: str) -> None:
    fine, coarse = pair(name)
    assert set(coarse.lamp.tolist()) == set(fine.lamp.tolist())
    for kind in (Material.GLASS, Material.PAINT, Material.SIGN, Material.RUBBER, Material.SKIN, Material.CLOTH):
        assert (coarse.material == kind).any() == (fine.material == kind).any(), kind
    for lamp in set(fine.lamp.tolist()) - {Lamp.NONE}:
        there, here = (mesh.corners[mesh.lamp == lamp].mean(axis=(0, 1)) for mesh in (fine, coarse))
        assert np.linalg.norm(there - here) < 0.09 * float(max(middle_size(name))), Lamp(lamp)


@pytest.mark.parametrize("name", [name for name, body in BODIES.items() if body.category == "pedestrian"])
def test_coarse_people_fill_their_box(name: str) -> None:
    size = middle_size(name)
    for gait in (0.0, 0.2, 0.5):
        points = body_mesh(name, size, TINT, gait=gait, variant=2, coarse=True).corners.reshape(-1, 3)
        np.testing.assert_allclose(np.ptp(points, axis=0)[1:], size[1:], atol=0.005)
        assert np.ptp(points[:, 0]) < size[0] + 0.005


def test_coarse_normals_agree_with_the_faces() -> None:
    for name in BODIES:
        mesh = pair(name)[1]
        corners = mesh.corners.astype(np.float64)
        face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        agreement = np.einsum("fi,fki->fk", face, mesh.normals)[~mesh.two_sided]
        assert (agreement > 0.0).mean() > 0.95, name
        np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=-1), 1.0, atol=1e-4)


def test_thinning_keeps_bends_and_skins_and_lifts_lamps() -> None:
    x, z = np.arange(5.0), np.array([0.0, 1.0, 2.0])
    points = np.stack(np.broadcast_arrays(-x, 1.0, z[:, None]), axis=-1).copy()
    points[2, :, 1] = 0.5
    flat = thinned(points, [[PAINT] * 4, [PAINT] * 4])
    assert [grid.shape[:2] for grid, _ in flat.grids] == [(3, 2)]
    glazed = thinned(points, [[PAINT] * 4, [PAINT, GLASS, GLASS, PAINT]])
    assert [grid.shape[:2] for grid, _ in glazed.grids] == [(2, 2), (2, 4)]
    lit = thinned(points, [[HEAD, HEAD, PAINT, PAINT], [PAINT] * 4])
    assert [grid.shape[:2] for grid, _ in lit.grids] == [(3, 2)]
    ((corners, lamp),) = lit.lamps
    assert lamp is HEAD
    assert np.ptp(corners[:, 0]) == 2.0
    assert (corners[:, 1] > 1.0).all()


def test_quads_at_the_middle_reach_over_it() -> None:
    quad = np.array([(1.0, 0.0, 0.0), (1.0, 0.5, 0.0), (1.0, 0.5, 1.0), (1.0, 0.0, 1.0)])
    whole = spanned(quad)
    assert whole is not None
    np.testing.assert_allclose(whole[[0, 3], 1], -0.5)
    assert spanned(quad + np.array([0.0, 0.1, 0.0])) is None
    assert spanned(quad + np.array([[0.3], [0.0], [0.0], [0.3]]) * [1.0, 0.0, 0.0]) is None
