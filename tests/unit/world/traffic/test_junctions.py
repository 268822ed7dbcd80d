"""Stop lines, and who may be inside a junction with whom."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from drivegen.core import stream
from drivegen.world.roads import Control, RoadNetwork
from drivegen.world.traffic import Density, overlaps, simulate, simulation
from drivegen.world.traffic.driving import line_up
from drivegen.world.traffic.junctions import LINE_GAP_M, is_free, line_gap
from drivegen.world.traffic.sensing import FAR_M
from drivegen.world.traffic.tables import AMBER, GREEN, RED
from drivegen.world.traffic.traces import Trace, Traffic

from .single_lane import WEST, Platoon, platoon

Make = Callable[[Control], RoadNetwork]
STEP_S = 1 / 12


def gap_to_line(cars: Platoon, light: int = GREEN) -> float:
    cars.lights[WEST] = light
    return float(line_gap(cars.graph.lanes, cars.drivers, cars.alive, 0, cars.graph.conflict, cars.lights))


def test_red_holds_at_the_line_and_green_does_not(crossroads: Make) -> None:
    cars = platoon(crossroads(Control.SIGNALS), [230.0], 10.0)
    stop = 219.0 + cars.graph.lanes["lead_in"][WEST]
    assert gap_to_line(cars, RED) == pytest.approx(stop - LINE_GAP_M - 230.0 - cars.drivers["front"][0])
    assert gap_to_line(cars, GREEN) == FAR_M


def test_amber_stops_only_who_can_stop(crossroads: Make) -> None:
    network = crossroads(Control.SIGNALS)
    lead = float(platoon(network, [10.0], 0.0).graph.lanes["lead_in"][WEST])
    for before_m, stops in ((60.0, True), (8.0, False)):
        cars = platoon(network, [lead + 219.0 - before_m], 12.0)
        assert (gap_to_line(cars, AMBER) < FAR_M) == stops
        # It does not change its mind.
        cars.drivers["v"] = 3.0 if not stops else 14.0
        assert (gap_to_line(cars, AMBER) < FAR_M) == stops


def test_at_an_all_way_stop_everybody_stops(crossroads: Make) -> None:
    cars = platoon(crossroads(Control.STOP), [250.0], 10.0)
    assert 0.0 < gap_to_line(cars) < 50.0
    cars.drivers["granted"] = 1
    assert gap_to_line(cars) == FAR_M


def test_nobody_enters_while_somebody_crosses_its_way(crossroads: Make) -> None:
    cars = platoon(crossroads(Control.SIGNALS), [290.0, 290.0], 8.0)
    graph, drivers = cars.graph, cars.drivers
    other = 10 + 1
    assert graph.conflict[10, other] > 0.0
    for lane, station, free in ((other, 8.0, False), (other, 19.9, True), (8, 8.0, True)):
        drivers["chain"][1, :] = -1
        drivers["chain"][1, 1], drivers["s"][1], drivers["v"][1] = lane, station, 0.0
        drivers["inside"][1], drivers["via"][1] = 0, lane
        # A tail that has left the way counts as gone.
        drivers["reach"][1] = 4.5 if station < 19.0 else 1.5
        line_up(graph.lanes, graph.points, drivers, 1)
        assert is_free(graph.lanes, drivers, cars.alive, graph.conflict, 0, 0) == free


def raw(network: RoadNetwork, seed: int, monkeypatch: pytest.MonkeyPatch) -> Traffic:
    """Traffic before the final check."""
    monkeypatch.setattr(simulation, "clean", lambda traces, *_: tuple(traces))
    return simulate(network, stream(seed, "t"), frames=480, step_s=STEP_S, density=Density(vehicles=1.3, cyclists=0.0))


def poses(traffic: Traffic) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """First frame, places and headings of everybody on wheels, ego included."""
    ego = (0, traffic.ego_xy, traffic.ego_yaw)
    return [ego, *((t.start, t.xy, t.yaw) for t in traffic.traces if t.category != "pedestrian")]


@pytest.mark.parametrize("control", list(Control))
def test_never_two_roads_inside_at_once(crossroads: Make, control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    passed = 0
    for seed in range(3):
        traffic = raw(crossroads(control), seed, monkeypatch)
        inside = np.zeros((2, 480), np.int64)
        for start, xy, yaw in poses(traffic):
            # Where the ways of the two roads cross.
            within = np.abs(xy).max(axis=1) < 3.5
            along_y = np.abs(np.sin(yaw)) > 0.7
            passed += int(within.any())
            for road in (0, 1):
                inside[road, start : start + len(yaw)] += within & (along_y == bool(road))
        assert not ((inside[0] > 0) & (inside[1] > 0)).any()
        near = [t for t in traffic.traces if np.abs(t.xy).max(axis=1).min() < 20.0]
        assert len(overlaps(near, traffic.ego_xy, traffic.ego_yaw)) == 0
    assert passed > 15


def test_nobody_passes_the_line_at_red(crossroads: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    network = crossroads(Control.SIGNALS)
    passed = 0
    for trace in raw(network, 5, monkeypatch).traces:
        passed += _passes(network, trace)
    assert passed > 4


def _passes(network: RoadNetwork, trace: Trace) -> int:
    if trace.category in ("trailer", "pedestrian"):
        return 0
    way = np.stack([np.cos(trace.yaw), np.sin(trace.yaw)], axis=1)
    # Distance of the front bumper beyond the stop line, which lies 11 m before the middle.
    nose = (trace.xy * way).sum(axis=1) + 0.5 * trace.size_m[0] + 11.0
    frames = np.flatnonzero((nose[:-1] < 0.3) & (nose[1:] >= 0.3))
    for k in frames:
        arm = int(np.round(np.arctan2(-way[k, 1], -way[k, 0]) / (np.pi / 2))) % 4
        assert network.signals[arm].color_at((trace.start + k) * STEP_S) != "red"
    return len(frames)
