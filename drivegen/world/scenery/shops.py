"""Ground floors with shops, in the frame of their house; see Pile."""

from __future__ import annotations

import numpy as np

from drivegen.world.geometry import Colour, Material
from drivegen.world.scenery.outlines import Face, Outline
from drivegen.world.scenery.palette import AWNINGS, pick, times
from drivegen.world.scenery.pile import NO_PARAM, Pile
from drivegen.world.scenery.roofs import cornice


def shop_floor(pile: Pile, rng: np.random.Generator, outline: Outline, face: Face) -> float:
    """A ground floor of shops with signs and awnings; returns its height."""
    w, d = outline.width_m, outline.depth_m
    height = float(rng.uniform(3.6, 4.4))
    count = max(1, round(w / rng.uniform(5.0, 8.0)))
    edges = np.linspace(0.0, w, count + 1)
    pile.box((-0.03, w + 0.03), (-0.03, d), (-outline.foot_m, 0.2), (0.30, 0.30, 0.30), Material.CONCRETE)
    pier = times(face.trim, float(rng.uniform(0.6, 1.0)))
    for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        param = (float(rng.uniform(1.6, 2.6)), height, float(rng.random()), 0.0)
        pile.wall((a, 0), (b, 0), (0.0, height), times(pier, 0.8), Material.SHOP, param)
        sign = pick(rng, AWNINGS, 0.2)
        with pile.fine():
            _shop_dress(pile, rng, (a, b), height, sign, pier)
    with pile.fine():
        pile.box((w - 0.22, w), (-0.07, 0), (0.0, height), pier, Material.CONCRETE, back=False, top=False)
    shop = (float(rng.uniform(1.6, 2.6)), height, face.seed, 0.0)
    for free, a2, b2 in (
        (outline.open_right, (w, 0.0), (w, d)), (False, (w, d), (0.0, d)), (outline.open_left, (0.0, d), (0.0, 0.0)),
    ):  # fmt: skip
        material, param = (Material.SHOP, shop) if free else (face.blind, NO_PARAM)
        pile.wall(a2, b2, (0.0, height), times(face.rgb, 0.9), material, param)
    with pile.fine():
        cornice(pile, w, d, (height - 0.14, height + 0.16), 0.12, face.trim)
    return height


def _shop_dress(
    pile: Pile, rng: np.random.Generator, span: tuple[float, float], height: float, sign: Colour, pier: Colour
) -> None:
    """Sign, awning and pier of one shop."""
    a, b = span
    pile.box((a + 0.35, b - 0.35), (-0.14, 0), (height - 0.85, height - 0.2), sign, Material.PLASTIC, back=False,
             bottom=True)  # fmt: skip
    draw = rng.random()
    if draw < 0.4:
        _awning(pile, a + 0.3, b - 0.3, height - 0.9, pick(rng, AWNINGS, 0.15))
    elif draw < 0.55:
        u = a + 0.6
        pile.box((u, u + 0.09), (-0.95, -0.1), (height - 0.3, height + 0.5), sign, Material.PLASTIC, bottom=True)
    pile.box((a - 0.22, a + 0.22), (-0.07, 0), (0.0, height), pier, Material.CONCRETE, back=False, top=False)


def _awning(pile: Pile, a: float, b: float, z: float, rgb: Colour) -> None:
    """Cloth stretched out over the sidewalk."""
    out, fall = -1.15, 0.55
    pile.quad(((a, out, z - fall), (b, out, z - fall), (b, 0, z), (a, 0, z)), rgb, Material.PLASTIC, two_sided=True)
    pile.quad(((a, out, z - fall - 0.2), (b, out, z - fall - 0.2), (b, out, z - fall), (a, out, z - fall)),
              times(rgb, 1.15), Material.PLASTIC, two_sided=True)  # fmt: skip
