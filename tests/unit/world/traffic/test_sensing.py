"""What a driver sees on its way ahead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from drivegen.world.roads import Control, RoadNetwork
from drivegen.world.traffic.driving import line_up
from drivegen.world.traffic.sensing import FAR_M

from .single_lane import WEST, platoon

Make = Callable[[Control], RoadNetwork]


def test_the_nearest_in_the_lane_counts(crossroads: Make) -> None:
    cars = platoon(crossroads(Control.SIGNALS), [160.0, 130.0, 100.0], 8.0)
    cars.drivers["v"] = (2.0, 5.0, 8.0)
    gap, speed, allowed = cars.look(2)
    assert gap == pytest.approx(cars.gaps[1], abs=0.05)
    assert speed == pytest.approx(5.0)
    assert allowed == pytest.approx(13.9)


def test_who_is_behind_or_beside_does_not_count(crossroads: Make) -> None:
    network = crossroads(Control.SIGNALS)
    cars = platoon(network, [100.0, 130.0], 8.0)
    assert cars.look(1)[0] == FAR_M
    # The oncoming lane: its cars come out of the junction and stand beside.
    cars.drivers["chain"][1, :] = -1
    cars.drivers["chain"][1, 1], cars.drivers["s"][1] = 4 + WEST, 100.0
    line_up(cars.graph.lanes, cars.graph.points, cars.drivers, 1)
    assert cars.look(0)[0] == FAR_M


def test_who_stands_a_little_to_the_side_counts_while_the_widths_overlap(crossroads: Make) -> None:
    cars = platoon(crossroads(Control.SIGNALS), [130.0, 100.0], 8.0)
    width = float(cars.drivers["width"].mean())
    for offset, seen in ((0.6 * width, True), (1.0 * width + 0.6, False)):
        cars.drivers["d_from"][0] = cars.drivers["d_to"][0] = offset
        line_up(cars.graph.lanes, cars.graph.points, cars.drivers, 0)
        assert (cars.look(1)[0] < FAR_M) == seen


def test_sight_reaches_through_the_junction(crossroads: Make) -> None:
    network = crossroads(Control.SIGNALS)
    cars = platoon(network, [290.0, 280.0], 8.0)
    cars.drivers["chain"][0, :] = -1
    cars.drivers["chain"][0, 1], cars.drivers["s"][0] = 4, 12.0
    line_up(cars.graph.lanes, cars.graph.points, cars.drivers, 0)
    # Far away it looks in steps of 2.4 m.
    assert cars.look(1)[0] == pytest.approx(cars.gaps[0], abs=1.3)
    assert cars.gaps[0] > 35.0
