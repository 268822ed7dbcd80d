"""Bicycles and motorcycles with their riders."""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.bodies.batch import BatchBuilder
from drivegen.world.bodies.blocks import front_quad, rear_quad
from drivegen.world.bodies.catalogue import Size
from drivegen.world.bodies.limbs import bend, swept
from drivegen.world.bodies.outfits import Outfit, rider_outfit_of
from drivegen.world.bodies.people import Frame, head, limb, shoe, torso
from drivegen.world.bodies.shell import Shell
from drivegen.world.bodies.skins import BRAKE, HEAD, LEFT, PLATE, RUBBER, STEEL, TAIL, Skin
from drivegen.world.bodies.wheels import wheel
from drivegen.world.geometry import Colour, Material, Mesh, MeshBuilder

FRAMES: tuple[Colour, ...] = ((0.08, 0.08, 0.09), (0.55, 0.08, 0.08), (0.12, 0.25, 0.50), (0.75, 0.75, 0.74),
                               (0.10, 0.35, 0.28))  # fmt: skip
_GREY: Colour = (0.45, 0.46, 0.47)
_HOUSING = Skin((0.08, 0.08, 0.085), Material.PLASTIC)
_CRANK_M = 0.165


def bicycle_mesh(size_m: Size, *, phase: float, variant: int, steer_rad: float) -> Mesh:
    """A cyclist: legs turn the cranks, the jacket is tinted."""
    length, width, height = size_m
    radius = 0.335
    rear, front = np.array([-0.5 * length + radius, 0.0, radius]), np.array([0.5 * length - radius, 0.0, radius])
    b = BatchBuilder()
    rgb = FRAMES[variant % len(FRAMES)]
    bracket = np.array([rear[0] + 0.44, 0.0, 0.29])
    saddle, stem = np.array([rear[0] + 0.24, 0.0, 0.93]), np.array([front[0] - 0.20, 0.0, 0.88])
    for hub, steer in ((rear, 0.0), (front, steer_rad)):
        _spoked_wheel(b, hub, radius, steer, sides=14)
    crown = stem * 0.72 + front * 0.28
    for start, end in ((bracket, saddle), (bracket, crown), (saddle * 0.9 + bracket * 0.1, stem), (bracket, rear),
                       (saddle * 0.85 + bracket * 0.15, rear), (stem + np.array([0, 0, 0.08]), front)):  # fmt: skip
        b.tube(tuple(start), tuple(end), (0.019, 0.019), rgb, Material.METAL, sides=5)
    b.ball((saddle[0], 0.0, saddle[2] + 0.03), (0.14, 0.07, 0.035), RUBBER.rgb, Material.PLASTIC, rings=3, sides=6)
    grip = _handlebar(b, stem + np.array([0.03, 0.0, 0.12]), 0.5 * width)
    turn = -2.0 * np.pi * phase
    feet = []
    for side in (1, -1):
        crank = bracket + np.array([side * _CRANK_M * np.cos(turn), side * 0.10, side * _CRANK_M * np.sin(turn)])
        b.tube(
            tuple(bracket + np.array([0.0, side * 0.07, 0.0])),
            tuple(crank),
            (0.014, 0.014),
            _GREY,
            Material.METAL,
            sides=4,
        )
        feet.append(crank)
    outfit = rider_outfit_of(variant, motor=False)
    _rider(b, height, outfit, saddle + np.array([0.0, 0.0, 0.05]), np.array([0.45, 0.0, 1.0]), feet, grip)
    _bicycle_lamps(b, saddle, stem)
    return b.build()


def _bicycle_lamps(b: MeshBuilder, saddle: Floats, stem: Floats) -> None:
    shell = Shell()
    rear_quad(shell, saddle[0] - 0.12, (0.0, 0.03), (saddle[2] - 0.12, saddle[2] - 0.05), TAIL)
    front_quad(shell, stem[0] + 0.10, (0.0, 0.035), (stem[2], stem[2] + 0.07), HEAD)
    shell.into(b)


