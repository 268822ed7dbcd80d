"""Cars: a body swept through its flanks' lines, with wheel arches, windows flush with the body, lamps and wheels."""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.bodies.batch import BatchBuilder
from drivegen.world.bodies.car_details import add_bed, add_details
from drivegen.world.bodies.car_shape import ACROSS, CarShape, Curves
from drivegen.world.bodies.shell import Shell
from drivegen.world.bodies.skins import BLACK, CAVITY, PAINT, Skin, skins
from drivegen.world.bodies.wheels import wheel
from drivegen.world.geometry import Mesh, MeshBuilder

_ARCH = 1.13
"""Wheel arches' radius over the wheels'."""
_WHEEL_WIDTH_M = 0.21
_UPRIGHT = 1e-4
"""Below the axle the arch's edge is upright: a column of the full flank stands this far from one that is cut."""


def car_mesh(shape: CarShape, size_m: tuple[float, float, float], *, steer_rad: float) -> Mesh:
    """A car of about this size, painted white."""
    b, shell, curves = BatchBuilder(), Shell(), Curves(shape, size_m)
    _flank(shell, curves)
    _ends(shell, curves)
    _window_wall(shell, curves)
    _level_parts(shell, curves)
    _inside(shell, curves)
    if shape.bed is not None:
        add_bed(shell, curves, shape.bed)
    add_details(shell, curves)
    shell.into(b)
    _wheels(b, curves, steer_rad)
    return b.build()


def _arch(curves: Curves, axle: int) -> tuple[Floats, Floats]:
    """Outline (N,) x, (N,) z of a wheel arch from its front over its top, in the shape's figures."""
    shape = curves.shape
    radius = shape.wheel * _ARCH
    angle = np.linspace(0.0, np.pi, 8)
    across = radius * curves.height_m / curves.length_m
    return shape.axles[axle] + across * np.cos(angle), shape.wheel + radius * np.sin(angle)


def _stations(curves: Curves) -> Floats:
    """x of the flank's columns from front to rear, in the shape's figures."""
    shape = curves.shape
    arches = [_arch(curves, axle)[0] for axle in (0, 1)]
    lamps = (shape.ends[0] - 0.022, shape.ends[1] + 0.022)
    bends = [x for x, _ in (*shape.shoulder, *shape.plan) if shape.ends[1] < x < shape.ends[0]]
    feet = [arch[i] + sign * _UPRIGHT for arch in arches for i, sign in ((0, 1.0), (-1, -1.0))]
    fixed = np.concatenate([*arches, [*shape.ends, *lamps, *feet]])
    free = [x for x in dict.fromkeys(bends) if np.abs(fixed - x).min() > 0.006]
    return np.unique(np.concatenate([fixed, free]))[::-1]


def _flank(shell: Shell, curves: Curves) -> None:
    shape = curves.shape
    x = _stations(curves)
    points = curves.lines(x)
    floor = np.full(len(x), -1.0)
    for axle in (0, 1):
        arch_x, arch_z = _arch(curves, axle)
        within = (x < arch_x[0] + 1e-9) & (x > arch_x[-1] - 1e-9)
        floor[within] = np.interp(-x[within], -arch_x, arch_z)
    raised = np.maximum(points[..., 2], np.minimum(floor, points[-1, :, 2] - 0.02))
    # Where the arch cuts a line short, the flank's y there is that of the arch's own height.
    for c in np.flatnonzero(floor > 0):
        points[:, c, 1] = np.interp(raised[:, c], points[:, c, 2], points[:, c, 1])
    points[..., 2] = raised
    shell.grid(curves.metres(points), _flank_skins(shape, len(x) - 1))


def _flank_skins(shape: CarShape, count: int) -> list[list[Skin]]:
    table = [[PAINT] * count for _ in range(4)]
    table[0] = [skins(shape.sill)[0][0]] * count
    front, rear = skins(shape.wrap)[0]
    table[2][0], table[2][-1] = front, rear
    return table


def _ends(shell: Shell, curves: Curves) -> None:
    for which, words in ((0, curves.shape.front), (1, curves.shape.rear)):
        points, table = curves.metres(curves.end(which)), skins(words)
        if which == 0:
            shell.grid(points, table)
        else:
            shell.grid(points[:, ::-1], [row[::-1] for row in table])


