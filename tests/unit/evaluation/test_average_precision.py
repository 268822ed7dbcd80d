"""Average precision is COCO's, up to the bins of the scores, and its state does not grow."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from drivegen.core import CATEGORIES, Boxes3D, ConfigError, DataError, Detections, FrameLabels, Pose, forward_camera
from drivegen.core.arrays import Floats
from drivegen.evaluation import (
    ApStats,
    Resampling,
    ap_interval,
    ap_ratio,
    ap_table,
    group_draws,
    match_frame,
    measurable_classes,
)
from drivegen.evaluation.average_precision import BINS

CLASSES = ("car", "pedestrian", "bus")
CAMERA = forward_camera("CAM_FRONT", (128, 256), 1.2, height_m=1.5)
QUICK = Resampling(resamples=60)
Frame = tuple[FrameLabels, Detections]


def make_labels(
    boxes: ArrayLike, categories: Sequence[str], scored: Sequence[bool] | None = None, depth_m: ArrayLike = 10.0
) -> FrameLabels:
    """Labels whose visible boxes are `boxes` (N, 4); the rest is as plain as can be."""
    boxes = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    n = len(boxes)
    wanted = np.array([True] * n if scored is None else scored, dtype=bool)
    space = Boxes3D(np.zeros((n, 3)), np.ones((n, 3)), np.tile([1.0, 0, 0, 0], (n, 1)), np.zeros((n, 3)))
    none = (None,) * n
    return FrameLabels(
        0, CAMERA, Pose.identity(), tuple(str(i) for i in range(n)), tuple(categories), none, none, space,
        amodal_px=boxes, visible_px=boxes, visible_fraction=np.ones(n), depth_m=np.broadcast_to(depth_m, n),
        height_px=boxes[:, 3] - boxes[:, 1], conditioned=wanted, scored=wanted, appearance=np.full((n, 3), np.nan),
    )  # fmt: skip


def random_frames(seed: int, frames: int, *, one_per_bin: bool) -> list[Frame]:
    """Labels, some ignored, and detections: near them, doubled, of the wrong class, and invented."""
    rng = np.random.default_rng(seed)
    bins = rng.permutation(BINS)
    made: list[Frame] = []
    for _ in range(frames):
        n, m = rng.integers(0, 6), rng.integers(0, 9)
        corner = rng.uniform(0, 90, (n, 2))
        boxes = np.concatenate([corner, corner + rng.uniform(4, 40, (n, 2))], axis=1)
        labels = make_labels(boxes, rng.choice(CLASSES, n), rng.random(n) < 0.7)
        near = boxes[rng.integers(0, n, m)] if n else rng.uniform(0, 50, (m, 4))
        near = near + rng.normal(0, 3, (m, 4))
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        scores = rng.random(m)
        if one_per_bin:
            scores, bins = (bins[:m] + 0.5) / BINS, bins[m:]
        made.append((labels, Detections.of_boxes(near, scores, rng.integers(0, len(CATEGORIES), m) % 6)))
    return made


def stats_of(frames: Sequence[Frame], scenarios: int = 7, min_iou: float = 0.5) -> ApStats:
    stats = ApStats(min_iou)
    for number, (labels, found) in enumerate(frames):
        stats.add_frame(f"scene-{number % scenarios}", labels, found)
    return stats


def pycocotools_ap(frames: Sequence[Frame]) -> Floats:
    """(10,) by the reference implementation; an ignored object lies outside its range of areas."""
    truth, found = [], []
    for image, (labels, detections) in enumerate(frames):
        for box, name, scored in zip(labels.visible_px, labels.categories, labels.scored, strict=True):
            wide, high = box[2] - box[0], box[3] - box[1]
            row = {"id": len(truth) + 1, "image_id": image, "category_id": CATEGORIES.index(name), "iscrowd": 0}
            truth.append({**row, "bbox": [box[0], box[1], wide, high], "area": wide * high if scored else 1e11})
        for box, score, category in zip(detections.boxes_px, detections.scores, detections.category_ids, strict=True):
            bbox = [box[0], box[1], box[2] - box[0], box[3] - box[1]]
            found.append({"image_id": image, "category_id": int(category), "bbox": bbox, "score": float(score)})
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "images": [{"id": i} for i in range(len(frames))],
            "annotations": truth,
            "categories": [{"id": i} for i in range(len(CATEGORIES))],
        }
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes(found), "bbox")
        judge.params.iouThrs, judge.params.maxDets = np.array([0.5]), [10_000]
        judge.params.areaRng, judge.params.areaRngLbl = [[0, 1e10]], ["all"]
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][0, :, :, 0, 0]
    return np.where((precision > -1).all(axis=0), precision.mean(axis=0), np.nan)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25)
def test_equals_pycocotools_where_a_bin_holds_one_detection(seed: int) -> None:
    frames = random_frames(seed, 12, one_per_bin=True)
    if any(len(found) for _, found in frames):
        ours = stats_of(frames).average_precision()[0]
        np.testing.assert_allclose(ours, pycocotools_ap(frames), atol=1e-9, equal_nan=True)


def test_is_close_to_pycocotools_with_any_scores() -> None:
    frames = random_frames(5, 400, one_per_bin=False)
    ours = stats_of(frames).average_precision()[0]
    np.testing.assert_allclose(ours, pycocotools_ap(frames), atol=0.01, equal_nan=True)


def test_ignored_objects_are_neither_missed_nor_false_alarms() -> None:
    boxes = [[10, 10, 30, 40], [60, 10, 80, 40]]
    labels = make_labels(boxes, ["car", "car"], [True, False])
    found = Detections.of_boxes(np.array(boxes), np.array([0.6, 0.9]), np.array([0, 0]))
    stats = ApStats()
    stats.add_frame("a", labels, found)
    assert stats.average_precision(category="car")[0] == 1.0
    assert stats.positives()[0] == 1
    precision, recall = stats.operating_point(0.5)
    assert (precision[0], recall[0]) == (1.0, 1.0)
    assert stats.operating_point(0.7)[1][0] == 0.0


def test_a_wholly_hidden_object_matches_nothing() -> None:
    labels = make_labels([[np.nan] * 4], ["car"], [False])
    outcomes = match_frame(labels, Detections.of_boxes(np.array([[0, 0, 9, 9]]), np.array([0.5]), np.array([0])))
    assert outcomes.hit.tolist() == [False]
    assert len(outcomes.label_class) == 0


def test_frames_without_labels_or_detections_are_fine() -> None:
    stats = ApStats()
    stats.add_frame("a", make_labels(np.zeros((0, 4)), []), Detections.empty())
    assert np.isnan(stats.average_precision()).all()
    found = Detections.of_boxes(np.array([[0, 0, 9, 9]]), np.array([0.5]), np.array([0]))
    stats.add_frame("a", make_labels(np.zeros((0, 4)), []), found)
    stats.add_frame("b", make_labels([[10, 10, 30, 40]], ["car"]), Detections.empty())
    assert stats.average_precision()[0, 0] == 0.0


def test_size_and_distance_cells_hold_each_object_once() -> None:
    boxes = [[10, 10, 30, 22], [60, 10, 80, 40], [100, 10, 140, 80]]
    labels = make_labels(boxes, ["car"] * 3, depth_m=[50.0, 25.0, 5.0])
    found = Detections.of_boxes(np.array([*boxes, [200, 0, 210, 11]]), np.array([0.9, 0.8, 0.7, 0.6]), np.zeros(4, int))
    stats = ApStats()
    stats.add_frame("a", labels, found, keys=("weather:rain",))
    for group in ("size", "distance"):
        keys = [key for key in stats.keys if key.startswith(group)]
        assert len(keys) == 3
        assert [stats.positives(key)[0] for key in keys] == [1, 1, 1]
        total = sum(stats.scores_by_group(key).sum(axis=0) for key in keys)
        np.testing.assert_array_equal(total, stats.scores_by_group().sum(axis=0))
    # The false alarm is 11 px tall and, by a car's usual height, far away.
    assert stats.scores_by_group("size:8-16")[:, 0, 1].sum() == 1
    assert stats.scores_by_group("distance:20-40")[:, 0, 1].sum() == 1
    np.testing.assert_array_equal(stats.scores_by_group("weather:rain"), stats.scores_by_group())


def test_sizes_do_not_depend_on_the_resolution_of_the_frame() -> None:
    labels = make_labels([[60, 10, 80, 40]], ["car"])
    small = CAMERA.resize((64, 128))
    halved = FrameLabels(**{**vars(labels), "camera": small, "visible_px": labels.visible_px / 2})
    alarm = np.array([[100.0, 10, 120, 30]])
    for frame, scale in ((labels, 1.0), (halved, 0.5)):
        outcomes = match_frame(frame, Detections.of_boxes(alarm * scale, np.array([0.5]), np.array([0])))
        assert outcomes.size.tolist() == [1]
        assert outcomes.label_size.tolist() == [1]


@given(seed=st.integers(0, 1000), order=st.permutations(range(3)))
@settings(max_examples=10)
def test_any_order_of_merging_gives_the_same_counts(seed: int, order: list[int]) -> None:
    frames = random_frames(seed, 9, one_per_bin=False)
    whole, merged = stats_of(frames), ApStats()
    parts = [ApStats() for _ in range(3)]
    for number, (labels, found) in enumerate(frames):
        parts[number % 3].add_frame(f"scene-{number % 7}", labels, found)
    for part in order:
        merged.merge(parts[part])
    assert merged.keys == whole.keys
    for key in whole.keys:
        np.testing.assert_array_equal(merged.scores_by_group(key), whole.scores_by_group(key))
        np.testing.assert_array_equal(merged.labels_by_group(key), whole.labels_by_group(key))
    np.testing.assert_array_equal(merged.frames, whole.frames)


def test_state_does_not_grow_with_frames() -> None:
    def size(stats: ApStats) -> int:
        return sum(block.nbytes for block in [*stats._scores.values(), *stats._labels.values()])

    frames = random_frames(1, 40, one_per_bin=False)
    once, often = stats_of(frames), stats_of(frames * 5)
    assert size(once) == size(often) > 0
    np.testing.assert_array_equal(often.average_precision(), once.average_precision())


def test_statistics_of_another_kind_do_not_merge() -> None:
    with pytest.raises(DataError, match="overlap"):
        ApStats(0.5).merge(ApStats(0.4))
    with pytest.raises(ConfigError, match="divide 100"):
        ApStats(groups=30)


def test_replicates_follow_the_groups_drawn() -> None:
    good, bad = make_labels([[10, 10, 30, 40]], ["car"]), make_labels([[10, 10, 30, 40]], ["car"])
    hit = Detections.of_boxes(np.array([[10, 10, 30, 40]]), np.array([0.9]), np.array([0]))
    stats = ApStats()
    stats.add_frame("a", good, hit)
    stats.add_frame("b", bad, Detections.empty())
    there = np.flatnonzero(stats.present)
    draws = np.zeros((3, stats.groups))
    draws[0, there[0]], draws[1, there[1]], draws[2, there] = 2, 2, 1
    replicates = stats.average_precision(category="car", weights=draws)
    assert sorted(replicates[:2]) == [0.0, 1.0]
    assert replicates[2] == stats.average_precision(category="car")[0] == pytest.approx(51 / 101)


def test_intervals_hold_the_figure_and_count_its_labels() -> None:
    stats = stats_of(random_frames(3, 60, one_per_bin=False), scenarios=20)
    table = ap_table(stats, QUICK, least_labels=5)
    cell = table["all"]
    assert set(cell) == {"mean", *measurable_classes(stats, "all", 5)}
    assert cell["mean"].value == pytest.approx(np.mean([cell[name].value for name in cell if name != "mean"]))
    for figure in cell.values():
        assert 0 <= figure.low <= figure.value <= figure.high <= 1
        assert figure.low < figure.high
    assert cell["car"].count == stats.positives()[0]
    together = stats.average_precision(category=("car", "bus"))[0]
    assert (
        min(cell["car"].value, cell["bus"].value) - 0.05 <= together <= max(cell["car"].value, cell["bus"].value) + 0.05
    )


def test_a_set_over_itself_is_one_without_doubt() -> None:
    stats = stats_of(random_frames(3, 60, one_per_bin=False), scenarios=20)
    ratio = ap_ratio(stats, stats, "all", "car", QUICK)
    assert (ratio.value, ratio.low, ratio.high) == (1.0, 1.0, 1.0)
    nothing = ap_interval(stats, "all", "barrier", QUICK)
    assert np.isnan([nothing.value, nothing.low]).all()
    assert nothing.count == 0
    assert nothing.as_dict()["value"] is None


def test_draws_take_only_groups_that_hold_anything() -> None:
    present = np.zeros(100, bool)
    present[[3, 5, 8]] = True
    draws = group_draws(present, QUICK)
    assert (draws.sum(axis=1) == 3).all()
    assert draws[:, ~present].sum() == 0
    np.testing.assert_array_equal(draws, group_draws(present, QUICK))
    assert (draws != group_draws(present, Resampling(60, seed=1))).any()
