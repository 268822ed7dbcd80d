"""The road map of a network."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from shapely.geometry import Point

from drivegen.core import RoadMap, stream
from drivegen.world.profile import Profile
from drivegen.world.roads import RoadNetwork, make_network


@pytest.fixture(scope="module", params=list(Profile))
def network(request: pytest.FixtureRequest) -> RoadNetwork:
    return make_network(stream(2, "map"), request.param, 250.0)


def test_it_comes_back_from_json(network: RoadNetwork) -> None:
    road_map = network.road_map()
    assert RoadMap.from_dict(json.loads(json.dumps(road_map.to_dict()))) == road_map


def test_lanes_keep_their_numbers_and_neighbors(network: RoadNetwork) -> None:
    lanes = network.road_map().lanes
    assert [lane.lane_id for lane in lanes] == list(range(len(lanes)))
    for lane, drawn in zip(network.lanes, lanes, strict=False):
        assert drawn.successors == lane.successors
        assert (drawn.kind == "connector") == (lane.turn is not None)
        assert drawn.polygon.is_valid
        assert drawn.polygon.area == pytest.approx(lane.length_m * lane.width_m, rel=0.05)


def test_bicycle_lanes_lie_on_the_road(network: RoadNetwork) -> None:
    road = shapely.union_all([part.buffer(0.05) for part in network.surfaces.road])
    bikes = [lane for lane in network.road_map().lanes if lane.kind == "bike"]
    assert len(bikes) == sum(np.isfinite(lane.bike_m) for lane in network.lanes)
    assert all(road.contains(lane.polygon) for lane in bikes)


def test_every_incoming_lane_has_a_stop_line_across_it(network: RoadNetwork) -> None:
    incoming = [lane for lane in network.lanes if np.isfinite(lane.stop_m)]
    lines = network.road_map().stop_lines
    assert len(lines) == len(incoming)
    for lane, line in zip(incoming, lines, strict=True):
        assert line.distance(Point(lane.at(lane.stop_m)[0])) < 1e-6
        assert line.length == pytest.approx(lane.width_m)


def test_heights_reach_over_roads_and_structures(network: RoadNetwork) -> None:
    grid = network.road_map().terrain
    assert grid is not None
    points = np.concatenate([lane.points for lane in network.lanes])
    assert np.abs(grid.height(points) - network.terrain.height(points)).max() < 0.02
