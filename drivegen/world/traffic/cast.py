"""Who takes part: bodies, sizes, colours and the figures of the driver model."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.bodies import BODIES, DRIVEN, PARKED, palette_of
from drivegen.world.geometry import Colour
from drivegen.world.traffic.plans import EGO_SIZE
from drivegen.world.traffic.tables import DRIVER, WALKER, Table

DRIVEN_SHARES: dict[str, float] = {
    **DRIVEN, "motorcycle": 0.04, "scooter": 0.015, "semi": 0.055, "bus": 0.055, "taxi": 0.05, "coupe": 0.04,
}  # fmt: skip
"""Shares of what drives on a lane."""
PARKED_SHARES: dict[str, float] = {**PARKED, "delivery_van": 0.05, "pickup": 0.07, "box_truck": 0.03, "trailer": 0.05}
"""Shares of what stands in a parking lane; what does not fit in a spot leaves it free."""
TOWED: dict[str, tuple[str, float]] = {
    "semi": ("semi_trailer", 1.0),
    "box_truck": ("trailer", 0.35),
    "pickup": ("trailer", 0.2),
    "delivery_van": ("trailer", 0.12),
}
"""What some bodies pull, and how often."""
TWO_WHEELED = ("bicycle", "motorcycle", "scooter")
LONG_M = 7.5
_OVERHANG: dict[str, tuple[float, float]] = {"bus": (0.22, 0.50), "semi": (0.22, 0.60), "box_truck": (0.17, 0.58)}
_TRAILER_GAP_M = 0.25
_TRAILER_DRAWBAR_M = 0.75
_TRAILER_AXLE = 0.72


@dataclass(frozen=True, eq=False)
class Member:
    """What somebody looks like."""

    body: str
    size_m: Floats
    rgb: Colour

    @property
    def category(self) -> str:
        """Its nuScenes class."""
        return BODIES[self.body].category


@dataclass(frozen=True, eq=False)
class Crew:
    """A vehicle with what it tows, or a person."""

    member: Member
    towed: Member | None = None

    @property
    def reach_m(self) -> float:
        """Length of the whole train."""
        towed = 0.0 if self.towed is None else float(self.towed.size_m[0]) + _TRAILER_GAP_M + _TRAILER_DRAWBAR_M
        return float(self.member.size_m[0]) + towed


def fork(seed: int) -> np.random.Generator:
    """A generator of somebody's own: whoever is left out then costs a single draw."""
    return np.random.Generator(np.random.PCG64(seed))


def draw_member(rng: np.random.Generator, body: str) -> Member:
    """A body with size and colour; the colour lies near one of its palette."""
    colors, ends = _palette(body)
    base = colors[_index(rng, ends)]
    red, green, blue = (
        round(min(max(part + 0.05 * x - 0.025, 0.03), 0.95), 3)
        for part, x in zip(base, rng.random(3).tolist(), strict=True)
    )
    return Member(body, BODIES[body].size(rng), (red, green, blue))


@lru_cache(maxsize=64)
def _palette(body: str) -> tuple[tuple[Colour, ...], tuple[float, ...]]:
    """Colours of a body and the running sums of their shares."""
    palette = palette_of(body)
    return tuple(color for color, _ in palette), tuple(accumulate(share for _, share in palette))


def _index(rng: np.random.Generator, ends: tuple[float, ...]) -> int:
    return min(bisect_right(ends, rng.random() * ends[-1]), len(ends) - 1)


def draw_vehicle(rng: np.random.Generator) -> Crew:
    """Somebody who drives on a lane."""
    body = pick(rng, DRIVEN_SHARES)
    towed, chance = TOWED.get(body, ("", 0.0))
    return Crew(draw_member(rng, body), draw_member(rng, towed) if rng.random() < chance else None)


def draw_walker(rng: np.random.Generator) -> Crew:
    """Somebody on foot."""
    return Crew(draw_member(rng, "child" if rng.random() < 0.08 else "pedestrian"))


