"""Whatever a scenario holds comes back from its nuScenes root, and the devkit sees the same boxes."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from drivegen.core import (
    CATEGORIES,
    Ambience,
    LabelPolicy,
    Pose,
    RoadMap,
    Scenario,
    TimeOfDay,
    Track,
    Trajectory,
    Weather,
    forward_camera,
    label_frame,
)
from drivegen.core.cameras import Camera
from drivegen.nuscenes_format import NuScenesRoot, NuScenesWriter, check_tables

VERSION = "v1.0-drivegen"
NAMES = ("CAM_FRONT", "CAM_BACK_LEFT")


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False, allow_subnormal=False)


@st.composite
def trajectories(draw: st.DrawFn, times: np.ndarray, reach_m: float) -> Trajectory:
    """Positions within reach of the origin and any rotation, at each of the times."""
    count = len(times)
    positions = draw(st.lists(st.tuples(*[numbers(-reach_m, reach_m)] * 3), min_size=count, max_size=count))
    rotations = draw(st.lists(st.tuples(numbers(0.1, 1), *[numbers(-1, 1)] * 3), min_size=count, max_size=count))
    return Trajectory(times, np.array(positions), np.array(rotations))


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    count = draw(st.integers(1, 5))
    start, step = draw(st.integers(0, 2**50)), draw(st.integers(1, 700_000))
    times = start + step * np.arange(count)
    tracks = []
    for index in range(draw(st.integers(0, 4))):
        first = draw(st.integers(0, count - 1))
        keys = times[first : draw(st.integers(first + 1, count))]
        sizes = draw(st.lists(st.tuples(*[numbers(0.1, 20)] * 3), min_size=len(keys), max_size=len(keys)))
        tracks.append(
            Track(
                track_id=draw(st.text(max_size=6)) + str(index),
                category=draw(st.sampled_from(CATEGORIES)),
                trajectory=draw(trajectories(keys, 40.0)),
                sizes=np.array(sizes),
                attribute=draw(st.sampled_from([None, "vehicle.parked", "our.own"])),
                appearance=draw(st.none() | st.tuples(*[numbers(0, 1)] * 3)),
                body=draw(st.sampled_from([None, "van"])),
            )
        )
    cameras = {}
    for name in NAMES[: draw(st.integers(1, 2))]:
        camera = forward_camera(name, (8, 16), draw(numbers(0.3, 2.5)), draw(numbers(0, 3)), draw(numbers(-0.5, 0.5)))
        turned = Pose.from_yaw(draw(numbers(-3, 3)), (0.3, 0.0, 0.0)) @ camera.ego_from_camera
        cameras[name] = Camera(name, camera.intrinsics, turned, camera.size)
    road_map = draw(st.none() | st.just(RoadMap(road=(box(0.1, 0.2, 30.3, 4.4),))))
    return Scenario(
        scenario_id=draw(st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True)),
        ego=draw(trajectories(times, 20.0)),
        cameras=cameras,
        frame_times_us=dict.fromkeys(cameras, times),
        tracks=tuple(tracks),
        ambience=Ambience(
            draw(st.none() | st.sampled_from(list(Weather))), draw(st.none() | st.sampled_from(list(TimeOfDay)))
        ),
        road_map=road_map,
        source=draw(st.sampled_from(["world", "nuscenes:v1.0-mini"])),
        license="Apache-2.0",
    )


def write(root: Path, scenario: Scenario) -> None:
    frames = {
        name: [np.zeros((*camera.size, 3), dtype=np.uint8) for _ in scenario.frame_times_us[name]]
        for name, camera in scenario.cameras.items()
    }
    with NuScenesWriter(root, image_format="png") as writer:
        writer.add_scene(scenario, frames, visibility={})


def close(a: Any, b: Any) -> bool:
    return np.shape(a) == np.shape(b) and bool(np.allclose(a, b, rtol=0, atol=1e-6))


def same_rotations(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether the rotations are equal; q and -q are one."""
    return bool((np.abs(np.sum(a * b, axis=-1)) > 1 - 1e-9).all())


def same_path(a: Trajectory, b: Trajectory) -> bool:
    same_times = a.timestamps_us.tolist() == b.timestamps_us.tolist()
    return same_times and close(a.positions, b.positions) and same_rotations(a.rotations, b.rotations)


@settings(max_examples=25)
@given(scenarios())
def test_a_scenario_comes_back_from_its_root(before: Scenario) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), before)
        assert check_tables(Path(folder), VERSION) == []
        root = NuScenesRoot(Path(folder))
        after = root.scenario(before.scenario_id)
        assert root.skipped == []
    assert (after.ambience, after.source, after.license) == (before.ambience, before.source, before.license)
    assert json.dumps(after.road_map and after.road_map.to_dict()) == json.dumps(
        before.road_map and before.road_map.to_dict()
    )
    assert same_path(after.ego, before.ego)
    assert list(after.cameras) == list(before.cameras)
    for name, camera in before.cameras.items():
        assert after.frame_times_us[name].tolist() == before.frame_times_us[name].tolist()
        assert after.cameras[name].size == camera.size
        assert close(after.cameras[name].intrinsics, camera.intrinsics)
        assert close(after.cameras[name].ego_from_camera.matrix, camera.ego_from_camera.matrix)
    assert [track.track_id for track in after.tracks] == [track.track_id for track in before.tracks]
    for ours, theirs in zip(after.tracks, before.tracks, strict=True):
        assert (ours.category, ours.attribute, ours.appearance, ours.body) == (
            theirs.category,
            theirs.attribute,
            theirs.appearance,
            theirs.body,
        )
        assert same_path(ours.trajectory, theirs.trajectory)
        assert close(ours.sizes, theirs.sizes)


@settings(max_examples=12)
@given(scenarios())
def test_the_devkit_sees_the_same_boxes(before: Scenario) -> None:
    from nuscenes.nuscenes import NuScenes
    from nuscenes.utils.geometry_utils import BoxVisibility

    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), before)
        scenario = NuScenesRoot(Path(folder)).scenario(before.scenario_id)
        nusc = NuScenes(VERSION, folder, verbose=False)
        names = json.loads((Path(folder) / VERSION / "drivegen_tracks.json").read_text())[before.scenario_id]
    track_of = {value["instance_token"]: track_id for track_id, value in names.items()}
    policy = LabelPolicy(max_distance_m=1e6)
    for row in nusc.sample_data:
        camera = scenario.cameras[row["channel"]]
        _, boxes, _ = nusc.get_sample_data(row["token"], box_vis_level=BoxVisibility.NONE)
        theirs = {track_of[nusc.get("sample_annotation", box.token)["instance_token"]]: box for box in boxes}
        labels = label_frame(scenario, camera, row["timestamp"], policy)
        ours = labels.boxes_ego.transformed(camera.ego_from_camera.inverse())
        corners = ours.corners()
        for index, track_id in enumerate(labels.track_ids):
            box_ = theirs[track_id]
            assert close(ours.centers[index], box_.center)
            assert _same_points(corners[index], box_.corners().T)


def _same_points(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two sets of points are equal in any order."""
    distance = np.linalg.norm(a[:, None] - b[None], axis=-1)
    return bool(distance.min(axis=1).max() < 1e-5)
