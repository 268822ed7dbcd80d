"""Cars for far away: the lines of `CarShape` with few sections, lamps as quads, wheels as discs before the flanks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.bodies.batch import BatchBuilder
from drivegen.world.bodies.car_details import add_bed
from drivegen.world.bodies.car_shape import ACROSS, CarShape, Curves, curve
from drivegen.world.bodies.shell import Shell
from drivegen.world.bodies.skins import BLACK, BRAKE, GLASS, PAINT, PLATE, Skin, skins
from drivegen.world.bodies.thinning import proud, thinned
from drivegen.world.bodies.wheels import disc_wheel
from drivegen.world.geometry import Lamp, Mesh

_NOSE_Y = 0.50
"""Ends are level from the middle to this share of their width, then run straight to the flanks."""
_ROOF_Y, _ROOF_ARCH = 0.85, 0.62
"""So are screens and roof; there they stand out by this share of what their middles do."""
_TOP = 0.95
"""Where the windows end and the roof begins, as a share of the window wall."""
_BEND = 0.6
"""Share of a left out bend's height that is spread over both sides of it."""
_WHEEL_WIDTH_M = 0.21
_DISC_M = 0.006


def far_car_mesh(shape: CarShape, size_m: tuple[float, float, float]) -> Mesh:
    """A car of about this size, painted white, of fewer than 200 triangles."""
    b, shell, curves = BatchBuilder(), Shell(), Curves(shape, size_m)
    x = _stations(shape)
    _flank(shell, curves, x)
    covers = [_screen(curves, which) for which in (0, 1)]
    ends = [_end(curves, which) for which in (0, 1)]
    _strip(shell, np.stack([ends[0][-1], covers[0][0]]))
    if shape.bed is None and shape.columns[-1][0] - shape.ends[1] > 0.02:
        _strip(shell, np.stack([covers[1][0], ends[1][-1]]))
    _windows(shell, curves, covers)
    for which, end in enumerate(ends):
        _close_end(shell, curves, which, end)
    if shape.bed is not None:
        bed = Shell(coarse=True)
        add_bed(bed, curves, shape.bed)
        bed.into(b)
    _mirror(shell, curves)
    if shape.sign:
        _taxi_sign(shell, curves)
    shell.into(b)
    _wheels(b, curves)
    return b.build()


def _stations(shape: CarShape) -> Floats:
    """x of the flank's columns: ends, the bends behind and before them, the foot of the windscreen."""
    return np.array([shape.ends[0], shape.columns[0][0], shape.ends[1] + 0.12, shape.ends[1]])


def _rows(curves: Curves, lines: Floats, front: int | None = None) -> Floats:
    """Three of the flank's five lines (5, N, 3): its foot, its widest, which is the sill's edge if there is one.

    Args:
        front: the column at the front end: it is moved out, to make up for the bend behind it that is left out.
    """
    rows = lines[[0, 2, 4]]
    if front is not None:
        first, foot = curves.shape.ends[0], curves.shape.columns[0][0]
        line = curves.lines(np.array([first, first - 0.05, foot]))[[0, 2, 4]]
        missing = line[:, 1] - line[:, 0] - (line[:, 2] - line[:, 0]) * 0.05 / (first - foot)
        rows[:, front] += _BEND * missing * [[0, 1, 0], [0, 1, 0], [0, 1, 1]]
    if curves.shape.sill != "P":
        rows[1, ..., 2] = lines[1, ..., 2]
    return rows


def _flank(shell: Shell, curves: Curves, x: Floats) -> None:
    sill = skins(curves.shape.sill)[0][0]
    points = curves.metres(_rows(curves, curves.lines(x), 0))
    shell.grid(points, [[sill] * (len(x) - 1), [PAINT] * (len(x) - 1)])
    lines = curves.metres(curves.lines(np.array([x[0], x[0] - 0.022, x[-1] + 0.022, x[-1]])))
    for columns, skin in zip(((0, 1), (2, 3)), skins(curves.shape.wrap)[0], strict=True):
        if skin.lamp in (Lamp.LEFT, Lamp.TAIL) and (columns[0] == 0 or skin.lamp == Lamp.LEFT):
            a, c = columns
            shell.quad(proud(np.array([lines[2, a], lines[2, c], lines[3, c], lines[3, a]]), 0.012), skin)


def _strip(shell: Shell, columns: Floats) -> None:
    """A level strip through columns (C, 2, 3), front to rear, each with its edge and a point nearer the middle."""
    for front, rear in pairwise(columns):
        shell.quad([front[1], front[0], rear[0], rear[1]])
        _across(shell, front[1], rear[1])


