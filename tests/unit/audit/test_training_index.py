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


def at(value: float) -> np.ndarray:
    """The feature of a window of that brightness."""
    return np.full(3, value, np.float32)


def index_of(hand: Any, **clips: float) -> TrainingIndex:
    """An index of single-coloured clips; two underlines stand for a slash."""
    named = [(name.replace("__", "/"), flat(value), 4.0) for name, value in clips.items()]
    return build_training_index(Brightness(hand), named)


def test_the_nearest(index: TrainingIndex) -> None:
    name, distance, ratio = index.nearest(at(120))
    assert name == "grey"
    assert distance == pytest.approx(20 * np.sqrt(3))
    # To the nearest rows of the other clips: dark 120, long 80.
    assert ratio == pytest.approx(20 / 100)
    assert index.nearest_of(np.stack([at(120), at(250)])) == ("long", 0.0)


def test_the_ratio_is_of_the_place(hand: Any) -> None:
    # Bright clips are eight times as far apart as dark ones: there a copy is farther off than here a new clip.
    dark, bright = {f"d{i}": float(i) for i in range(11)}, {f"b{i}": 100.0 + 8 * i for i in range(11)}
    index = index_of(hand, **dark, **bright)
    (_, copied, low), (_, new, high) = index.nearest(at(140.6)), index.nearest(at(5.5))
    assert copied > new
    assert low < 0.05
    assert high > 0.15


def test_clips_of_the_same_drive_do_not_hide_a_copy(hand: Any) -> None:
    index = index_of(hand, one__0=100, one__1=101, one__2=102, two__0=50, three__0=150)
    assert index.nearest(at(100.5))[2] == pytest.approx(0.5 / 50, rel=0.05)
    # Of a single drive its clips are all there is.
    alone = index_of(hand, one__0=100, one__1=110, one__2=120)
    assert alone.nearest(at(105))[2] == pytest.approx(5 / 10)


def test_a_drive_that_was_recorded_twice_does_not_hide_a_copy(hand: Any) -> None:
    others = {f"d{i}": 100.0 + 5 * i for i in range(20)}
    index = index_of(hand, mine=20, twin=20, **others)
    assert index.nearest(at(21))[2] < 0.02


def test_one_clip_has_no_neighbours(hand: Any) -> None:
    alone = index_of(hand, dark=0)
    assert np.isnan(alone.nearest_of(at(1)[None])[1])
    assert np.isnan(alone.nearest_of(np.stack([at(1), at(2)]))[1])
    # What is the same to the last bit is a copy, whatever others there are.
    assert alone.nearest_of(at(0)[None]) == ("dark", 0.0)
    assert index_of(hand, dark=0, twin=0).nearest_of(at(0)[None])[1] == 0.0
    with pytest.raises(DataError, match="no training clips"):
        build_training_index(Brightness(hand), [])


def test_clips_of_two_trainings_are_one_index(index: TrainingIndex, hand: Any) -> None:
    clips = {"dark": flat(0), "grey": flat(100), "long": np.concatenate([flat(200, 16), flat(250, 16)])}
    parts = [build_training_index(Brightness(hand), [(name, clips[name], 4.0)]) for name in clips]
    whole = parts[0].joined(parts[1]).joined(parts[2])
    assert whole.ids == index.ids
    assert np.array_equal(whole.features, index.features)
    with pytest.raises(DataError, match="another judge"):
        index.joined(replace(index, features_sha256="other"))


def test_round_trip(index: TrainingIndex, tmp_path: Path) -> None:
    path = tmp_path / "model" / "training_clips.safetensors"
    index.save(path)
    index.save(path)
    again = TrainingIndex.load(path)
    assert (again.ids, again.features_sha256) == (index.ids, index.features_sha256)
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
    old = {"index": json.dumps({"format": "drivegen-training-clips-2", "ids": ["a"]})}
    save_file({"features": np.zeros((1, 2), np.float16)}, tmp_path / "old", old)
    with pytest.raises(DataError, match=r"unknown format.*clips-3.*build it again"):
        TrainingIndex.load(tmp_path / "old")
    with pytest.raises(DataError, match="feature of another judge"):
        index.nearest(np.zeros(5, np.float32))
    with pytest.raises(DataError, match="wrong shape"):
        TrainingIndex(("a", "b"), index.features, "x")