def pick(rng: np.random.Generator, shares: Mapping[str, float]) -> str:
    """One of the names by their shares."""
    return list(shares)[_index(rng, tuple(accumulate(shares.values())))]


def driver_row(rng: np.random.Generator, crew: Crew) -> Table:
    """The DRIVER row () of somebody who has not come in yet."""
    row = _bare_driver(crew.member.body, crew.member.size_m)
    heavy = crew.reach_m > LONG_M
    row["dice"] = rng.integers(1, 2**31 - 1)
    row["long"], row["reach"] = heavy, crew.reach_m
    row["eager"] = min(max(rng.normal(0.98, 0.08), 0.78), 1.15)
    row["headway"], row["standstill"] = rng.uniform(0.9, 1.6), rng.uniform(1.5, 2.8)
    row["power"], row["comfort"] = rng.uniform(0.9, 1.2) if heavy else rng.uniform(1.3, 2.1), rng.uniform(1.7, 2.4)
    row["top"], row["home"] = 24.0 if heavy else 40.0, rng.uniform(-0.16, 0.16)
    if crew.member.body == "bicycle":
        row["cyclist"], row["top"], row["power"] = 1, rng.uniform(3.6, 6.4), 0.9
        row["standstill"], row["headway"] = 1.2, 1.0
    elif crew.member.body in TWO_WHEELED:
        row["home"] = rng.uniform(-0.5, 0.5)
    if crew.towed is not None:
        _hitch(row, crew.member, crew.towed)
    return row


def ego_row(rng: np.random.Generator) -> Table:
    """The ego's DRIVER row ()."""
    row = _bare_driver("sedan", np.array(EGO_SIZE))
    row["dice"], row["reach"] = rng.integers(1, 2**31 - 1), EGO_SIZE[0]
    row["eager"] = rng.uniform(0.86, 1.06)
    row["headway"], row["standstill"] = rng.uniform(1.1, 1.6), rng.uniform(2.0, 2.8)
    row["power"], row["comfort"], row["top"] = rng.uniform(1.4, 1.9), 1.9, 40.0
    row["home"] = rng.uniform(-0.08, 0.08)
    return row


def _bare_driver(body: str, size: Floats) -> Table:
    row = np.zeros((), DRIVER)
    length, width, _ = size
    front, base = (0.16, 0.68) if body in TWO_WHEELED else _OVERHANG.get(body, (0.19, 0.60))
    row["length"], row["width"], row["wheelbase"], row["front"] = length, width, base * length, front * length
    row["chain"], row["inside"], row["via"], row["halted"], row["changed"] = -1, -1, -1, -1.0, -1e9
    row["over"] = 1.0
    return row


def _hitch(row: Table, puller: Member, towed: Member) -> None:
    """The ball sits just behind the bumper, on a drawbar that lets the trailer turn without touching."""
    row["hitch"] = float(puller.size_m[0]) - row["front"] - row["wheelbase"] + _TRAILER_GAP_M
    row["tow_length"], row["tow_width"] = towed.size_m[0], towed.size_m[1]
    row["tow_base"] = _TRAILER_DRAWBAR_M + _TRAILER_AXLE * float(towed.size_m[0])


def walker_row(rng: np.random.Generator, crew: Crew) -> Table:
    """The WALKER row () of somebody who has not come in yet."""
    row = np.zeros((), WALKER)
    row["dice"] = rng.integers(1, 2**31 - 1)
    row["length"], row["width"] = crew.member.size_m[:2]
    row["pace"] = min(max(rng.normal(1.32, 0.2), 0.8), 1.9) * (0.88 if crew.member.body == "child" else 1.0)
    row["crossing"], row["along"] = -1, 1 if rng.random() < 0.5 else -1
    # People keep to the right, more or less.
    row["home"] = row["d"] = rng.uniform(-1.3, 0.35)
    return row
