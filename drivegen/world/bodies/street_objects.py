"""Things that stand on the street at work sites."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from drivegen.world.bodies.catalogue import Size
from drivegen.world.bodies.shell import Shell
from drivegen.world.bodies.skins import BLACK, PAINT, Skin
from drivegen.world.geometry import Colour, Material, Mesh, MeshBuilder

_WHITE: Colour = (0.93, 0.93, 0.92)
_FOOT: Colour = (0.10, 0.10, 0.105)
_STRIPE = Skin(_WHITE, Material.SIGN)
_POST = Skin((0.5, 0.5, 0.5), Material.METAL)
_BEACON = Skin((0.95, 0.60, 0.08), Material.SIGN)


_BANDS = ((0.0, 0.36, False), (0.36, 0.54, True), (0.54, 0.68, False), (0.68, 0.82, True), (0.82, 1.0, False))
"""A cone's bands: from and to, as shares of its height above the foot, and whether it is white."""


def cone_mesh(size_m: Size, *, coarse: bool) -> Mesh:
    """A traffic cone with two white collars on a rubber foot."""
    length, width, height = size_m
    half, foot = 0.5 * min(length, width), 0.03
    b, shell = MeshBuilder(), Shell(coarse=coarse)
    rubber = Skin(_FOOT, Material.RUBBER)
    shell.block((-0.5 * length, 0.0, 0.0), (0.5 * length, 0.5 * width, foot), rubber, "fblt")
    shell.into(b)
    if coarse:
        _far_cone(b, half, foot, height)
        return b.build()
    for low, high, collar in _BANDS:
        radii = tuple(half * (0.80 - 0.66 * share) for share in (low, high))
        z = [foot + (height - foot) * share for share in (low, high)]
        b.tube(
            (0.0, 0.0, z[0]), (0.0, 0.0, z[1]), (radii[0], radii[1]), _WHITE if collar else (1.0, 1.0, 1.0),
            Material.SIGN if collar else Material.PAINT, sides=14, caps=high == 1.0,
        )  # fmt: skip
    return b.build()


def _far_cone(b: MeshBuilder, half: float, foot: float, height: float) -> None:
    """A cone of four sides down to the ground, its collars as quads before it."""
    wide = 1.09
    b.tube((0.0, 0.0, 0.0), (0.0, 0.0, height), (half * 0.80 * wide, half * 0.14 * wide), (1.0, 1.0, 1.0),
           Material.PAINT, sides=4)  # fmt: skip
    for low, high, collar in _BANDS:
        if collar:
            radii = [half * (0.80 - 0.66 * share) * wide + 0.006 for share in (low, high)]
            z = [foot + (height - foot) * share for share in (low, high)]
            b.tube((0.0, 0.0, z[0]), (0.0, 0.0, z[1]), (radii[0], radii[1]), _WHITE, Material.SIGN, sides=4)


def barrier_mesh(size_m: Size, *, variant: int, coarse: bool) -> Mesh:
    """A work-site barrier whose long side is its width: a plastic wall, or two striped boards on feet."""
    return _plastic_wall(size_m, coarse=coarse) if variant % 2 == 0 else _boards(size_m, coarse=coarse)


def _plastic_wall(size_m: Size, *, coarse: bool) -> Mesh:
    """A water-filled barrier: broad foot, sloped flanks, white reflective panels."""
    length, width, height = size_m
    half = 0.5 * width
    b, shell = MeshBuilder(), Shell(coarse=coarse)
    line = [(0.5, 0.0), (0.5, 0.12), (0.30, 0.42), (0.22, 0.94), (0.16, 1.0)]
    if coarse:
        line = [(0.5, 0.0), (0.30, 0.42), (0.20, 1.0)]
    for sign in (1.0, -1.0):
        points = [(sign * x * length, z * height) for x, z in line]
        for (ax, az), (cx, cz) in pairwise(points):
            face = [(ax, 0.0, az), (ax, half, az), (cx, half, cz), (cx, 0.0, cz)]
            shell.quad(face if sign > 0 else face[::-1], PAINT)
        for low, high in ((0.10, 0.42), (0.58, 0.90)):
            panel = [(sign * (0.278 - 0.08 * (z - 0.55)) * length, y * half, z * height)
                     for y, z in ((low, 0.54), (high, 0.54), (high, 0.82), (low, 0.82))]  # fmt: skip
            out = np.array([sign * 0.012, 0.0, 0.0])
            shell.quad(np.array(panel if sign > 0 else panel[::-1]) + out, _STRIPE)
    ends = [(x * length, half, z * height) for x, z in line]
    back = [(-x * length, half, z * height) for x, z in line]
    for i in range(len(line) - 1):
        shell.quad([ends[i], back[i], back[i + 1], ends[i + 1]], PAINT)
    top = [back[-1], ends[-1]]
    shell.quad([(top[0][0], 0, height), (top[1][0], 0, height), top[1], top[0]], PAINT)
    shell.into(b)
    return b.build()


def _boards(size_m: Size, *, coarse: bool) -> Mesh:
    """Two boards with white stripes on posts with long rubber feet, and warning lamps."""
    length, width, height = size_m
    half = 0.5 * width
    b, shell = MeshBuilder(), Shell(coarse=coarse)
    top = height - 0.12
    post = half - 0.32
    shell.block((-0.5 * length, post - 0.12, 0.0), (0.5 * length, post + 0.12, 0.10), BLACK, "fbltr")
    shell.block((-0.03, post - 0.03, 0.10), (0.03, post + 0.03, top), _POST, "fb" if coarse else "fblr")
    for low, high in ((0.45 * height, 0.45 * height + 0.20), (top - 0.22, top)):
        shell.block((-0.045, 0.0, low), (0.045, half, high), PAINT, "fbl" if coarse else "fbltu")
        # Far away, two stripes on a board are as wide as the four beside each other.
        count = 2 if coarse else 4
        wide = 0.48 * half / count
        for i in range(count):
            y = half * (0.06 + i / count)
            for sign in (1.0, -1.0):
                slant = 0.06
                face = [(sign * 0.048, y, low), (sign * 0.048, y + wide, low),
                        (sign * 0.048, y + wide + slant, high), (sign * 0.048, y + slant, high)]  # fmt: skip
                shell.quad(face if sign > 0 else face[::-1], _STRIPE)
    shell.block((-0.045, post - 0.07, top), (0.045, post + 0.07, height), _BEACON, "fb" if coarse else "fbltr")
    shell.into(b)
    return b.build()
