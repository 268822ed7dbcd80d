"""What walls look like: bricks, plaster, panels, tiles, wood, and the windows of houses.

Albedo functions as in textures_ground; u runs along the wall, v up from its foot, metres.
"""

from __future__ import annotations

import math

from drivegen.world.compiled import inlined
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.shading.noise import CLOUD, GRAIN, STREAK, cell_hash, comb, fade, smooth, texture
from drivegen.world.shading.textures_ground import Rgb


@inlined
def bricks(atlas: Floats32, rgb: Rgb, u: float, v: float, fu: float, fv: float) -> Rgb:
    """Courses of 8 cm, stones of 25 cm in bond, pale mortar, stones of several tones."""
    course, length = 0.08, 0.25
    row = math.floor(v / course)
    shift = 0.5 * length * (int(row) & 1)
    foot = max(fu, fv)
    mortar = 1.0 - (1.0 - comb(v, course, 0.0, 0.012, fv)) * (1.0 - comb(u + shift, length, 0.0, 0.012, fu))
    tone = (cell_hash(int((u + shift) // length), int(row), 11) - 0.5) * fade(foot, 0.16)
    blotch = texture(atlas, CLOUD, u, v, 0.07, foot)
    value = max(1.0 + 0.45 * tone + 0.10 * blotch, 0.2)
    k = 0.75 * mortar
    return (
        rgb[0] * value * (1.0 - k) + k * 0.32,
        rgb[1] * value * (1.0 - k) + k * 0.30,
        rgb[2] * value * (1.0 - k) + k * 0.27,
    )


@inlined
def plaster(atlas: Floats32, rgb: Rgb, u: float, v: float, fu: float, fv: float) -> Rgb:
    """Rough render with rain streaks below edges and damp at the foot."""
    foot = max(fu, fv)
    grain = texture(atlas, GRAIN, u, v, 0.02, foot)
    blotch = texture(atlas, CLOUD, u, v, 0.06, foot)
    streak = texture(atlas, STREAK, u, v, 0.045, foot)
    value = max(1.0 + 0.04 * grain + 0.055 * blotch + 0.045 * streak, 0.2)
    return rgb[0] * value, rgb[1] * value, rgb[2] * value


@inlined
def panels(atlas: Floats32, rgb: Rgb, u: float, v: float, fu: float, fv: float) -> Rgb:
    """Concrete: slabs with joints, streaks of rain."""
    joint = 1.0 - (1.0 - comb(u, 2.4, 0.0, 0.02, fu)) * (1.0 - comb(v, 1.5, 0.0, 0.02, fv))
    foot = max(fu, fv)
    streak = texture(atlas, STREAK, u, v, 0.05, foot)
    blotch = texture(atlas, CLOUD, u, v, 0.05, foot)
    grain = texture(atlas, GRAIN, u, v, 0.015, foot)
    value = max((1.0 + 0.09 * streak + 0.06 * blotch + 0.05 * grain) * (1.0 - 0.35 * joint), 0.2)
    return rgb[0] * value, rgb[1] * value, rgb[2] * value


@inlined
def tiles(atlas: Floats32, rgb: Rgb, u: float, v: float, fu: float, fv: float) -> Rgb:
    """Roof tiles in rows of 32 cm, shaded across each row."""
    row, width = 0.32, 0.22
    foot = max(fu, fv)
    edge = comb(v, row, 0.0, 0.05, fv)
    groove = comb(u, width, 0.0, 0.03, fu)
    tone = (cell_hash(int(u // width), int(v // row), 17) - 0.5) * fade(foot, 0.2)
    moss = texture(atlas, CLOUD, u, v, 0.05, foot)
    value = max((1.0 + 0.35 * tone + 0.10 * moss) * (1.0 - 0.40 * edge) * (1.0 - 0.22 * groove), 0.15)
    return rgb[0] * value, rgb[1] * value, rgb[2] * value


@inlined
def planks(atlas: Floats32, rgb: Rgb, u: float, v: float, fu: float, fv: float) -> Rgb:
    """Boards of 14 cm with their grain along u."""
    gap = comb(v, 0.14, 0.0, 0.012, fv)
    foot = max(fu, fv)
    tone = (cell_hash(int(v // 0.14), 3, 19) - 0.5) * fade(fv, 0.14)
    grain = texture(atlas, STREAK, v, u, 0.006, foot)
    value = max((1.0 + 0.30 * tone + 0.08 * grain) * (1.0 - 0.5 * gap), 0.15)
    return rgb[0] * value, rgb[1] * value, rgb[2] * value


@inlined
def bark(atlas: Floats32, rgb: Rgb, u: float, v: float, foot: float) -> Rgb:
    """Furrows along the trunk."""
    furrow = texture(atlas, STREAK, u, v, 0.012, foot)
    value = max(1.0 + 0.25 * furrow, 0.2)
    return rgb[0] * value, rgb[1] * value, rgb[2] * value


@inlined
def wall(atlas: Floats32, rgb: Rgb, u: float, v: float, fu: float, fv: float, kind: float) -> Rgb:
    """The wall between windows: kind in [0, 1) chooses render, bricks or panels."""
    if kind < 0.45:
        return plaster(atlas, rgb, u, v, fu, fv)
    if kind < 0.75:
        return bricks(atlas, rgb, u, v, fu, fv)
    return panels(atlas, rgb, u, v, fu, fv)


@inlined
def foot_of_wall(atlas: Floats32, rgb: Rgb, u: float, height: float, foot: float) -> Rgb:
    """Splashes and dust low on every wall."""
    if height > 1.8:
        return rgb
    ragged = 0.35 + 0.12 * texture(atlas, CLOUD, u, height, 0.04, foot)
    dirt = 0.38 * (1.0 - smooth(0.0, max(ragged, 0.1) * 2.6, height))
    return (
        rgb[0] * (1.0 - dirt) + dirt * 0.05,
        rgb[1] * (1.0 - dirt) + dirt * 0.046,
        rgb[2] * (1.0 - dirt) + dirt * 0.04,
    )
