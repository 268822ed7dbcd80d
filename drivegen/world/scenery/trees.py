"""Trees and bushes: a few prototypes of each species with a foot at the origin, copied with other sizes and colours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np

from drivegen.core import stream
from drivegen.world.geometry import Colour, Material, Mesh, MeshBuilder
from drivegen.world.scenery.branches import BARK, add_bare, add_boughs, add_cones, add_far_bare, add_stem
from drivegen.world.scenery.foliage import Crown, add_body, add_cross, add_tufts
from drivegen.world.scenery.palette import AUTUMN, NEEDLES, SPRING, SUMMER

VARIANTS = 4
Vector = tuple[float, float, float]


class Species(StrEnum):
    """How a tree grows."""

    ROUND = "round"
    STREET = "street"
    TALL = "tall"
    CONIFER = "conifer"
    BIRCH = "birch"
    BUSH = "bush"
    BARE = "bare"


class Season(StrEnum):
    """What the leaves of a scene look like."""

    SUMMER = "summer"
    SPRING = "spring"
    AUTUMN = "autumn"
    WINTER = "winter"


BARE_IN_SNOW = 0.75
"""Share of the scenes in snow whose trees have lost their leaves."""
SEASON_SHARE = {Season.SUMMER: 0.58, Season.SPRING: 0.15, Season.AUTUMN: 0.17, Season.WINTER: 0.10}
LEAF_COLOURS: dict[Season, tuple[Colour, ...]] = {
    Season.SUMMER: SUMMER,
    Season.SPRING: SPRING,
    Season.AUTUMN: AUTUMN,
    Season.WINTER: ((0.34, 0.28, 0.22), (0.38, 0.32, 0.25)),
}
CROWN_SHARE = {
    Species.ROUND: 0.62, Species.STREET: 0.52, Species.TALL: 0.24, Species.CONIFER: 0.42, Species.BIRCH: 0.42,
    Species.BUSH: 1.35, Species.BARE: 0.58,
}  # fmt: skip
"""Width of the crown as a share of the height."""


@dataclass(frozen=True)
class _Form:
    """A tree with a round crown, for 1 m of height: trunk and crown, its tufts of leaves and how dense they are."""

    trunk: tuple[float, float, Colour]
    centre: Vector
    radii: Vector
    tufts: int
    density: float = 0.55


_FORMS: dict[Species, _Form] = {
    Species.ROUND: _Form((0.55, 0.032, BARK), (0.0, 0.0, 0.62), (0.34, 0.34, 0.38), 130),
    Species.STREET: _Form((0.60, 0.022, BARK), (0.0, 0.0, 0.67), (0.28, 0.28, 0.33), 96),
    Species.TALL: _Form((0.50, 0.022, BARK), (0.0, 0.0, 0.55), (0.14, 0.14, 0.46), 84),
    Species.BIRCH: _Form((0.80, 0.016, (0.76, 0.75, 0.72)), (0.0, 0.0, 0.63), (0.22, 0.22, 0.37), 92, 0.42),
}
_BUSH = Crown.drawn(stream(0, "bush"), np.array([0.0, 0.0, 0.42]), np.array([0.68, 0.68, 0.58]), 9)
_TUFT, _MIDDLE, _LARGE = (0.034, 0.058), (0.065, 0.095), (0.085, 0.125)
"""Half widths of the tufts seen from near by, from farther off and from afar, for 1 m of height."""


@dataclass(frozen=True, eq=False)
class Growth:
    """A plant 1 m high with white leaves (see `scattered`, which tints them).

    Attributes:
        body: trunk and the solid inside of the crown, drawn from everywhere.
        crown: large tufts that make the body look leafy, left out where it is a few pixels high.
        outline: what breaks its outline, drawn from a middle distance on.
        fine: small tufts and twigs, drawn from near by only.
    """

    body: Mesh
    crown: Mesh
    outline: Mesh
    fine: Mesh


def leaf_colours(species: Species, season: Season) -> tuple[Colour, ...]:
    """Colours that a species has in a season."""
    if species is Species.CONIFER:
        return NEEDLES
    if species is Species.BUSH and season is Season.WINTER:
        return NEEDLES
    return LEAF_COLOURS[season]


def in_season(species: Species, season: Season) -> Species:
    """What a species looks like in a season: in winter most stand bare."""
    leafy = species in (Species.ROUND, Species.STREET, Species.TALL, Species.BIRCH)
    return Species.BARE if season is Season.WINTER and leafy else species


@lru_cache(maxsize=128)
def prototype(species: Species, variant: int, far: bool = False) -> Growth:
    """One of the VARIANTS looks of a species; `far` ones have fewer faces and nothing fine."""
    rng = stream(variant, "tree", species.value)
    body, large, outline, fine = (MeshBuilder() for _ in range(4))
    if species is Species.CONIFER:
        _conifer(body, outline, fine, rng, far)
    elif species is Species.BARE:
        add_bare(body, outline, fine, rng, 4 if far else 7, 3 if far else 5)
    elif species is Species.BUSH:
        add_body(body, rng, _BUSH, 3, 6, 0.86, 0.80)
        add_tufts(outline, rng, _BUSH, 12, (0.20, 0.28), (0.80, 0.92))
        add_tufts(fine, rng, _BUSH, 34, (0.13, 0.19), (0.82, 1.02))
    else:
        _leafy(body, large, outline, fine, rng, _FORMS[species], far)
    return Growth(body.build(), large.build(), outline.build(), Mesh.empty() if far else fine.build())


def far_blob(species: Species, variant: int, season: Season) -> Mesh:
    """The plainest form of a species, for woods on the horizon."""
    rng = stream(variant, "tree", species.value)
    builder = MeshBuilder()
    if species is Species.CONIFER:
        add_cones(builder, rng, 2, 6)
    elif in_season(species, season) is Species.BARE:
        add_far_bare(builder, rng, 6)
    else:
        form = _FORMS[species]
        crown = Crown.drawn(rng, np.array(form.centre), np.array(form.radii))
        add_cross(builder, rng, crown, 0.72, 0.75)
        add_tufts(builder, rng, crown, 9, (0.14, 0.19), (0.66, 0.84), 0.66, 2.2)
    return builder.build()


def _leafy(
    body: MeshBuilder, large: MeshBuilder, outline: MeshBuilder, fine: MeshBuilder, rng: np.random.Generator,
    form: _Form, far: bool,
) -> None:  # fmt: skip
    """A trunk under a round crown."""
    crown = Crown.drawn(rng, np.array(form.centre), np.array(form.radii))
    height, radius, rgb = form.trunk
    add_stem(body, height, 0.9 * radius, rgb)
    if far:
        add_body(body, rng, crown, 3, 5, 0.86, 0.84, 0.06)
        add_tufts(large, rng, crown, 7, _LARGE, (0.76, 0.90), form.density + 0.1, 1.6)
        add_tufts(outline, rng, crown, 14, _MIDDLE, (0.84, 1.0), form.density)
        return
    add_body(body, rng, crown, 3, 6, 0.78, 0.80, 0.06)
    add_tufts(large, rng, crown, 10, _LARGE, (0.72, 0.86), form.density + 0.1, 1.6)
    outline.tube((0, 0, -0.06), (0, 0, height), (radius, 0.6 * radius), rgb, Material.BARK, sides=6)
    for angle in rng.uniform(0.0, 2 * np.pi, 3):
        end = crown.centre + crown.radii * [0.6 * np.cos(angle), 0.6 * np.sin(angle), -0.2]
        fine.tube((0, 0, 0.55 * height), end.tolist(), (0.5 * radius, 0.2 * radius), rgb, Material.BARK, sides=3)
    add_tufts(outline, rng, crown, 22, _MIDDLE, (0.80, 0.97), form.density, 0.9)
    add_tufts(fine, rng, crown, form.tufts, _TUFT, (0.82, 1.07), form.density)


def _conifer(
    body: MeshBuilder, outline: MeshBuilder, fine: MeshBuilder, rng: np.random.Generator, far: bool
) -> None:  # fmt: skip
    """A spruce."""
    add_stem(body, 0.2, 0.020, BARK)
    if far:
        add_cones(body, rng, 3, 6)
        return
    outline.tube((0, 0, -0.06), (0, 0, 0.3), (0.020, 0.016), BARK, Material.BARK, sides=5)
    add_cones(body, rng, 4, 6, 0.84, 0.10)
    add_boughs(outline, rng, 6, 7, 0.92)
    add_boughs(fine, rng, 13, 9, 0.80)
