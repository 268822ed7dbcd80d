"""Thresholds from clean clips: what they let fail, here and on clips of the same kind."""

from __future__ import annotations

import numpy as np
import pytest

from drivegen.audit.calibration import calibrated
from drivegen.audit.thresholds import CHECKS, Thresholds, failed_checks
from drivegen.core import DataError

NAMES = ("missed_share", "hallucinations_per_frame", "weather_margin", "motion_ratio", "colour_jump")


def clean_scores(count: int, seed: int) -> list[dict[str, float]]:
    """Scores of clips as they come: skewed, some bounded, one not there for every clip."""
    rng = np.random.default_rng(seed)
    scores = []
    for _ in range(count):
        one = {
            "missed_share": float(rng.beta(1, 20)),
            "hallucinations_per_frame": float(rng.poisson(0.2)) / 8,
            "weather_margin": float(3 - rng.exponential(1.5)),
            "motion_ratio": float(np.exp(rng.normal(0.5, 0.4))),
        }
        if rng.uniform() < 0.5:
            one["colour_jump"] = float(rng.normal(0, 4))
        scores.append(one)
    return scores


def groups_of(scores: list[dict[str, float]]) -> list[str]:
    return [f"scene-{i // 2}" for i in range(len(scores))]


def failing(scores: list[dict[str, float]], thresholds: Thresholds) -> float:
    return float(np.mean([bool(failed_checks(one, thresholds)) for one in scores]))


def test_the_facts_are_what_was_counted() -> None:
    scores = clean_scores(100, 1)
    thresholds, facts = calibrated(scores, groups_of(scores), 0.03)
    assert failing(scores, thresholds) == pytest.approx(facts.alarms, abs=1e-4)
    assert (facts.clips, facts.groups, facts.target) == (100, 50, 0.03)
    assert facts.alarms_held_out <= 0.03


@pytest.mark.parametrize("target", [0.03, 0.1])
def test_clips_of_the_same_kind_fail_as_often_as_wanted(target: float) -> None:
    fresh = clean_scores(1500, 99)
    shares = []
    for seed in range(5):
        scores = clean_scores(250, seed)
        shares.append(failing(fresh, calibrated(scores, groups_of(scores), target)[0]))
    assert 0.5 * target < np.mean(shares) < 1.4 * target


def test_few_clips_do_not_drive_bounds_out_of_sight() -> None:
    scores = clean_scores(24, 5)
    thresholds, facts = calibrated(scores, groups_of(scores), 0.03)
    assert facts.share_per_check >= 0.03 / len(NAMES) - 1e-6
    assert thresholds.colour_jump is not None and thresholds.colour_jump < 40


def test_bounds_lie_on_the_bad_side_of_the_clean_clips() -> None:
    scores = clean_scores(300, 3)
    thresholds, facts = calibrated(scores, groups_of(scores), 0.03)
    for name in NAMES:
        values = np.array([one[name] for one in scores if name in one])
        bound = getattr(thresholds, name)
        beyond = (values > bound) if CHECKS[name] == "most" else (values < bound)
        assert beyond.mean() <= 0.05
        assert facts.alarms_by_check[name] == beyond.sum()
        assert facts.clips_by_check[name] == len(values)
        assert bound == round(bound, 4)


def test_a_score_that_never_varies_is_its_own_bound() -> None:
    scores = [{"missed_share": 0.0, "motion_ratio": 1.0} for _ in range(40)]
    thresholds, facts = calibrated(scores, [str(i) for i in range(40)])
    assert (thresholds.missed_share, thresholds.motion_ratio) == (0.0, 1.0)
    assert facts.alarms == 0.0


def test_checks_that_are_off_stay_off_and_unknown_ones_keep_their_bound() -> None:
    scores = clean_scores(50, 4)
    start = Thresholds(missed_share=None, flicker_ratio=7.0)
    thresholds, _ = calibrated(scores, groups_of(scores), 0.03, start)
    assert thresholds.missed_share is None
    assert thresholds.flicker_ratio == 7.0
    assert thresholds.weather_margin != start.weather_margin


def test_too_little_is_refused() -> None:
    scores = clean_scores(10, 1)
    with pytest.raises(DataError, match="at least 20 clips"):
        calibrated(scores, groups_of(scores))
    many = clean_scores(30, 1)
    with pytest.raises(DataError, match="cannot calibrate"):
        calibrated(many, ["a"])
    with pytest.raises(DataError, match=r"target 1\.5"):
        calibrated(many, groups_of(many), 1.5)
