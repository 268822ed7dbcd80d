"""How people differ: skin, hair, what they wear and carry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

from drivegen.world.geometry import Colour

TINTED: Colour = (1.0, 1.0, 1.0)
"""Cloth of this colour carries the track's colour."""
_SKINS: tuple[Colour, ...] = (
    (0.87, 0.69, 0.58), (0.80, 0.60, 0.48), (0.68, 0.47, 0.35), (0.52, 0.34, 0.24), (0.38, 0.25, 0.18),
)  # fmt: skip
_HAIR: tuple[Colour, ...] = (
    (0.06, 0.05, 0.05), (0.14, 0.09, 0.06), (0.27, 0.17, 0.10), (0.55, 0.42, 0.24), (0.45, 0.44, 0.43),
    (0.38, 0.17, 0.08),
)  # fmt: skip
_TROUSERS: tuple[Colour, ...] = (
    (0.10, 0.13, 0.22), (0.08, 0.08, 0.09), (0.22, 0.29, 0.40), (0.30, 0.30, 0.31), (0.52, 0.45, 0.34),
    (0.20, 0.21, 0.15), (0.15, 0.17, 0.20),
)  # fmt: skip
_SHOES: tuple[Colour, ...] = ((0.07, 0.06, 0.06), (0.80, 0.80, 0.78), (0.22, 0.14, 0.09), (0.16, 0.17, 0.20))
_BAGS: tuple[Colour, ...] = ((0.10, 0.10, 0.11), (0.35, 0.20, 0.12), (0.12, 0.20, 0.33), (0.45, 0.10, 0.12))


class Top(Enum):
    """What a person wears above the waist."""

    JACKET = auto()
    SHIRT = auto()
    COAT = auto()
    DRESS = auto()


class Load(Enum):
    """What a person carries."""

    NOTHING = auto()
    BACKPACK = auto()
    BAG = auto()


class Hat(Enum):
    """What is on the head."""

    SHORT_HAIR = auto()
    LONG_HAIR = auto()
    CAP = auto()
    HELMET = auto()


@dataclass(frozen=True)
class Outfit:
    """A person's look; colours are display values."""

    skin: Colour
    hair: Colour
    trousers: Colour
    shoes: Colour
    bag: Colour
    top: Top
    load: Load
    hat: Hat
    reflective: bool = False
    upper: Colour = TINTED
    helmet: Colour = (0.93, 0.90, 0.80)


def outfit_of(variant: int, body: str) -> Outfit:
    """The look of a variant; neighbouring variants differ in most things."""
    female = _pick(variant, 1, 2) == 1
    tops = (Top.JACKET, Top.SHIRT, Top.COAT, Top.DRESS) if female else (Top.JACKET, Top.SHIRT, Top.JACKET, Top.COAT)
    loads = (Load.NOTHING, Load.BACKPACK, Load.BAG, Load.NOTHING, Load.NOTHING)
    hats = (Hat.LONG_HAIR, Hat.LONG_HAIR, Hat.SHORT_HAIR) if female else (Hat.SHORT_HAIR, Hat.SHORT_HAIR, Hat.CAP)
    worker = body == "worker"
    return Outfit(
        skin=_SKINS[_pick(variant, 2, len(_SKINS))], hair=_HAIR[_pick(variant, 3, len(_HAIR))],
        trousers=_TROUSERS[_pick(variant, 4, len(_TROUSERS))], shoes=_SHOES[_pick(variant, 5, len(_SHOES))],
        bag=_BAGS[_pick(variant, 6, len(_BAGS))], top=Top.JACKET if worker else tops[_pick(variant, 7, len(tops))],
        load=Load.NOTHING if worker else loads[_pick(variant, 8, len(loads))],
        hat=Hat.HELMET if worker else hats[_pick(variant, 9, len(hats))], reflective=worker,
    )  # fmt: skip


_JACKETS: tuple[Colour, ...] = ((0.07, 0.07, 0.075), (0.15, 0.16, 0.18), (0.22, 0.15, 0.10), (0.13, 0.17, 0.28))
_HELMETS: tuple[Colour, ...] = (
    (0.06, 0.06, 0.065), (0.88, 0.88, 0.87), (0.55, 0.08, 0.08), (0.12, 0.20, 0.42), (0.45, 0.46, 0.48),
)  # fmt: skip


def rider_outfit_of(variant: int, *, motor: bool) -> Outfit:
    """The look of a cyclist, whose jacket is tinted, or of a motorcyclist, whose machine is tinted instead."""
    look = outfit_of(variant, "rider")
    helmet = _HELMETS[_pick(variant, 10, len(_HELMETS))]
    if motor:
        jacket = _JACKETS[_pick(variant, 11, len(_JACKETS))]
        return replace(look, top=Top.JACKET, load=Load.NOTHING, hat=Hat.HELMET, upper=jacket, helmet=helmet)
    top = look.top if look.top is Top.SHIRT else Top.JACKET
    hat = look.hat if variant % 3 == 0 else Hat.HELMET
    return replace(look, top=top, load=Load.NOTHING, hat=hat, helmet=helmet)


def _pick(variant: int, salt: int, count: int) -> int:
    """A number in [0, count), well mixed."""
    mixed = (variant * 2654435761 + salt * 2246822519 + 3266489917) & 0xFFFFFFFF
    mixed ^= mixed >> 15
    mixed = (mixed * 2246822519) & 0xFFFFFFFF
    mixed ^= mixed >> 13
    return mixed % count
