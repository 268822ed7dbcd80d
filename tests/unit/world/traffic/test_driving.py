"""Car-following: the Intelligent Driver Model of Treiber, Hennecke, Helbing 2000."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from drivegen.world.roads import Control, RoadNetwork

from .single_lane import platoon

Make = Callable[[Control], RoadNetwork]
DT = 1 / 12


@pytest.mark.parametrize("speed_mps", [3.0, 7.0, 11.0])
def test_the_gap_in_equilibrium_is_that_of_the_formula(crossroads: Make, speed_mps: float) -> None:
    """s_e(v) = (s0 + v T) / sqrt(1 - (v / v0)^4), equation 5 of the paper."""
    cars = platoon(crossroads(Control.SIGNALS), [30.0 + 5.0 + 1.6 * speed_mps, 30.0], speed_mps)
    for _ in range(400):
        cars.step(DT, 0.0)
    row = cars.drivers[1]
    wanted = 13.9
    expected = (row["standstill"] + speed_mps * row["headway"]) / np.sqrt(1.0 - (speed_mps / wanted) ** 4)
    assert row["v"] == pytest.approx(speed_mps, abs=0.02)
    assert cars.gaps[0] == pytest.approx(expected, abs=0.12)


@pytest.mark.parametrize("brakes_mps2", [2.0, 4.0, 7.0])
@pytest.mark.parametrize("speed_mps", [6.0, 13.0])
def test_nobody_runs_into_a_leader_who_brakes(crossroads: Make, brakes_mps2: float, speed_mps: float) -> None:
    step = 7.0 + 1.2 * speed_mps
    cars = platoon(crossroads(Control.SIGNALS), [150.0 - n * step for n in range(4)], speed_mps)
    smallest = np.inf
    for _ in range(240):
        cars.step(DT, -brakes_mps2)
        smallest = min(smallest, float(cars.gaps.min()))
        assert (cars.drivers["accel"] >= -10.0).all()
    assert smallest > 0.3
    assert (cars.drivers["v"] < 0.05).all()
    assert (cars.gaps < 5.0).all()


def test_a_free_driver_comes_to_the_limit_and_stays_there(crossroads: Make) -> None:
    cars = platoon(crossroads(Control.SIGNALS), [6.0], 0.0)
    speeds = []
    for _ in range(200):
        cars.step(DT)
        speeds.append(float(cars.drivers["v"][0]))
    assert (np.diff(speeds) > -1e-6).all()
    assert 13.0 < speeds[-1] <= 13.9
    assert max(np.diff(speeds)) <= cars.drivers["power"][0] * DT + 1e-9
