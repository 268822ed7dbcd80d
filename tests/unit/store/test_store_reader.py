"""Reading: what was written comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest

from drivegen.core import Ambience, Boxes3D, Clip, DataError, FrameLabels, Pose, Verdict
from drivegen.store import StoreConfig, StoreReader, StoreWriter

MakeClip = Callable[..., Clip]


def _round_trip(root: Path, clip: Clip, **config: object) -> Clip:
    with StoreWriter(root, StoreConfig(**config), {}) as writer:
        writer.write(clip)
    return StoreReader(root).clip(clip.clip_id)


def _assert_labels_equal(got: FrameLabels, expected: FrameLabels) -> None:
    for field in fields(FrameLabels):
        a, b = getattr(got, field.name), getattr(expected, field.name)
        if isinstance(b, Boxes3D):
            for part in ("centers", "sizes", "rotations", "velocities"):
                np.testing.assert_array_equal(getattr(a, part), getattr(b, part))
        elif isinstance(b, Pose):
            np.testing.assert_allclose(a.matrix, b.matrix, rtol=0, atol=1e-12)
        elif field.name == "camera":
            assert (a.name, a.size) == (b.name, b.size)
            np.testing.assert_array_equal(a.intrinsics, b.intrinsics)
            np.testing.assert_allclose(a.ego_from_camera.matrix, b.ego_from_camera.matrix, rtol=0, atol=1e-12)
        elif isinstance(b, np.ndarray):
            np.testing.assert_array_equal(a, b)
        else:
            assert a == b


def test_clip_comes_back(tmp_path: Path, make_clip: MakeClip) -> None:
    clip = make_clip()
    got = _round_trip(tmp_path, clip)
    np.testing.assert_array_equal(got.frames, clip.frames)
    for a, b in zip(got.labels, clip.labels, strict=True):
        _assert_labels_equal(a, b)
    others = [f.name for f in fields(Clip) if f.name not in ("frames", "labels")]
    assert {name: getattr(got, name) for name in others} == {name: getattr(clip, name) for name in others}
    assert got.crowdedness == clip.crowdedness > 0


def test_unlabelled_clip_has_no_objects(tmp_path: Path, make_clip: MakeClip) -> None:
    got = _round_trip(tmp_path, make_clip(labelled=False))
    assert not got.labelled and [len(frame) for frame in got.labels] == [0, 0, 0]
    reader = StoreReader(tmp_path)
    assert reader.table("objects").count_rows() == 0
    assert reader.table("frames").to_table(columns=["labelled"])["labelled"].to_pylist() == [False] * 3


def test_unknown_ambience_and_scores_that_are_no_numbers(tmp_path: Path, make_clip: MakeClip) -> None:
    clip = make_clip(ambience=Ambience(), verdict=Verdict("frames", None, {"b": float("nan"), "a": 1.0}))
    got = _round_trip(tmp_path, clip)
    assert got.ambience == Ambience() and got.verdict.passed is None
    assert list(got.verdict.scores) == ["a", "b"] and np.isnan(got.verdict.scores["b"])


def test_jpeg_is_close_and_smaller(tmp_path: Path, make_clip: MakeClip) -> None:
    ramp = np.linspace(0, 255, 96, dtype=np.uint8)
    frames = np.stack([np.stack([np.tile(ramp, (48, 1)), np.full((48, 96), 40), np.full((48, 96), 200)], -1)] * 3)
    got = _round_trip(tmp_path, replace(make_clip(), frames=frames.astype(np.uint8)), image_format="jpeg")
    assert np.abs(got.frames.astype(int) - frames).mean() < 2


def test_long_clip_comes_back_in_order(tmp_path: Path, make_clip: MakeClip) -> None:
    clip = make_clip(frames=7)
    got = _round_trip(tmp_path, clip, frames_per_row_group=3)
    np.testing.assert_array_equal(got.frames, clip.frames)
    assert [frame.timestamp_us for frame in got.labels] == [frame.timestamp_us for frame in clip.labels]


def test_clips_come_sorted_across_shards(tmp_path: Path, write_store: Callable[..., object]) -> None:
    write_store(tmp_path, ("c", "a", "b"))
    reader = StoreReader(tmp_path)
    assert reader.clip_ids == ("a", "b", "c")
    assert [clip.clip_id for clip in reader.clips()] == ["a", "b", "c"]


def test_rows_come_in_any_order_of_asking(tmp_path: Path, write_store: Callable[..., object]) -> None:
    ids = ("a", "b", "c", "d", "e")
    write_store(tmp_path, ids)  # Three shards
    reader = StoreReader(tmp_path)
    for clip_id in ("e", "a", "d", "b", "c", "a", "e"):
        assert reader.row(clip_id)["clip_id"] == clip_id
        assert reader.clip(clip_id).clip_id == clip_id
    assert reader.clip_ids == ids


def test_tables_can_be_filtered(tmp_path: Path, write_store: Callable[..., object]) -> None:
    write_store(tmp_path)
    objects = StoreReader(tmp_path).table("objects")
    assert objects.count_rows(filter=(pc.field("category") == "car") & (pc.field("clip_id") == "b")) == 3


def test_no_such_clip(tmp_path: Path, write_store: Callable[..., object]) -> None:
    write_store(tmp_path)
    with pytest.raises(DataError, match=r"no such clip; expected one of a, b, c.*got z"):
        StoreReader(tmp_path).clip("z")


def test_no_store(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"not a store.*manifest\.json"):
        StoreReader(tmp_path)


def test_missing_file_is_told(tmp_path: Path, write_store: Callable[..., object]) -> None:
    write_store(tmp_path)
    next((tmp_path / "frames").iterdir()).unlink()
    with pytest.raises(DataError, match=r"frames/train-0000.*drivegen verify"):
        list(StoreReader(tmp_path).clips())
    next((tmp_path / "clips").iterdir()).write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"clips/train-0000"):
        StoreReader(tmp_path).clip("a")
