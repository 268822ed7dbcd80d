"""How the land along the roads is parted into plots: houses, gaps, yards, parks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.profile import Profile
from drivegen.world.roads import Frontage, RoadNetwork
from drivegen.world.scenery.buildings import Character
from drivegen.world.scenery.placement import Front, Occupied


class Use(StrEnum):
    """What a plot is used for."""

    TOWN_HOUSE = "town_house"
    SHED = "shed"
    VILLA = "villa"
    FARM = "farm"
    BARN = "barn"
    PARK = "park"
    CAR_PARK = "car_park"


@dataclass(frozen=True, eq=False)
class Plot:
    """A rectangle of land with something on it.

    Attributes:
        use: what.
        corners: (4, 2) of the house (or park), counter-clockwise: front left, front right, back right, back left as
            seen from the road.
        front: the frontage it belongs to, with the stretch of it (span) that is the plot's own.
        span: stations on the frontage, metres.
        garage_m: width of the garage that is part of the house, at its right end.
        row: 0 at the road, 1 behind another house.
        open_left, open_right: whether no neighbour touches it there.
    """

    use: Use
    corners: Floats
    front: Front
    span: tuple[float, float]
    garage_m: float = 0.0
    row: int = 0
    open_left: bool = True
    open_right: bool = True


def make_plots(network: RoadNetwork, rng: np.random.Generator, town: Character, occupied: Occupied) -> list[Plot]:
    """Part all frontages; what does not find room is left out."""
    wanted: list[Plot] = []
    behind: list[Plot] = []
    for frontage in network.frontages:
        front = Front.of(frontage.line)
        if front.length_m < 8.0:
            continue
        if network.profile is Profile.URBAN:
            first, second = _town_row(front, frontage, rng, town)
            wanted += first
            behind += second
        elif network.profile is Profile.SUBURBAN:
            wanted += _garden_row(front, frontage, rng)
        else:
            wanted += _country_row(front, rng)
    found: list[Plot] = []
    for plots, gap in ((wanted, 0.0), (behind, 1.5)):
        if plots:
            # Neighbours of a closed row touch: they are tried a hand's breadth narrower.
            tried = np.stack([_shrunk(p.corners, 0.05) for p in plots])
            free = occupied.add(tried, gap)
            found += [plot for plot, ok in zip(plots, free, strict=True) if ok]
    return found


def _shrunk(corners: Floats, by_m: float) -> Floats:
    middle = corners.mean(axis=0)
    offset = corners - middle
    return middle + offset * (1.0 - by_m / np.maximum(np.abs(offset), 1.0))


def _town_row(
    front: Front, frontage: Frontage, rng: np.random.Generator, town: Character
) -> tuple[list[Plot], list[Plot]]:
    """Houses wall to wall with gaps, and a second row behind them."""
    first: list[Plot] = []
    second: list[Plot] = []
    s = float(rng.uniform(0.0, 1.5))
    deepest, free = max(9.0, frontage.depth_m - 1.0), True
    while s < front.length_m - 7.0:
        draw = rng.random()
        width = min(float(rng.uniform(9.0, 22.0) if draw < 0.9 else rng.uniform(22.0, 29.0)), front.length_m - s)
        if front.length_m - s - width < 7.0 and front.length_m - s < 28.0:
            width = front.length_m - s
        depth = min(float(rng.uniform(10.0, 17.0)), deepest)
        use = Use.TOWN_HOUSE
        if draw < 0.05:
            use, width, depth = Use.PARK, min(34.0, front.length_m - s), min(30.0, deepest)
        elif draw < 0.09:
            use, depth = Use.CAR_PARK, min(20.0, deepest)
        elif draw < 0.12 and width > 14.0:
            use = Use.SHED
        back = town.setback_m + float(rng.uniform(0.0, 0.8) + (rng.uniform(0.5, 2.0) if rng.random() < 0.15 else 0.0))
        setback = 0.2 if use in (Use.PARK, Use.CAR_PARK) else 0.3 + back
        touches = rng.random() < town.closed
        last = s + width > front.length_m - 7.0
        corners = front.rectangle(s, s + width, setback, depth)
        first.append(Plot(use, corners, front, (s, s + width), open_left=free, open_right=last or not touches))
        if (use is Use.TOWN_HOUSE and rng.random() < 0.55) or use in (Use.CAR_PARK, Use.SHED):
            far = setback + depth + float(rng.uniform(8.0, 16.0))
            corners = front.rectangle(s, s + max(width, 10.0), far, float(rng.uniform(9.0, 15.0)))
            second.append(Plot(Use.TOWN_HOUSE, corners, front, (s, s + width), row=1))
        free = not touches or use is not Use.TOWN_HOUSE
        s += width + (0.0 if touches else float(rng.uniform(2.0, 6.0)))
    return first, second


def _garden_row(front: Front, frontage: Frontage, rng: np.random.Generator) -> list[Plot]:
    """Detached houses in gardens."""
    plots: list[Plot] = []
    usual, regular = float(rng.uniform(4.5, 9.0)), rng.random() < 0.5
    s = float(rng.uniform(0.5, 4.0))
    while s < front.length_m - 13.0:
        draw = rng.random()
        if draw < 0.05:
            plots.append(Plot(Use.PARK, front.rectangle(s, min(s + 32.0, front.length_m), 0.3, 28.0), front,
                              (s, min(s + 32.0, front.length_m))))  # fmt: skip
            s += 34.0
            continue
        span = min(float(rng.uniform(16.0, 24.0)), front.length_m - s)
        garage = float(rng.choice([0.0, 3.4, 5.6], p=[0.25, 0.45, 0.3]))
        width = min(span - 3.0, float(rng.uniform(9.0, 13.0)) + garage)
        if width - garage < 7.0:
            garage = 0.0
        begin = s + float(rng.uniform(1.2, max(1.3, span - width - 1.2)))
        setback = usual + (0.0 if regular else float(rng.uniform(-1.5, 3.0)))
        depth = min(float(rng.uniform(8.0, 10.5)), max(7.0, frontage.depth_m - setback))
        corners = front.rectangle(begin, begin + width, max(3.0, setback), depth)
        plots.append(Plot(Use.VILLA, corners, front, (s, s + span), garage_m=garage))
        s += span
    return plots


def _country_row(front: Front, rng: np.random.Generator) -> list[Plot]:
    """A farm here and there."""
    plots: list[Plot] = []
    s = float(rng.uniform(10.0, 120.0))
    while s < front.length_m - 45.0:
        setback = float(rng.uniform(9.0, 22.0))
        width = float(rng.uniform(10.0, 15.0))
        plots.append(Plot(Use.FARM, front.rectangle(s, s + width, setback, 9.0), front, (s - 5, s + width + 5)))
        if rng.random() < 0.85:
            a = s + width + float(rng.uniform(5.0, 12.0))
            corners = front.rectangle(
                a, a + float(rng.uniform(12.0, 22.0)), setback + float(rng.uniform(0.0, 12.0)), 11.0
            )
            plots.append(Plot(Use.BARN, corners, front, (a, a + 12.0)))
        s += float(rng.uniform(110.0, 340.0))
    return plots
