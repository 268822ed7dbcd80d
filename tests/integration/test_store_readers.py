"""One store, opened by everything that people open Parquet with: the same rows, and boxes where the objects are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import duckdb
import numpy as np
import pandas
import polars
import pyarrow.dataset as pads
import pytest
import torch
from torch.utils.data import DataLoader

from drivegen.core import (
    Ambience,
    Clip,
    FrameKind,
    FrameLabels,
    LabelPolicy,
    Provenance,
    Scenario,
    TimeOfDay,
    Track,
    Trajectory,
    Weather,
    forward_camera,
    label_frame,
    silhouette,
)
from drivegen.core.arrays import Bytes
from drivegen.store import StoreConfig, StoreDataset, StoreReader, StoreWriter, verify_store
from drivegen.store.images import decode_image

SIZE = (96, 192)
FRAMES, CLIPS = 4, 3
STEP_US = 150_000
# (track, category, start x y, speed, box, paint)
OBJECTS = (
    ("near", "car", (11.0, 1.5), 1.0, (4.5, 2.0, 1.6), (1.0, 0.0, 0.0)),
    ("behind", "truck", (24.0, 0.5), 0.0, (8.0, 2.6, 3.4), (0.0, 1.0, 0.0)),
    ("walker", "pedestrian", (14.0, -3.5), 0.8, (0.7, 0.7, 1.8), (0.0, 0.0, 1.0)),
    ("cone", "traffic_cone", (8.0, -0.7), 0.0, (0.5, 0.5, 1.0), (1.0, 1.0, 0.0)),
)


def _scenario(index: int) -> Scenario:
    times = np.array([0, STEP_US * FRAMES])
    straight = np.tile([1.0, 0.0, 0.0, 0.0], (2, 1))
    tracks = []
    for name, category, (x, y), speed, box, paint in OBJECTS:
        ends = np.array([[x, y, box[2] / 2], [x + speed, y - 0.3 * index, box[2] / 2]])
        tracks.append(Track(name, category, Trajectory(times, ends, straight), np.tile(box, (2, 1)), appearance=paint))
    ego = Trajectory(times, np.array([[0.0, 0.0, 0.0], [0.5, 0.0, 0.0]]), straight)
    camera = forward_camera("CAM_FRONT", SIZE, 1.2, height_m=1.6, pitch_rad=0.05)
    ambience = Ambience(Weather.FOG if index else Weather.CLEAR, TimeOfDay.DAY)
    stamps = {"CAM_FRONT": np.arange(FRAMES) * STEP_US}
    return Scenario(f"scenario-{index}", ego, {"CAM_FRONT": camera}, stamps, tuple(tracks), ambience, source="test")


def _paint(labels: FrameLabels) -> Bytes:
    """Grey, and each object's silhouette in its colour, the far ones first."""
    image = np.full((*SIZE, 3), 90, dtype=np.uint8)
    corners = labels.boxes_ego.transformed(labels.camera.ego_from_camera.inverse()).corners()
    for index in reversed(range(len(labels))):
        outline = silhouette(corners[index], labels.camera)
        assert outline is not None
        points = (np.asarray(outline.exterior.coords) - 0.5).round().astype(np.int32)
        color = (labels.appearance[index] * 255).tolist()
        cv2.fillPoly(image, [points], color)
    return image


