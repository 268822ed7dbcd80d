"""Posts beside walkways."""

from __future__ import annotations

import numpy as np
import shapely

from drivegen.core import stream
from drivegen.world.profile import Profile
from drivegen.world.roads import make_network
from drivegen.world.scenery.placement import beside_ways


def test_posts_are_moved_off_walkways_and_not_onto_roads() -> None:
    network = make_network(stream(3, "test", "posts"), Profile.URBAN, 120.0)
    walks = [way.points[len(way.points) // 2] for way in network.walkways if way.crossing < 0]
    feet = np.array([*walks, [1e4, 1e4]])
    moved = beside_ways(network, feet, 0.5)
    ways = shapely.MultiLineString([way.points for way in network.walkways])
    assert shapely.distance(ways, shapely.points(moved)).min() >= 0.5
    roads = shapely.union_all(network.surfaces.road)
    assert shapely.distance(roads, shapely.points(moved)).min() > 0.1
    assert np.linalg.norm(moved - feet, axis=1).max() < 1.6
    assert (moved[-1] == feet[-1]).all()
