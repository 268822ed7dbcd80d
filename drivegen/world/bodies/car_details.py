"""What a car shows beside its body: shut lines, handles, mirrors, number plates, cladding, rails."""

from __future__ import annotations

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.bodies.car_shape import ACROSS, Curves
from drivegen.world.bodies.shell import Shell
from drivegen.world.bodies.skins import BLACK, BRAKE, CAVITY, CHROME, GAP, GLASS, PAINT, PLATE, Skin

_PROUD_M = 0.004


def add_details(shell: Shell, curves: Curves) -> None:
    """All details of a car."""
    for x in curves.shape.doors:
        _shut_line(shell, curves, x)
    for x in curves.shape.handles:
        _handle(shell, curves, x)
    _mirror(shell, curves)
    _plates(shell, curves)
    if curves.shape.clad:
        _cladding(shell, curves)
    if curves.shape.rails:
        _rails(shell, curves)
    if curves.shape.sign:
        _taxi_sign(shell, curves)


def _shut_line(shell: Shell, curves: Curves, x: float) -> None:
    """A dark line from the sill to the shoulder; it starts above the wheel arch where there is one."""
    line = curves.metres(curves.lines(np.array([x])))[:, 0] + [0.0, _PROUD_M, 0.0]
    shape = curves.shape
    for axle in shape.axles:
        reach = shape.wheel * 1.16 * curves.height_m
        away = abs(x - axle) * curves.length_m
        if away < reach:
            low = shape.wheel * curves.height_m + float(np.sqrt(reach**2 - away**2))
            line = np.concatenate([_at_height(line, low)[None], line[line[:, 2] > low]])
    wide = np.array([0.006, 0.0, 0.0])
    shell.grid(np.stack([line + wide, line - wide], axis=1), GAP)


def _at_height(line: Floats, z: float) -> Floats:
    return np.array([line[0, 0], np.interp(z, line[:, 2], line[:, 1]), z])


def _handle(shell: Shell, curves: Curves, x: float) -> None:
    line = curves.lines(np.array([x]))[:, 0]
    low = 0.80 * line[3, 2] + 0.20 * line[4, 2]
    z = np.array([low, low + 0.028 / curves.height_m])
    half = 0.10 / curves.length_m
    corners = [curves.flank_point(x + a * half, float(z[i])) for a, i in ((1, 0), (-1, 0), (-1, 1), (1, 1))]
    shell.quad(curves.metres(np.array(corners)) + np.array([0.0, 0.012, 0.0]), BLACK)


def _mirror(shell: Shell, curves: Curves) -> None:
    """A door mirror that reaches the full width."""
    wall = curves.metres(curves.wall())
    foot = wall[0, 1]
    outer, inner = 0.5 * curves.width_m, foot[1] - 0.03
    x, z = foot[0] - 0.02, foot[2]
    rear = np.array([[x, inner, z + 0.03], [x, outer, z + 0.04], [x, outer, z + 0.15], [x, inner, z + 0.16]])
    front = (rear - rear.mean(axis=0)) * [1.0, 0.8, 0.7] + rear.mean(axis=0) + [0.13, 0.0, 0.0]
    shell.quad(rear[::-1], GLASS)
    shell.quad(front, PAINT)
    for i in range(4):
        j = (i + 1) % 4
        shell.quad([rear[i], rear[j], front[j], front[i]], PAINT)


def _plates(shell: Shell, curves: Curves) -> None:
    shape = curves.shape
    for which, sign in ((0, 1.0), (1, -1.0)):
        line = curves.metres(curves.end(which))[:, 0]
        z = 0.55 * line[1, 2] + 0.45 * line[2, 2] if which == 0 else 0.5 * (line[1, 2] + line[2, 2])
        around = np.interp([z - 0.055, z, z + 0.055], line[:, 2], sign * line[:, 0])
        x = sign * min(float(around.max()) + _PROUD_M, 0.5 * curves.length_m)
        half = 0.25
        y = (0.0, half) if sign > 0 else (half, 0.0)
        shell.quad([(x, y[0], z - 0.055), (x, y[1], z - 0.055), (x, y[1], z + 0.055), (x, y[0], z + 0.055)], PLATE)
    screen = curves.metres(curves.screen(1))
    top = screen[-1, 0] * 0.5 + screen[-2, 0] * 0.5
    if "W" in shape.screens.split()[1]:
        slope = screen[-1, 0] - screen[-2, 0]
        step = slope / np.linalg.norm(slope) * 0.015
        out = np.array([-_PROUD_M * 1.5, 0.0, _PROUD_M])
        low, high = top - step + out, top + step + out
        across = np.array([0.0, 0.16, 0.0])
        shell.quad([low + across, low, high, high + across], BRAKE)


def _cladding(shell: Shell, curves: Curves) -> None:
    """Plastic edges of the wheel arches."""
    shape = curves.shape
    angle = np.linspace(-0.15, np.pi + 0.15, 10)
    for axle in shape.axles:
        rings = []
        for radius in (shape.wheel * 1.12, shape.wheel * 1.30):
            x = axle + radius * np.cos(angle) * curves.height_m / curves.length_m
            z = shape.wheel + radius * np.sin(angle)
            rings.append([curves.flank_point(float(a), float(c)) for a, c in zip(x, z, strict=True)])
        shell.grid(curves.metres(np.array(rings)) + np.array([0.0, 0.006, 0.0]), BLACK)


def _rails(shell: Shell, curves: Curves) -> None:
    top = curves.metres(curves.wall())[-1]
    start, end = top[1] - [0.12, 0.03, 0.0], top[-1] + [0.20, -0.03, 0.0]
    points = np.array([start + (end - start) * share for share in (0.0, 0.03, 0.97, 1.0)])
    points[:, 2] = np.interp(-points[:, 0], -top[:, 0], top[:, 2]) + np.array([0.0, 0.05, 0.05, 0.0])
    base = points - [0.0, 0.0, 0.06]
    shell.grid(np.stack([base, points]), CHROME)
    shell.grid(np.stack([points, points - [0.0, 0.025, 0.0], base - [0.0, 0.025, 0.0]]), CHROME)


def _taxi_sign(shell: Shell, curves: Curves) -> None:
    roof = curves.height_m * max(z for _, z in curves.shape.roof)
    x = 0.5 * (curves.shape.columns[0][1] + curves.shape.columns[-1][1]) * curves.length_m + 0.35
    lit = Skin((0.95, 0.92, 0.80), PLATE.material)
    shell.block((x - 0.07, 0.0, roof), (x + 0.07, 0.30, curves.height_m), lit, "fblt")


def add_bed(shell: Shell, curves: Curves, bed: tuple[float, float]) -> None:
    """A pickup's open load bed: rims, inner walls, floor."""
    x = np.array(bed)
    rim = curves.metres(curves.lines(x)[-1])
    inner = rim * [1.0, 0.90, 1.0]
    floor = inner.copy()
    floor[:, 2] = 0.50 * curves.height_m
    shell.grid(np.stack([rim, inner]), PAINT)
    shell.grid(np.stack([inner, floor]), CAVITY)
    shell.grid(np.stack([floor, floor * [1.0, 0.0, 1.0]]), GAP)
    for i, flip in ((0, False), (1, True)):
        wall = [floor[i] * [1, 0, 1], floor[i], inner[i], inner[i] * [1, 0, 1]]
        shell.quad(wall[::-1] if not flip else wall, CAVITY)
    tail = curves.metres(curves.end(1))[-1]
    shell.grid(np.stack([np.stack([inner[1] * [1, t, 1] for t in ACROSS[::-1]]), tail[::-1]]), PAINT)
