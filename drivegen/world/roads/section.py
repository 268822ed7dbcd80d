"""Cross-sections of streets and country roads."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from drivegen.world.profile import Profile

GUTTER_M = 0.3
"""Carriageway between the outermost lane and the kerb."""


@dataclass(frozen=True)
class Side:
    """What lies beside the driving lanes on one side, from the inside outwards; zero where there is none.

    Attributes:
        bike_m: width of the bicycle lane.
        parking_m: width of the parking lane.
        shoulder_m: width of the paved shoulder (GUTTER_M in towns).
        verge_m: width of the grass strip.
        sidewalk_m: width of the sidewalk.
    """

    bike_m: float
    parking_m: float
    shoulder_m: float
    verge_m: float
    sidewalk_m: float

    @property
    def beyond_m(self) -> float:
        """Width of the ground between the carriageway's edge and the land behind."""
        return self.verge_m + self.sidewalk_m


@dataclass(frozen=True)
class Section:
    """A road's cross-section, the same all along it.

    Attributes:
        profile: what kind of road it is.
        lanes: driving lanes each way.
        lane_m: width of a lane.
        median_m: width between the directions; zero without a median.
        speed_mps: speed limit.
        left, right: the sides, seen in the road's own direction.
        yellow: whether the directions are parted by yellow paint (white otherwise).
    """

    profile: Profile
    lanes: int
    lane_m: float
    median_m: float
    speed_mps: float
    left: Side
    right: Side
    yellow: bool

    @property
    def driving_m(self) -> float:
        """Half width of the driving lanes and the median."""
        return self.median_m / 2 + self.lanes * self.lane_m

    def side(self, right: bool) -> Side:
        """One of the sides."""
        return self.right if right else self.left

    def kerb_m(self, right: bool) -> float:
        """|d| of the carriageway's edge."""
        side = self.side(right)
        return self.driving_m + side.bike_m + side.parking_m + side.shoulder_m

    def outer_m(self, right: bool) -> float:
        """|d| of the outer edge of the road's ground (sidewalk or verge)."""
        return self.kerb_m(right) + self.side(right).beyond_m

    def walk_m(self, right: bool) -> float:
        """|d| of the sidewalk's middle."""
        return self.outer_m(right) - self.side(right).sidewalk_m / 2

    def parking_inner_m(self, right: bool) -> float:
        """|d| of the parking lane's inner edge."""
        return self.driving_m + self.side(right).bike_m

    def lane_d(self, lane: int, forward: bool) -> float:
        """d of the middle of lane 0 (next to the centre line) and up, for traffic along the road or against it."""
        return (-1.0 if forward else 1.0) * (self.median_m / 2 + (lane + 0.5) * self.lane_m)

    def with_bulbs(self) -> Section:
        """The same where the sidewalk takes the place of the parking lanes, before a junction."""
        left, right = (
            replace(side, parking_m=0.0, verge_m=side.verge_m + side.parking_m) for side in (self.left, self.right)
        )
        return replace(self, left=left, right=right)

    def reversed(self) -> Section:
        """The same road seen in the other direction."""
        return Section(
            self.profile, self.lanes, self.lane_m, self.median_m, self.speed_mps, self.right, self.left, self.yellow
        )


def make_section(rng: np.random.Generator, profile: Profile, *, main: bool) -> Section:
    """Draw a cross-section; side streets (`main` false) are narrower."""
    if profile is Profile.RURAL:
        return _rural(rng, main)
    return _urban(rng, main) if profile is Profile.URBAN else _suburban(rng, main)


def _urban(rng: np.random.Generator, main: bool) -> Section:
    lanes = int(rng.choice([1, 2, 3], p=[0.35, 0.45, 0.2] if main else [0.72, 0.28, 0.0]))
    median = float(rng.uniform(1.8, 3.6)) if lanes >= 2 and rng.random() < 0.35 else 0.0
    parks = rng.random(2) < (0.7 if lanes < 3 else 0.35)
    bike = float(rng.uniform(1.5, 1.9)) if rng.random() < 0.35 else 0.0
    green = float(rng.uniform(1.2, 2.0)) if rng.random() < 0.3 else 0.0
    walk = float(rng.uniform(2.6, 4.2) if main else rng.uniform(2.2, 3.2))
    left, right = (Side(bike, _parking(rng, p), GUTTER_M, green, walk) for p in parks)
    speed = float(rng.choice([11.1, 13.4, 13.9] if main else [8.3, 11.1]))
    yellow = bool(rng.random() < 0.6)
    return Section(Profile.URBAN, lanes, float(rng.uniform(3.0, 3.5)), median, speed, left, right, yellow)


def _suburban(rng: np.random.Generator, main: bool) -> Section:
    lanes = int(rng.choice([1, 2], p=[0.85, 0.15] if main else [1.0, 0.0]))
    median = float(rng.uniform(1.8, 4.0)) if lanes == 2 and rng.random() < 0.5 else 0.0
    parks = rng.random(2) < 0.45
    bike = float(rng.uniform(1.4, 1.7)) if main and rng.random() < 0.25 else 0.0
    green, walk = float(rng.uniform(1.2, 2.6)), float(rng.uniform(1.6, 2.2))
    left, right = (Side(bike, _parking(rng, p), GUTTER_M, green, walk) for p in parks)
    speed = float(rng.choice([11.1, 13.4, 15.6] if main else [8.3, 11.1]))
    yellow = bool(rng.random() < 0.6)
    return Section(Profile.SUBURBAN, lanes, float(rng.uniform(3.1, 3.6)), median, speed, left, right, yellow)


def _rural(rng: np.random.Generator, main: bool) -> Section:
    shoulder = float(rng.uniform(0.5, 1.6) if main else rng.uniform(0.3, 0.6))
    grass = float(rng.uniform(2.5, 4.0))
    side = Side(0.0, 0.0, shoulder, grass, 0.0)
    speed = float(rng.choice([19.4, 22.2, 25.0] if main else [13.9, 16.7]))
    lane = float(rng.uniform(3.3, 3.7) if main else rng.uniform(2.9, 3.3))
    return Section(Profile.RURAL, 1, lane, 0.0, speed, side, side, bool(rng.random() < 0.6))


def _parking(rng: np.random.Generator, there: bool) -> float:
    return float(rng.uniform(2.1, 2.4)) if there else 0.0


def with_other_sides(rng: np.random.Generator, section: Section) -> Section:
    """The same street farther on: parking may come or go; the lanes stay."""
    parking = 0.0 if section.profile is Profile.RURAL else float(rng.uniform(2.1, 2.4))
    left, right = (
        replace(side, parking_m=parking if rng.random() < 0.5 else 0.0) for side in (section.left, section.right)
    )
    return replace(section, left=left, right=right)
