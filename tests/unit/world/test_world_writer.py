"""Written worlds: roots, splits, resume, refusal, the same bytes with several workers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from drivegen.core import Crowdedness, DataError
from drivegen.nuscenes_format import NuScenesRoot
from drivegen.world import WorldConfig, make_scene, split_of, write_world
from drivegen.world.writer import settings_hash

CONFIG = WorldConfig(scenes=3, duration_s=0.3, hz=10.0, size=(32, 64), crowdedness=(Crowdedness.SPARSE,))


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_root_reads_back(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    roots = write_world(CONFIG, tmp_path / "world", lambda done, total: told.append((done, total)))
    assert roots == [tmp_path / "world"]
    assert told[0] == (0, 3)
    assert told[-1] == (3, 3)
    root = NuScenesRoot(roots[0])
    assert root.scenes == tuple(f"world-0-{i:05d}" for i in range(3))
    assert sorted(name for names in root.splits().values() for name in names) == list(root.scenes)
    made, read = make_scene(CONFIG, 1).scenario, root.scenario("world-0-00001")
    assert read.ambience == made.ambience
    assert len(read.frame_times_us["CAM_FRONT"]) == CONFIG.frames
    frame = root.read_frame(root.frame_refs("world-0-00001", "CAM_FRONT")[0])
    assert frame.shape == (32, 64, 3)


def test_workers_change_no_byte(tmp_path: Path) -> None:
    config = replace(CONFIG, scenes=2)
    write_world(config, tmp_path / "one")
    write_world(replace(config, workers=2), tmp_path / "two")
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    assert settings_hash(config) == settings_hash(replace(config, workers=2))


def test_many_scenes_make_several_roots_and_reruns_keep_them(tmp_path: Path) -> None:
    config = replace(CONFIG, scenes_per_root=2)
    roots = write_world(config, tmp_path)
    assert [r.name for r in roots] == ["root-00000", "root-00001"]
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.jpg")}
    # A root that was interrupted is made again; finished ones stay.
    assert write_world(config, tmp_path) == roots
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.jpg")} == before


def test_other_settings_are_refused(tmp_path: Path) -> None:
    write_world(replace(CONFIG, scenes=1), tmp_path)
    with pytest.raises(DataError, match="duration_s"):
        write_world(replace(CONFIG, scenes=1, duration_s=0.5), tmp_path)


def test_foreign_roots_are_refused(tmp_path: Path) -> None:
    (tmp_path / "v1.0-mini").mkdir()
    with pytest.raises(DataError, match="choose another folder"):
        write_world(replace(CONFIG, scenes=1), tmp_path)


def test_an_interrupted_world_is_finished(tmp_path: Path) -> None:
    config = replace(CONFIG, scenes=2)

    def stop(done: int, _: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_world(config, tmp_path / "a", stop)
    assert not list((tmp_path / "a").glob("v1.0-*"))
    write_world(config, tmp_path / "a")
    write_world(config, tmp_path / "b")
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")
    note = json.loads((tmp_path / "a" / "drivegen_world.json").read_text())
    assert note["settings"]["scenes"] == 2


def test_splits_follow_the_seed() -> None:
    config = WorldConfig(scenes=1000)
    splits = [split_of(config, i) for i in range(1000)]
    assert splits == [split_of(replace(config, scenes=5), i) for i in range(1000)]
    assert 750 < splits.count("train") < 850
    assert 60 < splits.count("val") < 140
    assert 60 < splits.count("test") < 140
