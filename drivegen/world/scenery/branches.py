"""Trees that are not round crowns: conifers in tiers of drooping branches, and bare ones."""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.geometry import Colour, Material, MeshBuilder

BARK: Colour = (0.36, 0.31, 0.26)
_WIDTH, _FOOT = 0.215, 0.09
"""Half width of a conifer at its foot and height of its lowest branches, for 1 m of height."""
_UV = 8.0
"""Trees are about 8 m high, so textures of prototypes (1 m high) are laid out larger."""


def add_cones(
    builder: MeshBuilder, rng: np.random.Generator, tiers: int, sides: int, share: float = 1.0, rise: float = 0.35
) -> None:
    """The solid inside of a conifer: cones on top of each other with jagged, drooping edges.

    Args:
        share: of the conifer's half width.
        rise: of the normals over their reach outwards; what rises is covered by snow.
    """
    for tier in range(tiers):
        low = _FOOT + (1.0 - _FOOT) * tier / tiers
        high = 1.0 if tier == tiers - 1 else min(0.98, low + 1.9 / tiers)
        radius = share * _radius_at(low) * rng.uniform(0.94, 1.06)
        angle = 2 * np.pi * (np.arange(sides + 1) + rng.random()) / sides
        jag = np.where(np.arange(sides) % 2 == 0, 1.0, 0.72) + rng.uniform(-0.06, 0.06, sides)
        wave = radius * np.append(jag, jag[0])
        ring = np.stack([wave * np.cos(angle), wave * np.sin(angle), low + 0.7 * (radius - wave)], axis=-1)
        out = np.stack([np.cos(angle), np.sin(angle), np.full(sides + 1, rise)], axis=-1) / np.hypot(1.0, rise)
        tip = out[:-1] + out[1:]
        tip /= np.linalg.norm(tip, axis=1, keepdims=True)
        top = np.broadcast_to([0.0, 0.0, high], (sides, 3))
        u, v = _UV * radius * angle, np.zeros(sides)
        uv = np.stack([np.stack([u[:-1], v], -1), np.stack([u[1:], v], -1),
                       np.stack([0.5 * (u[:-1] + u[1:]), v + _UV * (high - low)], -1)], axis=1)  # fmt: skip
        normals = np.stack([out[:-1], out[1:], tip], axis=1)
        shade = 0.78 + 0.14 * tier / tiers
        builder.triangles(np.stack([ring[:-1], ring[1:], top], axis=1), (shade, shade, shade), Material.LEAVES,
                          normals=normals, uv=uv, param=(0.0, 0.0, 0.0, 1.0))  # fmt: skip


def add_boughs(builder: MeshBuilder, rng: np.random.Generator, tiers: int, each: int, solid: float) -> None:
    """Branches of a conifer: triangles that point outwards and droop."""
    level = np.repeat((np.arange(tiers) + 0.5) / tiers, each)
    count = len(level)
    height = _FOOT + 0.02 + (0.95 - _FOOT) * level + rng.normal(0.0, 0.012, count)
    angle = 2 * np.pi * (np.tile(np.arange(each), tiers) / each + 0.38 * np.repeat(np.arange(tiers), each))
    angle = angle + rng.normal(0.0, 0.15, count)
    reach = _radius_at(height) * rng.uniform(0.86, 1.16, count) + 0.012
    out = np.stack([np.cos(angle), np.sin(angle), np.zeros(count)], axis=-1)
    side = np.stack([-np.sin(angle), np.cos(angle), np.zeros(count)], axis=-1)
    up = np.array([0.0, 0.0, 1.0])
    droop = rng.uniform(0.20, 0.50, count)
    half = (0.36 * reach + 0.012) * rng.uniform(0.8, 1.15, count)
    root = 0.30 * reach[:, None] * out + (height + 0.34 * reach)[:, None] * up
    tip = reach[:, None] * out + (height - droop * reach * 0.7)[:, None] * up
    corners = np.stack([root - half[:, None] * side, root + half[:, None] * side, tip], axis=1)
    normal = out + 0.25 * rng.normal(size=(count, 3)) + 0.55 * up
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    tone = np.clip(0.84 + 0.10 * level + rng.normal(0.0, 0.06, count), 0.5, 1.0)
    length = _UV * np.linalg.norm(tip - root, axis=1)
    base = rng.uniform(0.0, 40.0, (count, 1, 2))
    zero = np.zeros(count)
    uv = base + np.stack([np.stack([-_UV * half, zero], -1), np.stack([_UV * half, zero], -1),
                          np.stack([zero, length], -1)], axis=1)  # fmt: skip
    builder.triangles(corners, np.repeat(tone[:, None], 3, axis=1), Material.LEAVES, uv=uv, two_sided=True,
                      normals=np.repeat(normal[:, None], 3, axis=1), param=(0.0, 0.0, 0.0, solid))  # fmt: skip


