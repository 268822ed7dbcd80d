"""Traffic lights: one for each arm of a junction, and only one arm of a junction is green at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drivegen.core import LightState
from drivegen.core.arrays import Floats

AMBER_S = 3.0
ALL_RED_S = 2.0
LIGHTS = (LightState.RED, LightState.AMBER, LightState.GREEN)
"""What the codes 0, 1, 2 of `Signal.light_at` mean."""


@dataclass(frozen=True, eq=False)
class Pole:
    """A post with a signal head for the drivers of an arm.

    Attributes:
        xy: (2,) its foot, global frame, metres.
        yaw: where its heads look: towards the traffic that they are for, radians.
        mast_m: length of its mast arm; the arm points to the *right* of `yaw` seen from above (over the carriageway).
            Zero: the head sits on the post.
    """

    xy: Floats
    yaw: float
    mast_m: float


@dataclass(frozen=True, eq=False)
class Signal:
    """The traffic light of one arm: green for green_s from offset_s on, then amber, then red, every cycle_s."""

    index: int
    junction: int
    arm: int
    poles: tuple[Pole, ...]
    cycle_s: float
    offset_s: float
    green_s: float

    def light_at(self, times_s: Floats) -> npt.NDArray[np.int8]:
        """Codes (...) at times (...): 0 red, 1 amber, 2 green (see LIGHTS)."""
        phase = np.mod(np.asarray(times_s, dtype=np.float64) - self.offset_s, self.cycle_s)
        codes = np.where(phase < self.green_s, 2, np.where(phase < self.green_s + AMBER_S, 1, 0))
        return codes.astype(np.int8)

    def color_at(self, t_s: float) -> LightState:
        """What it shows at a time."""
        return LIGHTS[int(self.light_at(np.asarray(t_s)))]

    def remaining_s(self, t_s: float) -> float:
        """For how long it goes on showing what it shows."""
        phase = float(np.mod(t_s - self.offset_s, self.cycle_s))
        ends = (self.green_s, self.green_s + AMBER_S, self.cycle_s)
        return next(end for end in ends if phase < end) - phase if phase < self.cycle_s else self.green_s

    def until_green_s(self, t_s: float) -> float:
        """Time until it is green next, zero while it is."""
        phase = float(np.mod(t_s - self.offset_s, self.cycle_s))
        return 0.0 if phase < self.green_s else self.cycle_s - phase
