"""A small scene: a level road with a wall, a lit lamp, a traffic light, and a few tracks."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

from drivegen.core import Pose, Scenario, Track, Trajectory, forward_camera
from drivegen.core.arrays import Floats
from drivegen.core.poses import quaternion_from_yaw
from drivegen.world.geometry import LAMP_COUNT, Lamp, Material, Mesh, MeshBuilder
from drivegen.world.geometry.mesh import Floats32

STEP_US = 100_000
FRAMES = 5


@dataclass(frozen=True, eq=False)
class SmallScene:
    """What `assemble` needs of a scene, and no more."""

    scenario: Scenario
    stage: SimpleNamespace
    ego_body: tuple[str, Floats, tuple[float, float, float]] = field(
        default_factory=lambda: ("sedan", np.array([4.6, 1.8, 1.45]), (0.5, 0.5, 0.5))
    )

    def lamps_at(self, track_id: str, timestamp_us: int) -> Floats32:
        lamps = np.zeros(LAMP_COUNT, np.float32)
        lamps[Lamp.BRAKE] = float(track_id == "front")
        return lamps

    def signal_lamps(self, timestamp_us: int) -> Floats32:
        lamps = np.zeros((1, LAMP_COUNT), np.float32)
        lamps[0, Lamp.RED if timestamp_us < 2 * STEP_US else Lamp.GREEN] = 1.0
        return lamps

    def stage_lamps(self, timestamp_us: int) -> Floats32:
        lamps = np.zeros(LAMP_COUNT, np.float32)
        lamps[Lamp.STREET] = 1.0
        return lamps


def ground(half_m: float, x_m: float = 0.0) -> Mesh:
    builder = MeshBuilder()
    low, high = x_m - half_m, x_m + half_m
    corners = [(low, -half_m, 0), (high, -half_m, 0), (high, half_m, 0), (low, half_m, 0)]
    builder.quads([corners], (0.4, 0.4, 0.4), Material.ASPHALT)
    return builder.build()


def boxes(*extents: tuple[tuple[float, float, float], tuple[float, float, float]]) -> Mesh:
    builder = MeshBuilder()
    for low, high in extents:
        builder.box(low, high, (0.6, 0.3, 0.2))
    return builder.build()


def signal_head() -> Mesh:
    builder = MeshBuilder()
    for k, lamp in enumerate((Lamp.RED, Lamp.AMBER, Lamp.GREEN)):
        z = 5.0 - 0.4 * k
        corners = [(40.0, 1.0, z), (40.0, 0.6, z), (40.0, 0.6, z + 0.3), (40.0, 1.0, z + 0.3)]
        builder.quads([corners], (0.2, 0.2, 0.2), Material.LIGHT, lamp=lamp)
    return builder.build()


def track(name: str, category: str, size: tuple[float, float, float], x: float, y: float, speed: float) -> Track:
    times = STEP_US * np.arange(FRAMES)
    positions = np.stack([x + speed * times / 1e6, np.full(FRAMES, y), np.full(FRAMES, 0.5 * size[2])], axis=1)
    rotations = np.tile(quaternion_from_yaw(np.array(0.0)), (FRAMES, 1))
    body = {"car": "sedan", "pedestrian": "pedestrian"}[category]
    path = Trajectory(times, positions, rotations)
    return Track(name, category, path, np.tile(size, (FRAMES, 1)), appearance=(0.7, 0.1, 0.1), body=body)


@pytest.fixture
def small_scene() -> SmallScene:
    times = STEP_US * np.arange(FRAMES)
    ego = Trajectory(times, np.stack([10.0 * times / 1e6, 0.0 * times, 0.0 * times], axis=1),
                     np.tile(Pose.identity().rotation, (FRAMES, 1)))  # fmt: skip
    camera = forward_camera("CAM_FRONT", (64, 128), np.deg2rad(70.0), 1.5)
    tracks = (
        track("front", "car", (4.6, 1.8, 1.5), 20.0, 0.0, 8.0),
        track("hidden", "car", (4.6, 1.8, 1.5), 32.0, 0.0, 8.0),
        track("behind", "car", (4.6, 1.8, 1.5), -15.0, 0.0, 8.0),
        track("walker", "pedestrian", (0.7, 0.55, 1.75), 15.0, -4.0, 1.2),
    )
    scenario = Scenario("small", ego, {"CAM_FRONT": camera}, {"CAM_FRONT": times}, tracks)
    tiles = [
        SimpleNamespace(mesh=ground(40.0, 20.0), detail_m=np.inf),
        SimpleNamespace(mesh=boxes(((10, 8, 0), (40, 12, 9))), detail_m=np.inf),
        SimpleNamespace(mesh=boxes(((30, -6, 0), (30.4, -5.6, 0.9))), detail_m=20.0),
        SimpleNamespace(mesh=boxes(((-60, 8, 0), (-40, 12, 9))), detail_m=np.inf),
    ]
    heads = [SimpleNamespace(signal=0, mesh=signal_head())]
    return SmallScene(scenario, SimpleNamespace(tiles=tiles, signal_heads=heads))
