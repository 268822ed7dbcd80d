"""Writing: equal bytes whatever happened on the way, nothing lost, nothing of others overwritten."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drivegen.core import ConfigError, DataError, FrameLabels
from drivegen.store import StoreConfig, StoreReader, StoreWriter, verify_store
from drivegen.store.partial import Partial
from drivegen.store.publication import build_publication

CONFIG = StoreConfig(clips_per_shard=2)
ASKED = {"seed": 1, "weather": ["rain"]}
Contents = Callable[[Path], dict[str, bytes]]
MakeClip = Callable[..., object]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, make_clip: MakeClip, contents: Contents) -> dict[str, bytes]:
    """The files of a store of clips a to e that was written in one go."""
    return contents(_write(tmp_path_factory.mktemp("expected"), "abcde", make_clip))


def _write(root: Path, clip_ids: str, make_clip: MakeClip, stop_after: int | None = None) -> Path:
    with StoreWriter(root, CONFIG, ASKED) as writer:
        for index, clip_id in enumerate(clip_ids):
            if index == stop_after:
                raise KeyboardInterrupt
            if not writer.has(clip_id):
                writer.write(make_clip(clip_id))
    return root


def test_a_store_holds_tables_card_description_and_manifest(expected: dict[str, bytes]) -> None:
    shards = [f"train-{i:05d}-of-00003.parquet" for i in range(3)]
    tables = [f"{table}/{shard}" for table in ("clips", "frames", "objects") for shard in shards]
    assert sorted(expected) == sorted([*tables, "README.md", "croissant.json", "manifest.json"])


def test_order_of_writing_and_name_of_the_folder_do_not_matter(
    tmp_path: Path, make_clip: MakeClip, contents: Contents, expected: dict[str, bytes]
) -> None:
    assert contents(_write(tmp_path / "elsewhere", "dbeca", make_clip)) == expected
    with StoreWriter(tmp_path / "with_out", CONFIG, ASKED | {"out": "/some/where"}) as writer:
        for clip_id in "abcde":
            writer.write(make_clip(clip_id))
    assert contents(tmp_path / "with_out") == expected


@pytest.mark.parametrize("stop_after", [1, 2, 4])
def test_interrupted_and_resumed_gives_the_same_bytes(
    tmp_path: Path, make_clip: MakeClip, contents: Contents, expected: dict[str, bytes], stop_after: int
) -> None:
    root = tmp_path / "store"
    with pytest.raises(KeyboardInterrupt):
        _write(root, "abcde", make_clip, stop_after)
    # A stopped run leaves a store that readers accept, ...
    assert verify_store(root) == []
    assert len(StoreReader(root).clip_ids) == stop_after
    assert not StoreReader(root).manifest.complete
    # ... which the same command completes; here stopped once more, and out of order.
    with pytest.raises(KeyboardInterrupt):
        _write(root, "ecadb", make_clip, 2)
    assert contents(_write(root, "abcde", make_clip)) == expected


def test_killed_process_loses_nothing(
    tmp_path: Path, make_clip: MakeClip, contents: Contents, expected: dict[str, bytes]
) -> None:
    root = tmp_path / "store"
    killed = StoreWriter(root, CONFIG, ASKED)
    killed.write(make_clip("b"))
    killed.write(make_clip("e"))
    # The end of a process, however sudden, lets go of its lock and does nothing else.
    killed._partial._lock.close()
    problems = verify_store(root)
    assert len(problems) == 1 and "unfinished" in problems[0].message
    with pytest.raises(DataError, match="run the command"):
        StoreReader(root)
    writer = StoreWriter(root, CONFIG, ASKED)
    assert writer.has("b") and writer.has("e") and not writer.has("a")
    for clip_id in "acd":
        writer.write(make_clip(clip_id))
    writer.close()
    assert contents(root) == expected


@pytest.mark.parametrize("moved", [0, 7, 11])
def test_crash_while_publishing_is_finished_by_the_next_run(
    tmp_path: Path, make_clip: MakeClip, contents: Contents, expected: dict[str, bytes], moved: int
) -> None:
    root = tmp_path / "store"
    _write(root, "ace", make_clip)
    writer = StoreWriter(root, CONFIG, ASKED)
    writer.write(make_clip("b"))
    writer.write(make_clip("d"))
    build_publication(writer._partial, writer._pending, writer._published, CONFIG, writer._identity, complete=True)
    writer._partial._lock.close()
    # What a crash leaves: the old manifest gone and some of the new files in place.
    (root / "manifest.json").unlink()
    names = [p for p in sorted(writer._partial.ready.rglob("*")) if p.is_file() and p.name != "manifest.json"]
    for path in names[:moved]:
        path.replace(root / path.relative_to(writer._partial.ready))
    again = StoreWriter(root, CONFIG, ASKED)
    assert all(again.has(clip_id) for clip_id in "abcde")
    again.close()
    assert contents(root) == expected


def test_half_written_clip_and_half_built_publication_are_ignored(
    tmp_path: Path, make_clip: MakeClip, contents: Contents, expected: dict[str, bytes]
) -> None:
    root = tmp_path / "store"
    partial = Partial(root)
    partial.begin(StoreWriter(tmp_path / "other", CONFIG, ASKED)._identity)
    (partial.folder / "clips" / ".a.tmp").mkdir()
    (partial.folder / "clips" / ".a.tmp" / "clips.parquet").write_bytes(b"half")
    partial.building.mkdir()
    (partial.building / "manifest.json").write_text("{}")
    partial._lock.close()
    assert contents(_write(root, "abcde", make_clip)) == expected


def test_running_a_finished_command_again_touches_nothing(tmp_path: Path, make_clip: MakeClip) -> None:
    root = _write(tmp_path / "store", "abc", make_clip)
    before = {p: p.stat().st_mtime_ns for p in root.rglob("*")}
    _write(root, "abc", make_clip)
    assert {p: p.stat().st_mtime_ns for p in root.rglob("*")} == before


def test_stopping_before_anything_new_keeps_a_complete_store_complete(tmp_path: Path, make_clip: MakeClip) -> None:
    root = _write(tmp_path / "store", "abc", make_clip)
    with pytest.raises(KeyboardInterrupt):
        _write(root, "abc", make_clip, 1)
    assert StoreReader(root).manifest.complete


@pytest.mark.parametrize("finished", [True, False])
def test_other_settings_in_the_same_folder_are_refused(tmp_path: Path, make_clip: MakeClip, finished: bool) -> None:
    writer = StoreWriter(tmp_path, CONFIG, ASKED)
    writer.write(make_clip("a"))
    if finished:
        writer.close()
    else:
        writer._partial._lock.close()
    with pytest.raises(DataError, match=r"other settings.*seed=2, there 1.*choose another out"):
        StoreWriter(tmp_path, CONFIG, ASKED | {"seed": 2})
    with pytest.raises(DataError, match=r"store\.clips_per_shard=9, there 2"):
        StoreWriter(tmp_path, StoreConfig(clips_per_shard=9), ASKED)
    with pytest.raises(DataError, match=r"model\.id"):
        StoreWriter(tmp_path, CONFIG, ASKED, {"id": "tiny"})
    # The refusal changed nothing.
    assert StoreWriter(tmp_path, CONFIG, ASKED).has("a")


@pytest.mark.parametrize("name", ["README.md", "frames/other.parquet"])
def test_folder_of_somebody_else_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(DataError, match="holds something else"):
        StoreWriter(tmp_path, CONFIG, ASKED)
    assert (tmp_path / name).read_text() == "mine" and not (tmp_path / ".partial").exists()


def test_root_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="not a folder"):
        StoreWriter(tmp_path / "file", CONFIG, ASKED)


def test_two_writers_at_once_are_refused(tmp_path: Path, make_clip: MakeClip) -> None:
    first = StoreWriter(tmp_path, CONFIG, ASKED)
    code = (
        "import sys; from pathlib import Path; from drivegen.store import StoreConfig, StoreWriter\n"
        "try: StoreWriter(Path(sys.argv[1]), StoreConfig(clips_per_shard=2), {'seed': 1, 'weather': ['rain']})\n"
        "except Exception as error: print(error)"
    )
    result = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert "another process is writing" in result.stdout
    first.write(make_clip("a"))
    first.close()
    assert verify_store(tmp_path) == []


def test_same_clip_twice_is_refused(tmp_path: Path, make_clip: MakeClip) -> None:
    writer = StoreWriter(tmp_path, CONFIG, ASKED)
    writer.write(make_clip("a"))
    with pytest.raises(DataError, match="already"):
        writer.write(make_clip("a"))
    writer.close()
    with pytest.raises(DataError, match="closed"):
        writer.write(make_clip("b"))


def test_no_clip_at_all_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no clip was written"), StoreWriter(tmp_path / "store", CONFIG, ASKED):
        pass
    assert list((tmp_path / "store").iterdir()) == []


def _with_label(labels: tuple[FrameLabels, ...], **changes: object) -> tuple[FrameLabels, ...]:
    return (replace(labels[0], **changes), *labels[1:])


def test_clips_that_could_not_be_read_back_are_refused(tmp_path: Path, make_clip: MakeClip) -> None:
    good = make_clip("a")
    skewed = good.labels[0].camera.intrinsics + np.array([[0, 0.1, 0], [0, 0, 0], [0, 0, 0]])
    camera = replace(good.labels[0].camera, intrinsics=skewed)
    other = replace(good.labels[0].camera, name="CAM_BACK")
    bad = {
        "not safe": {"clip_id": "../../etc/passwd"},
        "timestamps must rise": {"labels": _with_label(good.labels, timestamp_us=10**9)},
        "frame rate": {"fps": float("nan")},
        "pinhole": {"labels": _with_label(good.labels, camera=camera)},
        "another camera": {"labels": _with_label(good.labels, camera=other)},
        "track ids repeat": {"labels": _with_label(good.labels, track_ids=("x", "x", "y"))},
        "no frames": {"labels": (), "frames": good.frames[:0]},
    }
    writer = StoreWriter(tmp_path, CONFIG, ASKED)
    for message, changes in bad.items():
        with pytest.raises(DataError, match=message):
            writer.write(replace(good, **changes))
    writer.write(good)
    writer.close()
    assert verify_store(tmp_path) == []


def test_settings_out_of_range_are_bad_usage() -> None:
    for values in ({"frames_per_row_group": 65}, {"clips_per_shard": 0}, {"jpeg_quality": 101}, {"split": "../x"}):
        with pytest.raises(ConfigError):
            StoreConfig(**values)
