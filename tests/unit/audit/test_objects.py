"""Labels against detections: what counts as found, and what needs a label."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from drivegen.audit import MatchConfig, find_objects, hallucinations, object_verdicts
from drivegen.audit.clip_measures import found_scores, hallucination_scores
from drivegen.audit.objects import share_inside
from drivegen.core import CATEGORY_ID, ClipObservation, ConfigError, Detections, FrameLabels, LabelPolicy, decode
from drivegen.core.categories import CATEGORIES

MATCH = MatchConfig()


def changed(frame: FrameLabels, **values: Any) -> FrameLabels:
    return replace(frame, **values)


def one(box: list[float], category: str = "car", score: float = 0.9) -> Detections:
    return Detections.of_boxes(np.array([box]), np.array([score]), np.array([CATEGORY_ID[category]]))


def test_a_perfect_judge_finds_everything(hand: Any) -> None:
    labels = hand.street()
    verdicts = object_verdicts(labels, hand.seen(labels), MATCH)
    for frame, verdict in zip(labels, verdicts, strict=True):
        np.testing.assert_allclose(verdict.iou[frame.scored], 1.0)
        assert (verdict.detected[frame.scored] == 1).all()
        assert (verdict.class_agrees[frame.scored] == 1).all()
        assert np.isnan(verdict.detected[~frame.scored]).all()
    scores = found_scores(labels, find_objects(labels, hand.seen(labels), MATCH))
    assert (scores["detected_fraction"], scores["class_agreement"], scores["mean_iou"]) == (1.0, 1.0, 1.0)
    assert (scores["missed_share"], scores["track_missed_share"], scores["other_class_share"]) == (0, 0, 0)
    assert hallucination_scores(labels, hand.seen(labels), MATCH)["hallucinations_per_frame"] == 0


def test_nothing_found_is_not_detected_and_says_nothing_of_the_class(hand: Any) -> None:
    labels = hand.street(3)
    blind = hand.with_detections(hand.seen(labels), [Detections.empty()] * 3)
    verdict = object_verdicts(labels, blind, MATCH)[0]
    scored = labels[0].scored
    assert (verdict.detected[scored] == 0).all()
    assert (verdict.iou[scored] == 0).all()
    assert np.isnan(verdict.class_agrees).all()
    scores = found_scores(labels, find_objects(labels, blind, MATCH))
    assert scores["detected_fraction"] == 0
    assert scores["class_agreement"] is None
    # Nine objects in all, three in the worst track, and one more each.
    assert scores["missed_share"] == pytest.approx(9 / 10)
    assert scores["track_missed_share"] == pytest.approx(3 / 4)


def test_an_unsure_detection_finds_nothing(hand: Any) -> None:
    labels = hand.street(1)
    unsure = hand.seen(labels, score=MATCH.min_score - 0.01)
    assert found_scores(labels, find_objects(labels, unsure, MATCH))["detected_fraction"] == 0


def test_a_faint_detection_finds_and_does_not_tell_the_class(hand: Any) -> None:
    labels = hand.street(1)
    faint = hand.seen(labels, score=MATCH.sure_score - 0.01)
    verdict = object_verdicts(labels, faint, MATCH)[0]
    assert (verdict.detected[labels[0].scored] == 1).all()
    assert np.isnan(verdict.class_agrees).all()
    sure = object_verdicts(labels, hand.seen(labels, score=MATCH.sure_score), MATCH)[0]
    assert (sure.class_agrees[labels[0].scored] == 1).all()


def test_unscored_objects_are_neither_missed_nor_hallucinated(hand: Any) -> None:
    labels = [changed(frame, scored=np.zeros(len(frame), dtype=bool)) for frame in hand.street(2)]
    full = hand.seen(hand.street(2))
    assert found_scores(labels, find_objects(labels, full, MATCH)) == {}
    assert hallucination_scores(labels, full, MATCH)["hallucinations_per_frame"] == 0


def test_a_track_that_is_never_there_is_the_worst(hand: Any) -> None:
    labels = hand.street(8)
    found = [
        frame.detections[frame.detections.category_ids != CATEGORY_ID["pedestrian"]]
        for frame in hand.seen(labels).frames
    ]
    scores = found_scores(labels, find_objects(labels, hand.with_detections(hand.seen(labels), found), MATCH))
    assert scores["detected_fraction"] == pytest.approx(2 / 3)
    assert scores["track_missed_share"] == pytest.approx(8 / 9)


def test_other_classes_and_other_kinds(hand: Any) -> None:
    labels = hand.street(3)

    def called(name: str) -> dict[str, float | None]:
        trucks = [
            Detections.of_boxes(
                frame.detections.boxes_px,
                frame.detections.scores,
                np.where(frame.detections.category_ids == CATEGORY_ID["car"], CATEGORY_ID[name], 5),
            )
            for frame in hand.seen(labels).frames
        ]
        return found_scores(labels, find_objects(labels, hand.with_detections(hand.seen(labels), trucks), MATCH))

    truck, walker = called("truck"), called("pedestrian")
    assert truck["detected_fraction"] == walker["detected_fraction"] == 1.0
    assert truck["class_agreement"] == pytest.approx(1 / 3)
    assert truck["other_class_share"] == pytest.approx(6 / 10)
    assert truck["track_other_kind_share"] == 0
    assert walker["track_other_kind_share"] == pytest.approx(3 / 4)


def test_the_surest_of_two_fitting_boxes_tells_the_class(hand: Any) -> None:
    labels = hand.street(1)
    frame = labels[0]
    place = frame.track_ids.index("car")
    box = frame.visible_px[place]
    found = Detections.of_boxes(
        np.stack([box, box + np.array([0, 0, 0.5, 0.5])]),
        np.array([0.4, 0.8]),
        np.array([CATEGORY_ID["truck"], CATEGORY_ID["car"]]),
    )
    verdict = object_verdicts(labels, hand.with_detections(hand.seen(labels), [found]), MATCH)[0]
    assert verdict.iou[place] == 1.0
    assert verdict.class_agrees[place] == 1


def test_what_needs_a_label(hand: Any) -> None:
    labels = hand.street(1)
    frame = labels[0]
    tall = MATCH.hallucination_height_px * hand.size[0] / MATCH.base_height_px
    car, walker = (frame.visible_px[frame.track_ids.index(name)] for name in ("car", "walker"))
    free = [2.0, 2.0, 12.0, 2.0 + tall + 1]
    half = [car[0], car[1], (car[0] + car[2]) / 2, car[3]]

    def unexplained(found: Detections, seen_labels: tuple[FrameLabels, ...] = labels) -> int:
        return len(hallucinations(seen_labels, hand.with_detections(hand.seen(labels), [found]), MATCH)[0])

    assert unexplained(one(free)) == 1
    assert unexplained(one([2.0, 2.0, 12.0, 2.0 + tall - 1])) == 0
    assert unexplained(one(car.tolist())) == 0
    assert unexplained(one(car.tolist(), "truck")) == 0
    assert unexplained(one(half)) == 0
    # Beside a car that is found, what overlaps it a little is something else; beside one that is not, it may be it.
    shifted = (car + np.array([0.5, 0, 0.5, 0]) * (car[2] - car[0])).tolist()
    assert unexplained(one(shifted)) == 0
    both = Detections.of_boxes(np.stack([car, shifted]), np.array([0.9, 0.8]), np.zeros(2))
    assert unexplained(both) == 1
    # A person in front of a labelled car is somebody else, unless the car is one that may look like anything.
    inside = [car[0] + 1, car[1] + 1, car[0] + 4, car[3] - 1]
    low = MatchConfig(hallucination_height_px=4.0)
    person = hand.with_detections(hand.seen(labels), [one(inside, "pedestrian")])
    assert len(hallucinations(labels, person, low)[0]) == 1
    unscored = (changed(frame, scored=np.zeros(len(frame), dtype=bool)),)
    assert len(hallucinations(unscored, person, low)[0]) == 0
    assert walker[3] - walker[1] > tall


def test_each_thing_asks_for_one_label(hand: Any) -> None:
    nobody = hand.road(1)
    tall = MATCH.hallucination_height_px * hand.size[0] / MATCH.base_height_px
    thing = np.array([1.0, 1.0, 1.0 + 2 * tall, 1.0 + 2 * tall])

    def asked(*found: tuple[float, str, float]) -> list[tuple[str, float]]:
        boxes = np.stack([thing + np.array([0, 0, share - 1, share - 1]) * 2 * tall for share, _, _ in found])
        ids = np.array([CATEGORY_ID[name] for _, name, _ in found])
        seen = Detections.of_boxes(boxes, np.array([score for _, _, score in found]), ids)
        left = hallucinations(nobody, hand.with_detections(hand.seen(nobody), [seen]), MATCH)[0]
        return [(CATEGORIES[i], float(s)) for i, s in zip(left.category_ids, left.scores, strict=True)]

    assert asked((1, "truck", 0.9), (0.9, "bus", 0.2)) == [("truck", 0.9)]
    assert asked((1, "truck", 0.2), (0.9, "bus", 0.9)) == [("bus", 0.9)]
    # A part of a truck is no truck; a person before it is somebody else.
    assert asked((1, "truck", 0.9), (0.55, "car", 0.3)) == [("truck", 0.9)]
    assert asked((1, "truck", 0.9), (0.55, "pedestrian", 0.3)) == [("truck", 0.9), ("pedestrian", 0.3)]


def test_deleted_labels_leave_hallucinations(hand: Any) -> None:
    labels = hand.street(4)
    scores = hallucination_scores(hand.street(4, without="car"), hand.seen(labels), MATCH)
    assert scores["hallucinations_per_frame"] == 1
    assert scores["hallucination_confidence"] == pytest.approx(0.9)


def looked_at(hand: Any, labels: tuple[FrameLabels, ...], likely: dict[str, dict[str, float]]) -> ClipObservation:
    """A judge that looks at boxes and detects nothing: how likely classes are, by track; the rest is nothing."""
    regions = []
    for frame in labels:
        rows = np.zeros((len(frame), len(CATEGORIES) + 1))
        for row, track in zip(rows, frame.track_ids, strict=True):
            for name, value in likely.get(track, {}).items():
                row[CATEGORY_ID[name]] = value
        rows[:, -1] = 1.0 - rows.sum(axis=1)
        regions.append(rows)
    blind = hand.with_detections(hand.seen(labels), [Detections.empty()] * len(labels))
    return replace(blind, regions=tuple(regions))


def test_a_judge_that_looks_at_boxes_needs_no_detections(hand: Any) -> None:
    labels = hand.street(2)
    seen = looked_at(hand, labels, {"car": {"car": 0.5, "truck": 0.4}, "walker": {"bicycle": 0.2, "car": 0.15}})
    found = find_objects(labels, seen, MATCH)[0]
    verdict = object_verdicts(labels, seen, MATCH)[0]
    car, parked, walker = (labels[0].track_ids.index(name) for name in ("car", "parked", "walker"))
    np.testing.assert_allclose(found.confidence[[car, parked, walker]], [0.9, 0.0, 0.35])
    assert verdict.detected[[car, parked, walker]].tolist() == [1, 0, int(MATCH.min_region_score <= 0.35)]
    assert verdict.class_agrees[car] == 1
    # Something may be there without anybody knowing what.
    assert np.isnan(verdict.class_agrees[[parked, walker]]).all()
    assert (verdict.iou[[car, parked, walker]] == 0).all()


def test_boxes_without_anything_to_look_at_hold_nothing(hand: Any) -> None:
    labels = hand.street(1)
    seen = replace(hand.seen(labels), regions=(np.full((len(labels[0]), len(CATEGORIES) + 1), np.nan),))
    found = find_objects(labels, seen, MATCH)[0]
    assert not found.there.any() and (found.confidence == 0).all() and (found.category_ids == -1).all()


def test_share_inside() -> None:
    boxes = np.array([[0.0, 0, 4, 4], [2, 2, 2, 5]])
    others = np.array([[2.0, 0, 10, 4], [np.nan] * 4])
    np.testing.assert_allclose(share_inside(boxes, others), [[0.5, 0], [0, 0]])


def test_settings_that_are_no_shares_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"match\.min_iou: out of range"):
        decode(MatchConfig, {"min_iou": 1.5}, "match")
    assert MATCH.base_height_px == LabelPolicy().base_height_px
