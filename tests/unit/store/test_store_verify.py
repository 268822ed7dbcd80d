"""Verification: a sound store has no problems; everything that is wrong is told, with file, row and field."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from drivegen.core import Boxes3D, Clip, project_boxes
from drivegen.store import StoreConfig, StoreReader, StoreWriter, verify_store
from drivegen.store.manifest import file_sha256
from drivegen.store.parquet import read_rows, write_clips
from drivegen.store.schema import TableName
from drivegen.store.verify_labels import check_labels

WriteStore = Callable[..., object]
SHARD = "train-00000-of-00002.parquet"


@pytest.fixture
def root(tmp_path: Path, sound_store: Path) -> Path:
    """A store of three clips in two shards, to be spoilt."""
    return shutil.copytree(sound_store, tmp_path / "store")


def _told(root: Path) -> str:
    return "\n".join(str(problem) for problem in verify_store(root))


def _edit_manifest(root: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    manifest = json.loads((root / "manifest.json").read_text())
    edit(manifest)
    (root / "manifest.json").write_text(json.dumps(manifest))


def _rewrite(root: Path, table: TableName, edit: Callable[[list[dict[str, Any]]], None]) -> None:
    """Change rows of the first shard and make every hash agree again."""
    path = root / table / SHARD
    rows = read_rows(path, table)
    values = rows.to_pylist()
    edit(values)
    write_clips(path, table, [pa.Table.from_pylist(values, schema=rows.schema)], 64)
    _trust(root, table, len(values))


def _trust(root: Path, table: TableName, rows: int) -> None:
    """Make manifest and description agree with what the first shard is now."""
    path = root / table / SHARD
    facts = {"rows": rows, "bytes": path.stat().st_size, "sha256": file_sha256(path)}

    def note(manifest: dict[str, Any]) -> None:
        manifest["tables"][table][0].update(facts)
        manifest["totals"][table] = sum(entry["rows"] for entry in manifest["tables"][table])

    _edit_manifest(root, note)
    text = json.loads((root / "croissant.json").read_text())
    for item in text["distribution"]:
        if item["@id"] == f"{table}/{SHARD}":
            item["sha256"] = facts["sha256"]
    (root / "croissant.json").write_text(json.dumps(text))


def test_sound_store_has_no_problems_and_progress_is_told(root: Path) -> None:
    steps: list[tuple[int, int]] = []
    assert verify_store(root, lambda done, total: steps.append((done, total))) == []
    assert steps == [(1, 2), (2, 2)]


@pytest.mark.parametrize("config", [{"frames_per_row_group": 2}, {"image_format": "jpeg"}, {"split": "val"}])
def test_other_settings_verify(tmp_path: Path, write_store: WriteStore, config: dict[str, Any]) -> None:
    write_store(tmp_path, **config)
    assert verify_store(tmp_path) == []


def test_unlabelled_store_verifies(tmp_path: Path, make_clip: Callable[..., Clip]) -> None:
    with StoreWriter(tmp_path, StoreConfig(), {}) as writer:
        writer.write(make_clip(labelled=False))
    assert verify_store(tmp_path) == []


def test_no_store(tmp_path: Path) -> None:
    assert "not a store" in _told(tmp_path)


def test_rewriting_rows_unchanged_is_no_problem(root: Path) -> None:
    """The tests below change one thing each; this one shows that it is the change that is found."""
    for table in ("clips", "frames", "objects"):
        _rewrite(root, table, lambda rows: None)
    assert _told(root) == ""


def test_every_damaged_file_is_told_at_once(root: Path) -> None:
    (root / "clips" / SHARD).unlink()
    truncated = root / "frames" / "train-00001-of-00002.parquet"
    truncated.write_bytes(truncated.read_bytes()[:-100])
    flipped = root / "objects" / "train-00001-of-00002.parquet"
    data = bytearray(flipped.read_bytes())
    data[len(data) // 3] ^= 0xFF
    flipped.write_bytes(bytes(data))
    (root / "frames" / "train-00007-of-00002.parquet").write_bytes(b"")
    (root / "README.md").unlink()
    told = _told(root)
    for text in (
        f"clips/{SHARD}: structure: missing",
        "frames/train-00001-of-00002.parquet: structure: expected",
        "objects/train-00001-of-00002.parquet: structure: sha256 differs",
        "frames/train-00007-of-00002.parquet: not in the manifest",
        "README.md: missing",
    ):
        assert text in told


def test_flipped_bytes_anywhere_in_a_file_are_found_without_a_crash(root: Path) -> None:
    path = root / "frames" / SHARD
    good = path.read_bytes()
    for place in np.linspace(4, len(good) - 9, 8).astype(int):
        bad = bytearray(good)
        bad[place] ^= 0xA5
        path.write_bytes(bytes(bad))
        assert "sha256 differs" in _told(root)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "frames/../../x-00000-of-00001.parquet"])
def test_file_names_that_leave_the_store_are_refused(root: Path, name: str) -> None:
    _edit_manifest(root, lambda m: m["tables"]["frames"][0].update(path=name))
    told = _told(root)
    assert "file name refused" in told and name in told and "\n" not in told


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda m: m.update(schema_version=99), "another schema version"),
        (lambda m: m.pop("tables"), "missing key"),
        (lambda m: m.update(extra=1), "unknown key"),
        (lambda m: m["tables"]["clips"].pop(), "different numbers of files"),
        (lambda m: m["totals"].update(frames=3), "totals.frames: expected 9"),
        (lambda m: m["tables"]["clips"].reverse(), "expected clips/train-00000-of-00002.parquet"),
    ],
)
def test_wrong_manifest(root: Path, edit: Callable[[dict[str, Any]], None], message: str) -> None:
    _edit_manifest(root, edit)
    assert message in _told(root)


def test_manifest_that_is_no_json(root: Path) -> None:
    (root / "manifest.json").write_text("{")
    assert "manifest.json: not a manifest" in _told(root)


def test_description_that_disagrees(root: Path) -> None:
    path = root / "croissant.json"
    path.write_text(path.read_text().replace('"sha256": "', '"sha256": "0'))
    assert f"croissant.json: clips/{SHARD}: sha256: differs" in _told(root)
    path.write_text("[]")
    assert "not a Croissant description" in _told(root)


def test_shards_that_changed_places(root: Path) -> None:
    """Each file is sound, but together they are not."""
    other = "train-00001-of-00002.parquet"
    for name in (SHARD, other):
        shutil.copy(root / "objects" / name, root / f"{name}.old")
    shutil.move(root / f"{SHARD}.old", root / "objects" / other)
    shutil.move(root / f"{other}.old", root / "objects" / SHARD)
    _rewrite(root, "objects", lambda rows: None)
    told = _told(root)
    assert "objects/" + SHARD + ": c: clip_id: not in the clips table of this shard" in told
    assert f"objects/{SHARD}: a: objects: flat rows differ" in told


def _set(index: int, **values: Any) -> Callable[[list[dict[str, Any]]], None]:
    return lambda rows: rows[index].update(values)


def _set_object(**values: Any) -> Callable[[list[dict[str, Any]]], None]:
    return lambda rows: rows[1]["objects"][0].update(values)


@pytest.mark.parametrize(
    ("table", "edit", "message"),
    [
        ("clips", _set(0, weather="hail"), "a: weather: unknown value 'hail'"),
        ("clips", _set(0, num_frames=4), "a: num_frames: expected 4; got 3"),
        ("clips", _set(0, num_tracks=1), "a: num_tracks: expected 3; got 1"),
        ("clips", _set(0, crowdedness=9.0), "a: crowdedness: expected 2; got 9.0"),
        ("clips", _set(0, duration_s=1.0), "a: duration_s: expected 0.3"),
        ("clips", _set(0, seed=None), "1 rows: seed: value is missing"),
        ("clips", _set(0, fps=float("nan")), "1 rows: fps: value is not finite"),
        ("clips", _set(0, clip_id="b"), "not unique and sorted: b"),
        ("clips", _set(0, labelled=False), "a: labelled: "),
        ("clips", _set(0, poster={"bytes": b"x", "path": None}), "a: poster: image does not decode"),
        ("frames", _set(1, image={"bytes": b"x", "path": None}), "a frame 1: image: image does not decode"),
        ("frames", _set(1, image={"bytes": None, "path": None}), "a frame 1: image: image is missing"),
        ("frames", _set(1, timestamp_us=0), "a: timestamp_us: does not rise"),
        ("frames", _set(1, frame_index=0), "a: frame_index: does not count up"),
        ("frames", _set(1, segment_index=1), "a: segment_index: "),
        ("frames", _set(1, camera="CAM_BACK"), "a: camera: differs from the clip's"),
        ("frames", _set(1, height_px=50), "a: height_px: differs from the clip's"),
        ("frames", _set(1, num_objects=7), "a: num_objects: differs"),
        ("frames", _set(1, fx_px=None), "fx_px: value is missing"),
        ("frames", _set(1, fx_px=75.0), "a frame 1 car-a: amodal_px: is not the projection"),
        ("frames", _set(1, ego_from_camera_z_m=1.6), "a frame 1 car-a: amodal_px: is not the projection"),
        ("frames", _set_object(center_x_m=15.0), "a frame 1 car-a: depth_m: is not the projection"),
        ("frames", _set_object(visible_x_min_px=1.0), "a frame 1 car-a: visible_px: is not the projection"),
        ("frames", _set_object(visible_fraction=0.5), "a frame 1 car-a: visible_fraction: is not"),
        ("frames", _set_object(length_m=0.0), "a frame 1: objects: labels cannot be read"),
        ("frames", _set_object(center_x_m=None), "a frame 1: objects: labels cannot be read"),
        ("frames", _set_object(category="tank"), "a frame 1 car-a: category: got 'tank' with id 0"),
        ("frames", _set_object(written=False), "flag is missing"),
        ("frames", _set_object(track_id="truck-b"), "a frame 1: track_id: repeats"),
        ("frames", lambda rows: rows[1].update(objects=[]), "a: num_objects: differs"),
        ("frames", lambda rows: rows.pop(1), "a: num_frames: expected 3; got 2"),
        ("objects", lambda rows: rows.pop(1), "a: objects: flat rows differ"),
        ("objects", _set(1, depth_m=1.0), "a: objects: flat rows differ"),
        ("objects", _set(1, depth_m=None), "depth_m: value is missing"),
    ],
)
def test_wrong_rows(root: Path, table: TableName, edit: Callable[[list[dict[str, Any]]], None], message: str) -> None:
    _rewrite(root, table, edit)
    told = _told(root)
    assert message in told
    assert f"{table}/{SHARD}" in told or "clips: clip_id" in told


def test_file_that_is_no_parquet(root: Path) -> None:
    path = root / "clips" / SHARD
    path.write_bytes(b"no parquet")
    _trust(root, "clips", 2)
    assert f"clips/{SHARD}: structure: not a Parquet file" in _told(root)


def test_missing_and_changed_columns(root: Path) -> None:
    path = root / "clips" / SHARD
    rows = read_rows(path, "clips")
    changed = rows.drop_columns(["fps"]).set_column(0, "clip_id", pa.array([1, 2])).append_column("x", pa.array([1, 2]))
    pq.write_table(changed, path)
    _trust(root, "clips", 2)
    told = _told(root)
    for text in ("fps: structure: column is missing", "clip_id: structure: expected string", "x: structure: unknown"):
        assert text in told


def test_boxes_that_share_an_edge_are_accepted_either_way(root: Path) -> None:
    """Rounding decides whether a sliver of the hidden box shows between two that touch: both are right."""
    clip = StoreReader(root).clip("a")
    labels = clip.labels[0]
    centers = np.array([[20.0, 0.0, 1.0], [20.0, 2.0, 1.0], [20.0, -2.0, 1.0]])
    boxes = Boxes3D(centers, np.full((3, 3), 2.0), np.tile([1.0, 0, 0, 0], (3, 1)), np.zeros((3, 3)))
    seen = project_boxes(boxes.transformed(labels.camera.ego_from_camera.inverse()), labels.camera)
    touching = replace(
        labels,
        boxes_ego=boxes,
        amodal_px=seen.amodal_px,
        visible_px=seen.visible_px,
        visible_fraction=seen.visible_fraction,
        depth_m=seen.depth_m,
    )
    assert check_labels("f", "r", touching, []) == []
    moved = replace(touching, visible_px=seen.visible_px + 0.1)
    assert {p.field for p in check_labels("f", "r", moved, [])} == {"visible_px"}


def test_measured_visibility_may_differ_from_that_of_the_boxes(tmp_path: Path, make_clip: Callable[..., Clip]) -> None:
    def measured(clip: Clip, shift_px: float) -> Clip:
        frames = []
        for labels in clip.labels:
            inside = np.clip(labels.amodal_px, 0, [*labels.camera.size[::-1]] * 2)
            middle = 0.5 * (inside[:, :2] + inside[:, 2:])
            part = np.concatenate([middle - 0.5, middle + 0.5], axis=1) + shift_px
            share = np.full(len(labels), 0.3)
            frames.append(replace(labels, visible_px=part, visible_fraction=share, visibility_measured=True))
        return replace(clip, labels=tuple(frames))

    clip = make_clip("a")
    for name, shift_px in (("sound", 0.0), ("beside", 500.0)):
        with StoreWriter(tmp_path / name, StoreConfig(), {"seed": 1}) as writer:
            writer.write(measured(clip, shift_px))
            writer.close()
    assert verify_store(tmp_path / "sound") == []
    assert {problem.field for problem in verify_store(tmp_path / "beside")} == {"visible_px"}
    assert StoreReader(tmp_path / "sound").clip("a").labels[0].visibility_measured
