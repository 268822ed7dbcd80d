"""What is asked of the traffic: how dense it is, and what the ego does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from drivegen.core import ConfigError

Action = Literal["straight", "left", "right", "stop", "change_left", "change_right"]

EGO_SIZE: tuple[float, float, float] = (4.6, 1.86, 1.6)
"""Length, width, height of the ego, metres; its origin, where the cameras' rig stands, is its middle on the ground."""

CHANGE_AFTER_S = 1.5
"""Time of the clip from which the ego looks for the gap of an asked lane change, or brakes when asked to stop."""

MOST_SPEED_MPS = 70.0
"""Fastest ego that may be asked for."""


@dataclass(frozen=True)
class Density:
    """How much of each kind there is: 0 none, 1 usual, about 3 jammed (vehicles) or packed (people)."""

    vehicles: float = 1.0
    """Driven cars, trucks, buses and motorcycles."""
    parked: float = 1.0
    """Cars that stand in parking spots; all are taken from about 1.7."""
    pedestrians: float = 1.0
    """People who walk, wait and stand."""
    cyclists: float = 1.0
    """Cyclists on the road's right edge."""
    static: float = 1.0
    """Work sites: cones, barriers, construction vehicles."""

    def __post_init__(self) -> None:
        for name in ("vehicles", "parked", "pedestrians", "cyclists", "static"):
            if not 0.0 <= getattr(self, name) <= 10.0:
                raise ConfigError("out of range", where=name, expected="0 to 10", got=getattr(self, name))


@dataclass(frozen=True)
class EgoPlan:
    """What the ego does.

    `rules`: it follows the network's route by the rules of the road, like everybody else. `action`: the same, and
    turns `left`, `right` or `straight` at the first junction (`make_network(first_turn=...)` lays that out), or
    comes to a `stop`, or changes lane, from about 1.5 s on. `trajectory`: it follows the given poses exactly,
    whatever stands in the way; agents whom it would hit are left out.
    """

    kind: Literal["rules", "action", "trajectory"] = "rules"
    action: Action | None = None
    """With `kind=action`: what it does."""
    speed_mps: float | None = None
    """Its speed on a free road, at most 70; None draws one that suits the road."""
    trajectory: tuple[tuple[float, float, float, float], ...] = ()
    """With `kind=trajectory`: (t s, x m, y m, yaw rad) from the start pose, x forward, y left; t >= 0 rises."""

    def __post_init__(self) -> None:
        if (self.kind == "action") != (self.action is not None):
            raise ConfigError("kind and action disagree", where="action", expected="one exactly with kind=action")
        if (self.kind == "trajectory") != (len(self.trajectory) > 0):
            expected = "one exactly with kind=trajectory"
            raise ConfigError("kind and trajectory disagree", where="trajectory", expected=expected)
        if self.speed_mps is not None and not 0 <= self.speed_mps <= MOST_SPEED_MPS:
            expected = f"0 to {MOST_SPEED_MPS:g}"
            raise ConfigError("out of range", where="speed_mps", expected=expected, got=self.speed_mps)
        self._check_trajectory()

    def _check_trajectory(self) -> None:
        for number, point in enumerate(self.trajectory):
            if not all(map(math.isfinite, point)):
                where = f"trajectory[{number}]"
                raise ConfigError("not a pose", where=where, expected="finite t, x, y, yaw", got=list(point))
        times = [point[0] for point in self.trajectory]
        if any(t < 0 for t in times) or any(b <= a for a, b in pairwise(times)):
            raise ConfigError("times do not rise", where="trajectory", expected="t rising, from 0 or later", got=times)
        for number, (a, b) in enumerate(pairwise(self.trajectory), start=1):
            speed_mps = math.dist(a[1:3], b[1:3]) / (b[0] - a[0])
            if speed_mps > MOST_SPEED_MPS:
                where, expected = f"trajectory[{number}]", f"at most {MOST_SPEED_MPS:g} m/s between poses"
                raise ConfigError("too fast", where=where, expected=expected, got=f"{speed_mps:.4g} m/s")
