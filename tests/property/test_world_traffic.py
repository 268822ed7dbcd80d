"""Whatever the seed: nothing overlaps, nothing jumps."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, STRtree

from drivegen.core import stream
from drivegen.core.arrays import Floats
from drivegen.world.profile import Profile
from drivegen.world.roads import make_network
from drivegen.world.traffic import EGO_SIZE, Density, simulate

STEP_S = 1 / 12


def footprint(xy: Floats, yaw: float, size: Floats) -> Polygon:
    c, s = np.cos(yaw), np.sin(yaw)
    corners = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]]) * np.asarray(size)[:2] / 2
    return Polygon(corners @ np.array([[c, s], [-s, c]]) + xy)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), profile=st.sampled_from(list(Profile)), density=st.floats(0.2, 3.0))
def test_nothing_overlaps_and_nothing_jumps(seed: int, profile: Profile, density: float) -> None:
    network = make_network(stream(seed, "roads"), profile, 200.0)
    traffic = simulate(
        network, stream(seed, "traffic"), frames=96, step_s=STEP_S,
        density=Density(density, density, density, density, density),
    )  # fmt: skip
    ego_way = np.hypot(*np.diff(traffic.ego_xy, axis=0).T)
    assert ego_way.max() < 45.0 * STEP_S
    assert np.abs(np.diff(traffic.ego_yaw)).max() < np.deg2rad(60.0) * STEP_S
    assert np.abs(np.diff(traffic.ego_speed)).max() < 9.0 * STEP_S
    for trace in traffic.traces:
        if len(trace.yaw) < 2:
            continue
        assert np.hypot(*np.diff(trace.xy, axis=0).T).max() < 45.0 * STEP_S
        fastest = 200.0 if trace.category == "pedestrian" else 60.0
        assert np.abs(np.diff(trace.yaw)).max() <= np.deg2rad(fastest) * STEP_S + 1e-9
    for frame in (0, 47, 95):
        shapes = [footprint(traffic.ego_xy[frame], traffic.ego_yaw[frame], np.array(EGO_SIZE))]
        for trace in traffic.traces:
            if trace.start <= frame < trace.stop:
                k = frame - trace.start
                shapes.append(footprint(trace.xy[k], trace.yaw[k], trace.size_m))
        pairs = STRtree(shapes).query(shapes, predicate="dwithin", distance=0.049)
        assert (pairs[0] == pairs[1]).all()
