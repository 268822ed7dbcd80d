"""Networks shared by the tests of traffic: drawn ones, and a crossroads made by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from shapely.geometry import box

from drivegen.core import stream
from drivegen.core.arrays import Floats
from drivegen.world.profile import Profile
from drivegen.world.roads import (
    Arm,
    Control,
    Junction,
    Lane,
    RoadNetwork,
    Signal,
    Surfaces,
    Terrain,
    Turn,
    make_network,
)

HALF_M, REACH_M, LANE_M = 10.0, 220.0, 3.5
GREEN_S, PHASE_S = 8.0, 13.0


@pytest.fixture(scope="session")
def town() -> RoadNetwork:
    return make_network(stream(3, "roads"), Profile.URBAN, 250.0)


@pytest.fixture(scope="session")
def country() -> RoadNetwork:
    return make_network(stream(4, "roads"), Profile.RURAL, 250.0)


@pytest.fixture(scope="session")
def crossroads() -> Callable[[Control], RoadNetwork]:
    """Two straight roads that cross at (0, 0), a lane each way, everybody straight on.

    Arm a leads out at a * 90 degrees; lane a comes in by it, lane 4 + a leads out, connector 8 + a goes straight on
    from it. The ego comes from the west (arm 2).
    """
    return _crossroads


def _crossroads(control: Control) -> RoadNetwork:
    lanes = [_lane(a, arm, incoming=True) for a, arm in enumerate(_arms())]
    lanes += [_lane(a, arm, incoming=False) for a, arm in enumerate(_arms())]
    lanes += [_connector(a) for a in range(4)]
    lit = control is Control.SIGNALS
    signals = tuple(Signal(a, 0, a, (), 4 * PHASE_S, a * PHASE_S, GREEN_S) for a in range(4)) if lit else ()
    arms = tuple(Arm(a, a * np.pi / 2, -1, a if lit else -1, (a,), (4 + a,)) for a in range(4))
    square = box(-HALF_M, -HALF_M, HALF_M, HALF_M)
    return RoadNetwork(
        profile=Profile.SUBURBAN,
        terrain=Terrain.flat(),
        roads=(),
        lanes=tuple(lanes),
        junctions=(Junction(0, np.zeros(2), square, arms, control),),
        signals=signals,
        crossings=(),
        walkways=(),
        parking=(),
        frontages=(),
        driveways=(),
        surfaces=Surfaces((square,), (), (), (), (), ()),
        lane_lines=(),
        painted=(),
        signs=(),
        route=(2, 10, 4),
        route_start_m=120.0,
    )


def _arms() -> list[Floats]:
    return [np.array([np.cos(a * np.pi / 2), np.sin(a * np.pi / 2)]).round() for a in range(4)]


def _gate(a: int, *, incoming: bool) -> Floats:
    """Where traffic of arm a enters or leaves the junction: on the right of its way."""
    out = _arms()[a]
    right = np.array([-out[1], out[0]]) * (1.0 if incoming else -1.0)
    return HALF_M * out + 0.5 * LANE_M * right


def _lane(a: int, out: Floats, *, incoming: bool) -> Lane:
    gate = _gate(a, incoming=incoming)
    ends = (gate + REACH_M * out, gate) if incoming else (gate, gate + REACH_M * out)
    junction, arm, on = (0, a, (8 + a,)) if incoming else (-1, -1, ())
    stop = REACH_M - 1.0 if incoming else float("nan")
    return _straight(a if incoming else 4 + a, ends, road=a, junction=junction, arm=arm, on=on, stop_m=stop)


def _connector(a: int) -> Lane:
    ends = (_gate(a, incoming=True), _gate((a + 2) % 4, incoming=False))
    on = (4 + (a + 2) % 4,)
    return _straight(8 + a, ends, road=-1, junction=0, arm=a, on=on, stop_m=float("nan"), turn=Turn.STRAIGHT)


def _straight(
    index: int,
    ends: tuple[Floats, Floats],
    *,
    road: int,
    junction: int,
    arm: int,
    on: tuple[int, ...],
    stop_m: float,
    turn: Turn | None = None,
) -> Lane:
    first, last = ends
    way = last - first
    s = np.linspace(0.0, float(np.hypot(*way)), round(float(np.hypot(*way))) + 1)
    points = first + s[:, None] * way / s[-1]
    yaw = np.full(len(s), np.arctan2(way[1], way[0]))
    return Lane(index, points, s, yaw, LANE_M, 13.9, road, junction, arm, turn, on, -1, -1, stop_m, ())
