"""Traffic as dense as is asked for: densities are tried until the front camera sees as many road users."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from drivegen.core import (
    Camera,
    Crowdedness,
    CrowdednessLevels,
    LabelPolicy,
)
from drivegen.core.arrays import Integers
from drivegen.world.profile import Profile
from drivegen.world.traffic import Density

POLICY, LEVELS = LabelPolicy(), CrowdednessLevels()
STEPS = 6
PROBES = 8
# Pictures in which road users are counted while searching need not be finer: heights are judged at this size anyway.
PROBE_HEIGHT_PX = 128

# Where in each level's range the search aims, and what it takes at once: away from the edges, because a few frames
# stand for all.
_AIMS = {
    Crowdedness.EMPTY: (0.0, 0.0),
    Crowdedness.SPARSE: (0.9, 2.6),
    Crowdedness.MODERATE: (3.6, 7.2),
    Crowdedness.CROWDED: (9.0, 16.0),
}
_TAKEN = {
    Crowdedness.EMPTY: (0.0, 1e-9),
    Crowdedness.SPARSE: (0.65, 2.8),
    Crowdedness.MODERATE: (3.25, 7.6),
    Crowdedness.CROWDED: (8.5, 40.0),
}
# Road users in sight at density 1, roughly: where the search begins.
_USUAL = {Profile.URBAN: 12.0, Profile.SUBURBAN: 7.0, Profile.RURAL: 1.2}
# Nothing is denser than this; see `traffic.Density`.
_MOST = {"vehicles": 3.0, "parked": 1.8, "pedestrians": 5.0, "cyclists": 5.0}
STRONGEST, WEAKEST = 6.0, 0.03


@dataclass(frozen=True)
class Mix:
    """How the kinds of road users share a scene's density, and how many work sites there are."""

    vehicles: float
    parked: float
    pedestrians: float
    cyclists: float
    static: float

    def density(self, strength: float) -> Density:
        """The density of a strength: 1 is usual."""
        users = {name: min(strength * getattr(self, name), most) for name, most in _MOST.items()}
        return Density(static=self.static, **users)


def draw_mix(rng: np.random.Generator, level: Crowdedness) -> Mix:
    """A scene's own mix: some streets are full of cars, others of people."""
    vehicles, parked, pedestrians, cyclists = np.exp(rng.normal(0.0, 0.45, 4)).tolist()
    static = float(rng.choice([0.0, 1.0, 2.0], p=[0.35, 0.4, 0.25]))
    # A work site has vehicles and people of its own.
    static = 0.0 if level is Crowdedness.EMPTY else static
    return Mix(0.6 * vehicles, 3.4 * parked, 0.8 * pedestrians, 0.6 * cyclists, static)


def aim(rng: np.random.Generator, level: Crowdedness) -> float:
    """How many road users a scene of a level shall have in sight."""
    return float(rng.uniform(*_AIMS[level]))


class Search:
    """Strengths to try until the count fits: a few steps of a bracketing search.

    Args:
        level: what is asked for.
        aim: the count to come close to.
        profile: where; decides the first guess.
    """

    def __init__(self, level: Crowdedness, aim: float, profile: Profile) -> None:
        self._level, self._aim = level, aim
        self._low, self._high = 0.0, STRONGEST
        self._strength = 0.0 if level is Crowdedness.EMPTY else min(aim / _USUAL[profile], STRONGEST)
        self._over = False

    def strengths(self) -> Iterator[float]:
        """Strengths, each to be answered with `saw`; ends when there is nothing left to try."""
        for _ in range(STEPS):
            yield self._strength
            if self._over:
                return

    def takes(self, count: float) -> bool:
        """Whether a count over a few frames is well inside of the level."""
        low, high = _TAKEN[self._level]
        return low <= count < high

    def saw(self, count: float) -> None:
        """Tell how many road users the last strength gave, in the mean."""
        tried = self._strength
        if count < self._aim:
            self._low = max(self._low, tried)
        else:
            self._high = min(self._high, tried)
        self._over = self._low >= 0.98 * STRONGEST or self._high <= WEAKEST or self._level is Crowdedness.EMPTY
        guess = tried * float(np.clip(self._aim / max(count, 0.3), 0.3, 3.0))
        # Counts are noisy: stay inside of what is known, away from its ends.
        low, high = self._low + 0.15 * (self._high - self._low), self._high - 0.15 * (self._high - self._low)
        if self._high < STRONGEST:
            guess = float(np.clip(guess, low, high))
        self._strength = min(max(guess, WEAKEST), STRONGEST)


def probe_times(times_us: Integers) -> Integers:
    """A few frame times (P,), evenly spread."""
    return times_us[np.unique(np.linspace(0, len(times_us) - 1, min(len(times_us), PROBES)).round().astype(np.int64))]


def probe_camera(camera: Camera) -> Camera:
    """A camera that sees the same in a picture small enough to count in."""
    height, width = camera.size
    if height <= PROBE_HEIGHT_PX:
        return camera
    return camera.resize((PROBE_HEIGHT_PX, max(1, round(width * PROBE_HEIGHT_PX / height))))


def fits(count: float, level: Crowdedness) -> bool:
    """Whether a mean over all frames lies in the level."""
    low, high = LEVELS.bounds(level)
    return low <= count < high
