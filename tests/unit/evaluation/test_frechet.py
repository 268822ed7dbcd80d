"""Frechet distances: exact where the answer is known, and streamed sums that add up in any order."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from drivegen.core import ConfigError, DataError
from drivegen.core.arrays import Floats
from drivegen.evaluation import (
    FrechetStats,
    Moments,
    Resampling,
    distance_interval,
    extrapolated_distance,
    frechet_distance,
    frechet_figures,
    group_of,
    groups_for,
)

FEATURES = hnp.arrays(np.float64, st.tuples(st.integers(2, 30), st.just(4)), elements=st.floats(-50, 50))
SHIFTS = hnp.arrays(np.float64, 4, elements=st.floats(-20, 20))


def stats_of(features: Floats, scenarios: int = 40, name: str = "s", groups: int = 100) -> FrechetStats:
    stats = FrechetStats(features.shape[1], groups)
    for number, row in enumerate(features):
        stats.add(f"{name}-{number % scenarios}", row[None])
    return stats


def normal(seed: int, count: int, dim: int = 6, shift: float = 0.0) -> Floats:
    return np.random.default_rng(seed).normal(shift, 1.0, (count, dim))


@given(features=FEATURES)
def test_equal_sets_are_at_zero(features: Floats) -> None:
    moments = stats_of(features).moments()
    scale = max(1.0, float(np.trace(moments.covariance)))
    assert frechet_distance(moments, moments) <= 1e-6 * scale


@given(features=FEATURES, shift=SHIFTS)
def test_a_shift_costs_its_square(features: Floats, shift: Floats) -> None:
    a, b = stats_of(features).moments(), stats_of(features + shift).moments()
    expected = float(shift @ shift)
    scale = max(1.0, float(np.trace(a.covariance)))
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-5, abs=1e-5 * scale)


@given(spread=hnp.arrays(np.float64, 4, elements=st.floats(0.1, 10)), other=st.floats(0.1, 10))
def test_gaussians_with_parallel_axes_have_the_textbook_distance(spread: Floats, other: float) -> None:
    a = Moments(10, np.zeros(4), np.diag(spread**2))
    b = Moments(10, np.ones(4), np.eye(4) * other**2)
    assert frechet_distance(a, b) == pytest.approx(4 + np.square(spread - other).sum(), rel=1e-6)
    assert frechet_distance(b, a) == pytest.approx(frechet_distance(a, b), rel=1e-6)


def test_agrees_with_the_matrix_root_of_scipy() -> None:
    a = stats_of(normal(0, 300) @ normal(1, 6)).moments()
    b = stats_of(normal(2, 300, shift=0.5) @ normal(3, 6)).moments()
    root = scipy.linalg.sqrtm(a.covariance @ b.covariance).real
    expected = np.square(a.mean - b.mean).sum() + np.trace(a.covariance + b.covariance - 2 * root)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)


def test_moments_are_those_of_numpy() -> None:
    features = normal(4, 50) * 3 + 10
    moments = stats_of(features).moments()
    np.testing.assert_allclose(moments.mean, features.mean(axis=0))
    np.testing.assert_allclose(moments.covariance, np.cov(features.T), atol=1e-10)
    assert moments.count == 50


@given(seed=st.integers(0, 1000), order=st.permutations(range(4)))
@settings(max_examples=15)
def test_any_order_of_merging_gives_the_same_moments(seed: int, order: list[int]) -> None:
    features = normal(seed, 40, 3)
    parts = [FrechetStats(3, 100) for _ in range(4)]
    for number, row in enumerate(features):
        parts[number % 4].add(f"s-{number % 40}", row[None])
    merged = FrechetStats(3, 100)
    for part in order:
        merged.merge(parts[part])
    whole = stats_of(features)
    np.testing.assert_array_equal(merged.counts, whole.counts)
    np.testing.assert_allclose(merged.moments().covariance, whole.moments().covariance, atol=1e-12)


def test_state_does_not_grow_with_features() -> None:
    def size(stats: FrechetStats) -> int:
        return stats.counts.nbytes + stats._sums.nbytes + stats._products.nbytes

    assert size(stats_of(normal(0, 20))) == size(stats_of(normal(0, 2000), scenarios=2000))


def test_fewer_features_than_dimensions_are_fine() -> None:
    few, many = stats_of(normal(0, 5, 30)), stats_of(normal(1, 400, 30))
    assert 0 < frechet_distance(few.moments(), many.moments()) < 100


def test_refuses_what_does_not_fit() -> None:
    stats = FrechetStats(3, 100)
    with pytest.raises(DataError, match="no features"):
        stats.moments()
    with pytest.raises(DataError, match="wrong shape"):
        stats.add("a", np.zeros((2, 4)))
    with pytest.raises(DataError, match="not finite"):
        stats.add("a", np.array([[0.0, np.nan, 0.0]]))
    with pytest.raises(DataError, match="another kind"):
        stats.merge(FrechetStats(3, 50))
    with pytest.raises(ConfigError, match="divide 100"):
        FrechetStats(3, 7)


def test_coarse_groups_are_unions_of_fine_ones() -> None:
    names = [f"scenario-{number}" for number in range(2000)]
    fine = [group_of(name) for name in names]
    assert [group_of(name, 20) for name in names] == [group % 20 for group in fine]
    assert np.bincount(fine, minlength=100).min() > 0
    assert (groups_for(128), groups_for(400), groups_for(2048)) == (100, 100, 10)


def test_the_floor_is_what_the_same_distribution_gives() -> None:
    reference, same = stats_of(normal(0, 800), 80), stats_of(normal(1, 800), 80)
    other = stats_of(normal(2, 800, shift=0.7), 80)
    quick = Resampling(resamples=40)
    floor, far = frechet_figures(same, reference, quick), frechet_figures(other, reference, quick)
    assert floor.over_floor.low < 1.3
    assert 0.5 < floor.over_floor.value < 1.5
    assert far.over_floor.low > 5
    assert far.distance.value == pytest.approx(6 * 0.7**2, rel=0.3)
    assert far.distance.low < far.distance.value < far.distance.high
    assert far.floor.value == pytest.approx(floor.floor.value)
    assert abs(floor.floor.count - 400) < 60
    assert floor.as_dict()["over_floor"]["count"] == floor.over_floor.count


def test_a_smaller_set_is_held_to_a_floor_of_its_own_size() -> None:
    reference = stats_of(normal(0, 1200), 80)
    few = stats_of(normal(1, 200), 80)
    figures = frechet_figures(few, reference, Resampling(resamples=20))
    assert abs(figures.floor.count - figures.over_floor.count) < 40
    assert 0.5 < figures.over_floor.value < 1.6


def test_a_set_of_other_scenarios_is_measured_too() -> None:
    figures = frechet_figures(
        stats_of(normal(1, 60), 6, "mine"), stats_of(normal(0, 60), 6, "theirs"), Resampling(resamples=20)
    )
    assert np.isfinite(figures.over_floor.value)


def test_too_few_scenarios_have_no_halves() -> None:
    with pytest.raises(DataError, match="more scenarios"):
        frechet_figures(stats_of(normal(0, 10)), stats_of(normal(1, 30), scenarios=2), Resampling(resamples=5))


def test_the_extrapolated_distance_has_less_bias() -> None:
    errors, plain = [], []
    for seed in range(6):
        a, b = stats_of(normal(2 * seed, 120, 8), 120), stats_of(normal(2 * seed + 1, 120, 8), 120)
        plain.append(frechet_distance(a.moments(), b.moments()))
        errors.append(extrapolated_distance(a, b, seed))
    assert abs(np.mean(errors)) < 0.35 * np.mean(plain)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    # The distance of two Gaussians 1 apart in one direction is 1; 40 of 50 intervals of 80 %, give or take.
    held, quick = 0, Resampling(resamples=60, level=0.8)
    for seed in range(50):
        near, far = normal(seed, 400, 2), normal(1000 + seed, 400, 2)
        far[:, 0] += 1.0
        interval = distance_interval(stats_of(near, 100), stats_of(far, 100, "t"), quick)
        held += interval.low <= 1.0 <= interval.high
    assert 30 <= held <= 49
