"""The outer skin: mirrored halves, smooth normals over blunt edges; joints that keep the lengths of bones."""

from __future__ import annotations

import numpy as np

from drivegen.world.bodies.batch import BatchBuilder
from drivegen.world.bodies.limbs import bend, swept
from drivegen.world.bodies.machine_parts import extrude
from drivegen.world.bodies.shell import Shell
from drivegen.world.bodies.skins import LEFT, PAINT
from drivegen.world.bodies.wheels import wheel
from drivegen.world.geometry import Lamp, MeshBuilder


def test_halves_mirror_and_indicators_change_sides() -> None:
    shell, b = Shell(), MeshBuilder()
    shell.quad([(0, 1, 0), (-1, 1, 0), (-1, 1, 1), (0, 1, 1)], LEFT)
    shell.into(b)
    mesh = b.build()
    left = mesh.corners[..., 1].mean(axis=1) > 0
    assert set(mesh.lamp[left].tolist()) == {Lamp.LEFT}
    assert set(mesh.lamp[~left].tolist()) == {Lamp.RIGHT}
    np.testing.assert_allclose(mesh.normals[left][..., 1], 1.0)
    np.testing.assert_allclose(mesh.normals[~left][..., 1], -1.0)


def test_blunt_edges_are_smooth_and_sharp_ones_stay() -> None:
    bends = {20.0: True, 80.0: False}
    for angle_deg, smooth in bends.items():
        shell, b = Shell(), MeshBuilder()
        drop = np.tan(np.deg2rad(angle_deg))
        points = np.array([[(0.0, 1.0, 0.0), (-1.0, 1.0, 0.0)], [(0.0, 1.0, 1.0), (-1.0, 1.0, 1.0)],
                           [(0.0, 1.0 - drop, 2.0), (-1.0, 1.0 - drop, 2.0)]])  # fmt: skip
        shell.grid(points, PAINT)
        shell.into(b)
        mesh = b.build()
        at_edge = np.isclose(mesh.corners[..., 2], 1.0) & (mesh.corners[..., 1] > 0.5)
        assert (len(np.unique(mesh.normals[at_edge].round(3), axis=0)) == 1) == smooth


def test_bent_joints_keep_the_lengths_of_bones() -> None:
    for forward in (1.0, -1.0):
        joint = bend((0.0, 0.0, 1.0), (0.2, 0.1, 0.3), (0.45, 0.43), forward)
        assert np.isclose(np.linalg.norm(joint - [0.0, 0.0, 1.0]), 0.45)
        assert np.isclose(np.linalg.norm(joint - [0.2, 0.1, 0.3]), 0.43)
        assert np.sign(joint[0] - 0.1) == forward


def test_round_parts_look_outwards() -> None:
    b = BatchBuilder()
    swept(b, [(0, 0, 0), (0.1, 0, 0.5), (0, 0, 1)], [(0.1, 0.2), (0.2, 0.2), (0.1, 0.1)], (1, 1, 1), caps=(True, True))
    wheel(b, (0.0, 3.0, 0.3), 0.3, 0.2, side=1, inner=True)
    mesh = b.build()
    middle = np.where(mesh.corners[:, :1, 1:2] > 1.5, [0.0, 2.9, 0.3], [0.03, 0.0, 0.5])
    outwards = np.einsum("fki,fki->fk", mesh.corners - middle, mesh.normals)
    assert (outwards > -1e-3).mean() > 0.95


def test_side_views_of_any_order_are_closed() -> None:
    outline = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.4), (0.0, 1.0)]
    for line in (outline, outline[::-1]):
        shell, b = Shell(), MeshBuilder()
        extrude(shell, line, 0.5, PAINT)
        shell.into(b, crease_deg=1.0)
        mesh = b.build()
        # The volume by the divergence theorem: two halves of 0.7 x 0.5.
        a, c, d = np.moveaxis(mesh.corners.astype(np.float64), 1, 0)
        assert np.isclose(np.einsum("fi,fi->f", a, np.cross(c, d)).sum() / 6.0, 0.7, atol=1e-6)
