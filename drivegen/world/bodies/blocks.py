"""Upright bodies with rounded ends, as buses and truck cabs have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.bodies.car_shape import ACROSS
from drivegen.world.bodies.shell import Shell
from drivegen.world.bodies.skins import CAVITY, PAINT, Skin, skins
from drivegen.world.bodies.wheels import disc_wheel, wheel
from drivegen.world.geometry import MeshBuilder


@dataclass(frozen=True)
class Wall:
    """A body's horizontal lines, from below: heights, and how far each stands back from the flanks and the front."""

    z_m: tuple[float, ...]
    inset_m: tuple[float, ...]
    rake_m: tuple[float, ...]


def front(shell: Shell, wall: Wall, x_m: float, half_m: float, bulge_m: float, table: str) -> None:
    """A front at x = x_m in its middle, its corners `bulge_m` behind; the table has a word for each band from below."""
    shell.grid(_end(shell, wall, x_m, half_m, bulge_m, 1.0), _end_skins(shell, table))


def rear(shell: Shell, wall: Wall, x_m: float, half_m: float, bulge_m: float, table: str) -> None:
    """A rear end at x = x_m; letters from the middle to the side as in `front`."""
    looks = [row[::-1] for row in _end_skins(shell, table)]
    shell.grid(_end(shell, wall, x_m, half_m, bulge_m, -1.0)[:, ::-1], looks)


def _end_skins(shell: Shell, table: str) -> list[list[Skin]]:
    """The skins of an end; far away, panes reach its corners."""
    return skins(table.replace("WWP", "WWW") if shell.coarse else table)


def _arch(shell: Shell) -> Floats:
    """Share of an end's bulge that is behind its middle, at ACROSS; far away it is level, then straight."""
    return np.array([0.0, 0.0, 0.76, 1.0]) if shell.coarse else ACROSS**2.4


def _end(shell: Shell, wall: Wall, x_m: float, half_m: float, bulge_m: float, sign: float) -> Floats:
    rake, inset = np.array(wall.rake_m), np.array(wall.inset_m)
    x = x_m - sign * (rake[:, None] + bulge_m * _arch(shell))
    y = np.outer(half_m - inset, ACROSS)
    return np.stack([x, y, np.repeat(np.array(wall.z_m)[:, None], len(ACROSS), axis=1)], axis=-1)


def flank(
    shell: Shell, wall: Wall, x_m: Sequence[float], half_m: float, table: str, *, raked: tuple[int, ...] = (0,)
) -> None:
    """The left flank: columns at x_m from front to rear; those in `raked` lean back as the front does."""
    points = np.zeros((len(wall.z_m), len(x_m), 3))
    points[..., 0] = np.asarray(x_m)
    for column in raked:
        points[:, column, 0] -= np.array(wall.rake_m)
    points[..., 1] = half_m - np.array(wall.inset_m)[:, None]
    points[..., 2] = np.array(wall.z_m)[:, None]
    shell.grid(points, skins(table))


def roof(shell: Shell, wall: Wall, x_m: tuple[float, float], half_m: float, bulge_m: tuple[float, float]) -> None:
    """The level lid over the walls, front and rear ends bulging."""
    y = (half_m - wall.inset_m[-1]) * ACROSS[::-1]
    arch = _arch(shell)[::-1]
    columns = [x_m[0] - wall.rake_m[-1] - bulge_m[0] * arch, x_m[1] + bulge_m[1] * arch]
    z = np.full_like(y, wall.z_m[-1])
    shell.grid(np.stack([np.stack([x, y, z], axis=-1) for x in columns], axis=1))


@dataclass(frozen=True)
class Arch:
    """A wheel with its arch: x and radius of the wheel, radius of the arch."""

    x_m: float
    wheel_m: float
    arch_m: float


def skirt(
    shell: Shell, x_m: tuple[float, float], half_m: float, z_m: tuple[float, float], arches: Sequence[Arch],
    skin: Skin = PAINT,
) -> None:  # fmt: skip
    """The lower band of a left flank with wheel arches cut out, and the dark behind them."""
    if shell.coarse:
        # The wheels' discs stand before it and bring the dark of the arches.
        side_quad(shell, half_m, (x_m[1], x_m[0]), z_m, skin)
        return
    columns, floors = [x_m[0], x_m[1]], [z_m[0], z_m[0]]
    for arch in arches:
        angle = np.linspace(0.0, np.pi, 8)
        # Below the axle the edge is upright: a column of the full band stands close to one that is cut.
        feet = [arch.x_m + arch.arch_m + 1e-3, arch.x_m - arch.arch_m - 1e-3]
        columns += [*feet, *(arch.x_m + arch.arch_m * np.cos(angle))]
        floors += [z_m[0], z_m[0], *np.minimum(arch.wheel_m + arch.arch_m * np.sin(angle), z_m[1] - 0.01)]
        inner = half_m - 0.55
        low, high = z_m[0], arch.wheel_m + arch.arch_m
        front_x, rear_x = arch.x_m + arch.arch_m, arch.x_m - arch.arch_m
        shell.block((rear_x, 0.0, low), (front_x, inner, high), CAVITY, "l")
        shell.quad([(rear_x, inner, low), (rear_x, half_m, low), (rear_x, half_m, high), (rear_x, inner, high)], CAVITY)
        shell.quad(
            [(front_x, half_m, low), (front_x, inner, low), (front_x, inner, high), (front_x, half_m, high)], CAVITY
        )
    order = np.argsort(-np.array(columns), kind="stable")
    x, z = np.array(columns)[order], np.array(floors)[order]
    lower = np.stack([x, np.full_like(x, half_m), z], axis=-1)
    upper = np.stack([x, np.full_like(x, half_m), np.full_like(x, z_m[1])], axis=-1)
    shell.grid(np.stack([lower, upper]), skin)