def _across(shell: Shell, front: Floats, rear: Floats, skin: Skin = PAINT) -> None:
    """A quad over the middle between two points of the left half; it looks up or away from `rear`."""
    other = np.array([1.0, -1.0, 1.0])
    shell.span(np.array([front * other, front, rear, rear * other]), skin)


def _end(curves: Curves, which: int) -> Floats:
    """An end's rows (3, 2, 3) from below: the edge at the flank and the edge of its level middle."""
    rows = _rows(curves, curves.end(which), -1 if which == 0 else None)
    side, middle = rows[:, -1], rows[:, 0].copy()
    middle[:, 1] = side[:, 1] * _NOSE_Y
    if which == 0:
        middle[2, 2] += 0.5 * (side[2, 2] - curve(curves.shape.shoulder, side[2:, 0])[0])
    return curves.metres(np.stack([side, middle], axis=1))


def _screen(curves: Curves, which: int) -> Floats:
    """A screen's rows (2, 2, 3): foot and upper edge, each at the window wall and nearer the middle."""
    screen = curves.screen(which)
    side, middle = screen[:, -1], screen[:, 0]
    inner = side + (middle - side) * _ROOF_ARCH
    inner[:, 1] = side[:, 1] * _ROOF_Y
    rows = np.stack([side, inner], axis=1)
    return curves.metres(np.stack([rows[0], rows[2] + (rows[3] - rows[2]) * (_TOP - 0.92) / 0.08]))


def _windows(shell: Shell, curves: Curves, screens: list[Floats]) -> None:
    """Window wall, screens and roof."""
    shape = curves.shape
    wall = curves.wall()
    low, high = wall[0].copy(), wall[2] + (wall[3] - wall[2]) * (_TOP - 0.92) / 0.08
    low[1:-1, 2] -= 0.012
    glazed = skins(_merged(shape.windows))[0]
    columns = list(range(len(wall[0])))
    if len(glazed) + 1 < len(columns):
        columns = [*columns[:4], *columns[-2:]]
    shell.grid(curves.metres(np.stack([low, high])[:, columns]), [glazed])
    for which, screen in enumerate(screens):
        foot, top = screen
        look = skins(shape.screens)[which][0]
        edge = [foot[1], foot[0], top[0], top[1]] if which == 0 else [foot[0], foot[1], top[1], top[0]]
        shell.quad(edge, skins(shape.screens)[which][2])
        other = np.array([1.0, -1.0, 1.0])
        span = [foot[1] * other, foot[1], top[1], top[1] * other]
        shell.span(span if which == 0 else [span[1], span[0], span[3], span[2]], look)
    _roof(shell, curves, high, screens)
    if "W" in shape.screens.split()[1]:
        top = screens[1][1][1]
        bar = np.array([[top[0], 0.16, top[2] - 0.04], [top[0], -0.16, top[2] - 0.04], [top[0], -0.16, top[2]],
                        [top[0], 0.16, top[2]]])  # fmt: skip
        shell.span(bar - [0.03, 0.0, 0.0], BRAKE)


def _merged(windows: str) -> str:
    """Pillars behind the second one are left out where there is glass on both sides."""
    return windows[:4] + windows[-1] if len(windows) > 5 and "W" in windows[3] + windows[5] else windows


def _roof(shell: Shell, curves: Curves, high: Floats, screens: list[Floats]) -> None:
    top = curves.wall()[-1]
    inner = top * [1.0, _ROOF_Y, 1.0] + np.array([0.0, 0.0, curves.shape.crown * _ROOF_ARCH])
    edge = np.stack([curves.metres(high), curves.metres(inner)])
    edge[:, 0], edge[:, -1] = screens[0][1], screens[1][1]
    fewer, _ = thinned(edge, [[PAINT] * (edge.shape[1] - 1)], 0.025).grids[0]
    _strip(shell, fewer.swapaxes(0, 1))


def _close_end(shell: Shell, curves: Curves, which: int, end: Floats) -> None:
    """The end's faces, lamps, grille and plate."""
    shape = curves.shape
    sign = 1.0 - 2.0 * which
    words = (shape.front, shape.rear)[which].split()
    low = BLACK if shape.sill == "K" and words[0][0] == "K" else PAINT
    for r, skin in ((0, low), (1, PAINT)):
        (side, inner), (side_up, inner_up) = end[r], end[r + 1]
        face = [inner, side, side_up, inner_up]
        shell.quad(face if which == 0 else [side, inner, inner_up, side_up], skin)
        _upright_span(shell, inner, inner_up, sign, skin)
    heights = curves.metres(curves.end(which))[:, -1, 2]
    for band, word in enumerate(words):
        z = (float(heights[band]), float(heights[band + 1]))
        looks = skins(word)[0]
        if looks[0] not in (PAINT, low if band < 1 else PAINT) and looks[0].lamp == Lamp.NONE:
            _patch(shell, end, z, (0.0, _NOSE_Y), sign, looks[0])
        _lamps(shell, end, z, looks, sign)
    plate = (0.55 * heights[1] + 0.45 * heights[2]) if which == 0 else 0.5 * (heights[1] + heights[2])
    _patch(shell, end, (plate - 0.055, plate + 0.055), (0.0, 0.25 / end[1, 0, 1]), sign, PLATE, 0.02)


