"""Hedges and fences: along u between two stations, at a depth v; see Pile."""

from __future__ import annotations

import numpy as np

from drivegen.world.geometry import Colour, Material
from drivegen.world.scenery.palette import times
from drivegen.world.scenery.pile import Pile

_DEEP_M = 0.35
"""Fences and hedges reach below the ground by this much, so that they stand on slopes."""


def add_hedge(pile: Pile, u: tuple[float, float], v: float, height: float, rgb: Colour) -> None:
    """A clipped hedge."""
    seed = (0.37 * (u[0] + 3.1 * v + 17.0 * height)) % 1.0
    pile.box(u, (v - 0.3, v + 0.3), (-_DEEP_M, height), rgb, Material.LEAVES, param=(0.0, 0.0, seed, 0.97))


def add_boards(pile: Pile, u: tuple[float, float], v: float, rgb: Colour, height: float = 1.7) -> None:
    """A wall of boards."""
    pile.box(u, (v - 0.03, v + 0.03), (-_DEEP_M, height), rgb, Material.WOOD)


def add_picket(pile: Pile, u: tuple[float, float], v: float, rgb: Colour) -> None:
    """A low fence of posts, two rails and pales."""
    for z in (0.3, 0.75):
        pile.box(u, (v - 0.02, v + 0.02), (z, z + 0.09), rgb, Material.WOOD, bottom=True)
    for at in np.arange(u[0] + 0.1, u[1], 0.32).tolist():
        a, b, w = at, at + 0.11, v - 0.03
        pile.quad(((a, w, 0.05), (b, w, 0.05), (b, w, 0.95), (a, w, 0.95)), rgb, Material.WOOD, two_sided=True)


def add_railing(pile: Pile, u: tuple[float, float], v: float, rgb: Colour) -> None:
    """A low wall with a metal railing."""
    pile.box(u, (v - 0.12, v + 0.12), (-_DEEP_M, 0.35), (0.52, 0.50, 0.47), Material.BRICK)
    for z in (0.5, 1.0):
        pile.box(u, (v - 0.02, v + 0.02), (z, z + 0.05), rgb, Material.METAL, bottom=True)
    for at in np.arange(u[0] + 0.15, u[1], 0.3).tolist():
        pile.quad(((at, v, 0.35), (at + 0.03, v, 0.35), (at + 0.03, v, 1.05), (at, v, 1.05)), rgb, Material.METAL,
                  two_sided=True)  # fmt: skip


def add_field_fence(pile: Pile, u: tuple[float, float], v: float, rgb: Colour) -> None:
    """Posts and two rails, as around a meadow."""
    for at in np.arange(u[0], u[1], 3.0).tolist():
        pile.box((at - 0.06, at + 0.06), (v - 0.06, v + 0.06), (-_DEEP_M, 1.15), times(rgb, 0.9), Material.WOOD)
    for z in (0.5, 0.95):
        pile.box(u, (v - 0.03, v + 0.03), (z, z + 0.11), rgb, Material.WOOD, bottom=True)
