"""Over random seeds: nobody overlaps, nobody jumps, boxes stand on the ground."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import STRtree
from shapely.geometry import Polygon

from drivegen.core import Crowdedness, Scenario
from drivegen.world import WorldConfig, make_scene
from drivegen.world.drive import EGO_SIZE

SLOW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
MAX_SPEED_MPS = 25.0
MAX_ACCEL_MPS2 = 12.0


def footprints(scenario: Scenario, frame: int) -> list[Polygon]:
    time = int(scenario.ego.timestamps_us[frame])
    poses = [(t.trajectory.pose_at(time), t.size_at(time)) for t in scenario.tracks]
    poses.append((scenario.ego.pose_at(time), EGO_SIZE))
    signs = np.array([[1, 1, 0], [-1, 1, 0], [-1, -1, 0], [1, -1, 0]]) / 2
    return [Polygon(pose.apply(signs * size)[:, :2]) for pose, size in poses]


@SLOW
@given(
    seed=st.integers(0, 10_000),
    index=st.integers(0, 50),
    level=st.sampled_from([Crowdedness.SPARSE, Crowdedness.MODERATE, Crowdedness.CROWDED]),
)
def test_nobody_overlaps_or_jumps(seed: int, index: int, level: Crowdedness) -> None:
    config = WorldConfig(seed=seed, duration_s=3.0, hz=4.0, size=(64, 128))
    scenario = make_scene(config, index, crowdedness=level).scenario
    for frame in (0, config.frames // 2, config.frames - 1):
        shapes = footprints(scenario, frame)
        tree = STRtree(shapes)
        for i, shape in enumerate(shapes):
            for j in tree.query(shape):
                assert j <= i or shape.intersection(shapes[j]).area < 1e-6, (
                    frame,
                    _name(scenario, i),
                    _name(scenario, j),
                )
    for path in (scenario.ego, *(t.trajectory for t in scenario.tracks)):
        velocity = np.diff(path.positions, axis=0) * config.hz
        assert np.linalg.norm(velocity, axis=1).max() < MAX_SPEED_MPS
        # Changes of speed between frames: nothing jumps.
        assert np.abs(np.diff(np.linalg.norm(velocity, axis=1))).max() * config.hz < MAX_ACCEL_MPS2
    for track in scenario.tracks:
        assert np.allclose(track.trajectory.positions[:, 2], 0.5 * track.sizes[:, 2])


def _name(scenario: Scenario, i: int) -> str:
    return "ego" if i == len(scenario.tracks) else f"{scenario.tracks[i].body} {scenario.tracks[i].track_id}"


@SLOW
@given(seed=st.integers(0, 10_000))
def test_long_drives_stay_on_the_road(seed: int) -> None:
    config = WorldConfig(seed=seed, duration_s=30.0, hz=2.0, size=(64, 128))
    scene = make_scene(config, 0, crowdedness=Crowdedness.EMPTY)
    ego = scene.scenario.ego.positions[:, :2]
    distance = np.linalg.norm(ego[:, None] - scene.network.line.xy[None], axis=-1).min(axis=1)
    assert distance.max() < scene.network.section.carriageway_m + 1.5
    assert np.linalg.norm(ego[-1] - ego[0]) > 60
