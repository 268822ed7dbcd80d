"""A user's detector in the judge's place: what its files say is what the audit sees, and bad files are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from drivegen.audit.detectors import DetectorObserver, PredictedObserver, read_predictions
from drivegen.audit.label_faults import take
from drivegen.audit.looking import observe_clip
from drivegen.audit.objects import MatchConfig, find_objects, hallucinations
from drivegen.audit.perception import PerceptionAuditor
from drivegen.audit.sanity import examine
from drivegen.core import CATEGORIES, CATEGORY_ID, Clip, DataError, Detections, Observer, label_boxes
from drivegen.models.perception import PerceptionConfig, PerceptionObserver, build_perception

MakePainted = Callable[..., Clip]
EDGES = ("x_min_px", "y_min_px", "x_max_px", "y_max_px")


def rows_of(clip: Clip) -> list[dict[str, Any]]:
    """A perfect detector's rows: every visible box."""
    rows = []
    for t, frame in enumerate(clip.labels):
        for i in np.flatnonzero(np.isfinite(frame.visible_px).all(axis=1)):
            box = dict(zip(EDGES, map(float, frame.visible_px[i]), strict=True))
            row = {"clip_id": clip.clip_id, "frame_index": t, **box, "score": 0.9 - 0.01 * int(i)}
            rows.append({**row, "category": frame.categories[i]})
    return rows


def parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def coco(folder: Path, clip: Clip, scale: float = 1.0) -> Path:
    """COCO results on images `scale` times as large as the frames."""
    height, width = clip.frames.shape[1:3]
    images = [
        {"id": 100 + t, "clip_id": clip.clip_id, "frame_index": t, "width": width * scale, "height": height * scale}
        for t in range(len(clip.frames))
    ]
    categories = [{"id": 7 + i, "name": name} for i, name in enumerate(CATEGORIES)]
    results = [
        {
            "image_id": 100 + row["frame_index"],
            "category_id": 7 + CATEGORY_ID[row["category"]],
            "bbox": [
                row["x_min_px"] * scale,
                row["y_min_px"] * scale,
                (row["x_max_px"] - row["x_min_px"]) * scale,
                (row["y_max_px"] - row["y_min_px"]) * scale,
            ],
            "score": row["score"],
        }
        for row in rows_of(clip)
    ]
    (folder / "images.json").write_text(json.dumps({"images": images, "categories": categories}))
    path = folder / "results.json"
    path.write_text(json.dumps(results))
    return path


@pytest.mark.parametrize("form", ["parquet", "coco", "coco at twice the size"])
def test_predictions_take_the_nets_place(
    form: str, tmp_path: Path, painted_clip: MakePainted, paint_observer: Observer
) -> None:
    clip = painted_clip(frames=4)
    if form == "parquet":
        path = parquet(tmp_path / "found.parquet", rows_of(clip))
    else:
        path = coco(tmp_path, clip, 2.0 if "twice" in form else 1.0)
    observer = PredictedObserver(paint_observer, read_predictions(path))
    seen = observe_clip(observer, clip)
    plain = observe_clip(paint_observer, clip)
    for frame, other, labels in zip(seen.frames, plain.frames, clip.labels, strict=True):
        visible = np.flatnonzero(np.isfinite(labels.visible_px).all(axis=1))
        assert np.allclose(frame.detections.boxes_px, labels.visible_px[visible])
        assert [CATEGORIES[i] for i in frame.detections.category_ids] == [labels.categories[i] for i in visible]
        assert (np.diff(frame.detections.scores) <= 0).all()
        # Everything else is still the net's.
        assert (frame.weather == other.weather).all()
    verdict = PerceptionAuditor(observer).audit(clip)
    assert verdict.scores["detected_fraction"] == 1.0
    assert verdict.scores["mean_iou"] == pytest.approx(1.0)
    assert observer.sha256 != paint_observer.sha256


def test_other_predictions_are_another_judge(
    tmp_path: Path, painted_clip: MakePainted, paint_observer: Observer
) -> None:
    rows = rows_of(painted_clip(frames=2))
    one = read_predictions(parquet(tmp_path / "a.parquet", rows))
    two = read_predictions(parquet(tmp_path / "b.parquet", rows[1:]))
    observers = [PredictedObserver(paint_observer, predictions) for predictions in (one, two, one)]
    assert observers[0].sha256 == observers[2].sha256 != observers[1].sha256


def test_a_clip_without_detections_and_a_clip_nobody_looked_at(
    tmp_path: Path, painted_clip: MakePainted, paint_observer: Observer
) -> None:
    clip, empty, unknown = painted_clip(frames=2), painted_clip("empty", frames=2), painted_clip("unknown", frames=2)
    nothing: dict[str, Any] = dict.fromkeys(("frame_index", *EDGES, "score", "category"))
    path = parquet(tmp_path / "found.parquet", [*rows_of(clip), {**nothing, "clip_id": "empty"}])
    observer = PredictedObserver(paint_observer, read_predictions(path))
    assert [len(frame.detections) for frame in observe_clip(observer, empty).frames] == [0, 0]
    with pytest.raises(DataError, match=r"no predictions for this clip.*unknown"):
        observe_clip(observer, unknown)
    with pytest.raises(DataError, match="looked up by clip"):
        observer.observe(clip.frames, label_boxes(clip.labels), clip.fps)


