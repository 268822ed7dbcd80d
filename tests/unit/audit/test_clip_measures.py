"""The measures of a clip: ambience, crowdedness, own motion, and which of them a clip has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from drivegen.audit import CHECKS, MatchConfig, Thresholds, failed_checks, find_objects, scores_of
from drivegen.audit.ambience_measures import achieved_by, ambience_scores, log_probabilities
from drivegen.audit.clip_measures import ego_scores, looks_ahead, order_probability
from drivegen.core import Achieved, Ambience, Clip, ClipObservation, Detections, TimeOfDay, Weather, encode

MATCH = MatchConfig()
# What the clip's labels and pixels have to have for a measure; the rest needs an observation alone.
NEEDS_LABELS = {
    "detected_fraction", "missed_share", "track_missed_share", "mean_iou", "class_agreement", "other_class_share",
    "track_other_kind_share", "hallucinations_per_frame", "hallucination_confidence", "missed_surprise",
    "track_missed_surprise", "class_surprise", "hallucination_surprise", "identity_drift", "colour_jump",
    "speed_mean_mps", "speed_error", "yaw_rate_error_radps", "motion_ratio", "repeated_share", "disorder",
}  # fmt: skip
ALWAYS = {
    "weather_margin", "time_of_day_margin", "road_users_mean", "crowdedness_error", "flicker_ratio",
    "order_probability",
}  # fmt: skip


def scores(clip: Clip, observation: ClipObservation) -> dict[str, float]:
    return scores_of(clip, observation, find_objects(clip.labels, observation, MATCH), MATCH)


def all_frames(observation: ClipObservation, **values: Any) -> ClipObservation:
    return replace(observation, frames=tuple(replace(frame, **values) for frame in observation.frames))


def test_weather_and_time_against_what_was_asked(hand: Any) -> None:
    labels = hand.street(4)
    clip, seen = hand.clip(labels), hand.seen(labels)
    asked = ambience_scores(clip, seen)
    assert asked["weather_margin"] == pytest.approx(np.log(0.9 / 0.06))
    assert asked["time_of_day_margin"] == pytest.approx(np.log(0.9 / 0.05))
    other = ambience_scores(replace(clip, ambience=Ambience(Weather.SNOW, TimeOfDay.DAY)), seen)
    assert other["weather_margin"] == pytest.approx(np.log(0.01 / 0.9))
    assert other["time_of_day_margin"] == pytest.approx(np.log(0.05 / 0.9))
    unknown = ambience_scores(replace(clip, ambience=Ambience()), seen)
    assert unknown["weather_margin"] is None
    assert unknown["time_of_day_margin"] is None


def test_achieved(hand: Any) -> None:
    labels = hand.street(4)
    assert achieved_by(hand.seen(labels)) == Achieved(Weather.RAIN, TimeOfDay.NIGHT, 3.0)
    blind = all_frames(hand.seen(labels), weather=np.full(5, np.nan), time_of_day=np.full(3, np.nan), road_users=np.nan)
    assert achieved_by(blind) == Achieved()
    assert ambience_scores(hand.clip(labels), blind)["crowdedness_error"] is None


def test_one_sure_frame_does_not_outvote_the_others() -> None:
    most = log_probabilities([np.array([0.6, 0.4])] * 9 + [np.array([0.0, 1.0])])
    assert most is not None
    assert np.isfinite(most).all()
    assert log_probabilities([np.array([0.5, 0.5]), np.array([np.nan] * 2)]) == pytest.approx(np.log([0.5, 0.5]))
    assert log_probabilities([]) is None


def test_crowdedness(hand: Any) -> None:
    labels = hand.street(4)
    clip, seen = hand.clip(labels), hand.seen(labels)
    assert ambience_scores(clip, seen)["crowdedness_error"] == 0
    assert ambience_scores(clip, all_frames(seen, road_users=15.0))["crowdedness_error"] == pytest.approx(np.log(4))
    assert ambience_scores(clip, all_frames(seen, road_users=-0.5))["crowdedness_error"] == pytest.approx(np.log(4))


def test_own_motion(hand: Any) -> None:
    labels = hand.road(5, ego_mps=8.0)
    seen = hand.seen(labels)
    agreeing = ego_scores(labels, seen)
    assert agreeing == {"speed_mean_mps": 8.0, "speed_error": 0.0, "yaw_rate_error_radps": 0.0}
    frozen = ego_scores(labels, replace(seen, speed_mps=np.zeros(4), yaw_rate_radps=np.full(4, 0.2)))
    assert frozen["speed_error"] == pytest.approx(0.8)
    assert frozen["yaw_rate_error_radps"] == pytest.approx(0.2)
    assert ego_scores(labels[:1], hand.seen(labels[:1])) == {}


def test_only_forward_cameras_tell_own_motion(hand: Any) -> None:
    for degrees, ahead in ((0, True), (25, True), (55, False), (110, False), (180, False)):
        labels = hand.street(3, yaw_rad=np.deg2rad(degrees))
        assert looks_ahead(labels[0].camera) is ahead
        assert bool(ego_scores(labels, hand.seen(labels))) is ahead


def test_order_probability_is_the_mean_of_windows_that_have_one(hand: Any) -> None:
    seen = hand.seen(hand.road(3))
    assert order_probability(replace(seen, order_probability=np.array([0.5, np.nan, 1.0]))) == 0.75
    assert order_probability(hand.seen(hand.road(1))) is None


def test_a_driving_clip_has_every_score(hand: Any) -> None:
    labels = hand.street(8, ego_mps=4.0)
    found = scores(hand.clip(labels), hand.seen(labels))
    assert set(found) == NEEDS_LABELS | ALWAYS
    assert all(np.isfinite(value) for value in found.values())


def test_an_unlabelled_clip_is_held_to_no_labels(hand: Any) -> None:
    labels = hand.street(8, ego_mps=4.0)
    assert set(scores(hand.clip(labels, labelled=False), hand.seen(labels))) == ALWAYS


def test_an_empty_road_misses_nobody(hand: Any) -> None:
    labels = hand.road(8, ego_mps=4.0)
    found = scores(hand.clip(labels), hand.seen(labels))
    objects = {name for name in NEEDS_LABELS if name.startswith(("detected", "missed", "track", "class", "other"))}
    assert not (objects | {"mean_iou", "identity_drift", "colour_jump"}) & set(found)
    assert found["hallucinations_per_frame"] == 0


@pytest.mark.parametrize("frames", [1, 2])
def test_the_shortest_clips(frames: int, hand: Any) -> None:
    labels = hand.street(frames, ego_mps=4.0)
    found = scores(hand.clip(labels), hand.seen(labels))
    assert found["detected_fraction"] == 1
    assert {"flicker_ratio", "repeated_share", "disorder", "colour_jump", "identity_drift"}.isdisjoint(found)
    assert ("motion_ratio" in found) is (frames == 2)
    assert ("speed_error" in found) is (frames == 2)


def test_a_detector_without_anything_else(hand: Any) -> None:
    labels = hand.street(4)
    blind = hand.with_detections(
        all_frames(hand.seen(labels), weather=np.full(5, np.nan), time_of_day=np.full(3, np.nan), road_users=np.nan),
        [Detections.empty()] * 4,
    )
    blind = replace(blind, speed_mps=np.full(3, np.nan), yaw_rate_radps=np.full(3, np.nan))
    found = scores(hand.clip(labels), blind)
    assert {"weather_margin", "time_of_day_margin", "crowdedness_error", "speed_error"}.isdisjoint(found)
    assert all(np.isfinite(value) for value in found.values())


def test_each_check_has_its_threshold() -> None:
    assert set(CHECKS) == set(encode(Thresholds()))
    assert set(CHECKS) - {"nearest_training_ratio"} <= NEEDS_LABELS | ALWAYS


def test_failed_checks_in_their_order() -> None:
    thresholds = Thresholds(missed_surprise=0.3, weather_margin=-1.0, disorder=None)
    bad = {"disorder": 9.0, "weather_margin": -1.1, "missed_surprise": 0.31, "road_users_mean": 99.0}
    assert failed_checks(bad, thresholds) == ("missed_surprise", "weather_margin")
    assert failed_checks({"weather_margin": -1.0, "missed_surprise": 0.3}, thresholds) == ()
    assert failed_checks({}, thresholds) == ()
