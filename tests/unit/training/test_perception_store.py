"""Clips of a store as perception data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drivegen.core import (
    Ambience,
    Clip,
    DataError,
    FrameKind,
    LabelPolicy,
    Provenance,
    Scenario,
    TimeOfDay,
    Track,
    Trajectory,
    Weather,
    forward_camera,
    label_frame,
)
from drivegen.store import StoreConfig, StoreReader, StoreWriter
from drivegen.training.perception_arrays import PerceptionArrays, arrays_of_store

SIZE = (32, 64)
STEP_US = 100_000


def clip(name: str, length: int, *, labelled: bool = True, weather: Weather | None = Weather.SNOW) -> Clip:
    """A car that drives away from a vehicle that drives at 5 m/s."""
    times = np.arange(length) * STEP_US
    upright = np.tile([1.0, 0.0, 0.0, 0.0], (length, 1))
    ego = np.stack([times / 1e6 * 5.0, 0 * times, 0 * times], axis=1)
    places = ego + np.stack([10.0 + times / 1e6 * 8.0, 0 * times, 0 * times + 0.8], axis=1)
    car = Track("car", "car", Trajectory(times, places, upright), np.tile([4.5, 1.9, 1.6], (length, 1)))
    camera = forward_camera("CAM_FRONT", SIZE, 1.2, 1.5)
    scenario = Scenario(name, Trajectory(times, ego, upright), {"CAM_FRONT": camera}, {"CAM_FRONT": times}, (car,))
    return Clip(
        clip_id=name,
        scenario_id=name,
        camera="CAM_FRONT",
        frames=np.random.default_rng(length).integers(0, 256, (length, *SIZE, 3), dtype=np.uint8),
        labels=tuple(label_frame(scenario, camera, int(time), LabelPolicy()) for time in times),
        ambience=Ambience(weather, TimeOfDay.DUSK),
        fps=10.0,
        provenance=Provenance(FrameKind.RENDERED, "reference", 7, config_hash="abc", license="MIT"),
        labelled=labelled,
    )


def store(folder: Path, *clips: Clip) -> StoreReader:
    with StoreWriter(folder, StoreConfig(), {"seed": 1}) as writer:
        for one in clips:
            writer.write(one)
        writer.close()
    return StoreReader(folder)


@pytest.fixture
def reader(tmp_path: Path) -> StoreReader:
    clips = (clip("b", 7), clip("a", 3, weather=None), clip("c", 4, labelled=False))
    return store(tmp_path / "store", *clips)


def test_frames_and_labels(reader: StoreReader) -> None:
    arrays = arrays_of_store(reader, SIZE)
    # The unlabelled clip is left out; the long one is cut into clips as long as the shortest, its rest left over.
    assert arrays.clip_frames.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert len(arrays.frames) == 10
    long = reader.clip("b")
    assert np.array_equal(arrays.frames[3:], long.frames)
    for row, labels in enumerate(long.labels, start=3):
        assert np.allclose(arrays.boxes_px[row, 0], labels.visible_px[0], atol=1e-4)
        assert np.isclose(arrays.depth_m[row, 0], labels.depth_m[0])
        assert arrays.role[row].tolist()[:2] == [2 if labels.scored[0] else 1, -1]
    assert np.allclose(arrays.speed_mps, 5.0, atol=1e-3)
    assert np.allclose(arrays.interval_s, 0.1)
    assert arrays.weather.tolist() == [-1] * 3 + [list(Weather).index(Weather.SNOW)] * 7
    assert (arrays.time_of_day == list(TimeOfDay).index(TimeOfDay.DUSK)).all()
    # Equal names in two clips are two objects.
    assert len({*arrays.track[:, 0].tolist()}) == 2


def test_another_size_takes_the_boxes_along(reader: StoreReader, tmp_path: Path) -> None:
    plain, squeezed = arrays_of_store(reader, SIZE), arrays_of_store(reader, (64, 64), tmp_path / "pixels")
    assert squeezed.frames.shape == (10, 64, 64, 3)
    assert (tmp_path / "pixels" / "frames.npy").is_file()
    assert np.allclose(squeezed.boxes_px[:, 0], plain.boxes_px[:, 0] * [1, 2, 1, 2], atol=1e-3)
    assert np.array_equal(squeezed.alpha_rad, plain.alpha_rad, equal_nan=True)


def test_a_store_without_labels_is_refused(tmp_path: Path) -> None:
    reader = store(tmp_path / "store", clip("a", 3, labelled=False))
    with pytest.raises(DataError, match="no clip has labels"):
        arrays_of_store(reader, SIZE)


def test_the_arrays_are_what_nets_learn_from(reader: StoreReader) -> None:
    arrays = arrays_of_store(reader, SIZE)
    assert isinstance(arrays, PerceptionArrays)
    assert arrays.image_size == SIZE
    assert len(arrays.with_clips(np.array([2])).clip_frames) == 1
