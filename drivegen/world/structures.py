"""Meshes of what stands beside the road, in the global frame."""

from __future__ import annotations

import itertools

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.mesh import Colour, Material, Mesh, MeshBuilder
from drivegen.world.scenery import Building, Pole, Tree

FLOOR_M = 3.1
AWNINGS: tuple[Colour, ...] = ((0.55, 0.14, 0.13), (0.14, 0.30, 0.22), (0.16, 0.22, 0.42), (0.60, 0.46, 0.16))


def _times(rgb: Colour, factor: float) -> Colour:
    return tuple(min(1.0, c * factor) for c in rgb)  # type: ignore[return-value]


class _Wall:
    """One wall of a house in its own coordinates: u along it, z up, `out` a little in front of it."""

    def __init__(self, a: Floats, b: Floats) -> None:
        self.a, self.length = a, float(np.linalg.norm(b - a))
        self.along = (b - a) / self.length
        self.outward = np.array([self.along[1], -self.along[0]])

    def quad(self, u: tuple[float, float], z: tuple[float, float], out: float = 0.0) -> Floats:
        """A rectangle on the wall, counter-clockwise seen from outside."""
        (u0, u1), (z0, z1) = u, z
        places = [self.a + x * self.along + out * self.outward for x in (u0, u1, u1, u0)]
        return np.array([[*p, h] for p, h in zip(places, (z0, z0, z1, z1), strict=True)])


def building_mesh(building: Building) -> Mesh:
    """A house: four walls in panels, windows in rows, shops below, a cornice or a gable roof."""
    rng = np.random.default_rng(building.seed)
    builder = MeshBuilder()
    corners = building.corners
    body = building.height_m if not building.gable else building.height_m * 0.66
    for edge in range(4):
        wall = _Wall(corners[edge], corners[(edge + 1) % 4])
        panels = max(1, round(wall.length / 6.0))
        edges = np.linspace(0.0, wall.length, panels + 1)
        for u in itertools.pairwise(edges):
            builder.quad(wall.quad(u, (0.0, body)), _times(building.rgb, 1.0 + 0.05 * (rng.random() - 0.5)))
        if edge != 2:
            _dress(builder, rng, building, wall, body, front=edge == 0)
    if building.gable:
        _gable(builder, building, body)
    return builder.build()


def _dress(
    builder: MeshBuilder, rng: np.random.Generator, building: Building, wall: _Wall, body: float, *, front: bool
) -> None:
    """Windows, shop fronts, doors and cornice of one wall."""
    floors = max(1, int((body + 0.5) / FLOOR_M))
    style = building.style
    spacing = {"office": 1.9, "flat": 2.6, "shop": 2.4, "house": 3.0}[style]
    columns = int((wall.length - 0.8) / spacing)
    width = {"office": 1.6, "flat": 1.1, "shop": 1.15, "house": 1.2}[style]
    margin = (wall.length - columns * spacing) / 2
    first = 1 if style in ("shop", "office") else 0
    builder.quad(wall.quad((0.0, wall.length), (0.0, 0.6), 0.02), _times(building.rgb, 0.72))
    for floor in range(first, floors):
        low = floor * FLOOR_M + (0.5 if style == "office" else 0.9)
        high = low + (2.2 if style == "office" else 1.55)
        if style != "office":
            sill = wall.quad((0.0, wall.length), (floor * FLOOR_M - 0.1, floor * FLOOR_M + 0.12), 0.03)
            builder.quad(sill, _times(building.rgb, 0.88))
        for column in range(columns):
            u = margin + (column + 0.5) * spacing
            glass = 0.16 + 0.10 * rng.random()
            builder.quad(
                wall.quad((u - width / 2, u + width / 2), (low, high), 0.04),
                (glass, glass * 1.08, glass * 1.2),
                Material.WINDOW,
            )
    if front and style in ("shop", "office"):
        _shops(builder, rng, building, wall)
    elif front:
        door = rng.uniform(0.3, 0.6) * wall.length
        builder.quad(wall.quad((door - 0.55, door + 0.55), (0.0, 2.2), 0.06), (0.28, 0.18, 0.13))
    if not building.gable:
        builder.quad(wall.quad((0.0, wall.length), (body - 0.5, body), 0.08), _times(building.rgb, 0.78))


