"""Windows, drawn on one quad per wall: frames, sills, curtains, rooms with light."""

from __future__ import annotations

import math

from drivegen.world.compiled import inlined
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.shading.noise import CLOUD, Turns, band, cell_hash, fade, mixed, share_of, texture, turns_of
from drivegen.world.shading.textures_ground import Rgb
from drivegen.world.shading.textures_walls import wall

Pane = tuple[float, float, float, float, float, float, float, float]
"""Albedo r, g, b; share of the surface that is glass; emitted r, g, b; a number in [0, 1) of this pane."""


@inlined
def _box(across: Turns, up: Turns, rect: tuple[float, float, float, float]) -> float:
    """Share of the pixel inside a rectangle (x from, x to, y from, y to) of a grid of bays and storeys."""
    return share_of(across, rect[0], rect[1]) * share_of(up, rect[2], rect[3])


@inlined
def facade(
    atlas: Floats32, rgb: Rgb, u: float, v: float, fu: float, fv: float,
    storey: float, bay: float, seed: float, glass: float, lit: float,
) -> Pane:  # fmt: skip
    """A wall with a window in each bay of each storey.

    Args:
        storey, bay: periods, metres; glass: how much of a bay is window, in [0, 1]; lit: share of lit rooms.
    """
    storey, bay = max(storey, 2.0), max(bay, 1.2)
    kind = mixed(seed, 7.0)
    rect = _opening(storey, bay, seed, glass)
    across, up = turns_of(u, bay, fu), turns_of(v, storey, fv)
    opening = _box(across, up, rect)
    if opening < 0.999:
        rgb = _around(wall(atlas, rgb, u, v, fu, fv, kind), across, up, bay, rect, opening, seed, kind)
    if opening <= 0.0:
        return rgb[0], rgb[1], rgb[2], 0.0, 0.0, 0.0, 0.0, 0.5
    return _window(atlas, rgb, u, v, fu, fv, storey, bay, across, up, rect, opening, seed, lit)


@inlined
def _opening(storey: float, bay: float, seed: float, glass: float) -> tuple[float, float, float, float]:
    """The rectangle of a window within its bay and storey: x from, x to, y from, y to."""
    tall = 0.44 + 0.26 * glass + 0.06 * mixed(seed, 13.0)
    wide = min(0.34 + 0.50 * glass + 0.08 * mixed(seed, 29.0), 0.93)
    sill = max(0.05, min(0.88, storey * (1.0 - tall) * 0.62)) if glass < 0.8 else 0.35
    head = min(sill + tall * storey, storey - 0.22)
    return 0.5 * bay * (1.0 - wide), 0.5 * bay * (1.0 + wide), sill, head


@inlined
def _around(
    rgb: Rgb, across: Turns, up: Turns, bay: float, rect: tuple[float, float, float, float], opening: float,
    seed: float, kind: float,
) -> Rgb:  # fmt: skip
    """Light trim, a sill with its shadow under it, and on some houses a ledge between storeys."""
    x0, x1, y0, y1 = rect
    surround = _box(across, up, (max(x0 - 0.1, 0.0), min(x1 + 0.1, bay), max(y0 - 0.04, 0.0), y1 + 0.10))
    edge = max(surround - opening, 0.0)
    sides = (max(x0 - 0.08, 0.0), min(x1 + 0.08, bay))
    beside = share_of(across, sides[0], sides[1])
    sill = beside * share_of(up, max(y0 - 0.08, 0.0), y0)
    under = beside * share_of(up, max(y0 - 0.22, 0.0), max(y0 - 0.08, 0.01))
    ledge = share_of(up, 0.0, 0.14) if mixed(seed, 17.0) < 0.4 else 0.0
    value = (1.0 + (0.25 if kind < 0.75 else 0.08) * edge) * (1.0 + 0.35 * sill + 0.22 * ledge - 0.30 * under)
    return rgb[0] * value, rgb[1] * value, rgb[2] * value