@dataclass(frozen=True)
class Axle:
    """A pair of wheels: x, radius, width, y of their outer faces, whether they steer."""

    x_m: float
    radius_m: float
    width_m: float
    outer_m: float
    steers: bool = False
    covered: bool = False


_RIM_RGB = (0.50, 0.51, 0.52)
_DISC_OUT_M = 0.045
"""Covered wheels' outer faces lie at most this far inside the flank."""


def axles(b: MeshBuilder, all_axles: Sequence[Axle], *, steer_rad: float = 0.0, coarse: bool = False) -> None:
    """Wheels of trucks and buses, with steel rims."""
    for axle in all_axles:
        for side in (1, -1):
            if coarse:
                y = side * (axle.outer_m + (_DISC_OUT_M if axle.covered else 0.0))
                disc_wheel(
                    b, (axle.x_m, y, axle.radius_m), axle.radius_m, axle.width_m, side=side, rim=0.60,
                    rim_rgb=_RIM_RGB, covered=axle.covered,
                )  # fmt: skip
                continue
            wheel(
                b, (axle.x_m, side * axle.outer_m, axle.radius_m), axle.radius_m, axle.width_m, side=side,
                steer_rad=steer_rad if axle.steers else 0.0, rim=0.60, rim_rgb=_RIM_RGB, spoked=False,
                inner=not axle.covered, covered=axle.covered,
            )  # fmt: skip


def mirror_box(shell: Shell, low: tuple[float, float, float], high: tuple[float, float, float]) -> None:
    """A big upright door mirror on two arms."""
    if shell.coarse:
        shell.block(low, high, skins("K")[0][0], "fb")
        return
    for z in (low[2] + 0.06, high[2] - 0.10):
        shell.block((low[0] + 0.04, low[1] - 0.14, z), (low[0] + 0.07, low[1], z + 0.03), skins("K")[0][0], "ftub")
    shell.block(low, high, skins("K")[0][0], "frltu")
    shell.block((low[0], low[1], low[2]), (low[0] + 0.01, high[1], high[2]), skins("W")[0][0], "b")


def ends_lamps(shell: Shell, x_m: float, half_m: float, z_m: float) -> None:
    """Rear lamps of trucks and trailers on a bar at x_m: tail, brake, indicator, and a number plate."""
    shell.block(
        (x_m, 0.0, z_m - 0.08), (x_m + 0.10, half_m, z_m + 0.08), skins("K")[0][0], "bl" if shell.coarse else "blt"
    )
    spans = ((0.06, 0.20, "I"), (0.20, 0.36, "B"), (0.36, 0.54, "T"))
    for near, far, letter in spans:
        shell.quad(_rear_quad(x_m - 0.006, half_m - far, half_m - near, z_m - 0.06, z_m + 0.06), skins(letter)[0][0])


def _rear_quad(x: float, y0: float, y1: float, z0: float, z1: float) -> list[tuple[float, float, float]]:
    return [(x, y1, z0), (x, y0, z0), (x, y0, z1), (x, y1, z1)]


def rear_quad(shell: Shell, x: float, y: tuple[float, float], z: tuple[float, float], skin: Skin) -> None:
    """An upright quad that looks backwards."""
    shell.quad(_rear_quad(x, y[0], y[1], z[0], z[1]), skin)


def front_quad(shell: Shell, x: float, y: tuple[float, float], z: tuple[float, float], skin: Skin) -> None:
    """An upright quad that looks forwards."""
    shell.quad([(x, y[0], z[0]), (x, y[1], z[0]), (x, y[1], z[1]), (x, y[0], z[1])], skin)


def side_quad(shell: Shell, y: float, x: tuple[float, float], z: tuple[float, float], skin: Skin) -> None:
    """An upright quad that looks to the left; x from rear to front."""
    shell.quad([(x[1], y, z[0]), (x[0], y, z[0]), (x[0], y, z[1]), (x[1], y, z[1])], skin)
