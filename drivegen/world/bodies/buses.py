"""City buses."""

from __future__ import annotations

import numpy as np

from drivegen.world.bodies.blocks import (
    Arch,
    Axle,
    Wall,
    axles,
    flank,
    front,
    front_quad,
    mirror_box,
    rear,
    rear_quad,
    roof,
    side_quad,
    skirt,
)  # fmt: skip
from drivegen.world.bodies.catalogue import Size
from drivegen.world.bodies.shell import Shell
from drivegen.world.bodies.skins import BLACK, GAP, GLASS, PLATE, Skin
from drivegen.world.geometry import Material, Mesh, MeshBuilder

_DESTINATION = Skin((0.95, 0.62, 0.12), Material.SIGN)
_WHEEL_M = 0.49


def bus_mesh(size_m: Size, *, steer_rad: float, coarse: bool) -> Mesh:
    """A low-floor bus: high windows in a dark band, doors on the right, a lit destination."""
    length, width, height = size_m
    half = 0.5 * width
    nose, tail = 0.5 * length - 0.16, -0.5 * length
    b, shell = MeshBuilder(), Shell(coarse=coarse)
    side = (nose - 0.22, tail + 0.12)
    arches = [Arch(0.5 * length - 2.75, _WHEEL_M, 0.57), Arch(-0.5 * length + 3.3, _WHEEL_M, 0.57)]
    skirt(shell, side, half, (0.28, 1.14), arches)
    top = height
    wall = Wall(
        (0.28, 0.55, 0.76, 0.95, 1.14, 2.35, top - 0.28, top - 0.10, top),
        (0.0, 0.0, 0.0, 0.0, 0.0, 0.02, 0.05, 0.12, 0.30),
        (0.02, 0.0, 0.0, 0.01, 0.02, 0.10, 0.16, 0.22, 0.34),
    )
    front(shell, wall, nose, half, 0.22, "KKK KHI PPP PPP WWW WWW KKP PPP")
    rear(shell, _plain(wall), tail, half, 0.12, "KKK PPT PPB PPI WWP WWP PPP PPP")
    upper = Wall(wall.z_m[4:], wall.inset_m[4:], wall.rake_m[4:])
    count = 2 if coarse else 7
    pillars = np.linspace(side[0] - 0.75, side[1] + 0.35, count + 1)
    columns, letters = [side[0]], "W"
    for i, x in enumerate(pillars):
        columns += [x + 0.04, x - 0.04]
        letters += "K" + ("W" if i < count else "P")
    columns.append(side[1])
    plain = "P" * len(letters)
    flank(shell, upper, columns, half, f"{letters} {plain} {plain} {plain}")
    roof(shell, wall, (nose, tail), half, (0.22, 0.12))
    _front_and_rear(shell, size_m, nose, tail)
    shell.into(b)
    if not coarse:
        _doors(b, half, side, arches[0].x_m)
    _wheels(b, half, arches, steer_rad, coarse=coarse)
    return b.build()


def _plain(wall: Wall) -> Wall:
    return Wall(wall.z_m, wall.inset_m, tuple(0.4 * rake for rake in wall.rake_m))


def _front_and_rear(shell: Shell, size_m: Size, nose: float, tail: float) -> None:
    _, width, height = size_m
    top = height - 0.28
    rake = 0.13
    front_quad(shell, nose - rake + 0.02, (0.0, 0.72), (top - 0.24, top - 0.02), _DESTINATION)
    front_quad(shell, nose + 0.006, (0.0, 0.26), (0.42, 0.53), PLATE)
    rear_quad(shell, tail - 0.004, (0.0, 0.26), (0.62, 0.73), PLATE)
    half = 0.5 * width
    # Mirrors hang before the front's corners, within the bus's width.
    mirror_box(shell, (nose - 0.05, half - 0.24, 1.75), (nose + 0.14, half, 2.25))
    shell.block(
        (nose - 0.16, half - 0.16, 2.25), (nose + 0.16, half - 0.08, 2.33), BLACK, "fl" if shell.coarse else "frltu"
    )
    # Roof gear.
    shell.block((-0.22 * size_m[0], 0.0, height - 0.05), (0.02 * size_m[0], 0.65, height), BLACK, "fblt")


def _doors(b: MeshBuilder, half: float, side: tuple[float, float], axle_x: float) -> None:
    """Glass doors on the kerb side, right: before the front axle and in the middle."""
    right = Shell()
    for low, high in ((side[0] - 1.18, side[0] - 0.06), (axle_x - 3.6, axle_x - 2.2)):
        middle = 0.5 * (low + high)
        side_quad(right, half + 0.004, (low, high), (0.36, 2.34), GAP)
        for a, c in ((low + 0.05, middle - 0.03), (middle + 0.03, high - 0.05)):
            side_quad(right, half + 0.008, (a, c), (0.50, 2.24), GLASS)
    shown = MeshBuilder()
    right.into(shown)
    mesh = shown.build()
    b.add(mesh.take(np.flatnonzero(mesh.corners[..., 1].mean(axis=1) < 0.0)))


def _wheels(b: MeshBuilder, half: float, arches: list[Arch], steer_rad: float, *, coarse: bool) -> None:
    pairs = [Axle(a.x_m, _WHEEL_M, 0.30, half - 0.04, steers=i == 0, covered=True) for i, a in enumerate(arches)]
    axles(b, pairs, steer_rad=steer_rad, coarse=coarse)