def _upright_span(shell: Shell, low: Floats, high: Floats, sign: float, skin: Skin) -> None:
    other = np.array([1.0, -1.0, 1.0])
    quad = [low * other, low, high, high * other]
    shell.span(quad if sign > 0 else [quad[1], quad[0], quad[3], quad[2]], skin)


def _lamps(shell: Shell, end: Floats, z: tuple[float, float], looks: list[Skin], sign: float) -> None:
    """Each run of a lamp's cells in a band as one quad before the end's side."""
    start = 0
    for c in range(1, len(looks) + 1):
        if c < len(looks) and looks[c] == looks[start]:
            continue
        if looks[start].lamp != Lamp.NONE:
            _patch(shell, end, z, (float(ACROSS[start]), float(ACROSS[c])), sign, looks[start])
        start = c


def _patch(
    shell: Shell, end: Floats, z: tuple[float, float], y: tuple[float, float], sign: float, skin: Skin,
    by_m: float = 0.012,
) -> None:  # fmt: skip
    """A quad before an end between two heights and two shares of its width; from 0 it reaches over the middle."""
    low, high = ((_on_end(end, height, y[0]), _on_end(end, height, y[1])) for height in z)
    if y[0] <= 0.0:
        out = np.array([sign * by_m, 0.0, 0.0])
        _upright_span(shell, low[1] + out, high[1] + out, sign, skin)
        return
    quad = np.array([low[0], low[1], high[1], high[0]] if sign > 0 else [low[1], low[0], high[0], high[1]])
    shell.quad(proud(quad, by_m), skin)


def _on_end(end: Floats, z: float, y: float) -> Floats:
    """The point (3,) of an end at a height and a share of its width."""
    share = max(0.0, (1.0 - y) / (1.0 - _NOSE_Y))
    column = end[:, 0] + (end[:, 1] - end[:, 0]) * min(share, 1.0)
    wide = float(np.interp(z, end[:, 0, 2], end[:, 0, 1]))
    return np.array([np.interp(z, column[:, 2], column[:, 0]), y * wide, z])


def _mirror(shell: Shell, curves: Curves) -> None:
    """A plate that reaches the full width: glass behind, paint before."""
    foot = curves.metres(curves.wall())[0, 1]
    outer, inner = 0.5 * curves.width_m, foot[1] - 0.03
    x, low, high = foot[0] - 0.02, foot[2] + 0.035, foot[2] + 0.155
    rear = np.array([[x, inner, low], [x, outer, low], [x, outer, high], [x, inner, high]])
    shell.quad(rear[::-1], GLASS)
    shell.quad(rear + np.array([0.06, 0.0, 0.0]), PAINT)


def _taxi_sign(shell: Shell, curves: Curves) -> None:
    roof = curves.height_m * max(z for _, z in curves.shape.roof)
    x = 0.5 * (curves.shape.columns[0][1] + curves.shape.columns[-1][1]) * curves.length_m + 0.35
    lit = Skin((0.95, 0.92, 0.80), PLATE.material)
    for sign in (1.0, -1.0):
        face = x + sign * 0.07
        _upright_span(shell, np.array([face, 0.30, roof]), np.array([face, 0.30, curves.height_m]), sign, lit)
    shell.quad([(x + 0.07, 0.3, roof), (x - 0.07, 0.3, roof), (x - 0.07, 0.3, curves.height_m),
                (x + 0.07, 0.3, curves.height_m)], lit)  # fmt: skip


def _wheels(b: BatchBuilder, curves: Curves) -> None:
    shape = curves.shape
    radius = shape.wheel * curves.height_m
    for axle in shape.axles:
        y = float(curves.metres(curves.lines(np.array([axle])))[:, 0, 1].max()) + _DISC_M
        for side in (1, -1):
            disc_wheel(b, (axle * curves.length_m, side * y, radius), radius, _WHEEL_WIDTH_M, side=side, covered=True)
