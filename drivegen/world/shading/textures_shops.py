"""Shop fronts, drawn on one quad per wall: display windows, doors, awnings, signs with lettering, light at night."""

from __future__ import annotations

import math

from drivegen.world.compiled import inlined
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.shading.noise import GRAIN, band, cell_hash, comb, fade, smooth, texture
from drivegen.world.shading.textures_ground import Rgb
from drivegen.world.shading.textures_windows import Pane


@inlined
def _sign_rgb(pick: float) -> Rgb:
    """The colour of a shop's sign and awning."""
    if pick < 0.18:
        return 0.45, 0.05, 0.05
    if pick < 0.34:
        return 0.05, 0.14, 0.38
    if pick < 0.48:
        return 0.04, 0.22, 0.10
    if pick < 0.62:
        return 0.60, 0.42, 0.06
    if pick < 0.76:
        return 0.05, 0.05, 0.06
    if pick < 0.88:
        return 0.55, 0.52, 0.47
    return 0.35, 0.08, 0.26


@inlined
def shop(
    atlas: Floats32, rgb: Rgb, u: float, v: float, fu: float, fv: float,
    bay: float, height: float, seed: float, lit: float,
) -> Pane:  # fmt: skip
    """A shop front per bay: sill, display window with goods, door, striped awning, sign band with lettering."""
    bay, height = max(bay, 2.0), max(height, 2.5)
    number = int(seed * 65536.0)
    column = math.floor(u / bay)
    pick = cell_hash(column, 0, number)
    keep = fade(fu, bay)
    sign = _sign_rgb(pick)
    top = height - 0.75
    glass = _glass(u, v, fu, fv, bay, top, u - column * bay, pick, keep)
    shelf, tint = _goods(u, v, max(fu, fv), number)
    base = 0.55 + 0.06 * texture(atlas, GRAIN, u, v, 0.03, max(fu, fv))
    solid = 1.0 - glass
    red = rgb[0] * base * solid + glass * shelf * (1.0 + 0.3 * tint)
    green = rgb[1] * base * solid + glass * shelf
    blue = rgb[2] * base * solid + glass * shelf * (1.0 - 0.3 * tint)
    board = band(v, top, height - 0.08, fv) * comb(u, bay, 0.1, bay - 0.1, fu)
    ink = _letters(u, v, fu, fv, bay, top, height, u - column * bay, number) * keep
    bright = 0.72 if sign[0] + sign[1] + sign[2] < 1.2 else 0.04
    red += board * (sign[0] + ink * (bright - sign[0]) - red)
    green += board * (sign[1] + ink * (bright - sign[1]) - green)
    blue += board * (sign[2] + ink * (bright - sign[2]) - blue)
    awning = band(v, top - 0.75, top - 0.05, fv) * keep if cell_hash(column, 1, number) < 0.5 else 0.0
    stripe = comb(u, 0.5, 0.0, 0.25, fu)
    slope = 0.6 + 0.6 * smooth(top - 0.75, top - 0.05, v)
    red += awning * ((sign[0] + stripe * (0.70 - sign[0])) * slope - red)
    green += awning * ((sign[1] + stripe * (0.70 - sign[1])) * slope - green)
    blue += awning * ((sign[2] + stripe * (0.68 - sign[2])) * slope - blue)
    glass *= 1.0 - awning
    glow = lit * (1.0 if cell_hash(column, 2, number) < 0.75 else 0.12)
    inside = glow * glass * (0.45 + 4.2 * shelf) * (0.55 + 0.45 * smooth(0.4, top, v))
    written = glow * board * (0.10 + 0.9 * ink)
    cool = 0.25 * cell_hash(column, 3, number)
    return (
        red, green, blue, glass,
        inside * (1.0 - cool) * (1.0 + 0.25 * tint) + written * (0.3 + sign[0]),
        inside * 0.84 + written * (0.3 + sign[1]),
        inside * (0.58 + cool) * (1.0 - 0.25 * tint) + written * (0.3 + sign[2]), pick,
    )  # fmt: skip


@inlined
def _glass(
    u: float, v: float, fu: float, fv: float, bay: float, top: float, x: float, pick: float, keep: float
) -> float:
    """Share of the pixel that is display window or door, without their bars."""
    window = comb(u, bay, 0.18, bay - 0.18, fu) * band(v, 0.5, top - 0.1, fv)
    door_x = 0.25 + (bay - 1.6) * (0.0 if pick < 0.5 else 1.0)
    door = band(x, door_x, door_x + 1.05, fu) * band(v, 0.06, 2.15, fv) * keep
    bars = band(x, door_x + 1.05, door_x + 1.13, fu) * keep + comb(u, bay / 3.0, 0.0, 0.06, fu)
    return max(window, door) * (1.0 - 0.9 * min(bars, 1.0))


@inlined
def _goods(u: float, v: float, foot: float, number: int) -> tuple[float, float]:
    """How bright what stands behind the glass is, and how warm its colour, -1 to 1: shelves of boxes, gaps between."""
    row = math.floor(v / 0.55)
    wide = 0.30 + 0.45 * cell_hash(row, 5, number)
    column = math.floor(u / wide)
    crisp = fade(foot, 0.45)
    thing = cell_hash(column, row, number + 9)
    tall = 0.15 + 0.38 * cell_hash(column, row, number + 11)
    there = 1.0 if v - row * 0.55 < tall else 0.25
    bright = (0.03 + 0.20 * thing * thing * there) * crisp + 0.075 * (1.0 - crisp)
    return bright, (2.0 * cell_hash(column, row, number + 10) - 1.0) * crisp


@inlined
def _letters(
    u: float, v: float, fu: float, fv: float, bay: float, top: float, height: float, x: float, number: int
) -> float:
    """Share of the pixel covered by the sign's lettering."""
    stroke = 0.13 + 0.12 * cell_hash(math.floor(u / 0.30), 7, number)
    letter = comb(u, 0.30, 0.05, stroke, fu)
    return letter * band(x, 0.6, bay - 0.6, fu) * band(v, top + 0.2, height - 0.28, fv)
