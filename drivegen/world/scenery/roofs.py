"""Roofs in the frame of their house: u along the street, v into the plot; each returns the height of the house."""

from __future__ import annotations

import numpy as np

from drivegen.world.geometry import Colour, Material
from drivegen.world.scenery.palette import ROOFS, pick, times
from drivegen.world.scenery.pile import Pile


def cornice(pile: Pile, w: float, d: float, z: tuple[float, float], out: float, rgb: Colour) -> None:
    """A ledge around the house."""
    pile.box((-out, w + out), (-out, d + out), z, rgb, Material.CONCRETE, bottom=True)


def flat_roof(pile: Pile, rng: np.random.Generator, w: float, d: float, z: float, *, inset: float = 0.0) -> float:
    """What stands on a level roof: stair houses, plant, tanks."""
    low_u, high_u, low_v, high_v = inset, w - inset, inset, d - inset
    tallest = z
    for _ in range(int(rng.integers(1, 4))):
        a, b = rng.uniform(1.2, 4.0), rng.uniform(1.2, 4.0)
        if high_u - low_u < a + 2 or high_v - low_v < b + 2:
            continue
        u, v = rng.uniform(low_u + 0.8, high_u - a - 0.8), rng.uniform(low_v + 0.8, high_v - b - 0.8)
        height = rng.uniform(0.8, 2.6)
        grey = float(rng.uniform(0.35, 0.65))
        material = Material.METAL if height < 1.6 else Material.PLASTER
        with pile.fine():
            pile.box((u, u + a), (v, v + b), (z, z + height), (grey, grey, grey * 0.98), material)
        tallest = max(tallest, z + height)
    return float(tallest)


def pitched(
    pile: Pile, rng: np.random.Generator, w: float, d: float, z: float, rgb: Colour, gable: Material,
    *, across: bool = False, pitch: float | None = None, over: float = 0.35, chimney: bool = True,
) -> float:  # fmt: skip
    """Two slopes; the ridge runs along the street, or `across` it with a gable to the street."""
    tiles = pick(rng, ROOFS)
    span, length = (w, d) if across else (d, w)
    rise = 0.5 * span * float(np.tan(pitch if pitch is not None else rng.uniform(0.5, 0.85)))
    ridge, drop = z + rise, over * rise / (0.5 * span)

    def at(along: float, side: float, height: float) -> tuple[float, float, float]:
        return (side, along, height) if across else (along, side, height)

    slopes = (
        [at(-over, -over, z - drop), at(length + over, -over, z - drop), at(length + over, span / 2, ridge),
         at(-over, span / 2, ridge)],
        [at(length + over, span + over, z - drop), at(-over, span + over, z - drop), at(-over, span / 2, ridge),
         at(length + over, span / 2, ridge)],
    )  # fmt: skip
    for slope in slopes:
        corners = slope if not across else [slope[1], slope[0], slope[3], slope[2]]
        pile.quad(corners, tiles, Material.ROOF)
        under = [(a, b, c - 0.12) for a, b, c in reversed(corners)]
        with pile.fine():
            pile.quad(under, times(tiles, 0.6), Material.WOOD)
            _verges(pile, corners, times(tiles, 0.75))
    for along, turned in ((0.0, across), (length, not across)):
        corners = [at(along, 0.0, z), at(along, span, z), at(along, span / 2, ridge), at(along, span / 2, ridge)]
        order = (1, 0, 2, 3) if not turned else (0, 1, 2, 3)
        pile.quad([corners[i] for i in order], rgb, gable)
    if chimney and rng.random() < 0.7:
        u, v = (0.3 * w, 0.55 * d) if rng.random() < 0.5 else (0.7 * w, 0.4 * d)
        pile.box((u - 0.35, u + 0.35), (v - 0.4, v + 0.4), (z + 0.2, ridge + 0.7), (0.45, 0.30, 0.25), Material.BRICK)
    return ridge


def _verges(pile: Pile, corners: list[tuple[float, float, float]], rgb: Colour) -> None:
    """The edge of a slope: a board along its eaves and up to the ridge."""
    for a, b in ((0, 1), (1, 2), (3, 0)):
        p, q = corners[a], corners[b]
        pile.quad([(p[0], p[1], p[2] - 0.16), (q[0], q[1], q[2] - 0.16), q, p], rgb, Material.WOOD, two_sided=True)


def hipped(pile: Pile, rng: np.random.Generator, w: float, d: float, z: float, *, over: float = 0.4) -> float:
    """Four slopes."""
    tiles = pick(rng, ROOFS)
    half = 0.5 * min(w, d)
    ridge = z + half * float(np.tan(rng.uniform(0.45, 0.7)))
    a, b, c, e = (-over, -over, z), (w + over, -over, z), (w + over, d + over, z), (-over, d + over, z)
    if w >= d:
        p, q = (half, d / 2, ridge), (w - half, d / 2, ridge)
        faces = ((a, b, q, p), (c, e, p, q), (b, c, q, q), (e, a, p, p))
    else:
        p, q = (w / 2, half, ridge), (w / 2, d - half, ridge)
        faces = ((a, b, p, p), (c, e, q, q), (b, c, q, p), (e, a, p, q))
    for face in faces:
        pile.quad(face, tiles, Material.ROOF)
    pile.quad((e, c, b, a), (0.62, 0.60, 0.57), Material.WOOD)
    return ridge


def mansard(pile: Pile, rng: np.random.Generator, w: float, d: float, z: float, trim: Colour) -> float:
    """A steep storey of slates with dormers, and a level top."""
    slates = pick(rng, ROOFS[1:5])
    rise, run = float(rng.uniform(2.4, 3.2)), 1.1
    top = z + rise
    outer = ((0.0, 0.0), (w, 0.0), (w, d), (0.0, d))
    inner = ((run, run), (w - run, run), (w - run, d - run), (run, d - run))
    for i in range(4):
        j = (i + 1) % 4
        pile.quad(((*outer[i], z), (*outer[j], z), (*inner[j], top), (*inner[i], top)), slates, Material.ROOF)
    pile.quad(tuple((*p, top) for p in inner), times(slates, 0.9), Material.CONCRETE)
    count = max(1, int(w / 3.4))
    for k in range(count):
        u = (k + 0.5) * w / count
        with pile.fine():
            pile.box((u - 0.75, u + 0.75), (0.15, 1.4), (z + 0.3, z + 2.1), trim, Material.FACADE,
                     param=(1.8, 1.5, float(rng.random()), 0.6), back=False)  # fmt: skip
    return top
