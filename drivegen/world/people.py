"""People: walking, and riding two wheels. Unit meshes as in `bodies`, with limbs that swing with the gait."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from drivegen.world.mesh import Colour, Material, Mesh, MeshBuilder

SKIN: Colour = (0.72, 0.53, 0.43)
HAIR: Colour = (0.16, 0.12, 0.10)
TROUSERS: Colour = (0.17, 0.19, 0.25)
SHOES: Colour = (0.10, 0.09, 0.09)
METAL: Colour = (0.16, 0.16, 0.17)
RUBBER: Colour = (0.08, 0.08, 0.085)
PAINT: Colour = (1.0, 1.0, 1.0)


def _limb(
    b: MeshBuilder,
    a: tuple[float, float, float],
    c: tuple[float, float, float],
    width: tuple[float, float],
    rgb: Colour,
    material: Material = Material.MATT,
) -> None:
    """A limb from a to c as two crossed strips; width along x and along y (the unit box is not a cube)."""
    wx, wy = width[0] / 2, width[1] / 2
    (ax, ay, az), (cx, cy, cz) = a, c
    b.quad([(ax - wx, ay, az), (ax + wx, ay, az), (cx + wx, cy, cz), (cx - wx, cy, cz)], rgb, material, two_sided=True)
    b.quad([(ax, ay - wy, az), (ax, ay + wy, az), (cx, cy + wy, cz), (cx, cy - wy, cz)], rgb, material, two_sided=True)


def pedestrian(phase: float) -> Mesh:
    """A person: the torso carries the track's colour."""
    b = MeshBuilder()
    swing = float(np.sin(2 * np.pi * phase)) * 0.40
    for side, way in ((0.16, 1.0), (-0.16, -1.0)):
        foot = way * swing
        knee = (0.5 * foot + 0.06, side, 0.26)
        _limb(b, (foot * 0.95, side, 0.03), knee, (0.17, 0.20), TROUSERS)
        _limb(b, knee, (0.0, side, 0.50), (0.22, 0.25), TROUSERS)
        b.side_quads((foot * 0.8 - 0.10, foot * 0.8 + 0.16), abs(side) + 0.02, (0.0, 0.045), SHOES)
    b.frustum((-0.17, 0.17, 0.30), (-0.19, 0.19, 0.40), (0.46, 0.80), PAINT)
    b.frustum((-0.19, 0.19, 0.40), (-0.09, 0.09, 0.14), (0.80, 0.86), PAINT)
    for side, way in ((0.42, -1.0), (-0.42, 1.0)):
        _limb(b, (way * swing * 0.75, side, 0.45), (0.0, side, 0.81), (0.15, 0.15), PAINT, Material.PAINT)
    b.disc((0.02, 0.0, 0.915), 0.068, SKIN)
    b.disc((-0.02, 0.0, 0.938), 0.062, HAIR)
    return b.build()


def cyclist(*, motor: bool) -> Callable[[float], Mesh]:
    """A rider on a bicycle or a motorcycle; the rider's jacket (bicycle) or the tank (motorcycle) is painted."""

    def build(phase: float) -> Mesh:
        b = MeshBuilder()
        rx, rz = (0.17, 0.20) if motor else (0.185, 0.20)
        for x in (0.5 - rx, -0.5 + rx):
            width = 0.10 if motor else 0.045
            b.wheel(x, width, (rx, rz), RUBBER)
            _limb(b, (x, 0.0, 0.0), (x, 0.0, 2 * rz), (0.02, 2 * width), RUBBER)
        if motor:
            b.frustum((-0.40, 0.26, 0.20), (-0.42, 0.22, 0.22), (0.20, 0.50), PAINT)
            b.end_quad(0.30, (-0.14, 0.14), (0.42, 0.54), (0.86, 0.87, 0.85), Material.HEAD_LIGHT)
            b.end_quad(-0.43, (-0.16, 0.16), (0.40, 0.48), (0.55, 0.06, 0.06), Material.TAIL_LIGHT)
        else:
            _limb(b, (-0.32, 0.0, 0.2), (-0.06, 0.0, 0.52), (0.05, 0.06), METAL)
            _limb(b, (0.28, 0.0, 0.22), (0.20, 0.0, 0.60), (0.05, 0.06), METAL)
            _limb(b, (-0.06, 0.0, 0.22), (0.22, 0.0, 0.52), (0.05, 0.06), METAL)
            b.end_quad(-0.36, (-0.06, 0.06), (0.42, 0.48), (0.55, 0.06, 0.06), Material.TAIL_LIGHT)
        _limb(b, (0.20, -0.45, 0.62), (0.20, 0.45, 0.62), (0.04, 0.05), METAL)
        turn = 2 * np.pi * phase
        for side, shift in ((0.18, 0.0), (-0.18, np.pi)):
            foot = (
                -0.04 + 0.08 * float(np.cos(turn + shift)),
                side,
                0.20 + (0.0 if motor else 0.06) * float(np.sin(turn + shift)),
            )
            knee = (0.12, side, 0.42)
            _limb(b, foot, knee, (0.06, 0.16), TROUSERS)
            _limb(b, knee, (-0.10, side, 0.52), (0.08, 0.20), TROUSERS)
        b.quad(
            [(-0.17, -0.30, 0.50), (-0.17, 0.30, 0.50), (0.02, 0.42, 0.83), (0.02, -0.42, 0.83)],
            PAINT,
            Material.PAINT,
            two_sided=True,
        )
        b.quad(
            [(-0.18, 0, 0.50), (0.0, 0, 0.50), (0.14, 0, 0.83), (-0.02, 0, 0.83)], PAINT, Material.PAINT, two_sided=True
        )
        b.frustum((-0.16, 0.0, 0.28), (0.0, 0.12, 0.38), (0.50, 0.83), PAINT)
        for side in (0.40, -0.40):
            _limb(b, (0.19, side, 0.62), (0.06, side, 0.80), (0.06, 0.14), PAINT, Material.PAINT)
        helmet: Colour = (0.12, 0.12, 0.14) if motor else HAIR
        b.disc((0.10, 0.0, 0.905), 0.072, SKIN if not motor else helmet)
        b.disc((0.08, 0.0, 0.925), 0.070, helmet)
        return b.build()

    return build