def _clip(index: int) -> Clip:
    scenario = _scenario(index)
    camera = scenario.cameras["CAM_FRONT"]
    labels = [label_frame(scenario, camera, int(t), LabelPolicy()) for t in scenario.frame_times_us["CAM_FRONT"]]
    return Clip(
        clip_id=f"clip-{index}",
        scenario_id=scenario.scenario_id,
        camera="CAM_FRONT",
        frames=np.stack([_paint(frame) for frame in labels]),
        labels=tuple(labels),
        ambience=scenario.ambience,
        fps=20 / 3,
        provenance=Provenance(FrameKind.RENDERED, "reference", seed=index, license="Apache-2.0"),
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of three painted clips in two shards, with row groups smaller than a clip."""
    root = tmp_path_factory.mktemp("store")
    with StoreWriter(root, StoreConfig(clips_per_shard=2, frames_per_row_group=3), {"seed": 0}) as writer:
        for index in range(CLIPS):
            writer.write(_clip(index))
    return root


@pytest.fixture(scope="module")
def expected() -> list[tuple[Any, ...]]:
    """What every reader must see of each object: clip, frame, track, category, depth, left edge, right visible edge."""
    rows = []
    for clip in (_clip(index) for index in range(CLIPS)):
        for t, labels in enumerate(clip.labels):
            for i, track in enumerate(labels.track_ids):
                visible = None if np.isnan(labels.visible_px[i, 2]) else float(labels.visible_px[i, 2])
                numbers = (float(labels.depth_m[i]), float(labels.amodal_px[i, 0]), visible)
                rows.append((clip.clip_id, t, track, labels.categories[i], *numbers))
    return sorted(rows, key=lambda row: row[:3])


COLUMNS = ["clip_id", "frame_index", "track_id", "category", "depth_m", "amodal_x_min_px", "visible_x_max_px"]


def _rows(records: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Rows of the objects table as plain tuples; NaN, which pandas writes for null, is null."""
    rows = [tuple(None if pandas.isna(record[c]) else record[c] for c in COLUMNS) for record in records]
    return sorted(rows, key=lambda row: row[:3])


def test_verifies(root: Path) -> None:
    assert verify_store(root) == []


def test_pyarrow(root: Path, expected: list[tuple[Any, ...]]) -> None:
    assert _rows(pads.dataset(root / "objects").to_table(columns=COLUMNS).to_pylist()) == expected
    assert pads.dataset(root / "frames").count_rows() == CLIPS * FRAMES


def test_pandas(root: Path, expected: list[tuple[Any, ...]]) -> None:
    assert _rows(pandas.read_parquet(root / "objects", columns=COLUMNS).to_dict("records")) == expected
    frames = pandas.read_parquet(root / "frames")
    nested = [
        {"clip_id": frame.clip_id, "frame_index": frame.frame_index, **item}
        for frame in frames.itertuples()
        for item in frame.objects
    ]
    assert _rows(nested) == expected
    assert pandas.read_parquet(root / "clips").set_index("clip_id")["weather"].to_dict() == {
        "clip-0": "clear",
        "clip-1": "fog",
        "clip-2": "fog",
    }


def test_polars(root: Path, expected: list[tuple[Any, ...]]) -> None:
    assert _rows(polars.read_parquet(root / "objects" / "*.parquet").select(COLUMNS).to_dicts()) == expected
    frames = polars.scan_parquet(root / "frames" / "*.parquet").select("clip_id", "frame_index", "objects")
    nested = frames.explode("objects").unnest("objects").select(COLUMNS).collect()
    assert _rows(nested.to_dicts()) == expected


def test_duckdb(root: Path, expected: list[tuple[Any, ...]]) -> None:
    columns = ", ".join(COLUMNS)
    with duckdb.connect() as connection:
        flat = connection.execute(f"select {columns} from '{root}/objects/*.parquet'").fetchall()
        nested = connection.execute(
            f"select {columns} from (select clip_id, frame_index, unnest(objects, recursive := true) "
            f"from '{root}/frames/*.parquet')"
        ).fetchall()
        image = connection.execute(
            f"select image.bytes from '{root}/frames/*.parquet' where clip_id = 'clip-1' and frame_index = 2"
        ).fetchall()
    assert sorted(flat, key=lambda row: row[:3]) == expected
    assert sorted(nested, key=lambda row: row[:3]) == expected
    np.testing.assert_array_equal(decode_image(image[0][0], "duckdb"), _clip(1).frames[2])


def test_hugging_face(
    root: Path, expected: list[tuple[Any, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    from datasets import load_dataset

    cache = str(tmp_path / "cache")
    objects = load_dataset("parquet", data_dir=str(root / "objects"), split="train", cache_dir=cache)
    assert _rows(objects.to_list()) == expected
    # The folder itself is a dataset: its card names one configuration per table, and frames is the default.
    frames = load_dataset(str(root), split="train", cache_dir=cache)
    assert len(frames) == CLIPS * FRAMES
    for index in (0, FRAMES * CLIPS - 1):
        row = frames[index]
        clip = _clip(index // FRAMES)
        assert (row["clip_id"], row["frame_index"]) == (clip.clip_id, index % FRAMES)
        assert row["image"].size == (SIZE[1], SIZE[0])
        np.testing.assert_array_equal(np.asarray(row["image"]), clip.frames[index % FRAMES])
        assert [o["track_id"] for o in row["objects"]] == list(clip.labels[index % FRAMES].track_ids)
    clips = load_dataset(str(root), "clips", split="train", cache_dir=cache)
    assert clips[1]["poster"].size == (SIZE[1], SIZE[0]) and clips[1]["video"] is None
    assert clips["license"] == ["Apache-2.0"] * CLIPS


def test_torch_data_loader_with_workers(root: Path, expected: list[tuple[Any, ...]]) -> None:
    torch.set_num_threads(1)
    loader = DataLoader(StoreDataset(root), batch_size=3, shuffle=True, num_workers=2, collate_fn=list)
    found = {}
    for item in (item for batch in loader for item in batch):
        found[item["clip_id"], item["frame_index"]] = item
    assert len(found) == CLIPS * FRAMES
    seen = sorted((*key, track) for key, item in found.items() for track in item["track_ids"])
    assert seen == [row[:3] for row in expected]
    for index in range(CLIPS):
        clip = _clip(index)
        for t in range(FRAMES):
            np.testing.assert_array_equal(found[clip.clip_id, t]["image"], clip.frames[t])
            np.testing.assert_array_equal(found[clip.clip_id, t]["visible_px"], clip.labels[t].visible_px)


def test_drivegen(root: Path) -> None:
    for got in StoreReader(root).clips():
        clip = _clip(int(got.clip_id[-1]))
        np.testing.assert_array_equal(got.frames, clip.frames)
        for a, b in zip(got.labels, clip.labels, strict=True):
            np.testing.assert_allclose(a.boxes_ego.corners(), b.boxes_ego.corners(), rtol=0, atol=1e-4)


def test_boxes_lie_on_their_objects(root: Path) -> None:
    """Told from the table alone: an object's colour fills its visible box and does not occur outside of it."""
    colors = {name: np.array(paint) * 255 for name, *_, paint in OBJECTS}
    checked = 0
    for row in pads.dataset(root / "frames").to_table().to_pylist():
        image = decode_image(row["image"]["bytes"], row["clip_id"])
        for item in row["objects"]:
            painted = (image == colors[item["track_id"]]).all(axis=-1)
            if item["visible_fraction"] < 0.3:
                continue
            ys, xs = np.nonzero(painted)
            found = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])
            box = [item[f"visible_{edge}_px"] for edge in ("x_min", "y_min", "x_max", "y_max")]
            # The paint is rounded to whole pixels and fillPoly covers its outline.
            np.testing.assert_allclose(found, box, atol=1.6)
            left, top, right, bottom = np.round(box).astype(int)
            assert painted[top:bottom, left:right].mean() > 0.5 * item["visible_fraction"]
            assert item["appearance_red"] * 255 == colors[item["track_id"]][0]
            checked += 1
    assert checked > CLIPS * FRAMES * 2
