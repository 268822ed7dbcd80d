"""Construction machines on wheels and drums: wheel loader, roller."""

from __future__ import annotations

from itertools import pairwise

from drivegen.world.bodies.blocks import Axle, axles, front_quad, side_quad
from drivegen.world.bodies.catalogue import Size
from drivegen.world.bodies.machine_parts import BUCKET, cab, extrude, machine_lamps
from drivegen.world.bodies.shell import Shell
from drivegen.world.bodies.skins import BLACK, CAVITY, GAP, GREY, HEAD, PAINT, STEEL, Skin
from drivegen.world.geometry import Material, Mesh, MeshBuilder

_BEACON = Skin((0.95, 0.50, 0.05), Material.SIGN)


def loader_mesh(size_m: Size, *, coarse: bool) -> Mesh:
    """A wheel loader: engine behind, cab in the middle, arms and bucket before it."""
    length, width, height = size_m
    half, nose, tail = 0.5 * width, 0.5 * length, -0.5 * length
    radius = 0.225 * height
    b, shell = MeshBuilder(), Shell(coarse=coarse)
    deck = 2.0 * radius + 0.12
    body = [(tail + 2.35, 0.55), (tail + 2.30, deck), (tail + 0.35, deck - 0.10), (tail, deck - 0.35), (tail, 0.60)]
    extrude(shell, body, 0.36 * width, PAINT)
    shell.block((tail + 0.02, 0.0, 0.45), (tail + 0.45, 0.42 * width, 0.95), GREY, "fbltu")
    for i in range(0 if coarse else 4):
        z = deck - 0.65 + 0.11 * i
        side_quad(shell, 0.36 * width + 0.005, (tail + 0.45, tail + 1.15), (z, z + 0.06), CAVITY)
    cab(shell, (tail + 1.35, tail + 2.85), 0.30 * width, (deck - 0.25, height - 0.10))
    shell.block((tail + 1.95, 0.0, height - 0.10), (tail + 2.1, 0.07, height), _BEACON, "fblt")
    shell.block((tail + 0.62, 0.0, deck - 0.2), (tail + 0.74, 0.06, deck + 0.5), BLACK, "fbl")
    front_x = tail + 3.65
    extrude(shell, [(front_x + 0.55, 0.55), (front_x + 0.3, deck), (tail + 2.4, deck - 0.2), (tail + 2.3, 0.55)],
            0.20 * width, PAINT)  # fmt: skip
    arm = [(nose - 1.06, 0.34), (nose - 1.02, 0.60), (front_x + 0.35, deck + 0.28), (front_x - 0.25, deck + 0.22),
           (front_x - 0.25, deck - 0.05), (front_x + 0.25, deck - 0.02)]  # fmt: skip
    extrude(shell, arm, 0.22 * width, PAINT, inner=0.13 * width)
    _bucket(shell, nose, half)
    for x in (front_x, tail + 1.05):
        shell.block(
            (x - 0.72, 0.36 * width, 2 * radius + 0.05),
            (x + 0.72, half, 2 * radius + 0.10),
            BLACK,
            "lt" if coarse else "fbltu",
        )
    front_quad(shell, front_x + 0.55, (0.05, 0.18 * width), (deck - 0.5, deck - 0.3), HEAD)
    machine_lamps(shell, tail - 0.004, 0.36 * width, deck - 0.55)
    shell.into(b)
    wheels = [Axle(x, radius, 0.55, half - 0.03) for x in (front_x, tail + 1.05)]
    axles(b, wheels, coarse=coarse)
    return b.build()


