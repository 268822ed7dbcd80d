"""A street with a few objects, small enough to check by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from shapely.geometry import LineString, Polygon, box

from drivegen.core import (
    Ambience,
    Camera,
    FrameLabels,
    LabelPolicy,
    LaneLine,
    RoadMap,
    Scenario,
    Structure,
    Track,
    Trajectory,
    forward_camera,
    label_frame,
)
from drivegen.core.poses import quaternion_from_yaw

TIMES_US = np.array([0, 500_000])

MakeLabels = Callable[..., FrameLabels]


def make_track(
    track_id: str,
    position: tuple[float, float, float],
    *,
    yaw_rad: float = 0.0,
    category: str = "car",
    size: tuple[float, float, float] = (4.0, 2.0, 1.6),
    appearance: tuple[float, float, float] | None = (1.0, 0.5, 0.0),
) -> Track:
    rotation = np.tile(quaternion_from_yaw(np.array(yaw_rad)), (2, 1))
    trajectory = Trajectory(TIMES_US, np.tile(position, (2, 1)), rotation)
    return Track(track_id, category, trajectory, np.tile(size, (2, 1)), appearance=appearance)


@pytest.fixture
def camera() -> Camera:
    return forward_camera("CAM_FRONT", (64, 128), np.deg2rad(70.0), 1.6)


@pytest.fixture
def track() -> Callable[..., Track]:
    return make_track


@pytest.fixture
def make_labels(camera: Camera) -> MakeLabels:
    """labels(tracks, at seconds): the ego drives along x at 5 m/s and turns left at 0.2 rad/s."""

    def make(tracks: list[Track], seconds: float = 0.0, *, moving: bool = False) -> FrameLabels:
        end = np.array([2.5, 0.0, 0.0]) if moving else np.zeros(3)
        yaw = quaternion_from_yaw(np.array([0.0, 0.1 if moving else 0.0]))
        ego = Trajectory(TIMES_US, np.stack([np.zeros(3), end]), yaw)
        scenario = Scenario("s", ego, {"CAM_FRONT": camera}, {"CAM_FRONT": TIMES_US}, tuple(tracks), Ambience())
        return label_frame(scenario, camera, int(seconds * 1e6), LabelPolicy())

    return make


@pytest.fixture
def street() -> RoadMap:
    road = Polygon(box(-50, -8, 100, 8).exterior, [box(20, -2, 24, 2).exterior])
    return RoadMap(
        road=(road,),
        sidewalks=(box(-50, 8, 100, 11), box(-50, -11, 100, -8)),
        crossings=(box(12, -8, 15, 8),),
        lane_lines=(LaneLine(LineString([(-50, 3), (100, 3)]), "solid", 0.3, (1.0, 1.0, 1.0)),),
        structures=(
            Structure(box(10, 12, 30, 25), 12.0, "building", (0.8, 0.4, 0.2)),
            Structure(box(40, -30, 60, -12), 9.0, "building", (0.2, 0.4, 0.8)),
        ),
    )