def _window_wall(shell: Shell, curves: Curves) -> None:
    shape = curves.shape
    wall = curves.metres(curves.wall())
    glazed = skins(shape.windows)[0]
    plain = [PAINT] * len(glazed)
    front, rear = skins(shape.screens)
    sheet, dark = [PAINT] * (len(ACROSS) - 1), [BLACK] * (len(ACROSS) - 1)
    for points, table in (
        (wall, [plain, glazed, plain]),
        (curves.metres(curves.screen(0)), [dark, front, sheet]),
        (curves.metres(curves.screen(1))[:, ::-1], [sheet, rear[::-1], sheet]),
    ):
        shell.grid(points, table)


def _level_parts(shell: Shell, curves: Curves) -> None:
    """Roof, bonnet and boot."""
    shape = curves.shape
    top = curves.wall()[-1]
    across = ACROSS[::-1, None]
    roof = np.broadcast_to(top, (len(ACROSS), *top.shape)).copy()
    roof[..., 1] *= across
    roof[..., 2] += shape.crown * (1.0 - across**2)
    for which, column in ((0, 0), (1, -1)):
        roof[:, column] = curves.screen(which)[-1, ::-1]
    shell.grid(curves.metres(roof))
    shell.grid(curves.metres(_cover(curves, 0)))
    if shape.bed is None:
        shell.grid(curves.metres(_cover(curves, 1)))


def _cover(curves: Curves, which: int) -> Floats:
    """Bonnet (0) or boot (1): points (T, C, 3), rows from the side to the middle, columns from front to rear."""
    shape = curves.shape
    tip, foot = curves.end(which)[-1, ::-1], curves.screen(which)[0, ::-1]
    outer, inner = shape.ends[which], foot[0, 0]
    bends = [x for x, _ in (*shape.shoulder, *shape.plan) if min(outer, inner) < x < max(outer, inner)]
    x = np.unique([outer, inner, *bends])[::-1]
    share = (x - outer) / (inner - outer)
    points = tip[:, None] + (foot - tip)[:, None] * share[:, None]
    edge = curves.lines(x)[-1]
    across = ACROSS[::-1, None]
    points[..., 1] = edge[:, 1] * across
    points[..., 2] = edge[:, 2] + shape.bonnet_crown * (1.0 - across**2)
    points[:, np.flatnonzero(share == 1.0)[0]] = foot
    return points


def _inside(shell: Shell, curves: Curves) -> None:
    """What is behind the wheels and under the floor, so that nobody looks through the car."""
    shape = curves.shape
    flank = 0.5 * curves.width_m
    inner = flank - _WHEEL_WIDTH_M - 0.06
    low, high = shape.levels[0][0] * curves.height_m, shape.wheel * 2.16 * curves.height_m
    reach = shape.wheel * _ARCH * curves.height_m
    for axle in shape.axles:
        x = axle * curves.length_m
        shell.block((x - reach, 0.0, low), (x + reach, inner, high), CAVITY, "l")
        for end, sign in ((x - reach, 1.0), (x + reach, -1.0)):
            line = curves.metres(curves.lines(np.array([end / curves.length_m])))[:, 0]
            z = np.array([low, *line[(line[:, 2] > low + 0.02) & (line[:, 2] < high - 0.02), 2], high])
            y = np.interp(z, line[:, 2], line[:, 1]) - 0.004
            wall = np.stack(
                np.broadcast_arrays(end, np.stack([np.full_like(y, inner), y], axis=1), z[:, None]), axis=-1
            )
            shell.grid(wall if sign > 0 else wall[:, ::-1], CAVITY)


def _wheels(b: MeshBuilder, curves: Curves, steer_rad: float) -> None:
    shape = curves.shape
    radius = shape.wheel * curves.height_m
    for axle in (0, 1):
        y = curves.metres(curves.flank_point(shape.axles[axle], shape.levels[0][1]))[1] - 0.012
        for side in (1, -1):
            wheel(
                b, (shape.axles[axle] * curves.length_m, side * y, radius), radius, _WHEEL_WIDTH_M, side=side,
                steer_rad=steer_rad if axle == 0 else 0.0, sides=12, covered=True,
            )  # fmt: skip
