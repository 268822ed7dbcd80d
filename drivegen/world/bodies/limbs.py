"""Round parts of people: tubes through joints, and where a joint between two bones must be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.geometry import Colour, Material, MeshBuilder

Point = Sequence[float] | Floats


def swept(
    b: MeshBuilder,
    path: Sequence[Point],
    radii: Sequence[tuple[float, float]],
    rgb: Colour,
    material: Material = Material.CLOTH,
    *,
    sides: int = 6,
    caps: tuple[bool, bool] = (False, False),
) -> None:
    """A tube with elliptic sections through a path's points.

    Args:
        radii: at each point, across the way in the upright plane of travel (x, z), and along y.
        caps: whether start and end are closed.
    """
    line, size = np.array(path, dtype=np.float64), np.array(radii)
    step = line[1:] - line[:-1]
    along = np.concatenate([step[:1], step[1:] + step[:-1], step[-1:]])
    along /= np.sqrt((along**2).sum(axis=1, keepdims=True))
    # Sections keep one axis near y, so that a limb does not twist at its joint.
    ahead = np.stack([along[:, 2], np.zeros(len(along)), -along[:, 0]], axis=1)
    ahead /= np.sqrt((ahead**2).sum(axis=1, keepdims=True))
    (ax, ay, az), (cx, _, cz) = along.T, ahead.T
    aside = np.stack([ay * cz, az * cx - ax * cz, -ay * cx], axis=1)
    angle = 2.0 * np.pi * (np.arange(sides + 1) + 0.5) / sides
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    # Odd numbers of sides reach farther to one side: the way runs through the middle of both.
    middle = 0.5 * (cos.max() + cos.min())
    ring = (
        line[:, None] + size[:, None, :1] * ahead[:, None] * (cos - middle) + size[:, None, 1:] * aside[:, None] * sin
    )
    normal = ahead[:, None] * cos / size[:, None, :1] + aside[:, None] * sin / size[:, None, 1:]
    normal /= np.sqrt((normal**2).sum(axis=-1, keepdims=True))
    quads, normals = (
        np.stack([a[:-1, :-1], a[:-1, 1:], a[1:, 1:], a[1:, :-1]], axis=2).reshape(-1, 4, 3) for a in (ring, normal)
    )
    b.quads(quads, rgb, material, normals=normals)
    if caps[0]:
        fan = np.stack([ring[0, 1:], ring[0, :-1], np.broadcast_to(line[0], (sides, 3))], axis=1)
        b.triangles(fan, rgb, material)
    if caps[1]:
        fan = np.stack([ring[-1, :-1], ring[-1, 1:], np.broadcast_to(line[-1], (sides, 3))], axis=1)
        b.triangles(fan, rgb, material)


def bend(start: Point, end: Point, lengths: tuple[float, float], forward: float) -> Floats:
    """Where knee or elbow is, (3,), between a joint and a hand or foot; forward 1 bends it to +x, -1 to -x."""
    a, c = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    reach = min(float(np.linalg.norm(c - a)), 0.999 * sum(lengths))
    along = (c - a) / np.linalg.norm(c - a)
    before = (reach**2 + lengths[0] ** 2 - lengths[1] ** 2) / (2.0 * reach)
    height = np.sqrt(max(lengths[0] ** 2 - before**2, 0.0))
    off = np.cross([0.0, 1.0, 0.0], along) * forward
    off *= -1.0 if off[0] * forward < 0 else 1.0
    joint: Floats = a + along * before + off / np.linalg.norm(off) * height
    return joint


def ahead_of(angle_rad: float) -> Floats:
    """The direction (3,) of a limb that hangs down and is swung forwards by an angle."""
    return np.array([np.sin(angle_rad), 0.0, -np.cos(angle_rad)])
