"""Traffic lights over time."""

from __future__ import annotations

import numpy as np
import pytest

from drivegen.core import LightState
from drivegen.world.roads.signals import ALL_RED_S, AMBER_S, LIGHTS, Signal

SIGNAL = Signal(0, 0, 0, (), cycle_s=40.0, offset_s=5.0, green_s=10.0)


@pytest.mark.parametrize(
    ("time", "light", "remaining"),
    [
        (5.0, LightState.GREEN, 10.0),
        (14.5, LightState.GREEN, 0.5),
        (15.0, LightState.AMBER, AMBER_S),
        (18.0, LightState.RED, 27.0),
        (0.0, LightState.RED, 5.0),
        (45.0, LightState.GREEN, 10.0),
        (-35.0, LightState.GREEN, 10.0),
    ],
)
def test_what_it_shows_and_for_how_long(time: float, light: LightState, remaining: float) -> None:
    assert SIGNAL.color_at(time) is light
    assert SIGNAL.remaining_s(time) == pytest.approx(remaining)


def test_the_array_version_says_the_same() -> None:
    times = np.arange(-50.0, 90.0, 0.5)
    codes = SIGNAL.light_at(times)
    assert codes.dtype == np.int8
    assert [LIGHTS[code] for code in codes] == [SIGNAL.color_at(t) for t in times.tolist()]


def test_it_turns_green_when_it_said() -> None:
    for time in np.arange(0.0, 80.0, 0.7).tolist():
        wait = SIGNAL.until_green_s(time)
        assert SIGNAL.color_at(time + wait + 1e-6) is LightState.GREEN
        assert wait == 0.0 or SIGNAL.color_at(time + wait - 1e-3) is LightState.RED


def test_clearance_times_are_those_of_a_real_junction() -> None:
    assert AMBER_S == 3.0 and ALL_RED_S == 2.0
