"""Networks over seeds: everything joins, nothing overlaps, the way of the ego goes on."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, Point, Polygon

from drivegen.core import stream
from drivegen.world.profile import Profile
from drivegen.world.roads import Control, RoadNetwork, make_network
from drivegen.world.roads.generate import BEHIND_M

SEEDS = range(6)
CASES = [(profile, seed) for profile in Profile for seed in SEEDS]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0].value}-{case[1]}")
def network(request: pytest.FixtureRequest) -> RoadNetwork:
    profile, seed = request.param
    return make_network(stream(seed, "test", "roads"), profile, 300.0)


def _angle(a: float, b: float) -> float:
    return abs(float(np.mod(a - b + np.pi, 2 * np.pi) - np.pi))


def test_lanes_join_end_to_start(network: RoadNetwork) -> None:
    for lane in network.lanes:
        for successor in (network.lanes[i] for i in lane.successors):
            assert np.linalg.norm(successor.points[0] - lane.points[-1]) < 0.01
            assert _angle(float(successor.yaw[0]), float(lane.yaw[-1])) < np.deg2rad(2.0)


def test_lanes_end_only_at_the_edge_of_the_map(network: RoadNetwork) -> None:
    for lane in network.lanes:
        assert bool(lane.successors) == (lane.turn is not None or lane.junction >= 0)
        assert lane.speed_mps > 0.0 and lane.width_m > 2.5
        if lane.turn is None and lane.junction >= 0:
            assert 0.0 < lane.stop_m < lane.length_m


def test_lane_points_are_dense_and_head_along_themselves(network: RoadNetwork) -> None:
    for lane in network.lanes:
        steps = np.diff(lane.points, axis=0)
        assert np.linalg.norm(steps, axis=1).max() <= 1.0
        assert np.all(np.diff(lane.s) > 0.0)
        middle = 0.5 * (lane.yaw[1:] + lane.yaw[:-1])
        off = np.mod(np.arctan2(steps[:, 1], steps[:, 0]) - middle + np.pi, 2 * np.pi) - np.pi
        assert np.abs(off).max() < 0.06


def test_curvature_is_limited(network: RoadNetwork) -> None:
    tightest = 1 / 30.0 if network.profile is not Profile.RURAL else 1 / 80.0
    for lane in network.lanes:
        curvature = np.abs(np.gradient(lane.yaw, lane.s)).max()
        assert curvature < (tightest if lane.turn is None else 0.3)


def test_neighbors_agree_and_drive_the_same_way(network: RoadNetwork) -> None:
    for lane in network.lanes:
        if lane.right >= 0:
            other = network.lanes[lane.right]
            assert other.left == lane.index and other.road == lane.road
            side = other.points[5] - lane.points[5]
            right = np.array([np.sin(lane.yaw[5]), -np.cos(lane.yaw[5])])
            assert side @ right == pytest.approx(lane.width_m, abs=0.05)


def test_connectors_of_one_arm_never_end_in_the_same_lane(network: RoadNetwork) -> None:
    for junction in network.junctions:
        for arm in junction.arms:
            ends = [network.lanes[c].successors[0] for lane in arm.incoming for c in network.lanes[lane].successors]
            assert len(ends) == len(set(ends)) and ends
            for lane in (*arm.incoming, *arm.outgoing):
                assert network.lanes[lane].road == arm.road


def test_arms_go_round_and_point_outwards(network: RoadNetwork) -> None:
    for junction in network.junctions:
        assert len(junction.arms) in (3, 4)
        gaps = np.mod(np.diff([arm.yaw for arm in (*junction.arms, junction.arms[0])]), 2 * np.pi)
        assert gaps.sum() == pytest.approx(2 * np.pi)
        for number, arm in enumerate(junction.arms):
            outwards = network.lanes[arm.outgoing[0]].points[3] - junction.centre
            assert _angle(float(np.arctan2(outwards[1], outwards[0])), arm.yaw) < 0.5
            assert all(network.lanes[i].arm == number for i in arm.incoming)


def test_the_route_is_a_chain_with_room_behind_and_beyond(network: RoadNetwork) -> None:
    lanes = [network.lanes[i] for i in network.route]
    for a, b in itertools.pairwise(lanes):
        assert b.index in a.successors
    assert lanes[0].turn is None and not lanes[-1].successors
    length = sum(lane.length_m for lane in lanes)
    assert network.route_start_m >= BEHIND_M
    assert length - network.route_start_m >= 300.0 + 180.0
    passed = np.cumsum([lane.length_m for lane in lanes])
    there = lanes[int(np.searchsorted(passed, network.route_start_m))]
    assert there.turn is None


def test_the_route_never_crosses_itself(network: RoadNetwork) -> None:
    assert LineString(network.route_points).is_simple


def test_roads_keep_apart(network: RoadNetwork) -> None:
    for a, b in itertools.combinations(network.roads, 2):
        joined = {a.start_junction, a.end_junction} & {b.start_junction, b.end_junction} - {-1}
        if not joined:
            half = [max(r.section.outer_m(True), r.section.outer_m(False)) for r in (a, b)]
            assert LineString(a.line.xy).distance(LineString(b.line.xy)) > sum(half) + 15.0


def test_surfaces_are_valid_and_disjoint(network: RoadNetwork) -> None:
    surfaces = network.surfaces
    parts = [*surfaces.road, *surfaces.sidewalks, *surfaces.verges, *surfaces.islands]
    assert all(isinstance(part, Polygon) and part.is_valid and part.area > 0.1 for part in parts)
    tree = shapely.STRtree(parts)
    first, second = tree.query(parts, predicate="intersects")
    pairs = first < second
    common = shapely.area(shapely.intersection(tree.geometries[first[pairs]], tree.geometries[second[pairs]]))
    assert common.max() < 1e-4
    assert shapely.union_all(parts).area == pytest.approx(sum(part.area for part in parts), rel=1e-6)


def test_paint_parking_and_crossings_lie_on_the_road(network: RoadNetwork) -> None:
    surfaces = network.surfaces
    road = shapely.union_all([part.buffer(0.02) for part in surfaces.road])
    for part in [*surfaces.parking, *surfaces.crossings, *(polygon for polygon, _ in network.painted)]:
        assert part.is_valid and road.contains(part)
    inside = shapely.union_all([junction.area for junction in network.junctions]).buffer(-0.05)
    for line in network.lane_lines:
        assert road.contains(line.line) and not inside.intersects(line.line)


def test_lanes_stay_on_the_road_and_off_the_islands(network: RoadNetwork) -> None:
    road = shapely.union_all([part.buffer(0.02) for part in network.surfaces.road])
    for lane in network.lanes:
        body = LineString(lane.points).buffer(0.95, cap_style="flat")
        assert road.contains(body), lane


def test_lanes_know_where_they_run_over_crossings(network: RoadNetwork) -> None:
    for lane in network.lanes:
        line = LineString(lane.points)
        met = [c.index for c in network.crossings if line.intersection(c.polygon).length > 0.5]
        assert sorted(met) == sorted(index for index, _, _ in lane.crossings)
        for index, low, high in lane.crossings:
            points, _ = lane.at(np.linspace(low + 0.05, high - 0.05, 5))
            assert all(network.crossings[index].polygon.contains(Point(p)) for p in points)
            leads_out = network.crossings[index].junction == lane.junction >= 0 and low > lane.length_m / 2
            assert not leads_out or lane.stop_m <= low - 0.9


def test_walkways_join_and_keep_off_the_carriageway(network: RoadNetwork) -> None:
    ground = shapely.union_all([part.buffer(0.02) for part in network.surfaces.sidewalks])
    places: dict[int, np.ndarray] = {}
    for walkway in network.walkways:
        for node, point in zip(walkway.nodes, (walkway.points[0], walkway.points[-1]), strict=True):
            assert np.allclose(places.setdefault(node, point), point, atol=1e-6)
        for other in walkway.neighbors:
            assert walkway.index in network.walkways[other].neighbors
        assert np.linalg.norm(np.diff(walkway.points, axis=0), axis=1).max() <= 1.0
        if walkway.crossing < 0:
            assert ground.contains(LineString(walkway.points).buffer(0.3, cap_style="flat"))
        else:
            crossing = network.crossings[walkway.crossing]
            ends = [np.interp(walkway.kerb_s, walkway.s, walkway.points[:, axis]) for axis in (0, 1)]
            assert np.allclose(np.stack(ends, axis=-1), [crossing.start, crossing.end], atol=0.05)


def test_frontages_have_the_road_on_their_right(network: RoadNetwork) -> None:
    for frontage in network.frontages:
        line = frontage.line
        a, b = (np.array(line.interpolate(0.5 * line.length + step).coords[0]) for step in (-0.5, 0.5))
        left = np.array([-(b - a)[1], (b - a)[0]])
        middle = 0.5 * (a + b)
        assert network.ground.contains(Point(middle - 0.5 * left))
        assert not network.ground.contains(Point(middle + 0.5 * left))
        assert 10.0 < frontage.depth_m <= 60.0
        assert network.ground.boundary.distance(Point(middle)) < 0.02


def test_posts_and_signs_stand_beside_the_carriageway(network: RoadNetwork) -> None:
    road = shapely.union_all(list(network.surfaces.road))
    posts = [pole.xy for signal in network.signals for pole in signal.poles] + [sign.xy for sign in network.signs]
    for xy in posts:
        assert 0.3 < road.distance(Point(xy)) < 3.0


def test_masts_hang_over_the_lanes_that_they_are_for(network: RoadNetwork) -> None:
    for signal in network.signals:
        arm = network.junctions[signal.junction].arms[signal.arm]
        pole = signal.poles[1]
        lane = network.lanes[arm.incoming[0]]
        right = np.array([np.sin(pole.yaw), -np.cos(pole.yaw)])
        tip = pole.xy + pole.mast_m * right
        ahead = np.array([np.cos(lane.yaw[-1]), np.sin(lane.yaw[-1])])
        away = tip - lane.points[-1]
        assert away @ ahead > 8.0
        assert abs(away @ np.array([-ahead[1], ahead[0]])) < 0.1


def test_only_one_arm_of_a_junction_is_green_or_amber_at_a_time(network: RoadNetwork) -> None:
    times = np.arange(0.0, 200.0, 0.25)
    for junction in network.junctions:
        lights = [network.signals[arm.signal] for arm in junction.arms if arm.signal >= 0]
        assert len(lights) == (len(junction.arms) if junction.control is Control.SIGNALS else 0)
        if lights:
            codes = np.stack([light.light_at(times) for light in lights])
            assert (codes > 0).sum(axis=0).max() == 1
            assert np.all((codes == 2).any(axis=1))


def test_parking_places_lie_in_the_parking_lanes(network: RoadNetwork) -> None:
    lanes = shapely.union_all([part.buffer(0.05) for part in network.surfaces.parking])
    for spot in network.parking:
        assert lanes.contains(Point(spot.xy)) and spot.length_m > 5.5 and spot.width_m >= 2.0


def test_the_terrain_is_gentle(network: RoadNetwork) -> None:
    low_x, low_y, high_x, high_y = network.bounds
    grid = np.stack(np.meshgrid(np.linspace(low_x, high_x, 60), np.linspace(low_y, high_y, 60)), axis=-1)
    assert np.linalg.norm(network.terrain.gradient(grid), axis=-1).max() <= 0.04
