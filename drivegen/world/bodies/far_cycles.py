"""Bicycles and motorcycles with their riders for far away: flat frames, wheels of eight sides."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.bodies.batch import BatchBuilder
from drivegen.world.bodies.catalogue import Size
from drivegen.world.bodies.far_people import far_arm, far_head, far_leg, far_torso, prism
from drivegen.world.bodies.limbs import bend
from drivegen.world.bodies.outfits import Outfit, rider_outfit_of
from drivegen.world.bodies.people import Frame
from drivegen.world.bodies.skins import BRAKE, HEAD, LEFT, PLATE, RUBBER, TAIL, Skin
from drivegen.world.bodies.wheels import disc_wheel
from drivegen.world.geometry import Colour, Material, Mesh

_GREY: Colour = (0.45, 0.46, 0.47)
_DARK: Colour = (0.06, 0.06, 0.065)
_PAINT: Colour = (1.0, 1.0, 1.0)
_CRANK_M = 0.165


def far_bicycle_mesh(size_m: Size, *, phase: float, variant: int, rgb: Colour) -> Mesh:
    """A cyclist; the points are those of `bicycle_mesh`, whose frame has the colour rgb."""
    length, width, height = size_m
    radius = 0.335
    rear, front = np.array([-0.5 * length + radius, 0.0, radius]), np.array([0.5 * length - radius, 0.0, radius])
    b = BatchBuilder()
    bracket = np.array([rear[0] + 0.44, 0.0, 0.29])
    saddle, stem = np.array([rear[0] + 0.24, 0.0, 0.93]), np.array([front[0] - 0.20, 0.0, 0.88])
    for hub in (rear, front):
        _ring_wheel(b, hub, radius)
    for start, end in ((bracket, saddle), (bracket, stem * 0.72 + front * 0.28), (saddle * 0.9 + bracket * 0.1, stem),
                       (bracket, rear), (saddle * 0.85 + bracket * 0.15, rear), (stem, front)):  # fmt: skip
        _bar(b, start, end, 0.021, rgb)
    _plate(
        b, saddle + np.array([-0.14, -0.06, 0.03]), saddle + np.array([0.14, 0.06, 0.03]), RUBBER.rgb, Material.PLASTIC
    )
    grip = _handlebar(b, stem + np.array([0.03, 0.0, 0.12]), 0.5 * width)
    turn = -2.0 * np.pi * phase
    way = _CRANK_M * np.array([np.cos(turn), 0.0, np.sin(turn)])
    _bar(b, bracket - way, bracket + way, 0.016, _GREY)
    feet = [bracket + side * way + np.array([0.0, side * 0.10, 0.0]) for side in (1, -1)]
    outfit = rider_outfit_of(variant, motor=False)
    _rider(b, height, outfit, saddle + np.array([0.0, 0.0, 0.05]), np.array([0.45, 0.0, 1.0]), feet, grip)
    _pane(b, (saddle[0] - 0.12, 0.0), (0.03, saddle[2] - 0.12, saddle[2] - 0.05), TAIL, -1.0)
    _pane(b, (stem[0] + 0.10, 0.0), (0.035, stem[2], stem[2] + 0.07), HEAD, 1.0)
    return b.build()


def _bar(b: BatchBuilder, start: Floats, end: Floats, half_m: float, rgb: Colour) -> None:
    """A flat bar in the plane of travel."""
    along = (end - start) / np.linalg.norm(end - start)
    off = half_m * np.array([-along[2], 0.0, along[0]])
    b.quads(np.array([[start - off, end - off, end + off, start + off]]), rgb, Material.METAL, two_sided=True)


def _plate(b: BatchBuilder, low: Floats, high: Floats, rgb: Colour, material: Material) -> None:
    """A level plate seen from above and from below."""
    z = high[2]
    corners = [(low[0], low[1], z), (high[0], low[1], z), (high[0], high[1], z), (low[0], high[1], z)]
    b.quads(np.array([corners]), rgb, material, two_sided=True)


def _ring_wheel(b: BatchBuilder, hub: Floats, radius: float) -> None:
    """A flat ring to be looked through, and an upright plate across it that is the tyre seen from the front."""
    angle = np.deg2rad(22.5 + 45.0 * np.arange(9))
    ring = np.stack([np.cos(angle), np.zeros(9), np.sin(angle)], axis=-1)
    outer, inner = hub + 1.03 * radius * ring, hub + (radius - 0.055) * ring
    outer[:, 2] = np.maximum(outer[:, 2], hub[2] - radius)
    quads = np.stack([outer[1:], outer[:-1], inner[:-1], inner[1:]], axis=1)
    b.quads(quads, RUBBER.rgb, RUBBER.material, two_sided=True)
    x, _, z = hub
    across = [(x, -0.02, z - radius), (x, 0.02, z - radius), (x, 0.02, z + radius), (x, -0.02, z + radius)]
    b.quads(np.array([across]), RUBBER.rgb, RUBBER.material, two_sided=True)


def _handlebar(b: BatchBuilder, middle: Floats, half: float) -> Floats:
    """An upright strip across; returns the left grip."""
    up = np.array([0.0, 0.0, 0.018])
    for side in (1, -1):
        end = middle + np.array([-0.06, side * half, 0.0])
        b.quads(
            np.array([[middle - up, end - up, end + up, middle + up]]), (0.1, 0.1, 0.1), Material.METAL, two_sided=True
        )
    grip: Floats = middle + np.array([-0.05, half - 0.05, 0.02])
    return grip


def _rider(
    b: BatchBuilder, height: float, o: Outfit, seat: Floats, up: Floats, feet: Sequence[Floats], grip: Floats
) -> None:
    """As in `cycles`."""
    axis = up / np.linalg.norm(up)
    h = (height - seat[2]) / (0.335 * axis[2] + 0.146 + 0.03)
    f = Frame.of(h)
    hip = seat + np.array([0.0, 0.0, 0.03 * h])
    far_torso(b, f, o, hip, axis)
    shoulder = hip + axis * 0.275 * h
    for side, foot in zip((1, -1), feet, strict=True):
        start, hand = shoulder + np.array([0.0, side * f.shoulder_y, 0.0]), grip * [1.0, side, 1.0]
        elbow = bend(start, hand, (0.17 * h, 0.16 * h), -1.0) + np.array([0.0, side * 0.03, -0.02])
        far_arm(b, h, o, (start, elbow, hand))
        ankle = foot + np.array([-0.05, side * 0.01, 0.075])
        thigh = hip + np.array([0.0, side * f.hip_y, 0.0])
        knee = bend(thigh, ankle, (0.245 * h, 0.245 * h), 1.0) + np.array([0.0, side * 0.01, 0.0])
        far_leg(b, h, o, (thigh, knee, ankle), -0.1)
    far_head(b, h, o, hip + axis * 0.325 * h, nod_m=0.02)


def far_motorcycle_mesh(size_m: Size, *, variant: int, scooter: bool) -> Mesh:
    """A motorcycle or scooter and its rider; the points are those of `motorcycle_mesh`."""
    length, width, height = size_m
    radius, tyre = (0.24, 0.11) if scooter else (0.31, 0.14)
    rear, front = -0.5 * length + radius, 0.5 * length - radius
    b = BatchBuilder()
    for x in (rear, front):
        for side in (1, -1):
            disc_wheel(b, (x, side * 0.5 * tyre, radius), radius, tyre, side=side, rim=0.70, tread=side > 0)
    stem = np.array([front - (0.22 if scooter else 0.28), 0.0, 0.98 if scooter else 0.95])
    for y in (0.10, -0.10):
        _bar(b, np.array([front, y, radius]), stem + np.array([0.0, 0.8 * y, -0.05]), 0.026, _GREY)
    (_scooter_body if scooter else _motorcycle_body)(b, rear, front, stem, radius)
    _lamps(b, rear, stem)
    grip = _handlebar(b, stem + np.array([-0.02, 0.0, 0.06]), 0.5 * width)
    seat = np.array([rear + (0.40 if scooter else 0.46), 0.0, 0.82])
    feet_x = front - 0.55 if scooter else rear + 0.62
    feet = [np.array([feet_x, side * 0.17, 0.27 if scooter else 0.30]) for side in (1, -1)]
    up = np.array([0.12 if scooter else 0.35, 0.0, 1.0])
    _rider(b, height, rider_outfit_of(variant, motor=True), seat, up, feet, grip)
    return b.build()


def _motorcycle_body(b: BatchBuilder, rear: float, front: float, stem: Floats, radius: float) -> None:
    metal = (0.35, 0.36, 0.37)
    prism(b, [(rear + 0.60, 0, 0.78), (rear + 0.80, 0, 0.87), (stem[0] + 0.02, 0, 0.84)],
          [(0.05, 0.08), (0.13, 0.16), (0.08, 0.10)], 1.0, _PAINT, Material.PAINT, sides=4)  # fmt: skip
    prism(b, [(rear - 0.20, 0, 0.81), (rear + 0.66, 0, 0.74)], [(0.055, 0.08), (0.11, 0.15)], 1.0, _DARK,
          Material.PLASTIC, sides=4, caps=(True, False))  # fmt: skip
    prism(b, [(rear - 0.20, 0, 0.79), (rear + 0.55, 0, 0.66)], [(0.03, 0.07), (0.07, 0.13)], 1.0, _PAINT,
          Material.PAINT, sides=4)  # fmt: skip
    prism(b, [(rear + 0.48, 0, 0.46), (front - 0.42, 0, 0.46)], [(0.27, 0.19)] * 2, 1.0, metal, Material.METAL,
          sides=4)  # fmt: skip
    _bar(b, np.array([rear - 0.05, 0.19, 0.42]), np.array([rear + 0.75, 0.17, 0.32]), 0.045, metal)
    _bar(b, np.array([rear - 0.05, -0.19, 0.42]), np.array([rear + 0.75, -0.17, 0.32]), 0.045, metal)
    _fender(b, front, (radius + 0.20, radius * 2 + 0.03), _PAINT)


def _scooter_body(b: BatchBuilder, rear: float, front: float, stem: Floats, radius: float) -> None:
    prism(b, [(rear - 0.22, 0, 0.62), (rear + 0.10, 0, 0.59), (rear + 0.62, 0, 0.42)],
          [(0.08, 0.12), (0.20, 0.20), (0.17, 0.16)], 1.0, _PAINT, Material.PAINT, sides=4,
          caps=(True, False))  # fmt: skip
    prism(b, [(rear - 0.2, 0, 0.80), (rear + 0.62, 0, 0.77)], [(0.05, 0.12), (0.05, 0.14)], 1.0, _DARK,
          Material.PLASTIC, sides=4, caps=(True, False))  # fmt: skip
    prism(b, [(rear + 0.45, 0, 0.25), (front - 0.28, 0, 0.25)], [(0.04, 0.23)] * 2, 1.0, _DARK, Material.PLASTIC,
          sides=4)  # fmt: skip
    prism(b, [(front - 0.30, 0, 0.24), (front - 0.24, 0, 0.58), (stem[0] + 0.02, 0, 0.92)],
          [(0.06, 0.20), (0.08, 0.24), (0.09, 0.16)], 1.0, _PAINT, Material.PAINT, sides=4)  # fmt: skip
    _fender(b, front, (2.0 * radius - 0.08, 2.0 * radius + 0.04), _PAINT)


def _fender(b: BatchBuilder, x: float, z: tuple[float, float], rgb: Colour) -> None:
    """Two plates over a wheel."""
    ends = [(x - 0.27, z[0]), (x, z[1]), (x + 0.23, z[0])]
    for (ax, az), (cx, cz) in pairwise(ends):
        b.quads(np.array([[(ax, -0.08, az), (cx, -0.08, cz), (cx, 0.08, cz), (ax, 0.08, az)]]), rgb, Material.PAINT)


def _pane(b: BatchBuilder, at: tuple[float, float], span: tuple[float, float, float], skin: Skin, sign: float) -> None:
    """An upright quad at (x, y), half its width, between two heights; it looks forwards (sign 1) or backwards."""
    (x, y), (half, low, high) = at, span
    side = half * sign
    quad = [(x, y - side, low), (x, y + side, low), (x, y + side, high), (x, y - side, high)]
    b.quads(np.array([quad]), skin.rgb, skin.material, lamp=skin.lamp)


def _lamps(b: BatchBuilder, rear: float, stem: Floats) -> None:
    """Head lamp, tail and brake lamp, indicators, plate."""
    x, z, back, top = float(stem[0]) + 0.10, float(stem[2]) - 0.10, rear - 0.24, 0.80
    _pane(b, (x, 0.0), (0.10, z - 0.09, z + 0.10), HEAD, 1.0)
    _pane(b, (back, 0.0), (0.08, top - 0.06, top - 0.01), TAIL, -1.0)
    _pane(b, (back, 0.0), (0.08, top - 0.11, top - 0.06), BRAKE, -1.0)
    _pane(b, (back - 0.01, 0.0), (0.09, top - 0.34, top - 0.18), PLATE, -1.0)
    for side, skin in ((1.0, LEFT), (-1.0, LEFT.mirrored())):
        _pane(b, (x - 0.02, side * 0.16), (0.03, z - 0.02, z + 0.05), skin, 1.0)
        _pane(b, (back, side * 0.14), (0.03, top - 0.10, top - 0.03), skin, -1.0)
