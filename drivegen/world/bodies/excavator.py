"""A tracked excavator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.bodies.blocks import front_quad, side_quad
from drivegen.world.bodies.catalogue import Size
from drivegen.world.bodies.machine_parts import BUCKET, cab, extrude, machine_lamps
from drivegen.world.bodies.shell import Shell
from drivegen.world.bodies.skins import BLACK, CAVITY, GREY, HEAD, PAINT, STEEL, Skin
from drivegen.world.geometry import Material, Mesh, MeshBuilder

_TRACK = Skin((0.09, 0.09, 0.095), Material.RUBBER)


def excavator_mesh(size_m: Size, *, coarse: bool) -> Mesh:
    """A tracked excavator with its boom folded before it."""
    length, width, height = size_m
    half, nose, tail = 0.5 * width, 0.5 * length, -0.5 * length
    b, shell = MeshBuilder(), Shell(coarse=coarse)
    track_rear, track_front = tail + 0.25, tail + 0.25 + 3.3
    _track(shell, (track_rear, track_front), half, coarse=coarse)
    shell.block((track_rear + 0.7, 0.0, 0.35), (track_front - 0.7, half - 0.5, 0.95), CAVITY, "fblt")
    house = [(tail + 3.0, 1.0), (tail + 3.0, 1.55), (tail + 1.6, 1.62), (tail + 1.5, 2.02), (tail + 0.15, 1.98),
             (tail, 1.75), (tail, 1.02)]  # fmt: skip
    extrude(shell, house, half - 0.06, PAINT)
    side_quad(shell, half - 0.055, (tail + 0.25, tail + 1.2), (1.35, 1.7), CAVITY)
    side_quad(shell, half - 0.054, (tail + 0.05, tail + 2.9), (1.06, 1.16), BLACK)
    front_quad(shell, tail + 3.004, (0.62, 0.85), (1.3, 1.45), HEAD)
    machine_lamps(shell, tail - 0.004, half - 0.08, 1.45)
    # The boom stands on the right half of the middle; made on both sides of it, it is one beam.
    boom = [(tail + 3.0, 1.15), (tail + 2.55, 1.35), (tail + 3.6, height - 0.12), (tail + 4.05, height),
            (nose - 0.75, height - 0.55), (nose - 0.72, height - 0.85), (tail + 4.1, height - 0.42)]  # fmt: skip
    _beam(shell, boom, 0.17)
    stick = [(nose - 0.32, 1.0), (nose - 0.56, 1.0), (nose - 0.98, height - 0.62), (nose - 0.66, height - 0.48)]
    extrude(shell, stick[::-1], 0.14, PAINT)
    bucket = [(nose, 0.42), (nose - 0.35, 0.10), (nose - 0.95, 0.0), (nose - 1.02, 0.35), (nose - 0.62, 1.02),
              (nose - 0.22, 1.05)]  # fmt: skip
    extrude(shell, bucket[::-1], 0.45, BUCKET)
    ram = [(tail + 3.05, 1.25), (tail + 3.75, height - 0.32)]
    shell.into(b)
    for y in (0.26, -0.26):
        b.tube((ram[0][0], y, ram[0][1]), (ram[1][0], y, ram[1][1]), (0.06, 0.04), STEEL.rgb, STEEL.material,
               sides=3 if coarse else 6)  # fmt: skip
    _left_cab(b, (tail + 1.62, tail + 3.15), (0.28, half - 0.02), (1.45, height - 0.02), coarse=coarse)
    return b.build()


def _beam(shell: Shell, outline: Sequence[tuple[float, float]], half: float) -> None:
    """A bent beam: its outline, from its foot's underside, is cut into convex pieces."""
    foot_low, foot_high, back, knee, tip_high, tip_low, belly = outline
    extrude(shell, [foot_low, foot_high, back, belly][::-1], half, PAINT)
    extrude(shell, [belly, back, knee, tip_high, tip_low][::-1], half, PAINT)


def _track(shell: Shell, x: tuple[float, float], half: float, *, coarse: bool) -> None:
    """A crawler track on its idlers."""
    (x0, x1), r = x, 0.42
    turn = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 4 if coarse else 6)
    ends = [(x1 - r + r * np.cos(a), r + r * np.sin(a)) for a in turn]
    ends += [(x0 + r - r * np.cos(a), r - r * np.sin(a)) for a in turn]
    outer = np.array([(a, half, c) for a, c in ends])
    inner = outer - [0.0, 0.55, 0.0]
    n = len(outer)
    middle = outer.mean(axis=0)
    for i in range(n):
        j = (i + 1) % n
        shell.quad([outer[i], outer[j], inner[j], inner[i]][::-1], _TRACK)
        if shell.coarse:
            continue
        shell.quad([outer[i], outer[j], _toward(outer[j], middle), _toward(outer[i], middle)][::-1], _TRACK)
        shell.quad([inner[i], inner[j], middle - [0.0, 0.55, 0.0], middle - [0.0, 0.55, 0.0]], _TRACK)
    core = _toward(outer, middle) - [0.0, 0.02, 0.0]
    if shell.coarse:
        _fan(shell, outer, _TRACK)
        _fan(shell, inner[::-1], _TRACK)
        core = core[[0, 3, 4, 7]] + np.array([0.0, 0.03, 0.0])
    _fan(shell, core, GREY)


def _fan(shell: Shell, ring: Floats, skin: Skin) -> None:
    """A convex polygon (N, 3), clockwise seen from the left."""
    for i in range(1, len(ring) - 1):
        shell.quad([ring[0], ring[i], ring[i + 1], ring[i + 1]][::-1], skin)


def _toward(points: Floats, middle: Floats) -> Floats:
    """Points moved 10 cm towards a middle, keeping their y."""
    away = (points - middle) * [1.0, 0.0, 1.0]
    length = np.linalg.norm(away, axis=-1, keepdims=True)
    moved: Floats = points - away / length * 0.12
    return moved


def _left_cab(
    b: MeshBuilder, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], *, coarse: bool
) -> None:
    """A cab on the left half alone."""
    shell, own = Shell(coarse=coarse), MeshBuilder()
    cab(shell, x, 0.5 * (y[1] - y[0]) - 0.02, z)
    shell.into(own)
    b.add(own.build().moved(np.eye(3), np.array([0.0, 0.5 * (y[0] + y[1]), 0.0])))
