"""Frames by index, in any process."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from drivegen.core import Clip, DataError
from drivegen.store import StoreDataset, StoreReader


def test_frames_by_index_equal_those_of_the_reader(tmp_path: Path, write_store: Callable[..., object]) -> None:
    write_store(tmp_path, frames_per_row_group=2)
    dataset = StoreDataset(tmp_path)
    expected = [(clip, t) for clip in StoreReader(tmp_path).clips() for t in range(len(clip.frames))]
    assert len(dataset) == len(expected) == 9
    for index in np.random.default_rng(0).permutation(9):
        item, (clip, t) = dataset[int(index)], expected[index]
        assert (item["clip_id"], item["frame_index"], item["labelled"]) == (clip.clip_id, t, True)
        labels = clip.labels[t]
        np.testing.assert_array_equal(item["image"], clip.frames[t])
        np.testing.assert_array_equal(item["amodal_px"], labels.amodal_px)
        np.testing.assert_array_equal(item["boxes_ego"][:, 3:6], labels.boxes_ego.sizes)
        np.testing.assert_allclose(item["global_from_ego"], labels.global_from_ego.matrix)
        assert item["track_ids"] == labels.track_ids


def test_index_from_the_end_and_beyond(tmp_path: Path, write_store: Callable[..., object]) -> None:
    write_store(tmp_path)
    dataset = StoreDataset(tmp_path)
    assert dataset[-1]["clip_id"] == "c" and dataset[-1]["frame_index"] == 2
    for index in (9, -10):
        with pytest.raises(IndexError):
            dataset[index]
    assert len(list(dataset)) == 9  # iteration ends by IndexError


def test_travels_to_another_process_without_its_open_files(
    tmp_path: Path, write_store: Callable[..., object], make_clip: Callable[..., Clip]
) -> None:
    write_store(tmp_path)
    dataset = StoreDataset(tmp_path)
    np.testing.assert_array_equal(dataset[0]["image"], make_clip("a").frames[0])
    copy = pickle.loads(pickle.dumps(dataset))
    assert copy._files == {}
    np.testing.assert_array_equal(copy[4]["image"], make_clip("b").frames[1])


def test_missing_file_is_told_at_once(tmp_path: Path, write_store: Callable[..., object]) -> None:
    write_store(tmp_path)
    next((tmp_path / "frames").iterdir()).unlink()
    with pytest.raises(DataError, match="cannot be read"):
        StoreDataset(tmp_path)
