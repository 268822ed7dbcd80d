"""Which frames make a clip, which are held out, and what is skipped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from drivegen.core import ConfigError, DataError
from drivegen.data import ClipDataset, ClipIndex, DataConfig, common_splits, hold_out

WriteRoot = Callable[..., Path]


def test_windows_step_and_stride(write_root: WriteRoot) -> None:
    index = ClipIndex.from_config(DataConfig(roots=(write_root(["a"]),), frames=3, stride=2, clip_stride=3))
    assert [w.frame_indices for w in index.windows] == [(0, 2, 4), (3, 5, 7), (6, 8, 10)]


def test_part_of_a_drive(write_root: WriteRoot) -> None:
    config = DataConfig(roots=(write_root(["a"]),), frames=2, first_frame=3, last_frame=8)
    assert [w.frame_indices for w in ClipIndex.from_config(config).windows] == [(3, 4), (5, 6), (7, 8)]


def test_an_absent_image_takes_its_clips_along(write_root: WriteRoot) -> None:
    root = write_root(["a"])
    sorted((root / "samples" / "CAM_FRONT").iterdir())[5].unlink()
    index = ClipIndex.from_config(DataConfig(roots=(root,), frames=2, clip_stride=1))
    assert len(index) == 9
    assert any("hole" in skipped.why for skipped in index.skipped)
    assert any("absent" in skipped.why for skipped in index.skipped)


def test_too_few_frames_are_refused(write_root: WriteRoot) -> None:
    with pytest.raises(DataError, match="no clip fits"):
        ClipIndex.from_config(DataConfig(roots=(write_root(["a"], frames=4),), frames=8))


def test_splits(write_root: WriteRoot) -> None:
    root = write_root(["a", "b"], splits={"train": ["a"], "val": ["b"], "test": []})
    index = ClipIndex.from_config(DataConfig(roots=(root,), frames=4, split="val"))
    assert {w.scene for w in index.windows} == {"b"}
    assert common_splits(index.roots) == {"train", "val"}
    with pytest.raises(DataError, match="no such split"):
        ClipIndex.from_config(DataConfig(roots=(root,), split="dev"))


def test_unknown_camera(write_root: WriteRoot) -> None:
    with pytest.raises(DataError, match="CAM_FRONT"):
        ClipIndex.from_config(DataConfig(roots=(write_root(["a"]),), frames=4, cameras=("CAM_BACK",)))


def test_hold_out_shares_no_frame(write_root: WriteRoot) -> None:
    index = ClipIndex.from_config(DataConfig(roots=(write_root(["a", "b"], frames=40),), frames=3, clip_stride=2))
    training, held_out = hold_out(index, 0.1)
    assert len(held_out) == 4
    assert not set(training.frame_keys()) & set(held_out.frame_keys())


def test_hold_out_of_many_scenes_takes_whole_ones(write_root: WriteRoot) -> None:
    names = [f"s{n:02d}" for n in range(10)]
    training, held_out = hold_out(ClipIndex.from_config(DataConfig(roots=(write_root(names),), frames=3)), 0.2)
    assert {w.scene for w in held_out.windows} == {"s08", "s09"}
    assert len(training) == 32


def test_no_room_to_hold_out(write_root: WriteRoot) -> None:
    index = ClipIndex.from_config(DataConfig(roots=(write_root(["a"]),), frames=10, clip_stride=1))
    training, held_out = hold_out(index, 0.3)
    assert (len(training), len(held_out)) == (3, 0)


def test_samples(write_root: WriteRoot) -> None:
    dataset = ClipDataset(ClipIndex.from_config(DataConfig(roots=(write_root(["a"]),), image_size=(16, 32), frames=4)))
    sample = dataset[1]
    assert sample.frames.shape == (4, 16, 32, 3)
    assert sample.fps == pytest.approx(10.0)
    assert [labels.timestamp_us for labels in sample.labels] == [400_000, 500_000, 600_000, 700_000]
    assert all(labels.camera.size == (16, 32) for labels in sample.labels)
    assert len({dataset[i].clip_key for i in range(len(dataset))}) == len(dataset)


def test_bad_settings() -> None:
    with pytest.raises(ConfigError, match="no roots"):
        DataConfig(roots=())
    with pytest.raises(ConfigError, match="stride"):
        DataConfig(roots=(Path("x"),), stride=0)


def test_recorded_drives(shared_data: Path) -> None:
    config = DataConfig(roots=(shared_data / "pandaset_002",), frames=8, stride=4, clip_stride=4, last_frame=59)
    sample = ClipDataset(ClipIndex.from_config(config))[0]
    assert sample.fps == pytest.approx(2.5, abs=0.01)
    assert sample.frames.shape == (8, 64, 128, 3)