@inlined
def _window(
    atlas: Floats32, rgb: Rgb, u: float, v: float, fu: float, fv: float, storey: float, bay: float,
    across: Turns, up: Turns, rect: tuple[float, float, float, float], opening: float, seed: float, lit: float,
) -> Pane:  # fmt: skip
    """Frame, mullion and transom, curtains or a blind, the room behind, the reveal's shadow along the top."""
    x0, x1, y0, y1 = rect
    clear = _clear_glass(across, up, rect, seed)
    frame = max(opening - clear, 0.0)
    reveal = _box(across, up, (x0, x1, y1 - 0.14, y1))
    tone = 0.07 if mixed(seed, 3.0) < 0.4 else 0.62
    number = int(seed * 65536.0)
    column, row = math.floor(u / bay), math.floor(v / storey)
    keep = fade(max(fu, fv), 0.6 * min(bay, storey))
    pick, dressed = cell_hash(column, row, number), cell_hash(column, row, number + 1)
    x, y = u - column * bay, v - row * storey
    # From far away all windows are dressed alike.
    blind = band(y, y1 - (y1 - y0) * (0.15 + 0.7 * dressed), y1, fv) if pick > 0.55 else 0.0
    side = 0.16 * (x1 - x0)
    drape = 1.0 - band(x, x0 + side, x1 - side, fu) if dressed > 0.35 else 0.0
    hung = max(blind, drape) * keep + 0.36 * (1.0 - keep)
    crisp = fade(fu, 0.1) * drape
    folds = 1.0 + 0.18 * math.sin(x * 60.0) * crisp if crisp > 0.0 else 1.0
    room = 0.035 + 0.05 * keep * (dressed - 0.5)
    inside = room * (1.0 - hung) + (0.12 + 0.13 * (dressed * keep + 0.5 * (1.0 - keep))) * hung * folds
    shade = 1.0 - 0.55 * reveal / max(opening, 1e-3)
    solid = 1.0 - opening
    red = rgb[0] * solid + (tone * frame + inside * clear) * shade
    green = rgb[1] * solid + (tone * frame + inside * clear) * shade
    blue = rgb[2] * solid + (tone * 0.98 * frame + inside * 0.95 * clear) * shade
    share = lit * (1.0 - keep)
    if cell_hash(column, row, number + 2) < lit:
        share += keep
    if share <= 0.0:
        return red, green, blue, clear, 0.0, 0.0, 0.0, pick
    # A lamp in the room: brighter near the ceiling, dimmed by what hangs in front; some rooms are cool.
    power = (0.25 + 0.9 * cell_hash(column, row, number + 3)) * (0.65 + 0.5 * (y - y0) / max(y1 - y0, 0.5))
    power *= share * clear * (1.0 - 0.45 * hung)
    if keep > 0.0:
        power *= 1.0 + 0.12 * keep * texture(atlas, CLOUD, u * 2.0, v * 2.0, 0.02, fu)
    cool = 1.0 if cell_hash(column, row, number + 4) < 0.28 else 0.0
    return (
        red, green, blue, clear,
        power * (1.0 - 0.30 * cool), power * (0.66 + 0.24 * cool), power * (0.34 + 0.64 * cool), pick,
    )  # fmt: skip


@inlined
def _clear_glass(across: Turns, up: Turns, rect: tuple[float, float, float, float], seed: float) -> float:
    """Share of the pixel that is glass without frame, mullion and transom."""
    x0, x1, y0, y1 = rect
    rim = 0.06
    middle, rail = 0.5 * (x0 + x1), y0 + 0.68 * (y1 - y0)
    wide, tall = share_of(across, x0 + rim, x1 - rim), share_of(up, y0 + rim, y1 - rim)
    bars = share_of(across, middle - 0.025, middle + 0.025) * tall
    if mixed(seed, 5.0) >= 0.35:
        bars += wide * share_of(up, rail - 0.025, rail + 0.025)
    return max(wide * tall - bars, 0.0)
