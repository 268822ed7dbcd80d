"""Street furniture as prototypes: foot at the origin, +x looks to the road."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

import numpy as np

from drivegen.world.geometry import Colour, Lamp, Material, Mesh, MeshBuilder

_GREEN: Colour = (0.13, 0.22, 0.18)
_GREY: Colour = (0.44, 0.45, 0.46)
_ANTHRACITE: Colour = (0.17, 0.18, 0.19)
_PANE: Colour = (0.92, 0.90, 0.84)


class Kind(StrEnum):
    """A piece of furniture."""

    BENCH = "bench"
    BIN = "bin"
    HYDRANT = "hydrant"
    BOLLARD = "bollard"
    SHELTER = "shelter"
    BOX = "box"
    COLUMN = "column"
    POST_BOX = "post_box"
    RACK = "rack"
    PLANTER = "planter"
    METER = "meter"
    MAIL = "mail"
    DELINEATOR = "delineator"
    UTILITY = "utility"


SIZE_M: dict[Kind, float] = {
    Kind.BENCH: 1.0, Kind.BIN: 0.35, Kind.HYDRANT: 0.3, Kind.BOLLARD: 0.15, Kind.SHELTER: 2.2, Kind.BOX: 0.6,
    Kind.COLUMN: 0.75, Kind.POST_BOX: 0.35, Kind.RACK: 1.0, Kind.PLANTER: 0.7, Kind.METER: 0.15, Kind.MAIL: 0.25,
    Kind.DELINEATOR: 0.1, Kind.UTILITY: 0.2,
}  # fmt: skip
"""Radius that each takes on the ground."""


class LampStyle(StrEnum):
    """Street lamps."""

    ARM = "arm"
    DOUBLE = "double"
    LANTERN = "lantern"


LAMP_HEIGHT_M = {LampStyle.ARM: 8.2, LampStyle.DOUBLE: 9.0, LampStyle.LANTERN: 4.4}
LAMP_REACH_M = {LampStyle.ARM: 1.9, LampStyle.DOUBLE: 1.4, LampStyle.LANTERN: 0.0}
"""How far over the road (+x) the light hangs; the double one also has a light at -x."""


@lru_cache(maxsize=8)
def street_lamp(style: LampStyle) -> Mesh:
    """A lamp whose pane is Material.LIGHT with Lamp.STREET."""
    builder = MeshBuilder()
    height, reach = LAMP_HEIGHT_M[style], LAMP_REACH_M[style]
    if style is LampStyle.LANTERN:
        builder.tube((0, 0, -0.3), (0, 0, 0.8), (0.10, 0.07), _ANTHRACITE, Material.METAL, sides=6)
        builder.tube((0, 0, 0.8), (0, 0, height - 0.35), (0.06, 0.045), _ANTHRACITE, Material.METAL, sides=5)
        builder.box((-0.15, -0.15, height - 0.35), (0.15, 0.15, height + 0.1), _PANE, Material.LIGHT, lamp=Lamp.STREET,
                    floor=True)  # fmt: skip
        builder.tube((0, 0, height + 0.1), (0, 0, height + 0.35), (0.26, 0.03), _ANTHRACITE, Material.METAL, sides=6)
        return builder.build()
    builder.tube((0, 0, -0.3), (0, 0, 1.0), (0.12, 0.11), _GREY, Material.METAL, sides=6)
    builder.tube((0, 0, 1.0), (0, 0, height - 0.1), (0.09, 0.055), _GREY, Material.METAL, sides=5)
    for side in (1.0,) if style is LampStyle.ARM else (1.0, -1.0):
        builder.tube(
            (0, 0, height - 0.35), (side * (reach - 0.3), 0, height), (0.05, 0.04), _GREY, Material.METAL, sides=4
        )
        x0, x1 = sorted((side * (reach - 0.4), side * (reach + 0.35)))
        builder.box((x0, -0.15, height - 0.05), (x1, 0.15, height + 0.09), _GREY, Material.METAL)
        pane = [
            (x0, 0.13, height - 0.06),
            (x1, 0.13, height - 0.06),
            (x1, -0.13, height - 0.06),
            (x0, -0.13, height - 0.06),
        ]
        builder.quads(np.array(pane), _PANE, Material.LIGHT, lamp=Lamp.STREET)
    return builder.build()


@lru_cache(maxsize=64)
def furniture(kind: Kind) -> Mesh:
    """One piece."""
    builder = MeshBuilder()
    _MAKERS[kind](builder)
    return builder.build()


def _bench(b: MeshBuilder) -> None:
    for y in (-0.7, 0.7):
        b.box((-0.25, y - 0.04, 0.0), (0.22, y + 0.04, 0.42), _ANTHRACITE, Material.METAL)
    for x in (-0.2, -0.04, 0.12):
        b.box((x, -0.85, 0.42), (x + 0.12, 0.85, 0.46), (0.46, 0.32, 0.20), Material.WOOD, floor=True)
    for z in (0.58, 0.74):
        b.box((-0.30, -0.85, z), (-0.26, 0.85, z + 0.11), (0.46, 0.32, 0.20), Material.WOOD, floor=True)


def _bin(b: MeshBuilder) -> None:
    b.tube((0, 0, 0), (0, 0, 0.85), (0.22, 0.25), _GREEN, Material.METAL, sides=8)
    b.tube((0, 0, 0.85), (0, 0, 1.0), (0.27, 0.12), _ANTHRACITE, Material.METAL, sides=8, caps=True)


def _hydrant(b: MeshBuilder) -> None:
    red = (0.66, 0.13, 0.10)
    b.tube((0, 0, -0.05), (0, 0, 0.55), (0.13, 0.11), red, Material.METAL, sides=8)
    b.ball((0, 0, 0.56), (0.13, 0.13, 0.16), red, Material.METAL, rings=4, sides=8)
    b.tube((0, -0.2, 0.42), (0, 0.2, 0.42), (0.06, 0.06), (0.75, 0.72, 0.66), Material.METAL, sides=6, caps=True)


def _bollard(b: MeshBuilder) -> None:
    b.tube((0, 0, -0.1), (0, 0, 0.85), (0.07, 0.07), _ANTHRACITE, Material.METAL, sides=6, caps=True)
    b.tube((0, 0, 0.66), (0, 0, 0.76), (0.075, 0.075), (0.90, 0.90, 0.88), Material.SIGN, sides=6)


def _shelter(b: MeshBuilder) -> None:
    """A bus stop: roof, glass walls at the back and the sides, a bench, a poster, a flag."""
    for x, y in ((-0.7, -1.9), (-0.7, 1.9), (0.5, -1.9), (0.5, 1.9)):
        b.box((x - 0.04, y - 0.04, -0.1), (x + 0.04, y + 0.04, 2.45), _ANTHRACITE, Material.METAL)
    b.box((-0.85, -2.05, 2.45), (0.75, 2.05, 2.58), (0.30, 0.32, 0.33), Material.METAL, floor=True)
    glass = [[(-0.7, -1.9, 0.3), (-0.7, 1.9, 0.3), (-0.7, 1.9, 2.3), (-0.7, -1.9, 2.3)],
             [(-0.7, -1.9, 0.3), (0.3, -1.9, 0.3), (0.3, -1.9, 2.3), (-0.7, -1.9, 2.3)]]  # fmt: skip
    b.quads(np.array(glass), (0.42, 0.48, 0.50), Material.GLASS, two_sided=True)
    b.box((-0.4, 1.84, 0.3), (0.4, 1.96, 2.1), (0.75, 0.70, 0.62), Material.SIGN)
    b.box((-0.6, -1.4, 0.42), (-0.25, 1.0, 0.48), (0.46, 0.34, 0.22), Material.WOOD, floor=True)
    b.tube((0.4, 2.6, -0.1), (0.4, 2.6, 2.9), (0.035, 0.035), _GREY, Material.METAL, sides=5)
    b.box((0.36, 2.6, 2.35), (0.40, 3.1, 2.85), (0.12, 0.40, 0.26), Material.SIGN, floor=True)


def _box(b: MeshBuilder) -> None:
    b.box((-0.25, -0.5, -0.1), (0.2, 0.5, 1.15), (0.50, 0.54, 0.50), Material.METAL)


def _column(b: MeshBuilder) -> None:
    b.tube((0, 0, -0.1), (0, 0, 0.3), (0.72, 0.72), (0.4, 0.4, 0.39), Material.CONCRETE, sides=12)
    b.tube((0, 0, 0.3), (0, 0, 2.7), (0.65, 0.65), (0.70, 0.60, 0.45), Material.PLASTIC, sides=12)
    b.tube((0, 0, 2.7), (0, 0, 3.1), (0.75, 0.1), _GREEN, Material.METAL, sides=12)


def _post_box(b: MeshBuilder) -> None:
    b.box((-0.2, -0.25, 0.3), (0.2, 0.25, 1.25), (0.78, 0.58, 0.10), Material.METAL, floor=True)
    b.box((-0.06, -0.06, -0.1), (0.06, 0.06, 0.3), _GREY, Material.METAL)
    b.box((0.2, -0.16, 1.02), (0.215, 0.16, 1.08), _ANTHRACITE, Material.METAL)


def _rack(b: MeshBuilder) -> None:
    for y in (-0.8, 0.0, 0.8):
        for x in (-0.35, 0.35):
            b.tube((x, y, -0.05), (x, y, 0.8), (0.025, 0.025), _GREY, Material.METAL, sides=4)
        b.tube((-0.35, y, 0.8), (0.35, y, 0.8), (0.025, 0.025), _GREY, Material.METAL, sides=4)


def _planter(b: MeshBuilder) -> None:
    b.box((-0.45, -0.6, -0.05), (0.45, 0.6, 0.55), (0.50, 0.48, 0.45), Material.CONCRETE)
    b.ball(
        (0, 0, 0.7), (0.45, 0.6, 0.38), (0.28, 0.38, 0.18), Material.LEAVES, rings=4, sides=7, param=(0, 0, 0.3, 0.9)
    )


def _meter(b: MeshBuilder) -> None:
    b.tube((0, 0, -0.1), (0, 0, 1.05), (0.035, 0.035), _GREY, Material.METAL, sides=5)
    b.box((-0.07, -0.1, 1.05), (0.07, 0.1, 1.38), (0.34, 0.36, 0.38), Material.METAL, floor=True)


def _mail(b: MeshBuilder) -> None:
    b.box((-0.05, -0.05, -0.1), (0.05, 0.05, 1.0), (0.45, 0.36, 0.27), Material.WOOD)
    b.box((-0.25, -0.1, 1.0), (0.22, 0.1, 1.24), (0.24, 0.26, 0.30), Material.METAL, floor=True)


def _delineator(b: MeshBuilder) -> None:
    """A white post with a reflector, as along country roads."""
    b.box((-0.04, -0.06, -0.2), (0.04, 0.06, 1.0), (0.88, 0.88, 0.86), Material.PLASTIC)
    b.box((-0.042, -0.062, 0.72), (0.042, 0.062, 0.90), (0.10, 0.10, 0.10), Material.PLASTIC)
    b.box((-0.05, -0.03, 0.75), (0.05, 0.03, 0.87), (0.90, 0.80, 0.55), Material.SIGN)


def _utility(b: MeshBuilder) -> None:
    """A wooden pole with a cross arm and a transformer."""
    b.tube((0, 0, -0.5), (0, 0, 9.2), (0.15, 0.10), (0.36, 0.29, 0.23), Material.WOOD, sides=6)
    b.box((-1.1, -0.06, 8.55), (1.1, 0.06, 8.70), (0.38, 0.31, 0.25), Material.WOOD, floor=True)
    for x in (-1.0, -0.35, 0.35, 1.0):
        b.tube((x, 0, 8.7), (x, 0, 8.88), (0.04, 0.03), (0.55, 0.50, 0.46), Material.PLASTIC, sides=4)


_MAKERS = {
    Kind.BENCH: _bench, Kind.BIN: _bin, Kind.HYDRANT: _hydrant, Kind.BOLLARD: _bollard, Kind.SHELTER: _shelter,
    Kind.BOX: _box, Kind.COLUMN: _column, Kind.POST_BOX: _post_box, Kind.RACK: _rack, Kind.PLANTER: _planter,
    Kind.METER: _meter, Kind.MAIL: _mail, Kind.DELINEATOR: _delineator, Kind.UTILITY: _utility,
}  # fmt: skip
