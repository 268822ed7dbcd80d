"""Houses with gardens, garages and farms in their own frame: u along the road, v into the plot; see Pile."""

from __future__ import annotations

import numpy as np

from drivegen.world.geometry import Colour, Material
from drivegen.world.scenery.outlines import Outline
from drivegen.world.scenery.palette import BARNS, BRICKS, PLASTERS, SIDINGS, pick, times
from drivegen.world.scenery.pile import Pile
from drivegen.world.scenery.roofs import hipped, pitched

_GARAGE_DEPTH_M = 6.0


def add_villa(pile: Pile, rng: np.random.Generator, outline: Outline, *, garage_m: float) -> tuple[float, Colour]:
    """A house for a family, its garage (garage_m wide, 0 for none) at its right; returns height and colour."""
    w, d = outline.width_m - garage_m, outline.depth_m
    kind = rng.random()
    palette, blind = (
        (SIDINGS, Material.WOOD)
        if kind < 0.45
        else (BRICKS, Material.BRICK)
        if kind < 0.7
        else (PLASTERS, Material.PLASTER)
    )
    rgb = pick(rng, palette, 0.08)
    storeys = int(rng.choice([1, 2], p=[0.4, 0.6]))
    storey = float(rng.uniform(2.7, 3.0))
    top = 0.35 + storeys * storey
    param = (storey, float(rng.uniform(2.4, 3.4)), float(rng.random()), float(rng.uniform(0.25, 0.4)))
    pile.box((-0.05, w + 0.05), (-0.05, d + 0.05), (-outline.foot_m, 0.35), (0.48, 0.46, 0.44), Material.CONCRETE)
    pile.box((0, w), (0, d), (0.35, top), rgb, Material.FACADE, param=param, top=False)
    draw = rng.random()
    if draw < 0.3:
        height = hipped(pile, rng, w, d, top)
    else:
        height = pitched(pile, rng, w, d, top, rgb, blind, across=draw < 0.55 and w < 11.0, over=0.45)
    if garage_m > 0:
        _garage(pile, rng, w, garage_m, outline, rgb, blind)
    with pile.fine():
        _porch(pile, rng, w, rgb)
    return height, rgb


def _garage(
    pile: Pile, rng: np.random.Generator, u: float, width: float, outline: Outline, rgb: Colour, blind: Material
) -> None:
    """A garage beside the house with its door to the road."""
    v0 = float(rng.uniform(0.0, 1.5))
    v1 = min(v0 + _GARAGE_DEPTH_M, outline.depth_m)
    shade = pick(rng, ((0.80, 0.80, 0.78), (0.45, 0.34, 0.26), (0.62, 0.64, 0.66)), 0.08)
    pile.box((u, u + width), (v0, v1), (-outline.foot_m, 2.7), rgb, blind, top=False)
    pile.box((u + 0.4, u + width - 0.4), (v0 - 0.05, v0), (0.0, 2.15), shade, Material.METAL, back=False)
    with pile.fine():
        for k in range(1, 4):
            pile.box((u + 0.4, u + width - 0.4), (v0 - 0.07, v0), (k * 0.54 - 0.03, k * 0.54), times(shade, 0.7),
                     Material.METAL, back=False)  # fmt: skip
    pile.box(
        (u - 0.02, u + width + 0.25), (v0 - 0.3, v1 + 0.1), (2.7, 2.95), times(rgb, 0.75), Material.WOOD, bottom=True
    )


def _porch(pile: Pile, rng: np.random.Generator, w: float, rgb: Colour) -> None:
    """A front door under a little roof."""
    u = float(rng.uniform(0.3, 0.6)) * w
    door = pick(rng, ((0.36, 0.16, 0.12), (0.16, 0.26, 0.32), (0.24, 0.18, 0.14), (0.20, 0.30, 0.22)), 0.1)
    pile.box((u - 0.6, u + 0.6), (-0.06, 0.0), (0.35, 2.6), (0.85, 0.84, 0.81), Material.WOOD, back=False)
    pile.box((u - 0.48, u + 0.48), (-0.09, 0.0), (0.35, 2.45), door, Material.WOOD, back=False)
    pile.box((u - 1.1, u + 1.1), (-1.5, 0.0), (-0.3, 0.33), (0.55, 0.53, 0.50), Material.CONCRETE, back=False)
    if rng.random() < 0.65:
        for side in (-0.95, 0.95):
            pile.box((u + side - 0.07, u + side + 0.07), (-1.4, -1.26), (0.33, 2.7), (0.84, 0.83, 0.80), Material.WOOD)
        shade = times(rgb, 0.6)
        pile.quad(((u - 1.3, -1.7, 2.65), (u + 1.3, -1.7, 2.65), (u + 1.3, 0, 3.25), (u - 1.3, 0, 3.25)), shade,
                  Material.ROOF, two_sided=True)  # fmt: skip


def add_barn(pile: Pile, rng: np.random.Generator, outline: Outline) -> tuple[float, Colour]:
    """A barn with a big door; returns height and colour."""
    w, d = outline.width_m, outline.depth_m
    rgb = pick(rng, BARNS, 0.12)
    top = float(rng.uniform(3.6, 5.0))
    pile.box((0, w), (0, d), (-outline.foot_m, top), rgb, Material.WOOD, top=False)
    pile.box((w * 0.35, w * 0.65), (-0.08, 0.0), (0.0, 3.4), times(rgb, 0.6), Material.WOOD, back=False)
    return pitched(pile, rng, w, d, top, rgb, Material.WOOD, across=rng.random() < 0.5 and w < 14.0, over=0.5,
                   chimney=False), rgb  # fmt: skip


def add_shed(pile: Pile, rng: np.random.Generator, outline: Outline) -> tuple[float, Colour]:
    """A hall for goods or a supermarket: low, wide, a band of colour; returns height and colour."""
    w, d = outline.width_m, outline.depth_m
    rgb = pick(rng, ((0.72, 0.72, 0.70), (0.60, 0.62, 0.64), (0.66, 0.60, 0.52)), 0.1)
    sign = pick(rng, ((0.66, 0.12, 0.12), (0.12, 0.26, 0.52), (0.16, 0.42, 0.24), (0.80, 0.62, 0.12)), 0.15)
    top = float(rng.uniform(4.8, 7.0))
    pile.box((0, w), (0, d), (-outline.foot_m, top), rgb, Material.METAL)
    pile.wall(
        (0.1 * w, -0.03),
        (0.9 * w, -0.03),
        (0.0, 3.2),
        times(rgb, 0.5),
        Material.SHOP,
        (2.4, 3.2, float(rng.random()), 0.0),
    )
    pile.box((-0.1, w + 0.1), (-0.25, 0.2), (top - 1.4, top + 0.4), sign, Material.PLASTIC, bottom=True)
    pile.box((0.08 * w, 0.92 * w), (-1.8, 0.0), (3.3, 3.55), times(rgb, 0.7), Material.METAL, back=False, bottom=True)
    return top + 0.4, rgb
