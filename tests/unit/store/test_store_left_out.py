"""Clips that were made, found unfit and left out: the store remembers them, whatever interrupts it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from drivegen.core import Clip, DataError, Verdict
from drivegen.store import StoreConfig, StoreReader, StoreWriter, verify_store

MakeClip = Callable[..., Clip]
Contents = Callable[[Path], dict[str, bytes]]
UNFIT = "bd"


def _fill(root: Path, clip_ids: str, make_clip: MakeClip, stop_after: int | None = None) -> Path:
    """Write clips but for b and d, which are left out."""
    with StoreWriter(root, StoreConfig(clips_per_shard=2), {"seed": 1}) as writer:
        for index, clip_id in enumerate(clip_ids):
            if index == stop_after:
                raise KeyboardInterrupt
            if writer.has(clip_id) or writer.left_out(clip_id):
                continue
            clip = make_clip(clip_id)
            if clip_id in UNFIT:
                writer.drop(replace(clip, verdict=Verdict("frames", False, reasons=(f"reason-{clip_id}",))))
            else:
                writer.write(clip)
    return root


def test_the_store_says_what_was_left_out_and_why(tmp_path: Path, make_clip: MakeClip) -> None:
    _fill(tmp_path, "abcde", make_clip)
    assert verify_store(tmp_path) == []
    reader = StoreReader(tmp_path)
    assert reader.clip_ids == ("a", "c", "e")
    assert reader.manifest.dropped == {"b": ("reason-b",), "d": ("reason-d",)}
    card = (tmp_path / "README.md").read_text()
    assert "2 clips were found unfit and left out (reason-b 1, reason-d 1): what is here was selected." in card


def test_a_clip_that_is_there_was_not_left_out(tmp_path: Path, make_clip: MakeClip) -> None:
    _fill(tmp_path, "abc", make_clip)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["dropped"]["a"] = ["reason-a"]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert [str(problem) for problem in verify_store(tmp_path)] == [
        "manifest.json: a: dropped: said to be left out, but it is in the store"
    ]


@pytest.mark.parametrize("stop_after", [1, 2, 4])
def test_interrupted_and_resumed_gives_the_same_bytes(
    tmp_path: Path, make_clip: MakeClip, contents: Contents, stop_after: int
) -> None:
    whole = contents(_fill(tmp_path / "whole", "abcde", make_clip))
    with pytest.raises(KeyboardInterrupt):
        _fill(tmp_path / "stopped", "baced", make_clip, stop_after)
    assert contents(_fill(tmp_path / "stopped", "edcba", make_clip)) == whole


def test_running_a_finished_command_again_touches_nothing(tmp_path: Path, make_clip: MakeClip) -> None:
    root = _fill(tmp_path / "store", "abc", make_clip)
    before = {p: p.stat().st_mtime_ns for p in root.rglob("*")}
    _fill(root, "abc", make_clip)
    assert {p: p.stat().st_mtime_ns for p in root.rglob("*")} == before


def test_a_later_run_that_only_leaves_out_is_remembered(tmp_path: Path, make_clip: MakeClip) -> None:
    _fill(tmp_path, "ac", make_clip)
    _fill(tmp_path, "abcd", make_clip)
    assert verify_store(tmp_path) == []
    assert set(StoreReader(tmp_path).manifest.dropped) == {"b", "d"}


def test_a_killed_process_loses_nothing(tmp_path: Path, make_clip: MakeClip, contents: Contents) -> None:
    whole = contents(_fill(tmp_path / "whole", "abc", make_clip))
    root = tmp_path / "killed"
    killed = StoreWriter(root, StoreConfig(clips_per_shard=2), {"seed": 1})
    killed.drop(make_clip("b", verdict=Verdict("frames", False, reasons=("reason-b",))))
    killed._partial._lock.close()
    assert contents(_fill(root, "abc", make_clip)) == whole


def test_without_any_clip_there_is_no_store_but_a_memory(tmp_path: Path, make_clip: MakeClip) -> None:
    root = tmp_path / "store"
    with pytest.raises(KeyboardInterrupt):
        _fill(root, "ba", make_clip, 1)
    with pytest.raises(DataError, match="unfinished"):
        StoreReader(root)
    writer = StoreWriter(root, StoreConfig(clips_per_shard=2), {"seed": 1})
    assert writer.left_out("b") and not writer.has("b")
    with pytest.raises(DataError, match="already"):
        writer.write(make_clip("b"))
    with pytest.raises(DataError, match="no clip was written"):
        writer.close()
    assert list(root.iterdir()) == []
