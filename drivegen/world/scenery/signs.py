"""Traffic signs on posts: faces look along +x, the foot of the post is the origin."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.geometry import Colour, Material, Mesh, MeshBuilder
from drivegen.world.roads import RoadNetwork, SignKind
from drivegen.world.scenery.ground import raised_m
from drivegen.world.scenery.placement import beside_ways

_POST: Colour = (0.50, 0.51, 0.52)
_CLEAR_M = 0.42
"""Posts keep this far from the middle of walkways."""
_WHITE: Colour = (0.92, 0.92, 0.90)
_RED: Colour = (0.72, 0.07, 0.08)
_BLUE: Colour = (0.08, 0.24, 0.58)
_BLACK: Colour = (0.06, 0.06, 0.06)
_YELLOW: Colour = (0.92, 0.70, 0.10)
_GREEN: Colour = (0.06, 0.36, 0.22)
_SEGMENTS = {0: "abcdef", 1: "bc", 2: "abged", 3: "abgcd", 4: "fgbc", 5: "afgcd", 6: "afgcde", 7: "abc", 8: "abcdefg",
             9: "abcdfg"}  # fmt: skip
_STROKES = {"a": (0, 1, 1, 1), "b": (1, 0.5, 1, 1), "c": (1, 0, 1, 0.5), "d": (0, 0, 1, 0), "e": (0, 0, 0, 0.5),
            "f": (0, 0.5, 0, 1), "g": (0, 0.5, 1, 0.5)}  # fmt: skip


def sign_posts(network: RoadNetwork) -> Mesh:
    """All signs of a network."""
    lift = raised_m(network.profile)
    found: list[Mesh] = []
    feet = beside_ways(network, np.array([sign.xy for sign in network.signs]), _CLEAR_M)
    for sign, xy in zip(network.signs, feet, strict=True):
        foot = np.array([*xy, float(network.terrain.height(xy)) + lift])
        found.append(sign_mesh(sign.kind, sign.value).placed(sign.yaw, foot))
    return Mesh.join(found)


@lru_cache(maxsize=64)
def sign_mesh(kind: SignKind, value: int = 0) -> Mesh:
    """A sign with its post, about 2.7 m high."""
    builder = MeshBuilder()
    top = 2.75
    builder.tube((-0.04, 0, -0.3), (-0.04, 0, top), (0.035, 0.035), _POST, Material.METAL, sides=5)
    z = 2.35
    if kind is SignKind.STOP:
        _disc(builder, z, 0.42, 8, _WHITE, 0.0)
        _disc(builder, z, 0.39, 8, _RED, 0.006)
        _letters(builder, z)
    elif kind is SignKind.SPEED:
        _disc(builder, z, 0.33, 20, _RED, 0.0)
        _disc(builder, z, 0.25, 20, _WHITE, 0.006)
        _digits(builder, z, value)
    elif kind is SignKind.CROSSING:
        _rectangle(builder, (-0.32, 0.32), (z - 0.32, z + 0.32), _BLUE, 0.0)
        _polygon(builder, [(-0.26, z - 0.24), (0.26, z - 0.24), (0.0, z + 0.24)], _WHITE, 0.006)
        _rectangle(builder, (-0.035, 0.035), (z - 0.16, z + 0.06), _BLACK, 0.012)
        _rectangle(builder, (-0.10, 0.10), (z - 0.21, z - 0.17), _BLACK, 0.012)
    elif kind is SignKind.NO_PARKING:
        _disc(builder, z, 0.30, 18, _RED, 0.0)
        _disc(builder, z, 0.23, 18, _BLUE, 0.006)
        _stroke(builder, (-0.17, z + 0.17), (0.17, z - 0.17), 0.055, _RED, 0.012)
    elif kind is SignKind.CURVE:
        _disc(builder, z, 0.46, 4, _BLACK, 0.0)
        _disc(builder, z, 0.43, 4, _YELLOW, 0.006)
        _stroke(builder, (0.10, z - 0.2), (0.06, z + 0.05), 0.06, _BLACK, 0.012)
        _stroke(builder, (0.06, z + 0.05), (-0.12, z + 0.14), 0.06, _BLACK, 0.012)
    else:
        _rectangle(builder, (-0.48, 0.48), (z + 0.1, z + 0.34), _WHITE, 0.0)
        _rectangle(builder, (-0.46, 0.46), (z + 0.12, z + 0.32), _GREEN, 0.006)
        _rectangle(builder, (-0.36, 0.36), (z + 0.18, z + 0.26), _WHITE, 0.012)
    return builder.build()


def _polygon(builder: MeshBuilder, outline: list[tuple[float, float]] | Floats, rgb: Colour, out: float) -> None:
    """A convex outline (y, z), counter-clockwise for who looks at it from -x, as a plate with a grey back."""
    points = np.array([(out, y, z) for y, z in outline])
    index = np.array([(0, k, k + 1) for k in range(1, len(points) - 1)])
    area = np.cross(points[1] - points[0], points[2] - points[0])[0]
    if area < 0:
        index = index[:, ::-1]
    builder.triangles(points[index], rgb, Material.SIGN)
    if out == 0.0:
        builder.triangles(points[index[:, ::-1]] - [0.008, 0, 0], (0.42, 0.43, 0.44), Material.METAL)


def _disc(builder: MeshBuilder, z: float, radius: float, sides: int, rgb: Colour, out: float) -> None:
    angle = 2 * np.pi * np.arange(sides) / sides + (np.pi / 8 if sides == 8 else 0.0)
    _polygon(builder, np.stack([radius * np.cos(angle), z + radius * np.sin(angle)], axis=-1), rgb, out)


def _rectangle(builder: MeshBuilder, y: tuple[float, float], z: tuple[float, float], rgb: Colour, out: float) -> None:
    _polygon(builder, [(y[0], z[0]), (y[1], z[0]), (y[1], z[1]), (y[0], z[1])], rgb, out)


def _stroke(
    builder: MeshBuilder, a: tuple[float, float], b: tuple[float, float], width: float, rgb: Colour, out: float
) -> None:
    p, q = np.array(a), np.array(b)
    along = (q - p) / np.linalg.norm(q - p)
    side = 0.5 * width * np.array([-along[1], along[0]])
    _polygon(builder, np.stack([p - side, q - side, q + side, p + side]), rgb, out)


def _digits(builder: MeshBuilder, z: float, value: int) -> None:
    """Figures made of strokes; y runs to the left of who looks at the sign."""
    figures = [int(c) for c in str(max(0, value))]
    width, gap, height = 0.115, 0.055, 0.22
    left = 0.5 * (len(figures) * width + (len(figures) - 1) * gap)
    for index, figure in enumerate(figures):
        y = left - index * (width + gap)
        for name in _SEGMENTS[figure]:
            y0, z0, y1, z1 = _STROKES[name]
            a, b = (y - y0 * width, z + (z0 - 0.5) * height), (y - y1 * width, z + (z1 - 0.5) * height)
            _stroke(builder, a, b, 0.035, _BLACK, 0.012)


def _letters(builder: MeshBuilder, z: float) -> None:
    """Four letters, as blocks that read as a word from afar."""
    for index in range(4):
        y = 0.24 - 0.16 * index
        _rectangle(builder, (y - 0.10, y), (z - 0.09, z + 0.09), _WHITE, 0.012)
        if index != 1:
            _rectangle(builder, (y - 0.07, y - 0.03), (z - 0.03, z + 0.05), _RED, 0.018)
