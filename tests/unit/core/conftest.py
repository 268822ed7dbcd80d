"""Small scenarios that the tests of core share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from drivegen.core import Ambience, Scenario, Track, Trajectory, Weather, forward_camera

SECOND_US = 1_000_000
StandingTrack = Callable[..., Track]
MakeScenario = Callable[..., Scenario]


@pytest.fixture
def standing() -> StandingTrack:
    """Makes an object that stands on the ground for a second, annotated every 0.5 s."""

    def make(
        track_id: str,
        category: str,
        x_m: float,
        y_m: float = 0.0,
        size: tuple[float, float, float] = (4.0, 2.0, 1.5),
        appearance: tuple[float, float, float] | None = None,
    ) -> Track:
        times = np.array([0, SECOND_US // 2, SECOND_US])
        positions = np.tile([x_m, y_m, size[2] / 2], (3, 1))
        trajectory = Trajectory(times, positions, np.tile([1.0, 0, 0, 0], (3, 1)))
        return Track(track_id, category, trajectory, np.tile(size, (3, 1)), appearance=appearance)

    return make


@pytest.fixture
def make_scenario() -> MakeScenario:
    """Makes a parked ego vehicle with a front camera of 128 x 256 px that looks along x."""

    def make(*tracks: Track) -> Scenario:
        ego = Trajectory(np.array([0, SECOND_US]), np.zeros((2, 3)), np.tile([1.0, 0, 0, 0], (2, 1)))
        camera = forward_camera("CAM_FRONT", (128, 256), 1.2, height_m=1.5)
        times = np.arange(0, SECOND_US + 1, SECOND_US // 4)
        return Scenario("test", ego, {"CAM_FRONT": camera}, {"CAM_FRONT": times}, tracks, Ambience(Weather.RAIN))

    return make
