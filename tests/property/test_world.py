"""Over random seeds: nobody overlaps, nobody jumps, boxes stand on the ground, the asked crowdedness is reached."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import STRtree
from shapely.geometry import Polygon

from drivegen.core import Crowdedness, CrowdednessLevels, LabelPolicy, Scenario, label_frame, mean_road_users
from drivegen.core.poses import matrix_from_quaternion
from drivegen.world import WorldConfig, make_scene
from drivegen.world.traffic import EGO_SIZE

SLOW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
MAX_SPEED_MPS = 32.0
MAX_ACCEL_MPS2 = 12.0
MAX_YAW_RATE_RADPS = 2.5


def footprints(scenario: Scenario, time: int) -> dict[str, Polygon]:
    there = [track for track in scenario.tracks if track.trajectory.covers(time)]
    poses = {t.track_id: (t.trajectory.pose_at(time), t.size_at(time)) for t in there}
    poses["ego"] = scenario.ego.pose_at(time), np.array(EGO_SIZE)
    signs = np.array([[1, 1, 0], [-1, 1, 0], [-1, -1, 0], [1, -1, 0]]) / 2
    return {name: Polygon(pose.apply(signs * size)[:, :2]) for name, (pose, size) in poses.items()}


@SLOW
@given(seed=st.integers(0, 10_000), index=st.integers(0, 50), level=st.sampled_from(list(Crowdedness)))
def test_scenes_are_sound(seed: int, index: int, level: Crowdedness) -> None:
    config = WorldConfig(seed=seed, duration_s=5.0, hz=6.0, size=(64, 128))
    scene = make_scene(config, index, crowdedness=level)
    scenario = scene.scenario
    times = scenario.frame_times_us["CAM_FRONT"]
    camera = scenario.cameras["CAM_FRONT"]
    labels = [label_frame(scenario, camera, int(time), LabelPolicy()) for time in times]
    assert CrowdednessLevels().level(mean_road_users(labels)) is level
    for time in times[::5]:
        _nobody_overlaps(scenario, int(time))
    for name, path in [("ego", scenario.ego), *((t.track_id, t.trajectory) for t in scenario.tracks)]:
        if len(path.timestamps_us) < 2:
            continue
        assert (np.diff(path.timestamps_us) == times[1] - times[0]).all(), name
        velocity = np.diff(path.positions, axis=0) * config.hz
        speed = np.linalg.norm(velocity, axis=1)
        assert speed.max() < MAX_SPEED_MPS, name
        assert np.abs(np.diff(speed)).max(initial=0) * config.hz < MAX_ACCEL_MPS2, name
        turns = matrix_from_quaternion(path.rotations)[..., 0]
        yaw = np.unwrap(np.arctan2(turns[:, 1], turns[:, 0]))
        assert np.abs(np.diff(yaw)).max() * config.hz < MAX_YAW_RATE_RADPS, name
    for track in scenario.tracks:
        up = matrix_from_quaternion(track.trajectory.rotations)[..., 2]
        feet = track.trajectory.positions - 0.5 * track.sizes[:, 2:] * up
        lift = feet[:, 2] - scene.network.terrain.height(feet[:, :2])
        assert -0.02 < lift.min() <= lift.max() < 0.2, track.track_id


def _nobody_overlaps(scenario: Scenario, time: int) -> None:
    found = footprints(scenario, time)
    names, shapes = list(found), list(found.values())
    tree = STRtree(shapes)
    for i, shape in enumerate(shapes):
        for j in tree.query(shape):
            assert j <= i or shape.intersection(shapes[j]).area < 1e-4, (time, names[i], names[j])


@SLOW
@given(seed=st.integers(0, 10_000))
def test_long_drives_stay_on_the_road(seed: int) -> None:
    config = WorldConfig(seed=seed, duration_s=40.0, hz=2.0, size=(32, 64))
    scene = make_scene(config, 0, crowdedness=Crowdedness.EMPTY)
    ego = scene.scenario.ego.positions[:, :2]
    away = np.linalg.norm(ego[:, None] - scene.network.route_points[None], axis=-1).min(axis=1)
    assert away.max() < 1.5
    # A red light may hold it up for most of the time.
    assert np.linalg.norm(np.diff(ego, axis=0), axis=1).sum() > 25
