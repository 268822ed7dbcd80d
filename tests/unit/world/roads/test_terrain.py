"""The terrain: its slope, its gradient, and how things stand on it."""

from __future__ import annotations

import numpy as np
import pytest

from drivegen.core import Pose, stream
from drivegen.world.profile import Profile
from drivegen.world.roads.terrain import SLOPE_LIMIT, Terrain, make_terrain


@pytest.fixture(params=list(Profile))
def terrain(request: pytest.FixtureRequest) -> Terrain:
    return make_terrain(stream(4, "terrain", request.param.value), request.param)


def _places(count: int) -> np.ndarray:
    return stream(5, "places").uniform(-2000.0, 2000.0, (count, 2))


def test_the_gradient_is_that_of_the_height(terrain: Terrain) -> None:
    places, h = _places(50), 1e-3
    for axis, step in enumerate(np.eye(2) * h):
        numeric = (terrain.height(places + step) - terrain.height(places - step)) / (2 * h)
        assert np.allclose(terrain.gradient(places)[:, axis], numeric, atol=1e-7)


@pytest.mark.parametrize("profile", list(Profile))
def test_no_slope_is_steeper_than_the_profile_allows(profile: Profile) -> None:
    for seed in range(10):
        slope = make_terrain(stream(seed, "slope"), profile).gradient(_places(500))
        assert np.linalg.norm(slope, axis=-1).max() <= SLOPE_LIMIT[profile]


def test_what_stands_on_it_heads_where_it_was_told_and_is_upright_to_the_ground(terrain: Terrain) -> None:
    places = _places(40)
    yaw = stream(6, "yaw").uniform(-np.pi, np.pi, 40)
    positions, quaternions = terrain.pose(places, yaw, 0.3)
    assert np.allclose(positions[:, 2], terrain.height(places) + 0.3)
    assert np.allclose(np.linalg.norm(quaternions, axis=1), 1.0)
    slope = terrain.gradient(places)
    for i in range(40):
        rotation = Pose(quaternions[i], positions[i]).matrix[:3, :3]
        ahead = rotation[:, 0]
        assert np.cos(np.arctan2(ahead[1], ahead[0]) - yaw[i]) == pytest.approx(1.0, abs=1e-12)
        normal = np.array([-slope[i, 0], -slope[i, 1], 1.0])
        assert np.allclose(rotation[:, 2], normal / np.linalg.norm(normal), atol=1e-9)


def test_poses_broadcast_over_times_and_agents(terrain: Terrain) -> None:
    positions, quaternions = terrain.pose(np.zeros((3, 5, 2)), np.zeros((3, 5)))
    assert positions.shape == (3, 5, 3) and quaternions.shape == (3, 5, 4)


def test_flat_is_flat() -> None:
    flat = Terrain.flat()
    assert flat.height(np.ones((4, 2))).shape == (4,) and not flat.height(np.ones((4, 2))).any()
    assert not flat.gradient(np.ones((4, 2))).any()
    assert np.allclose(flat.pose(np.zeros(2), np.array(0.0))[1], [1.0, 0.0, 0.0, 0.0])


def test_the_grid_follows_the_terrain_within_two_centimetres(terrain: Terrain) -> None:
    grid = terrain.grid((-100.0, -50.0, 133.0, 80.0))
    inside = stream(7, "inside").uniform((-100.0, -50.0), (133.0, 80.0), (200, 2))
    assert np.abs(grid.height(inside) - terrain.height(inside)).max() < 0.02