def _bucket(shell: Shell, nose: float, half: float) -> None:
    """A bucket, open to the front, with teeth."""
    back = nose - 0.98
    line = [(nose, 0.04), (back + 0.18, 0.02), (back, 0.25), (back + 0.02, 0.62), (nose - 0.58, 0.98)]
    for (ax, az), (cx, cz) in pairwise(line):
        sheet = [(ax, half, az), (ax, 0.0, az), (cx, 0.0, cz), (cx, half, cz)]
        shell.quad(sheet, BUCKET)
        shell.quad(sheet[::-1], BUCKET)
    side = [(x, half, z) for x, z in line]
    for face in ([side[0], side[4], side[3], side[2]], [side[0], side[2], side[1], side[1]]):
        shell.quad(face, BUCKET)
        shell.quad(face[::-1], BUCKET)
    if shell.coarse:
        shell.span([(nose, -half, 0.0), (nose, half, 0.0), (nose, half, 0.04), (nose, -half, 0.04)], STEEL)
    for y in () if shell.coarse else (0.1, 0.45, 0.8):
        shell.block((nose - 0.16, y * half, 0.0), (nose, y * half + 0.08, 0.06), STEEL, "flrt")


def roller_mesh(size_m: Size, *, coarse: bool) -> Mesh:
    """A road roller: two steel drums, a low body between them under a canopy."""
    length, width, height = size_m
    half, nose, tail = 0.5 * width, 0.5 * length, -0.5 * length
    radius = 0.5 * 0.42 * height
    b, shell = MeshBuilder(), Shell(coarse=coarse)
    deck = 2.0 * radius + 0.06
    for centre in (nose - radius, tail + radius):
        _fork(shell, centre, half, radius)
    body = [(nose - 2.2 * radius, 0.42), (nose - 2.05 * radius, deck), (tail + 1.75 * radius, deck - 0.02),
            (tail + 2.2 * radius, 0.42)]  # fmt: skip
    extrude(shell, body, half - 0.14, PAINT)
    shell.block((tail + 1.0 * radius, 0.0, deck - 0.03), (tail + 2.4 * radius, half - 0.2, deck + 0.32), PAINT, "fblt")
    shell.block((tail + 2.6 * radius, 0.0, deck), (tail + 3.0 * radius, 0.28, deck + 0.5), BLACK, "fblt")
    for x in (tail + 1.8 * radius, nose - 2.1 * radius):
        shell.block((x, half - 0.22, deck - 0.1), (x + 0.07, half - 0.15, height - 0.06), BLACK, "frlb")
    roof = (tail + 1.5 * radius, nose - 1.7 * radius)
    shell.block((roof[0], 0.0, height - 0.09), (roof[1], half - 0.08, height), PAINT, "fblt" if coarse else "fbltu")
    front_quad(shell, nose - 0.02, (half - 0.5, half - 0.3), (deck - 0.02, deck + 0.1), HEAD)
    shell.block(
        (nose - 0.35, 0.0, deck - 0.06), (nose - 0.024, half - 0.14, deck + 0.14), PAINT, "fblt" if coarse else "fbltu"
    )
    shell.block(
        (tail + 0.024, 0.0, deck - 0.06),
        (tail + radius, half - 0.14, deck + 0.14),
        PAINT,
        "fblt" if coarse else "fbltu",
    )
    machine_lamps(shell, tail + 0.02, half - 0.16, deck - 0.04)
    side_quad(shell, half - 0.135, (tail + 2.3 * radius, nose - 2.3 * radius), (0.62, 0.8), GAP)
    shell.into(b)
    sides = 10 if coarse else 20
    for centre in (nose - radius, tail + radius):
        b.tube((centre, -half + 0.08, radius), (centre, half - 0.08, radius), (radius, radius), (0.55, 0.55, 0.56),
               Material.METAL, sides=sides, caps=True)  # fmt: skip
    return b.build()


def _fork(shell: Shell, centre: float, half: float, radius: float) -> None:
    """The frame that holds a drum."""
    shell.block(
        (centre - 0.10, half - 0.06, radius - 0.12),
        (centre + 0.10, half, 2 * radius + 0.10),
        PAINT,
        "fbl" if shell.coarse else "fbltur",
    )
