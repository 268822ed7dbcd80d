"""The cache and the arrays of a store hold what labels and pixels say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from drivegen.core import Ambience, DataError, LabelPolicy, Scenario, Track, Trajectory, ego_motion, label_frame
from drivegen.core import forward_camera as camera_ahead
from drivegen.core.crowdedness import mean_road_users
from drivegen.core.poses import Pose
from drivegen.data import ClipDataset, ClipIndex, DataConfig
from drivegen.training.perception_arrays import (
    MAX_OBJECTS,
    PerceptionArrays,
    TrackNumbers,
    describe_frame,
    describe_motion,
    observation_angles,
)
from drivegen.training.perception_cache import PerceptionCache, open_perception_cache


@pytest.fixture(scope="module")
def index(data: DataConfig) -> ClipIndex:
    return ClipIndex.from_config(replace(data, estimate_appearance=False))


@pytest.fixture(scope="module")
def cache(index: ClipIndex, tmp_path_factory: pytest.TempPathFactory) -> PerceptionCache:
    return open_perception_cache(index, tmp_path_factory.mktemp("cache"))


def test_equals_the_dataset(index: ClipIndex, cache: PerceptionCache) -> None:
    arrays, dataset = cache.arrays, ClipDataset(index)
    assert len(cache.windows) == len(index) == len(arrays.clip_frames)
    assert cache.licenses == ("CC0-1.0",)
    for clip in (0, len(index) - 1):
        sample, rows = dataset[clip], arrays.clip_frames[clip]
        assert np.array_equal(arrays.frames[rows], sample.frames)
        assert np.isclose(arrays.interval_s[clip], 1 / sample.fps)
        speed, yaw_rate = ego_motion(sample.labels)
        assert np.allclose(arrays.speed_mps[clip], speed)
        assert np.allclose(arrays.yaw_rate_radps[clip], yaw_rate)
        assert np.isclose(arrays.road_users[rows].mean(), mean_road_users(sample.labels))
        for row, labels in zip(rows, sample.labels, strict=True):
            assert (arrays.role[row] >= 0).sum() == len(labels) > 0
            assert (arrays.role[row] == 2).sum() == labels.scored.sum()
            order = np.argsort(arrays.depth_m[row][: len(labels)])
            nearest = np.argsort(labels.depth_m)
            assert np.allclose(arrays.boxes_px[row][order], labels.visible_px[nearest], atol=1e-4)
    assert (arrays.weather == 0).all()
    assert (arrays.time_of_day == 0).all()


def test_tracks_keep_their_numbers(cache: PerceptionCache, index: ClipIndex) -> None:
    arrays = cache.arrays
    of_drive: dict[str, set[int]] = {}
    for window, rows in zip(cache.windows, arrays.clip_frames, strict=True):
        numbers = arrays.track[rows]
        of_drive.setdefault(window.scene, set()).update(numbers[numbers >= 0].tolist())
    # Two cars in each drive.
    assert sorted(len(numbers) for numbers in of_drive.values()) == [2, 2]
    assert not set.intersection(*of_drive.values())


def test_processes_give_the_same_and_it_is_found_again(
    index: ClipIndex, cache: PerceptionCache, tmp_path: Path
) -> None:
    reports: list[tuple[int, int]] = []
    other = open_perception_cache(index, tmp_path, 2, lambda done, total: reports.append((done, total)))
    assert reports == [(1, 2), (2, 2)]
    for name in vars(cache.arrays):
        assert np.array_equal(getattr(other.arrays, name), getattr(cache.arrays, name), equal_nan=name != "frames")
    reports.clear()
    open_perception_cache(index, tmp_path, 2, lambda done, total: reports.append((done, total)))
    assert not reports


def test_a_clip_with_an_unreadable_frame_is_left_out(root: Path, data: DataConfig, tmp_path: Path) -> None:
    copy = copytree(root, tmp_path / "root")
    sorted(copy.glob("samples/CAM_FRONT/*"))[0].write_bytes(b"nothing")
    cache = open_perception_cache(ClipIndex.from_config(replace(data, roots=(copy,))), tmp_path / "cache")
    assert len(cache.skipped) == 1
    assert len(cache.windows) == len(cache.arrays.clip_frames) == 9
    assert np.array_equal(np.unique(cache.arrays.clip_frames)[:2], [2, 3])


def scenario(tracks: tuple[Track, ...]) -> Scenario:
    times = np.array([0])
    camera = camera_ahead("CAM_FRONT", (64, 128), 1.2, 1.5)
    ego = Trajectory(times, np.zeros((1, 3)), np.array([[1.0, 0, 0, 0]]))
    return Scenario("s", ego, {"CAM_FRONT": camera}, {"CAM_FRONT": times}, tracks, Ambience())


def car(name: str, place: tuple[float, float], yaw: float) -> Track:
    turn = np.array([[np.cos(yaw / 2), 0, 0, np.sin(yaw / 2)]])
    position = np.array([[place[0], place[1], 0.8]])
    return Track(name, "car", Trajectory(np.array([0]), position, turn), np.array([[4.0, 1.8, 1.6]]))


@pytest.mark.parametrize(
    ("place", "yaw", "alpha"),
    [
        ((20.0, 0.0), 0.0, -np.pi / 2),  # driving ahead, seen from behind
        ((20.0, 0.0), np.pi, np.pi / 2),  # coming towards us
        ((20.0, 0.0), -np.pi / 2, 0.0),  # driving to the right
        ((20.0, 0.0), np.pi / 2, np.pi),  # driving to the left
        ((20.0, -10.0), 0.0, -np.pi / 2 - np.arctan2(10.0, 20.0)),  # driving ahead, to our right
    ],
)
def test_observation_angles(place: tuple[float, float], yaw: float, alpha: float) -> None:
    world = scenario((car("a", place, yaw),))
    labels = label_frame(world, world.cameras["CAM_FRONT"], 0, LabelPolicy())
    assert np.allclose(observation_angles(labels), [alpha], atol=1e-6)


def test_of_too_many_objects_those_that_count_are_kept() -> None:
    # Behind the first row of cars, hidden ones that come first by distance to a side.
    near = [car(f"near-{i}", (12.0 + 0.3 * i, -6.0 + 0.3 * i), 0.3) for i in range(40)]
    far = [car(f"far-{i}", (40.0, -20.0 + 2.0 * i), 1.5) for i in range(20)]
    world = scenario((*near, *far))
    labels = label_frame(world, world.cameras["CAM_FRONT"], 0, LabelPolicy())
    row = describe_frame(labels, Ambience(), TrackNumbers(0))
    seen = np.isfinite(labels.visible_px).all(axis=1)
    role = row["role"]
    assert isinstance(role, np.ndarray)
    assert (role == 2).sum() == (labels.scored & seen).sum()
    assert (role >= 0).sum() == min(MAX_OBJECTS, seen.sum())
    assert row["weather"] == row["time_of_day"] == -1


def test_a_camera_that_looks_aside_tells_no_speed() -> None:
    world = scenario(())
    ahead = world.cameras["CAM_FRONT"]
    frames = [label_frame(world, ahead, time, LabelPolicy()) for time in (0, 100_000)]
    to_the_left = Pose.from_yaw(1.4, (0.0, 0.0, 0.0))
    left = replace(ahead, ego_from_camera=to_the_left @ ahead.ego_from_camera)
    assert np.isfinite(describe_motion(frames, ahead)[0]).all()
    assert np.isnan(describe_motion(frames, left)[0]).all()
    assert np.isnan(describe_motion(frames, left)[1]).all()


def test_arrays_have_to_fit(cache: PerceptionCache) -> None:
    with pytest.raises(DataError, match=r"PerceptionArrays\.role"):
        replace(cache.arrays, role=cache.arrays.role[1:])
    assert isinstance(cache.arrays, PerceptionArrays)
