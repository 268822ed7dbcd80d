"""What is asked of the traffic: how dense it is, and what the ego does."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from drivegen.core import ConfigError

Action = Literal["straight", "left", "right", "stop", "change_left", "change_right"]

EGO_SIZE: tuple[float, float, float] = (4.6, 1.86, 1.6)
"""Length, width, height of the ego, metres; its origin, where the cameras' rig stands, is its middle on the ground."""

CHANGE_AFTER_S = 1.5
"""Time of the clip from which the ego looks for the gap of an asked lane change, or brakes when asked to stop."""


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
    """Its speed on a free road; None draws one that suits the road."""
    trajectory: tuple[tuple[float, float, float, float], ...] = ()
    """With `kind=trajectory`: (t s, x m, y m, yaw rad) from the start pose, x forward, y left; t rises from 0."""

    def __post_init__(self) -> None:
        if (self.kind == "action") != (self.action is not None):
            raise ConfigError("kind and action disagree", where="action", expected="one exactly with kind=action")
        if (self.kind == "trajectory") != (len(self.trajectory) > 0):
            raise ConfigError("kind and trajectory disagree", where="trajectory", expected="one with kind=trajectory")
        times = [point[0] for point in self.trajectory]
        if any(b <= a for a, b in pairwise(times)):
            raise ConfigError("times must rise", where="trajectory", got=times)
        if self.speed_mps is not None and self.speed_mps < 0:
            raise ConfigError("must not be negative", where="speed_mps", got=self.speed_mps)