def test_faults_of_pixels_are_left_out_for_a_file(
    tmp_path: Path, painted_clip: MakePainted, paint_observer: Observer
) -> None:
    clip = painted_clip(frames=8)
    predictions = read_predictions(parquet(tmp_path / "found.parquet", rows_of(clip)))
    found = examine(clip, PerceptionAuditor(PredictedObserver(paint_observer, predictions)), 0)
    assert "shifted_labels" in found.faulty and "frozen_video" not in found.faulty
    assert found.faulty["shifted_labels"].scores["missed_share"] > 0.5 > found.clean.scores["missed_share"]


def test_a_callable_is_asked_for_every_frame(painted_clip: MakePainted, paint_observer: Observer) -> None:
    clip = painted_clip(frames=3)
    asked: list[tuple[int, ...]] = []

    def detector(frame: np.ndarray) -> Detections:
        asked.append(frame.shape)
        return Detections.of_boxes(np.array([[1.0, 2.0, 30.0, 40.0]]), np.array([0.8]), np.array([2]))

    observer = DetectorObserver(paint_observer, detector, "my detector 1.0")
    seen = observe_clip(observer, clip)
    assert asked == [clip.frames.shape[1:]] * 3
    assert all(frame.detections.category_ids.tolist() == [2] for frame in seen.frames)
    assert observer.sha256 != DetectorObserver(paint_observer, detector, "my detector 1.1").sha256
    with pytest.raises(DataError, match=r"expected core\.Detections; got list"):
        observe_clip(DetectorObserver(paint_observer, lambda frame: [], "wrong"), clip)  # type: ignore[arg-type]


def test_the_surest_detection_asks_for_a_label_in_whatever_order_they_come(
    painted_clip: MakePainted, paint_observer: Observer
) -> None:
    # Two guesses at one thing that nobody labelled: the surer one, given last, is what was hallucinated.
    boxes = np.array([[1.0, 2.0, 30.0, 40.0], [1.0, 2.0, 31.0, 40.0]])
    unsure_first = Detections(boxes, np.array([0.2, 0.8]), np.array([3, 2]), *np.full((2, 2), np.nan))
    clip = painted_clip(frames=2)
    nothing_written = replace(clip, labels=tuple(take(frame, np.arange(0)) for frame in clip.labels))
    seen = observe_clip(DetectorObserver(paint_observer, lambda frame: unsure_first, "unsorted"), nothing_written)
    for found in hallucinations(nothing_written.labels, seen, MatchConfig()):
        assert found.scores.tolist() == [0.8] and found.category_ids.tolist() == [2]


def test_a_users_detector_decides_though_the_net_looks_at_boxes(painted_clip: MakePainted) -> None:
    clip = painted_clip(frames=2)
    net = PerceptionObserver(build_perception(PerceptionConfig(width=8, clip_width=8, region_width=8)), "fresh")
    observer = DetectorObserver(net, lambda frame: Detections.empty(), "blind")
    assert len(observe_clip(net, clip).regions) == 2
    assert observe_clip(observer, clip).regions == ()
    found = find_objects(clip.labels, observe_clip(observer, clip), MatchConfig())
    assert not any(frame.there.any() for frame in found)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": 1.5}, r"impossible detection.*score 0 to 1"),
        ({"x_max_px": -5.0}, r"detection 1 \(street-0 frame 0\)"),
        ({"y_min_px": None}, "impossible detection"),
        ({"category": "tank"}, "no such category.*got tank"),
        ({"category": None}, "no such category"),
    ],
)
def test_impossible_rows_are_named(
    change: dict[str, Any], message: str, tmp_path: Path, painted_clip: MakePainted
) -> None:
    rows = rows_of(painted_clip(frames=2))
    rows[1] |= change
    with pytest.raises(DataError, match=message) as caught:
        read_predictions(parquet(tmp_path / "found.parquet", rows))
    assert "\n" not in str(caught.value)


def test_broken_files_are_refused_in_one_line(tmp_path: Path, painted_clip: MakePainted) -> None:
    def refused(path: Path, message: str) -> None:
        with pytest.raises(DataError, match=message) as caught:
            read_predictions(path)
        assert "\n" not in str(caught.value) and path.parent.name in str(caught.value)

    clip = painted_clip(frames=2)
    refused(tmp_path / "nowhere.parquet", "cannot be read.*No such file")
    refused(tmp_path / "found.csv", r"expected a name in \.parquet or \.json")
    (tmp_path / "text.parquet").write_text("clip_id,score")
    refused(tmp_path / "text.parquet", "cannot be read")
    rows = [{key: value for key, value in row.items() if key != "score"} for row in rows_of(clip)]
    refused(parquet(tmp_path / "short.parquet", rows), "columns are missing.*no score")
    worded = [{**row, "score": "high"} for row in rows_of(clip)]
    refused(parquet(tmp_path / "worded.parquet", worded), "not a column of numbers")
    path = coco(tmp_path, clip)
    results = json.loads(path.read_text())
    path.write_text("[{")
    refused(path, "cannot be read")
    path.write_text(json.dumps({"annotations": results}))
    refused(path, "not COCO results")
    path.write_text(json.dumps([{**results[0], "image_id": 5}]))
    refused(path, "not COCO results; got KeyError: 5")
    path.write_text(json.dumps([{**results[0], "bbox": [1, 2, 3]}]))
    refused(path, "wrong boxes")
    path.write_text(json.dumps(results))
    (tmp_path / "images.json").unlink()
    refused(path, "need the images' JSON beside them")
