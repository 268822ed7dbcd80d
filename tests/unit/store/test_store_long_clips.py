"""Clips of many segments: written and read in parts, to the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from drivegen.core import Clip, CrowdednessLevels, DataError
from drivegen.store import StoreConfig, StoreReader, StoreWriter, verify_store
from drivegen.store import parquet as parquet_files
from drivegen.store.parquet import read_segments, write_clips
from drivegen.store.rows import clip_tables

MakeClip = Callable[..., Clip]
SIZE = (16, 32)
CONFIG = StoreConfig(frames_per_row_group=4, clips_per_shard=2)


def store_of(root: Path, clips: list[Clip], stop_after: int | None = None) -> Path:
    with StoreWriter(root, CONFIG, {"seed": 1}) as writer:
        for number, clip in enumerate(clips):
            if number == stop_after:
                raise KeyboardInterrupt
            if not writer.has(clip.clip_id):
                writer.write(clip)
    return root


def test_rows_come_segment_by_segment_and_are_those_of_the_whole(make_clip: MakeClip, tmp_path: Path) -> None:
    clip = make_clip("a", frames=10, size=SIZE)
    parts = list(clip_tables(clip, CONFIG, CrowdednessLevels())["frames"])
    assert [len(part) for part in parts] == [4, 4, 2]
    whole = pa.concat_tables(parts)
    for name, tables in (("parts", parts), ("whole", [whole])):
        write_clips(tmp_path / name, "frames", tables, 4)
    assert (tmp_path / "parts").read_bytes() == (tmp_path / "whole").read_bytes()
    assert [len(part) for part in read_segments(tmp_path / "parts")] == [4, 4, 2]
    assert pa.concat_tables(read_segments(tmp_path / "parts", "a")).equals(whole)
    assert list(read_segments(tmp_path / "parts", "b")) == []


def test_clips_of_several_segments_survive_interruption(
    make_clip: MakeClip, tmp_path: Path, contents: Callable[[Path], dict[str, bytes]]
) -> None:
    clips = [make_clip(name, frames=frames, size=SIZE) for name, frames in (("a", 10), ("b", 1), ("c", 4), ("d", 9))]
    expected = contents(store_of(tmp_path / "one", clips))
    with pytest.raises(KeyboardInterrupt):
        store_of(tmp_path / "two", clips[::-1], stop_after=1)
    assert contents(store_of(tmp_path / "two", clips)) == expected
    assert verify_store(tmp_path / "two") == []
    np.testing.assert_array_equal(StoreReader(tmp_path / "two").clip("d").frames, clips[3].frames)


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_row_groups_do_not_depend_on_how_rows_come(
    make_clip: MakeClip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(parquet_files, "OBJECT_ROWS_PER_GROUP", size)
    clip = make_clip("a", frames=3, size=SIZE)
    (objects,) = clip_tables(clip, CONFIG, CrowdednessLevels())["objects"]
    assert len(objects) == 9
    write_clips(tmp_path / "whole", "objects", [objects], 4)
    write_clips(tmp_path / "parts", "objects", [objects.slice(0, 2), objects.slice(2, 0), objects.slice(2)], 4)
    assert (tmp_path / "parts").read_bytes() == (tmp_path / "whole").read_bytes()


def test_an_excerpt_is_what_the_clip_shows_there(make_clip: MakeClip, tmp_path: Path) -> None:
    clip = make_clip("a", frames=10, size=SIZE)
    reader = StoreReader(store_of(tmp_path / "s", [clip]))
    excerpt = reader.excerpt("a", [8, 0, 5])
    np.testing.assert_array_equal(excerpt.frames, clip.frames[[0, 5, 8]])
    assert [frame.timestamp_us for frame in excerpt.labels] == [clip.labels[i].timestamp_us for i in (0, 5, 8)]
    assert reader.row("a")["num_frames"] == 10
    with pytest.raises(DataError, match="frames are missing"):
        reader.excerpt("a", [10])
    with pytest.raises(DataError, match="no such clip"):
        reader.row("b")
