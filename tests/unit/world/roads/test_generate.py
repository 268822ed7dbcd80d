"""Whole networks: the same stream, the turn that was asked for, long routes."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import LineString

from drivegen.core import stream
from drivegen.world.profile import Profile
from drivegen.world.roads import Turn, make_network


@pytest.mark.parametrize("profile", list(Profile))
def test_the_same_stream_gives_the_same_network(profile: Profile) -> None:
    first, second = (make_network(stream(3, "again"), profile, 300.0) for _ in range(2))
    assert first.route == second.route and first.route_start_m == second.route_start_m
    assert all(np.array_equal(a.points, b.points) for a, b in zip(first.lanes, second.lanes, strict=True))
    assert [p.wkb for p in first.surfaces.sidewalks] == [p.wkb for p in second.surfaces.sidewalks]
    assert first.road_map().to_dict() == second.road_map().to_dict()


@pytest.mark.parametrize("turn", list(Turn))
@pytest.mark.parametrize("profile", list(Profile))
def test_the_first_turn_is_the_one_asked_for(profile: Profile, turn: Turn) -> None:
    for seed in range(3):
        network = make_network(stream(seed, "turn"), profile, 200.0, first_turn=turn)
        first = next(network.lanes[i] for i in network.route if network.lanes[i].turn is not None)
        assert first.turn is turn
        assert 10.0 < network.lanes[network.route[0]].length_m - network.route_start_m < 120.0


@pytest.mark.parametrize("profile", list(Profile))
def test_long_routes_do_not_cross_themselves_either(profile: Profile) -> None:
    network = make_network(stream(1, "long"), profile, 4500.0)
    assert LineString(network.route_points).is_simple
    assert sum(network.lanes[i].length_m for i in network.route) - network.route_start_m > 4680.0
