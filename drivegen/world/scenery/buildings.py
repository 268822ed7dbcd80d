"""Town buildings in their own frame: u along the street, v into the plot, z from the pavement; see Pile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.world.geometry import Colour, Material
from drivegen.world.scenery.outlines import Face, Outline
from drivegen.world.scenery.palette import BRICKS, CONCRETES, PLASTERS, pick, times
from drivegen.world.scenery.pile import Pile
from drivegen.world.scenery.roofs import cornice, flat_roof, mansard, pitched
from drivegen.world.scenery.shops import shop_floor


@dataclass(frozen=True)
class Character:
    """What the houses of a town have in common; drawn once for a scene.

    Attributes:
        storeys: fewest and most of an ordinary house.
        shops, offices, brick, pitched: shares of houses with shops, of office blocks, of brick, of pitched roofs.
        tall: share of towers.
        setback_m: usual distance from the sidewalk.
        closed: share of houses that touch their neighbour.
    """

    storeys: tuple[int, int]
    shops: float
    offices: float
    brick: float
    pitched: float
    tall: float
    setback_m: float
    closed: float


CHARACTERS = (
    Character((3, 6), 0.65, 0.05, 0.35, 0.65, 0.0, 0.1, 0.9),
    Character((3, 5), 0.40, 0.10, 0.75, 0.30, 0.0, 0.6, 0.75),
    Character((5, 12), 0.55, 0.55, 0.15, 0.0, 0.35, 0.8, 0.6),
    Character((4, 8), 0.25, 0.15, 0.25, 0.1, 0.1, 2.6, 0.35),
    Character((2, 4), 0.70, 0.15, 0.45, 0.35, 0.0, 0.3, 0.7),
)
"""Old town, brick quarter, downtown, housing estate, small town."""


def add_town_house(pile: Pile, rng: np.random.Generator, outline: Outline, town: Character) -> tuple[float, Colour]:
    """A house of a town; returns its height and its main colour."""
    if rng.random() < town.offices:
        return _office(pile, rng, outline, town)
    brick = rng.random() < town.brick
    rgb = pick(rng, BRICKS if brick else PLASTERS, 0.10)
    bay = float(rng.uniform(2.2, 3.2))
    face = Face(
        rgb, times(rgb, 0.8) if rng.random() < 0.5 else (0.74, 0.71, 0.66), float(rng.uniform(2.9, 3.5)), bay,
        float(rng.uniform(0.28, 0.48)), float(rng.random()), Material.BRICK if brick else Material.PLASTER,
    )  # fmt: skip
    storeys = int(rng.integers(town.storeys[0], town.storeys[1] + 1))
    base = 0.0
    if rng.random() < town.shops:
        base = shop_floor(pile, rng, outline, face)
        storeys -= 1
    top = base + storeys * face.storey_m
    _walls(pile, outline, face, base if base > 0 else -outline.foot_m, top, base <= 0)
    draw = rng.random()
    with pile.fine():
        if draw < 0.35:
            _balconies(pile, rng, outline, face, base, storeys)
        elif draw < 0.6:
            _bay_windows(pile, rng, outline, face, base if base > 0 else face.storey_m, top)
        elif draw < 0.8:
            _bands(pile, outline, face, base, storeys)
    return _crown(pile, rng, outline, face, top, town), rgb


def _crown(pile: Pile, rng: np.random.Generator, outline: Outline, face: Face, top: float, town: Character) -> float:
    """Cornice and roof; returns the height of the house."""
    w, d = outline.width_m, outline.depth_m
    if rng.random() < town.pitched and w < 20.0:
        cornice(pile, w, d, (top - 0.15, top + 0.15), 0.28, face.trim)
        if rng.random() < 0.45:
            return mansard(pile, rng, w, d, top + 0.15, face.trim)
        return pitched(pile, rng, w, d, top + 0.15, face.rgb, face.blind)
    cornice(pile, w, d, (top + 0.25, top + 0.75), float(rng.uniform(0.06, 0.4)), face.trim)
    return flat_roof(pile, rng, w, d, top + 0.75)


def _walls(pile: Pile, outline: Outline, face: Face, low: float, top: float, ground: bool) -> None:
    """Four walls from `low` up to a parapet: windows to the street and the back, fewer at the sides."""
    w, d = outline.width_m, outline.depth_m
    z = (0.0 if ground else low, top + 0.5)
    pile.wall((0, 0), (w, 0), z, face.rgb, Material.FACADE, face.param)
    pile.wall((w, d), (0, d), z, face.rgb, Material.FACADE, face.param)
    side = (face.storey_m, face.bay_m * 1.3, (face.seed * 7.0) % 1.0, face.glass * 0.7)
    for free, (a, b) in ((outline.open_right, ((w, 0.0), (w, d))), (outline.open_left, ((0.0, d), (0.0, 0.0)))):
        windows = (face.seed * 13.0) % 1.0 < (0.9 if free else 0.1)
        material = Material.FACADE if windows else face.blind
        pile.wall(a, b, z, face.rgb, material, side)
    if ground:
        pile.box((-0.04, w + 0.04), (-0.04, d + 0.04), (-outline.foot_m, 0.55), times(face.trim, 0.75),
                 Material.CONCRETE, top=False)  # fmt: skip
        u = (0.25 + 0.5 * ((face.seed * 3.0) % 1.0)) * w
        with pile.fine():
            _door(pile, u, 1.3, 2.5)


def _door(pile: Pile, u: float, width: float, height: float) -> None:
    """A front door with a step and a canopy."""
    half = width / 2
    pile.box((u - half - 0.15, u + half + 0.15), (-0.10, 0.0), (0.0, height + 0.15), (0.50, 0.48, 0.45),
             Material.CONCRETE, back=False)  # fmt: skip
    pile.box((u - half, u + half), (-0.12, 0.0), (0.05, height), (0.24, 0.16, 0.12), Material.WOOD, back=False)
    pile.box((u - half - 0.4, u + half + 0.4), (-0.9, 0.0), (height + 0.2, height + 0.32), (0.3, 0.3, 0.3),
             Material.METAL, back=False, bottom=True)  # fmt: skip


def _balconies(pile: Pile, rng: np.random.Generator, outline: Outline, face: Face, base: float, storeys: int) -> None:
    """Columns of balconies."""
    bays = max(2, int(outline.width_m / face.bay_m))
    step = outline.width_m / bays
    every = int(rng.integers(2, 4))
    solid = rng.random() < 0.5
    rgb = times(face.trim, 1.05) if solid else (0.33, 0.34, 0.35)
    material = Material.CONCRETE if solid else Material.METAL
    first = 0 if base > 0 else 1
    for bay in range(1, bays, every):
        middle = (bay + 0.5 if every == 2 else bay) * step
        u = (max(0.2, middle - 0.55 * step - 0.4), min(outline.width_m - 0.2, middle + 0.55 * step + 0.4))
        for floor in range(first, storeys):
            z = base + floor * face.storey_m
            pile.box(
                u, (-1.25, 0.0), (z - 0.08, z + 0.1), times(face.trim, 0.9), Material.CONCRETE, back=False, bottom=True
            )
            pile.box(u, (-1.25, 0.0), (z + 0.1 if solid else z + 0.25, z + 1.0), rgb, material, back=False, top=False)


def _bay_windows(pile: Pile, rng: np.random.Generator, outline: Outline, face: Face, low: float, top: float) -> None:
    """One or two oriels over all upper storeys."""
    count = 1 if outline.width_m < 14 else 2
    for index in range(count):
        middle = outline.width_m * (index + 0.5) / count
        half = min(1.6, 0.2 * outline.width_m)
        high = top - (0.0 if rng.random() < 0.5 else face.storey_m)
        if high - low < 2.0:
            return
        param = (face.storey_m, 2 * half, face.seed, min(0.9, face.glass + 0.2))
        pile.box((middle - half, middle + half), (-0.85, 0.0), (low, high), times(face.rgb, 1.05), Material.FACADE,
                 param=param, back=False, bottom=True)  # fmt: skip


def _bands(pile: Pile, outline: Outline, face: Face, base: float, storeys: int) -> None:
    """String courses between storeys."""
    for floor in range(1, storeys):
        z = base + floor * face.storey_m
        pile.box((-0.02, outline.width_m + 0.02), (-0.1, 0.0), (z - 0.1, z + 0.08), face.trim, Material.CONCRETE,
                 back=False, bottom=True)  # fmt: skip


def _office(pile: Pile, rng: np.random.Generator, outline: Outline, town: Character) -> tuple[float, Colour]:
    """An office block: a lobby, bands or grids of glass, sometimes a tower that stands back."""
    w, d = outline.width_m, outline.depth_m
    rgb = pick(rng, CONCRETES, 0.12)
    storey = float(rng.uniform(3.4, 3.9))
    face = Face(rgb, times(rgb, 0.85), storey, float(rng.uniform(1.4, 3.4)), float(rng.uniform(0.5, 0.85)),
                 float(rng.random()), Material.CONCRETE)  # fmt: skip
    storeys = int(rng.integers(town.storeys[0], town.storeys[1] + 1))
    lobby = 4.6
    pile.box((0, w), (0.0, d), (-outline.foot_m, 0.15), times(rgb, 0.6), Material.CONCRETE)
    pile.box(
        (0.0, w), (0.9, d), (0.15, lobby), times(rgb, 0.7), Material.SHOP, param=(1.8, lobby, face.seed, 0.0), top=False
    )
    with pile.fine():
        for u in np.linspace(0.3, w - 0.3, max(2, round(w / 5.0) + 1)).tolist():
            pile.box((u - 0.3, u + 0.3), (0.02, 0.62), (0.15, lobby), times(rgb, 0.9), Material.CONCRETE, top=False)
    top = lobby + storeys * storey
    pile.box((0, w), (0, d), (lobby, top), rgb, Material.FACADE, param=face.param, bottom=True)
    if rng.random() < 0.4:
        with pile.fine():
            for u in np.arange(0.0, w - 0.2, face.bay_m * 2).tolist():
                pile.box((u, u + 0.25), (-0.35, 0.0), (lobby, top), face.trim, Material.METAL, back=False)
    if rng.random() < town.tall and min(w, d) > 11.0:
        margin = 0.14 * min(w, d)
        high = top + int(rng.integers(4, 16)) * storey
        pile.box((margin, w - margin), (margin + 1.0, d - margin), (top, high), times(rgb, 0.95), Material.FACADE,
                 param=face.param)  # fmt: skip
        return flat_roof(pile, rng, w, d, high, inset=margin + 1.0), rgb
    return flat_roof(pile, rng, w, d, top), rgb