def _radius_at(height: Floats | float) -> Floats:
    """Half width (...) of a conifer at a height in [0, 1]."""
    radius: Floats = _WIDTH * np.clip((1.0 - np.asarray(height)) / (1.0 - _FOOT), 0.0, 1.0) ** 0.88
    return radius


def add_bare(
    stem: MeshBuilder, branches: MeshBuilder, twigs: MeshBuilder, rng: np.random.Generator, boughs: int, sides: int
) -> None:
    """A tree without leaves: as slivers what is seen from afar, round boughs and their branches, and the twigs."""
    add_stem(stem, 0.30, 0.028, BARK)
    branches.tube((0, 0, -0.06), (0, 0, 0.30), (0.030, 0.022), BARK, Material.BARK, sides=sides)
    start = np.stack([np.zeros(boughs), np.zeros(boughs), rng.uniform(0.24, 0.34, boughs)], axis=-1)
    angle = 2 * np.pi * np.arange(boughs) / boughs + rng.uniform(-0.4, 0.4, boughs)
    reach, top = rng.uniform(0.10, 0.26, boughs), rng.uniform(0.62, 0.92, boughs)
    end = np.stack([reach * np.cos(angle), reach * np.sin(angle), top], axis=-1)
    end[0] = (0.02, -0.01, 0.98)
    _slivers(stem, rng, start, end, 0.015)
    for a, b in zip(start, end, strict=True):
        middle = a + 0.45 * (b - a) + np.array([*(0.13 * (b - a)[:2]), 0.0])
        branches.tube(a.tolist(), middle.tolist(), (0.017, 0.011), BARK, Material.BARK, sides=3)
        branches.tube(middle.tolist(), b.tolist(), (0.011, 0.003), BARK, Material.BARK, sides=3)
    start, end = _forks(rng, start, end, 6, (0.42, 0.68))
    seen = np.arange(len(start)) % 3 == 1
    _slivers(stem, rng, start[seen], end[seen], 0.009)
    _slivers(branches, rng, start[~seen], end[~seen], 0.0075)
    start, end = _forks(rng, start, end, 4, (0.45, 0.75))
    _slivers(twigs, rng, start, end, 0.0042)


def add_stem(builder: MeshBuilder, height: float, radius: float, rgb: Colour) -> None:
    """A trunk seen from afar: two triangles."""
    side = radius * np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    foot, top = np.array([0.0, 0.0, -0.06]), np.broadcast_to([0.0, 0.0, min(1.6 * height, 0.85)], (2, 3))
    builder.triangles(np.stack([foot - side, foot + side, top], axis=1), rgb, Material.BARK, two_sided=True)


def add_far_bare(builder: MeshBuilder, rng: np.random.Generator, boughs: int = 7) -> None:
    """A tree without leaves for the horizon: a few broad slivers."""
    add_stem(builder, 0.45, 0.035, BARK)
    angle = 2 * np.pi * np.arange(boughs) / boughs + rng.uniform(-0.4, 0.4, boughs)
    reach = rng.uniform(0.08, 0.27, boughs)
    start = np.stack([np.zeros(boughs), np.zeros(boughs), rng.uniform(0.22, 0.36, boughs)], axis=-1)
    end = np.stack([reach * np.cos(angle), reach * np.sin(angle), rng.uniform(0.66, 0.98, boughs)], axis=-1)
    _slivers(builder, rng, start, end, 0.018)
    start, end = _forks(rng, start, end, 3, (0.45, 0.7))
    _slivers(builder, rng, start, end, 0.011)


def _forks(
    rng: np.random.Generator, start: Floats, end: Floats, each: int, length: tuple[float, float]
) -> tuple[Floats, Floats]:
    """Branches that leave branches: starts and ends (N each, 3), lengths as shares of the branch they leave."""
    share = np.tile(np.linspace(0.35, 1.0, each), len(start))[:, None]
    along = np.repeat(end - start, each, axis=0)
    foot = np.repeat(start, each, axis=0) + share * along
    size = np.linalg.norm(along, axis=1, keepdims=True)
    aside = rng.normal(size=along.shape) * [1.0, 1.0, 0.5]
    lean = along / size + 0.9 * aside / np.linalg.norm(aside, axis=1, keepdims=True) + [0.0, 0.0, 0.22]
    lean /= np.linalg.norm(lean, axis=1, keepdims=True)
    return foot, foot + lean * size * rng.uniform(*length, (len(foot), 1)) * (1.15 - 0.5 * share)


def _slivers(builder: MeshBuilder, rng: np.random.Generator, start: Floats, end: Floats, width: float) -> None:
    """Branches as triangles that taper off."""
    along = end - start
    aside = np.cross(along, rng.normal(size=along.shape))
    aside *= width / np.linalg.norm(aside, axis=1, keepdims=True)
    builder.triangles(np.stack([start - aside, start + aside, end], axis=1), BARK, Material.BARK, two_sided=True)