def _shops(builder: MeshBuilder, rng: np.random.Generator, building: Building, wall: _Wall) -> None:
    """Ground-floor shop windows under signs."""
    count = max(1, round(wall.length / 6.5))
    edges = np.linspace(0.4, wall.length - 0.4, count + 1)
    for a, b in itertools.pairwise(edges):
        builder.quad(wall.quad((a + 0.3, b - 0.3), (0.5, 2.6), 0.05), (0.20, 0.22, 0.24), Material.WINDOW)
        if rng.random() < 0.6:
            sign = AWNINGS[int(rng.integers(len(AWNINGS)))]
            builder.quad(wall.quad((a + 0.2, b - 0.2), (2.65, 3.2), 0.1), sign)


def _gable(builder: MeshBuilder, building: Building, body: float) -> None:
    """A pitched roof whose ridge runs along the street."""
    a, b, c, d = (np.array([*p, body]) for p in building.corners)
    ridge_a, ridge_b = (a + d) / 2, (b + c) / 2
    ridge_a[2] = ridge_b[2] = building.height_m
    builder.quad([a, b, ridge_b, ridge_a], building.roof_rgb)
    builder.quad([c, d, ridge_a, ridge_b], building.roof_rgb)
    builder.quad([b, c, ridge_b, ridge_b], building.rgb)
    builder.quad([d, a, ridge_a, ridge_a], building.rgb)


def tree_mesh(tree: Tree) -> Mesh:
    """A trunk and a crown: lumps of leaves, or the tiers of a conifer."""
    rng = np.random.default_rng(tree.seed)
    builder = MeshBuilder()
    x, y = float(tree.xy[0]), float(tree.xy[1])
    height, radius = tree.height_m, tree.crown_m / 2
    builder.cross((x, y, 0.0), (x, y, 0.6 * height), (0.05 * height, 0.03 * height), (0.27, 0.21, 0.16))
    if tree.conifer:
        for tier in range(4):
            low, high = height * (0.12 + 0.2 * tier), height * (0.5 + 0.1667 * tier)
            width = 2 * radius * (1.0 - 0.22 * tier)
            builder.cross((x, y, low), (x, y, high), (width, 0.0), _times(tree.rgb, 0.85 + 0.1 * tier))
        return builder.build()
    middle, half = 0.66 * height, 0.34 * height
    lumps = int(rng.integers(12, 18))
    for lump in range(lumps):
        up = -0.55 + 1.1 * lump / (lumps - 1)
        reach = radius * 0.66 * np.sqrt(max(0.05, 1.0 - up * up)) * np.sqrt(rng.random())
        angle = rng.uniform(0, 2 * np.pi)
        size = min(radius, half) * rng.uniform(0.42, 0.56)
        centre = (x + reach * np.cos(angle), y + reach * np.sin(angle), middle + up * half)
        builder.disc(
            centre, size, _times(tree.rgb, 0.70 + 0.34 * (up + 0.55) + rng.uniform(-0.10, 0.10)), Material.LEAVES
        )
    return builder.build()


def pole_mesh(pole: Pole) -> Mesh:
    """A lamp post with its arm and head, or a sign on a post."""
    builder = MeshBuilder()
    x, y = float(pole.xy[0]), float(pole.xy[1])
    if pole.kind == "lamp":
        height = pole.height_m
        builder.cross((x, y, 0.0), (x, y, height), (0.18, 0.12), pole.rgb)
        tip = np.array([x + pole.arm[0], y + pole.arm[1], height])
        root = np.array([x, y, height])
        builder.quad([root, tip, tip - [0, 0, 0.14], root - [0, 0, 0.14]], pole.rgb, two_sided=True)
        builder.disc((tip[0], tip[1], height - 0.12), 0.2, (0.62, 0.62, 0.60), Material.LAMP)
        return builder.build()
    builder.cross((x, y, 0.0), (x, y, pole.height_m), (0.08, 0.08), (0.5, 0.5, 0.5))
    side = 0.30 * np.array([-pole.arm[1], pole.arm[0]])
    top, low = pole.height_m, pole.height_m - 0.60
    for scale, rgb in ((1.0, pole.rgb), (0.55, (0.9, 0.9, 0.9))):
        shrink = (1 - scale) * 0.30
        a, b = (x - scale * side[0], y - scale * side[1]), (x + scale * side[0], y + scale * side[1])
        corners = [(*a, low + shrink), (*b, low + shrink), (*b, top - shrink), (*a, top - shrink)]
        builder.quad(corners, rgb, Material.RETRO, two_sided=True)
    return builder.build()
