"""The index of training clips: what it finds, and that it survives a file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from drivegen.audit import TrainingIndex, build_training_index
from drivegen.core import ClipObservation, DataError


class Brightness:
    """A judge whose feature of a window is the mean colour of its frames."""

    sha256 = features_sha256 = "brightness"

    def __init__(self, hand: Any) -> None:
        self.hand = hand

    def observe(self, frames: np.ndarray, boxes_px: Any, fps: float, window_frames: int = 16) -> ClipObservation:
        assert len(boxes_px) == len(frames)
        windows = [frames[i : i + window_frames] for i in range(0, len(frames) - window_frames + 1, window_frames)]
        features = np.stack([window.mean(axis=(0, 1, 2)) for window in windows]).astype(np.float32)
        seen: ClipObservation = self.hand.seen(self.hand.road(len(frames)))
        return replace(seen, window_features=features)


def flat(value: float, frames: int = 4) -> np.ndarray:
    return np.full((frames, 8, 16, 3), value, dtype=np.uint8)


@pytest.fixture
def index(hand: Any) -> TrainingIndex:
    clips = [
        ("dark", flat(0), 4.0),
        ("grey", flat(100), 4.0),
        ("long", np.concatenate([flat(200, 16), flat(250, 16)]), 4.0),
    ]
    return build_training_index(Brightness(hand), clips)


def test_a_row_per_window(index: TrainingIndex) -> None:
    assert index.ids == ("dark", "grey", "long", "long")
    assert index.features.dtype == np.float16
    assert index.features_sha256 == "brightness"


def test_the_nearest(index: TrainingIndex) -> None:
    name, distance = index.nearest(np.array([120.0, 120, 120], np.float32))
    assert name == "grey"
    assert distance == pytest.approx(20 * np.sqrt(3))
    assert index.nearest_of(np.array([[120.0] * 3, [250.0] * 3], np.float32)) == ("long", 0.0)


def test_distances_are_in_units_of_those_between_training_clips(index: TrainingIndex) -> None:
    # To the nearest row of another clip: dark 100, grey 100, long 100 and 150.
    assert index.spacing == pytest.approx(100 * np.sqrt(3))
    assert index.nearest_of(np.array([[50.0] * 3], np.float32))[1] == pytest.approx(0.5)


def test_one_clip_has_no_spacing(hand: Any) -> None:
    alone = build_training_index(Brightness(hand), [("dark", flat(0), 4.0)])
    twins = build_training_index(Brightness(hand), [("dark", flat(0), 4.0), ("twin", flat(0), 4.0)])
    assert np.isnan(alone.spacing)
    for index in (alone, twins):
        assert np.isnan(index.nearest_of(np.zeros((1, 3), np.float32))[1])
    with pytest.raises(DataError, match="no training clips"):
        build_training_index(Brightness(hand), [])


def test_clips_of_two_trainings_are_one_index(index: TrainingIndex, hand: Any) -> None:
    clips = {"dark": flat(0), "grey": flat(100), "long": np.concatenate([flat(200, 16), flat(250, 16)])}
    parts = [build_training_index(Brightness(hand), [(name, clips[name], 4.0)]) for name in clips]
    whole = parts[0].joined(parts[1]).joined(parts[2])
    assert whole.ids == index.ids
    assert np.array_equal(whole.features, index.features)
    assert whole.spacing == index.spacing
    with pytest.raises(DataError, match="another judge"):
        index.joined(replace(index, features_sha256="other"))


def test_round_trip(index: TrainingIndex, tmp_path: Path) -> None:
    path = tmp_path / "model" / "training_clips.safetensors"
    index.save(path)
    index.save(path)
    again = TrainingIndex.load(path)
    assert (again.ids, again.features_sha256) == (index.ids, index.features_sha256)
    assert again.spacing == pytest.approx(index.spacing)
    np.testing.assert_array_equal(again.features, index.features)
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_the_same_clips_give_the_same_bytes(index: TrainingIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "a")
    index.save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_is_no_index_is_refused(index: TrainingIndex, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no such file.*drivegen audit"):
        TrainingIndex.load(tmp_path / "nowhere")
    (tmp_path / "text").write_text("nothing")
    with pytest.raises(DataError, match="not an index of training clips"):
        TrainingIndex.load(tmp_path / "text")
    save_file({"features": np.zeros((1, 2), np.float16)}, tmp_path / "weights")
    with pytest.raises(DataError, match="not an index of training clips"):
        TrainingIndex.load(tmp_path / "weights")
    old = {"index": json.dumps({"format": "drivegen-training-clips-1", "ids": ["a"]})}
    save_file({"features": np.zeros((1, 2), np.float16)}, tmp_path / "old", old)
    with pytest.raises(DataError, match=r"unknown format.*clips-2.*build it again"):
        TrainingIndex.load(tmp_path / "old")
    with pytest.raises(DataError, match="feature of another judge"):
        index.nearest(np.zeros(5, np.float32))
    with pytest.raises(DataError, match="wrong shape"):
        TrainingIndex(("a", "b"), index.features, "x", 1.0)
