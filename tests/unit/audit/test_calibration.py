"""Thresholds: what they let fail and what they catch, here and on other clips of the same kind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drivegen.audit.calibration import calibrated
from drivegen.audit.faults import FAULTS
from drivegen.audit.sanity import Examined, Judged, SanityTable, rejudged, summarise
from drivegen.audit.score_tails import bound_at, price_of
from drivegen.audit.thresholds import Thresholds
from drivegen.core import DataError


def clips(count: int, seed: int, *, per_scenario: int = 2) -> list[Examined]:
    """Clips whose scores tell some faults well (weather), some hardly (missed boxes), some by two checks together."""
    rng = np.random.default_rng(seed)
    found = []
    for i in range(count):
        clean = {
            "missed_surprise": float(rng.beta(1, 12)),
            "hallucination_surprise": float(rng.poisson(0.1)) / 8,
            "weather_margin": float(9 - rng.exponential(1.5)),
            "motion_ratio": float(np.exp(rng.normal(0, 0.2))),
        }
        if rng.uniform() < 0.5:
            clean["colour_jump"] = float(rng.normal(0, 2))
        faulty = {
            "shifted_labels": {**clean, "missed_surprise": float(rng.beta(6, 3)), "hallucination_surprise": 1.0},
            "relabelled_weather": {**clean, "weather_margin": -clean["weather_margin"]},
            "frozen_video": {**clean, "motion_ratio": 0.05 * float(rng.uniform())},
        }
        if "colour_jump" in clean:
            faulty["recoloured_track"] = {**clean, "colour_jump": clean["colour_jump"] + 25.0}
        judged = {name: Judged(scores, ()) for name, scores in faulty.items()}
        found.append(Examined(f"clip-{i}", f"scenario-{i // per_scenario}", Judged(clean, ()), judged, {}))
    return found


def held_to(found: list[Examined], thresholds: Thresholds) -> SanityTable:
    return summarise([rejudged(one, thresholds) for one in found])


@pytest.fixture(scope="module")
def calibration() -> tuple[list[Examined], Thresholds]:
    found = clips(160, 1)
    return found, calibrated(found, 0.03)[0]


def test_bounds_hold_on_other_clips(calibration: tuple[list[Examined], Thresholds]) -> None:
    table = held_to(clips(800, 2), calibration[1])
    assert table.false_alarms.value <= 0.05
    for row in table.rows:
        if row.caught.count:
            assert row.caught.value >= row.target, row


def test_where_a_gap_is_the_bound_lies_in_it(calibration: tuple[list[Examined], Thresholds]) -> None:
    found, thresholds = calibration
    # Clean clips reach down to about 1, faulty ones start at about -1: neither is touched.
    assert thresholds.weather_margin is not None and abs(thresholds.weather_margin) < 3.0
    assert thresholds.colour_jump is not None and 8.0 < thresholds.colour_jump < 20.0
    assert thresholds.motion_ratio is not None and 0.1 < thresholds.motion_ratio < 0.6
    assert "weather_margin" not in held_to(found, thresholds).false_alarms_by_check


def test_the_facts_are_what_was_counted() -> None:
    found = clips(120, 3)
    thresholds, facts = calibrated(found, 0.03)
    table = held_to(found, thresholds)
    assert facts.alarms == pytest.approx(table.false_alarms.value, abs=1e-4)
    assert (facts.clips, facts.scenarios, facts.target) == (120, 60, 0.03)
    assert set(facts.caught_held_out) == {"shifted_labels", "relabelled_weather", "frozen_video", "recoloured_track"}
    assert facts.caught_held_out["relabelled_weather"].value == pytest.approx(1.0, abs=0.03)
    assert facts.alarms_held_out.value <= 0.03


def test_false_alarms_are_only_spent_where_they_catch_something() -> None:
    # Missed boxes alone tell this fault, and overlap with clean ones; no other check may fail many clean clips.
    found = []
    for one in clips(200, 4):
        shifted = one.faulty["shifted_labels"]
        scores = {**shifted.scores, "missed_surprise": 0.6 * shifted.scores["missed_surprise"]}
        scores["hallucination_surprise"] = 0.0
        found.append(replace(one, faulty={"shifted_labels": Judged(scores, ())}))
    strict, loose = (held_to(found, calibrated(found, target)[0]) for target in (0.01, 0.12))
    caught = [next(row.caught.value for row in table.rows if row.caught.count) for table in (strict, loose)]
    assert caught[1] > caught[0]
    assert loose.false_alarms_by_check["missed_surprise"] > 0.7 * sum(loose.false_alarms_by_check.values())
    assert strict.false_alarms.value <= 0.01 and 0.01 < loose.false_alarms.value <= 0.12


def test_checks_that_are_off_stay_off_and_unknown_ones_keep_their_bound() -> None:
    start = Thresholds(missed_surprise=None, flicker_ratio=7.0, weather_margin=-1.0)
    thresholds, _ = calibrated(clips(40, 5), 0.03, start)
    assert thresholds.missed_surprise is None
    assert thresholds.flicker_ratio == 7.0
    assert thresholds.weather_margin != start.weather_margin


def test_it_does_not_depend_on_the_order_of_clips() -> None:
    found = clips(60, 6)
    assert calibrated(found) == calibrated(found[::-1])


def test_scores_that_never_vary_and_faults_that_never_apply_are_fine() -> None:
    still = [
        Examined(f"{i}", f"{i}", Judged({"missed_surprise": 0.0, "motion_ratio": 1.0}, ()), {}, {}) for i in range(40)
    ]
    thresholds, facts = calibrated(still)
    assert (thresholds.missed_surprise, thresholds.motion_ratio) == (0.0, 1.0)
    assert (facts.alarms, facts.caught_held_out) == (0.0, {})


def test_a_bound_on_a_probability_is_one() -> None:
    rng = np.random.default_rng(7)

    def judged(log_odds: float, disorder: float) -> Judged:
        return Judged({"order_probability": float(1 / (1 + np.exp(-log_odds))), "disorder": disorder}, ())

    # Another check tells all shuffled clips, so that this one is to fail hardly any: a straight line through the worst
    # clean clips would end below nought.
    found = [
        Examined(f"{i}", f"{i}", judged(rng.normal(3, 2), 0.1), {"shuffled_frames": judged(-6, 2.0)}, {})
        for i in range(400)
    ]
    bound = calibrated(found, 0.02)[0].order_probability
    assert bound is not None
    assert 0 < bound < 0.1
    held = held_to(found, replace(Thresholds(), order_probability=bound, disorder=None))
    assert held.false_alarms.value <= 0.01
    assert next(row.caught.value for row in held.rows if row.caught.count) == 1.0


def test_too_little_is_refused() -> None:
    with pytest.raises(DataError, match="at least 20 clips"):
        calibrated(clips(10, 1))
    with pytest.raises(DataError, match="of 1, target"):
        calibrated(clips(30, 1, per_scenario=30))
    with pytest.raises(DataError, match=r"target 1\.5"):
        calibrated(clips(30, 1), 1.5)


def test_every_fault_has_a_check_that_can_be_calibrated() -> None:
    for fault in FAULTS.values():
        assert any(getattr(Thresholds(), check) is not None for check in fault.checks)


def test_prices_go_on_beyond_what_was_counted() -> None:
    clean = np.random.default_rng(0).exponential(1.0, 4000)
    # Of an exponential the share beyond x is exp(-x), far out too, where no clip lies.
    assert price_of(clean, 4.0) == pytest.approx(np.exp(-4.0), rel=0.5)
    assert price_of(clean, 9.0) == pytest.approx(np.exp(-9.0), rel=0.9)
    assert price_of(clean, -1.0) == 1.0
    assert bound_at(clean, 0.001) == pytest.approx(-np.log(0.001), rel=0.2)
    assert price_of(clean, bound_at(clean, 0.001)) == pytest.approx(0.001, rel=1e-6)
    # Clips without the score cannot fail.
    half = np.where(np.arange(4000) % 2 == 0, clean, np.nan)
    assert price_of(half, 1.0) == pytest.approx(0.5 * np.exp(-1.0), rel=0.2)
    assert price_of(np.zeros(10), 0.0) == 0.0
