"""Intervals hold what they promise, and the verdict says what they show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drivegen.core import stream
from drivegen.core.arrays import Floats
from drivegen.experiments.arms import CONTRASTS, Contrast
from drivegen.experiments.intervals import Estimate, estimate
from drivegen.experiments.verdict import Basis, Verdict, judge, verdict_line


def _measured(draws: np.random.Generator, seeds: int, scenarios: int, spread: Floats) -> tuple[Floats, Floats]:
    """A mean over seeds and scenarios whose truth is 0, and its resamples; spread over seeds, scenarios, both."""
    of_seeds, of_scenarios, of_both = (
        draws.normal(size=(seeds, 1)),
        draws.normal(size=(1, scenarios)),
        draws.normal(size=(seeds, scenarios)),
    )
    values = spread[0] * of_seeds + spread[1] * of_scenarios + spread[2] * of_both
    drawn = draws.multinomial(scenarios, np.full(scenarios, 1 / scenarios), 200) / scenarios
    return values.mean(axis=1), values @ drawn.T


@pytest.mark.parametrize("spread", [(0.0, 1.0, 0.5), (0.5, 0.5, 0.0), (0.3, 1.5, 1.0), (1.0, 0.0, 0.0)])
def test_intervals_of_three_seeds_cover_the_truth(spread: tuple[float, float, float]) -> None:
    draws = stream(0, "coverage", *map(str, spread))
    trials = 400
    covered = 0
    for _ in range(trials):
        found = estimate(*_measured(draws, 3, 40, np.array(spread)), scenarios=40)
        covered += found.low <= 0 <= found.high
    # 95 % promised; three standard errors of 400 trials are 3.3 %. Caution may make it more.
    assert covered / trials >= 0.915


def test_a_bootstrap_over_three_seeds_would_not_cover() -> None:
    # Why `estimate` uses Student's t: the percentile interval of resampled seeds misses far more often.
    draws = stream(0, "bootstrap of seeds")
    covered = 0
    for _ in range(400):
        values = draws.normal(size=3)
        means = values[draws.integers(0, 3, (500, 3))].mean(axis=1)
        low, high = np.percentile(means, [2.5, 97.5])
        covered += bool(low <= 0 <= high)
    assert covered / 400 < 0.85


def test_interval_without_spread_is_a_point() -> None:
    found = estimate(np.full(3, 0.25), np.full((3, 50), 0.25), scenarios=9)
    assert (found.value, found.low, found.high) == (0.25, 0.25, 0.25)


def test_more_seeds_make_it_narrower() -> None:
    draws = stream(1, "narrower")
    few = estimate(*_measured(draws, 3, 30, np.array([1.0, 0.1, 0.1])), scenarios=30)
    many = estimate(*_measured(draws, 30, 30, np.array([1.0, 0.1, 0.1])), scenarios=30)
    assert many.high - many.low < few.high - few.low


def test_what_cannot_be_measured_has_no_interval() -> None:
    resampled = np.zeros((3, 100))
    assert not estimate(np.array([0.1, np.nan, 0.2]), resampled, scenarios=9).measurable
    assert not estimate(np.zeros(3), resampled, scenarios=1).measurable
    resampled[:, :20] = np.nan
    assert not estimate(np.zeros(3), resampled, scenarios=9).measurable
    resampled[:, 2:] = 0.0
    assert estimate(np.zeros(3), resampled, scenarios=9).measurable


BASIS = Basis(steps=600, seeds=3, scenarios=160, best_ap50=0.3, least_ap50=0.05)


def _between(low: float, high: float) -> Estimate:
    return Estimate((low + high) / 2, low, high, 0.0, 0.0)


@pytest.mark.parametrize(
    ("difference", "expected"),
    [
        (_between(0.01, 0.05), Verdict.GAIN),
        (_between(-0.01, 0.05), Verdict.NO_GAIN),
        (_between(0.0, 0.05), Verdict.NO_GAIN),
        (_between(-0.05, 0.0), Verdict.NO_GAIN),
        (_between(-0.05, -0.01), Verdict.HARM),
        (Estimate.none(), Verdict.NOT_MEASURABLE),
    ],
)
def test_judge(difference: Estimate, expected: Verdict) -> None:
    assert judge(difference) is expected


def _differences(asked: Estimate, noise: Estimate) -> dict[Contrast, Estimate]:
    return dict(zip(CONTRASTS, (asked, noise, _between(-0.1, 0.1)), strict=True))


def test_the_line_begins_with_the_verdict_and_gives_its_grounds() -> None:
    still = _between(-0.01, 0.01)
    line = verdict_line(_differences(_between(-0.02, 0.04), still), BASIS)
    assert line == (
        "no gain: reference + generated - reference repeated = +0.010 [-0.020, +0.040] AP50 "
        "(600 steps, 3 seeds, 160 held-out scenarios)"
    )
    assert verdict_line(_differences(_between(-0.04, -0.02), still), BASIS).startswith("harm: ")
    assert verdict_line(_differences(Estimate.none(), still), BASIS).startswith("not measurable: ")


def test_the_line_warns_when_the_noise_itself_has_a_sign() -> None:
    line = verdict_line(_differences(_between(0.02, 0.04), _between(0.01, 0.03)), BASIS)
    assert line.startswith("gain: ")
    assert "beware: reference repeated - reference = +0.020" in line


def test_detectors_that_have_not_learnt_prove_nothing() -> None:
    still = _between(-0.001, 0.001)
    line = verdict_line(_differences(still, still), replace(BASIS, best_ap50=0.003))
    assert line.startswith("not measurable: after 600 steps no training set has taught the detector to detect")
    assert "AP50 at most 0.003, 0.050 is asked for" in line