def _spoked_wheel(b: MeshBuilder, hub: Floats, radius: float, steer_rad: float, *, sides: int) -> None:
    """A thin tyre on a rim with a few spokes, to be looked through."""
    angle = 2.0 * np.pi * np.arange(sides + 1) / sides
    ahead = np.array([np.cos(steer_rad), np.sin(steer_rad), 0.0])
    across = np.array([-np.sin(steer_rad), np.cos(steer_rad), 0.0])
    ring = np.cos(angle)[:, None] * ahead + np.sin(angle)[:, None] * np.array([0.0, 0.0, 1.0])
    outer, half = hub + radius * ring, 0.022 * across
    inner = hub + (radius - 0.05) * ring
    for side in (1.0, -1.0):
        rows = (outer, inner + side * half) if side > 0 else (inner + side * half, outer)
        quads = np.stack([rows[0][1:], rows[0][:-1], rows[1][:-1], rows[1][1:]], axis=1)
        b.quads(quads, RUBBER.rgb, RUBBER.material, two_sided=True)
    wide = 0.006
    for a in angle[: sides : max(1, sides // 8)]:
        spoke = np.cos(a) * ahead + np.array([0.0, 0.0, np.sin(a)])
        off = wide * (-np.sin(a) * ahead + np.array([0.0, 0.0, np.cos(a)]))
        end = hub + (radius - 0.04) * spoke
        b.quads([[hub - off, end - off, end + off, hub + off]], _GREY, Material.METAL, two_sided=True)


def _handlebar(b: MeshBuilder, middle: Floats, half: float) -> Floats:
    """A bar across at a point; returns the left grip."""
    for side in (1, -1):
        end = middle + np.array([-0.06, side * half, 0.0])
        b.tube(tuple(middle), tuple(end), (0.016, 0.018), (0.1, 0.1, 0.1), Material.METAL, sides=5, caps=True)
    grip: Floats = middle + np.array([-0.05, half - 0.05, 0.02])
    return grip


def _rider(
    b: MeshBuilder, height: float, o: Outfit, seat: Floats, up: Floats, feet: list[Floats], grip: Floats,
) -> None:  # fmt: skip
    """A person who sits on a seat, hands on the grips, soles on the feet's points."""
    axis = up / np.linalg.norm(up)
    # What is left between the seat and the top of the box for torso and head.
    h = (height - seat[2]) / (0.335 * axis[2] + 0.146 + 0.03)
    f = Frame.of(h)
    hip = seat + np.array([0.0, 0.0, 0.03 * h])
    sides = 6
    torso(b, f, o, tuple(hip), axis, sides + 1)
    shoulder = hip + axis * 0.275 * h
    for side in (1, -1):
        start = shoulder + np.array([0.0, side * f.shoulder_y, 0.0])
        hand = grip * [1.0, side, 1.0]
        elbow = bend(start, hand, (0.17 * h, 0.16 * h), -1.0) + np.array([0.0, side * 0.03, -0.02])
        limb(b, h, o, (start, elbow, hand), sides)
    for side, foot in zip((1, -1), feet, strict=True):
        _riding_leg(b, h, o, hip + np.array([0.0, side * f.hip_y, 0.0]), foot, side, sides)
    neck = hip + axis * 0.325 * h
    head(b, h, o, neck, nod_m=0.02)


def _riding_leg(b: MeshBuilder, h: float, o: Outfit, hip: Floats, foot: Floats, side: int, sides: int) -> None:
    ankle = foot + np.array([-0.05, side * 0.01, 0.075])
    knee = bend(hip, ankle, (0.245 * h, 0.245 * h), 1.0) + np.array([0.0, side * 0.01, 0.0])
    path = [hip, hip + 0.15 * (knee - hip), knee, knee + 0.3 * (ankle - knee), ankle]
    size = ((0.044, 0.040), (0.054, 0.046), (0.040, 0.037), (0.036, 0.034), (0.027, 0.026))
    swept(b, path, [(x * h, y * h) for x, y in size], o.trousers, sides=sides)
    shoe(b, h, o.shoes, ankle, -0.1)


def motorcycle_mesh(size_m: Size, *, variant: int, scooter: bool) -> Mesh:
    """A motorcycle or scooter and its rider; the machine is tinted."""
    length, width, height = size_m
    radius, tyre = (0.24, 0.11) if scooter else (0.31, 0.14)
    rear, front = -0.5 * length + radius, 0.5 * length - radius
    b = BatchBuilder()
    sides = 12
    for x in (rear, front):
        _solid_wheel(b, (x, 0.0, radius), radius, tyre, sides)
    stem = np.array([front - (0.22 if scooter else 0.28), 0.0, 0.98 if scooter else 0.95])
    for side in (1, -1):
        b.tube((front, side * 0.10, radius), (stem[0], side * 0.08, stem[2] - 0.05), (0.028, 0.024), _GREY,
               Material.CHROME, sides=5)  # fmt: skip
    shell = Shell()
    if scooter:
        _scooter_body(b, rear, front, stem)
    else:
        _motorcycle_body(b, rear, front, stem, radius)
    _machine_lamps(shell, rear, stem, seat_z=0.80)
    shell.into(b)
    grip = _handlebar(b, stem + np.array([-0.02, 0.0, 0.06]), 0.5 * width)
    seat = np.array([rear + (0.40 if scooter else 0.46), 0.0, 0.82])
    feet_x = front - 0.55 if scooter else rear + 0.62
    feet = [np.array([feet_x, side * 0.17, 0.27 if scooter else 0.30]) for side in (1, -1)]
    _rider(
        b,
        height,
        rider_outfit_of(variant, motor=True),
        seat,
        np.array([0.12 if scooter else 0.35, 0.0, 1.0]),
        feet,
        grip,
    )
    return b.build()


def _solid_wheel(b: MeshBuilder, hub: tuple[float, float, float], radius: float, tyre: float, sides: int) -> None:
    for side in (1, -1):
        wheel(b, (hub[0], side * 0.5 * tyre, hub[2]), radius, 0.5 * tyre, side=side, sides=sides,
              rim=0.70)  # fmt: skip


def _motorcycle_body(b: MeshBuilder, rear: float, front: float, stem: Floats, radius: float) -> None:
    paint: Colour = (1.0, 1.0, 1.0)
    dark, metal = (0.06, 0.06, 0.065), (0.35, 0.36, 0.37)
    swept(b, [(rear + 0.62, 0, 0.78), (rear + 0.78, 0, 0.86), (stem[0] - 0.10, 0, 0.88), (stem[0] + 0.02, 0, 0.82)],
          [(0.05, 0.07), (0.13, 0.15), (0.13, 0.16), (0.05, 0.07)], paint, Material.PAINT, sides=8,
          caps=(True, True))  # fmt: skip
    swept(b, [(rear - 0.18, 0, 0.84), (rear + 0.1, 0, 0.82), (rear + 0.46, 0, 0.77), (rear + 0.70, 0, 0.80)],
          [(0.03, 0.06), (0.06, 0.11), (0.06, 0.14), (0.05, 0.09)], dark, Material.PLASTIC, sides=8,
          caps=(True, True))  # fmt: skip
    swept(b, [(rear - 0.20, 0, 0.80), (rear + 0.15, 0, 0.74), (rear + 0.55, 0, 0.66)],
          [(0.02, 0.05), (0.06, 0.10), (0.05, 0.10)], paint, Material.PAINT, sides=8, caps=(True, False))  # fmt: skip
    b.box((rear + 0.48, -0.14, 0.26), (front - 0.42, 0.14, 0.66), metal, Material.METAL, floor=True)
    for side in (1, -1):
        pipe = (rear + 0.75, side * 0.17, 0.32), (rear - 0.05, side * 0.19, 0.42)
        b.tube(*pipe, (0.035, 0.05), metal, Material.CHROME, sides=6, caps=True)  # fmt: skip
        b.tube(
            (rear, side * 0.10, radius), (rear + 0.5, side * 0.10, 0.42), (0.03, 0.03), metal, Material.METAL, sides=4
        )
    swept(b, [(front - 0.30, 0, radius + 0.20), (front, 0, radius * 2 + 0.03), (front + 0.26, 0, radius + 0.18)],
          [(0.015, 0.08)] * 3, paint, Material.PAINT, sides=6)  # fmt: skip


def _scooter_body(b: MeshBuilder, rear: float, front: float, stem: Floats) -> None:
    paint: Colour = (1.0, 1.0, 1.0)
    dark = (0.07, 0.07, 0.075)
    swept(b, [(rear - 0.22, 0, 0.62), (rear, 0, 0.60), (rear + 0.45, 0, 0.52), (rear + 0.62, 0, 0.42)],
          [(0.06, 0.10), (0.17, 0.19), (0.22, 0.19), (0.16, 0.15)], paint, Material.PAINT, sides=8,
          caps=(True, True))  # fmt: skip
    swept(b, [(rear - 0.2, 0, 0.80), (rear + 0.1, 0, 0.80), (rear + 0.62, 0, 0.76)],
          [(0.03, 0.08), (0.05, 0.14), (0.04, 0.11)], dark, Material.PLASTIC, sides=8, caps=(True, True))  # fmt: skip
    b.box((rear + 0.45, -0.18, 0.22), (front - 0.28, 0.18, 0.28), dark, Material.PLASTIC, floor=True)
    swept(b, [(front - 0.30, 0, 0.24), (front - 0.24, 0, 0.55), (stem[0] + 0.02, 0, 0.92)],
          [(0.05, 0.17), (0.06, 0.21), (0.08, 0.13)], paint, Material.PAINT, sides=8, caps=(True, True))  # fmt: skip
    swept(b, [(front - 0.24, 0, 0.40), (front, 0, 0.52), (front + 0.20, 0, 0.40)], [(0.02, 0.09)] * 3, paint,
          Material.PAINT, sides=6)  # fmt: skip


def _machine_lamps(shell: Shell, rear: float, stem: Floats, *, seat_z: float) -> None:
    """Head lamp, tail and brake lamp, indicators, plate."""
    x = float(stem[0]) + 0.10
    z = float(stem[2]) - 0.10
    shell.block((x - 0.12, 0.0, z - 0.09), (x, 0.10, z + 0.10), _HOUSING, "fltu")
    front_quad(shell, x + 0.004, (0.0, 0.085), (z - 0.07, z + 0.08), HEAD)
    front_quad(shell, x - 0.02, (0.13, 0.19), (z - 0.02, z + 0.05), LEFT)
    back = rear - 0.24
    rear_quad(shell, back, (0.0, 0.08), (seat_z - 0.06, seat_z - 0.01), TAIL)
    rear_quad(shell, back, (0.0, 0.08), (seat_z - 0.11, seat_z - 0.06), BRAKE)
    rear_quad(shell, back, (0.11, 0.17), (seat_z - 0.10, seat_z - 0.03), LEFT)
    shell.block((back + 0.004, 0.0, seat_z - 0.12), (back + 0.12, 0.08, seat_z), _HOUSING, "lt")
    shell.block((back + 0.004, 0.08, seat_z - 0.075), (back + 0.03, 0.17, seat_z - 0.055), STEEL, "flt")
    rear_quad(shell, back - 0.01, (0.0, 0.09), (seat_z - 0.34, seat_z - 0.18), PLATE)
