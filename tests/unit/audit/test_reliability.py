"""What surprises depends on what the judge usually does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivegen.audit import MatchConfig, Reliability, find_objects, reliability_of
from drivegen.audit.clip_measures import surprise_scores
from drivegen.audit.reliability import CONFIDENCES, Views
from drivegen.core import CATEGORY_ID, DataError, Detections, Weather

MATCH = MatchConfig()
CAR, TRUCK, PERSON = (np.array([CATEGORY_ID[name]]) for name in ("car", "truck", "pedestrian"))
TALL = np.array([30.0])


def view(height_px: float, share: float = 1.0, count: int = 1) -> Views:
    return Views(np.full(count, height_px), np.full(count, share))


def counted(hand: Any, clips: int, **kept: bool) -> Reliability:
    """Of a judge that always sees cars, and people only where `people` says so."""
    known = Reliability.unknown()
    for i in range(clips):
        labels = hand.street(4)
        seen = hand.seen(labels)
        if not kept.get("people", True) or i % 2:
            cars = [frame.detections[frame.detections.category_ids == CAR[0]] for frame in seen.frames]
            seen = hand.with_detections(seen, cars)
        clip = hand.clip(labels)
        known = known.plus(reliability_of(clip, seen, find_objects(labels, seen, MATCH), MATCH, "judge"))
    return known


def test_counts_are_of_the_clip(hand: Any) -> None:
    labels = hand.street(4)
    seen = hand.seen(labels)
    known = reliability_of(hand.clip(labels), seen, find_objects(labels, seen, MATCH), MATCH, "judge")
    scored = sum(int(frame.scored.sum()) for frame in labels)
    assert known.evidence.sum() == known.seen_as.sum() == scored
    assert np.trace(known.seen_as) == scored
    assert (known.explained[..., 0] == known.explained[..., 1]).all() and known.explained[..., 1].sum() > 0
    assert known.observer_sha256 == "judge"


def test_missing_what_is_always_seen_surprises_more(hand: Any) -> None:
    known, nobody = counted(hand, 30), np.zeros(1)
    seen = view(20.0)
    car, person = known.missing(CAR, seen, nobody), known.missing(PERSON, seen, nobody)
    assert car > 2 * person > 0
    sure = np.array([0.95])
    assert known.missing(CAR, seen, sure) < 0.2 * car
    # Never more surprised by more confidence.
    levels = np.linspace(0, 1, 41)
    falling = known.missing(np.repeat(CAR, 41), view(20.0, count=41), levels)
    assert (np.diff(falling) <= 1e-12).all()


def test_the_usual_confusion_is_none() -> None:
    seen_as = np.zeros((10, 10))
    np.fill_diagonal(seen_as, 100.0)
    seen_as[TRUCK[0]] = 0
    seen_as[TRUCK[0], CAR[0]] = 300
    known = replace(Reliability.unknown(), seen_as=seen_as)
    assert known.confused(TRUCK, CAR) == 0
    assert known.confused(TRUCK, PERSON) > 2 and known.confused(CAR, PERSON) > 2
    assert known.confused(CAR, CAR) == 0


def test_a_detection_that_is_seldom_right_is_soon_explained() -> None:
    explained = np.zeros((10, 2, len(CONFIDENCES) + 1, 2))
    explained[CAR[0]] = (98, 100)
    explained[TRUCK[0]] = (30, 100)
    explained[CAR[0], 0] = (60, 100)
    known = replace(Reliability.unknown(), explained=explained)
    sure = np.array([0.85])
    small = np.array([9.0])
    assert known.unlabelled(CAR, TALL, sure) > 3 * known.unlabelled(TRUCK, TALL, sure)
    assert known.unlabelled(CAR, TALL, sure) > 2 * known.unlabelled(CAR, small, sure)


def test_a_hidden_object_may_be_missed() -> None:
    evidence = np.zeros_like(Reliability.unknown().evidence)
    # Never missed in full view, half of the time behind something.
    evidence[CAR[0], :, 2, -1] = 100
    evidence[CAR[0], :, 0, [0, -1]] = 50
    by_weather = np.zeros_like(Reliability.unknown().by_weather)
    by_weather[-1, CAR[0], :, -1] = 100
    known, nobody = replace(Reliability.unknown(), evidence=evidence, by_weather=by_weather), np.zeros(1)
    assert known.missing(CAR, view(20.0), nobody) > 3 * known.missing(CAR, view(20.0, 0.5), nobody) > 0


def test_fog_excuses_what_was_seldom_met_in_it() -> None:
    unknown, nobody = Reliability.unknown(), np.zeros(1)
    evidence, by_weather = np.zeros_like(unknown.evidence), np.zeros_like(unknown.by_weather)
    fog, clear = list(Weather).index(Weather.FOG), list(Weather).index(Weather.CLEAR)
    # Cars are missed in fog every other time; of trucks there are few in fog, and all were seen.
    evidence[[CAR[0], TRUCK[0]], :, 2, -1] = 400
    by_weather[clear, [CAR[0], TRUCK[0]], :, -1] = 400
    by_weather[fog, CAR[0], :, 0] = by_weather[fog, CAR[0], :, -1] = 50
    by_weather[fog, TRUCK[0], :, -1] = 2
    known = replace(unknown, evidence=evidence, by_weather=by_weather)
    for category in (CAR, TRUCK):
        in_fog = known.missing(category, view(20.0), nobody, Weather.FOG)
        assert 0 < 2 * in_fog < known.missing(category, view(20.0), nobody, Weather.CLEAR)
    # Nothing is known of rain, nor of a clip whose weather nobody knows: then all weathers together tell.
    rain, unknown_weather = (known.missing(TRUCK, view(20.0), nobody, w) for w in (Weather.RAIN, None))
    assert rain == unknown_weather > known.missing(TRUCK, view(20.0), nobody, Weather.FOG)


def test_of_an_unknown_judge_all_slips_count_alike() -> None:
    unknown, nobody = Reliability.unknown(), np.zeros(1)
    assert unknown.missing(CAR, view(30.0), nobody) == unknown.missing(PERSON, view(30.0), nobody) > 0
    assert unknown.missing(CAR, view(30.0), np.array([0.5])) == 0
    assert unknown.confused(CAR, PERSON) == unknown.confused(CAR, TRUCK) > 0 == unknown.confused(CAR, CAR)
    assert unknown.unlabelled(CAR, TALL, np.array([0.9])) > unknown.unlabelled(CAR, TALL, np.array([0.3])) > 0


def test_scores_are_of_the_worst_track(hand: Any) -> None:
    labels, known = hand.street(8), counted(hand, 30)
    seen = hand.seen(labels)

    def scores(observation: Any) -> dict[str, float | None]:
        return surprise_scores(hand.clip(labels), observation, find_objects(labels, observation, MATCH), MATCH, known)

    blind = scores(hand.with_detections(seen, [Detections.empty()] * 8))
    clear = scores(seen)
    people = [frame.detections[frame.detections.category_ids != PERSON[0]] for frame in seen.frames]
    without = scores(hand.with_detections(seen, people))
    assert clear["missed_surprise"] < without["missed_surprise"] < blind["missed_surprise"]
    assert without["track_missed_surprise"] < blind["track_missed_surprise"]
    assert clear["class_surprise"] == 0 and blind["class_surprise"] is None
    assert clear["hallucination_surprise"] == 0


def test_a_file_comes_back(hand: Any, tmp_path: Path) -> None:
    known = counted(hand, 3)
    known.save(tmp_path / "reliability.json")
    again = Reliability.load(tmp_path / "reliability.json")
    for name in ("evidence", "seen_as", "explained", "observer_sha256"):
        assert np.array_equal(getattr(again, name), getattr(known, name))


@pytest.mark.parametrize(
    "change",
    [{"format": "other"}, {"evidence": [[1]]}, {"classes": ["car"]}, {"seen_as": [[-1] * 10] * 10}, {"explained": "x"}],
)
def test_another_file_is_refused(hand: Any, tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "reliability.json"
    counted(hand, 1).save(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DataError, match=r"reliability|version"):
        Reliability.load(path)
    with pytest.raises(DataError, match="reliability"):
        Reliability.load(tmp_path / "absent.json")


def test_counts_of_two_judges_do_not_add_up(hand: Any) -> None:
    with pytest.raises(DataError, match="two judges"):
        counted(hand, 1).plus(replace(counted(hand, 1), observer_sha256="another"))
