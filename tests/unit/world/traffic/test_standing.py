"""Parked cars, work sites and rows of barriers stand where they may, none in another."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import shapely

from drivegen.core import stream
from drivegen.world.profile import Profile
from drivegen.world.roads import KERB_M, RoadNetwork, make_network
from drivegen.world.traffic import Density
from drivegen.world.traffic.barrier_rows import GAP_M, roadside_rows
from drivegen.world.traffic.standing import stand
from drivegen.world.traffic.things import Thing
from drivegen.world.traffic.work_sites import MACHINES, parking_sites

BUSY = Density(static=3.0)


def shape(thing: Thing, margin_m: float = 0.0) -> shapely.Polygon:
    half = np.asarray(thing.member.size_m[:2]) / 2 + margin_m
    c, s = np.cos(thing.yaw), np.sin(thing.yaw)
    corners = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * half
    return shapely.Polygon(corners @ np.array([[c, s], [-s, c]]) + thing.xy)


def counts(things: list[Thing]) -> Counter[str]:
    return Counter(thing.member.body for thing in things)


def network(seed: int, profile: Profile) -> RoadNetwork:
    return make_network(stream(seed, "roads"), profile, 250.0)


@pytest.mark.parametrize("seed", range(4))
def test_sites_in_parking_lanes_leave_the_traffic_alone(seed: int) -> None:
    town = network(seed, Profile.URBAN)
    taken: set[int] = set()
    things = parking_sites(town, stream(seed, "t"), BUSY, taken)
    if not town.parking:
        return
    parking = shapely.buffer(shapely.union_all(list(town.surfaces.parking)), 0.31, join_style="mitre")
    assert all(parking.contains(shape(thing)) for thing in things)
    cars = [thing for thing in stand(town, stream(seed, "t"), BUSY) if thing.attribute == "vehicle.parked"]
    assert {thing.member.category for thing in cars} <= {"car", "truck", "trailer", "construction_vehicle"}
    assert not taken or len(taken) >= 2


@pytest.mark.parametrize("profile", list(Profile))
def test_hardly_anything_stands_in_something_else(profile: Profile) -> None:
    total = meetings = 0
    for seed in range(4):
        things = stand(network(seed, profile), stream(seed, "t"), BUSY)
        shapes = np.array([shape(thing, 0.025) for thing in things], dtype=object)
        pairs = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        meetings += int((pairs[0] < pairs[1]).sum())
        total += len(things)
    # The final check leaves out one of two.
    assert total > 100
    assert meetings < 0.03 * total


def test_sites_have_rows_of_barriers_cones_machines_and_workers() -> None:
    seen: Counter[str] = Counter()
    for seed in range(6):
        seen += counts(stand(network(seed, Profile.URBAN), stream(seed, "t"), BUSY))
    assert seen["barrier"] > 60 and seen["cone"] > 60
    assert seen["worker"] > 5
    assert all(seen[machine] > 0 for machine in MACHINES)
    assert sum(seen[machine] for machine in MACHINES) < 0.3 * seen["barrier"]


def test_rows_beside_country_roads_are_even_also_in_bends() -> None:
    for seed in range(6):
        things = roadside_rows(network(seed, Profile.RURAL), stream(seed, "t"), 4.0)
        for a, b in pairwise(things):
            if a.member is b.member:
                way = float(np.hypot(*(a.xy - b.xy)))
                assert 0.02 < way - float(a.member.size_m[1]) < 6.0 * GAP_M


def test_rows_on_medians_stand_on_them() -> None:
    found = 0
    for seed in range(12):
        town = network(seed, Profile.URBAN)
        raised = [thing for thing in stand(town, stream(seed, "t"), BUSY) if thing.z_m > 0]
        found += len(raised)
        island = shapely.buffer(shapely.union_all(list(town.surfaces.islands)), 0.05)
        assert all(island.contains(shapely.Point(thing.xy)) for thing in raised)
        assert all(thing.z_m == KERB_M and thing.member.body == "barrier" for thing in raised)
    assert found > 10


def test_nothing_without_density_and_more_cars_with_more() -> None:
    town = network(3, Profile.URBAN)
    assert stand(town, stream(3, "t"), Density(0, 0, 0, 0, 0)) == []
    parked = [
        {
            tuple(np.round(thing.xy, 3).tolist())
            for thing in stand(town, stream(3, "t"), Density(static=0.0, parked=density))
        }
        for density in (0.5, 1.0, 1.7)
    ]
    assert parked[0] < parked[1] < parked[2]
