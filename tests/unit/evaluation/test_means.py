"""Means and correlations from sums are those of numpy, in any order, with intervals that cover."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivegen.core import DataError
from drivegen.evaluation import MeanStats, PairStats, Resampling, ratio_interval

QUICK = Resampling(resamples=200)
VALUES = st.lists(st.tuples(st.integers(0, 30), st.floats(-100, 100), st.floats(-100, 100)), min_size=2, max_size=40)


@given(rows=VALUES, order=st.permutations(range(3)))
@settings(max_examples=30)
def test_sums_of_processes_add_up_to_numpys_figures(rows: list[tuple[int, float, float]], order: list[int]) -> None:
    means, pairs = [MeanStats() for _ in range(3)], [PairStats() for _ in range(3)]
    for number, (scene, x, y) in enumerate(rows):
        means[number % 3].add(f"{scene}", "x", x)
        pairs[number % 3].add(f"{scene}", "xy", x, y)
    mean, pair = MeanStats(), PairStats()
    for part in order:
        mean.merge(means[part])
        pair.merge(pairs[part])
    x, y = np.array(rows)[:, 1], np.array(rows)[:, 2]
    assert mean.mean("x") == pytest.approx(x.mean(), abs=1e-9)
    assert pair.mean_error("xy", QUICK).value == pytest.approx(np.abs(x - y).mean())
    assert pair.bias("xy", QUICK).value == pytest.approx((x - y).mean(), abs=1e-9)
    assert pair.root_mean_square("xy", QUICK).value == pytest.approx(np.sqrt(np.square(x - y).mean()))
    correlation = pair.correlation("xy", QUICK).value
    if min(x.std(), y.std()) > 0.1:
        assert correlation == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-6)


def test_what_does_not_vary_has_no_correlation() -> None:
    pairs = PairStats()
    for scene in range(5):
        pairs.add(f"{scene}", "still", np.full(4, 13.7), np.arange(4.0))
    assert np.isnan(pairs.correlation("still", QUICK).value)


def test_what_was_not_measured_is_left_out() -> None:
    means, pairs = MeanStats(), PairStats()
    means.add_all("a", {"share": [1.0, 0.0, np.nan], "nothing": np.nan})
    pairs.add("a", "speed", [1.0, np.nan, 2.0], [1.0, 2.0, np.nan])
    assert means.mean("share") == 0.5
    assert means.names == ("share",)
    assert means.interval("nothing", QUICK).as_dict()["value"] is None
    assert pairs.count("speed") == 1
    assert pairs.correlation("unknown", QUICK).groups == 0


def test_weights_count() -> None:
    means = MeanStats()
    means.add("a", "x", [1.0, 4.0], [3.0, 1.0])
    assert means.mean("x") == 1.75


def test_of_one_scenario_there_is_no_interval() -> None:
    means = MeanStats()
    means.add("a", "x", np.arange(10))
    figure = means.interval("x", QUICK)
    assert (figure.value, figure.count, figure.groups) == (4.5, 10, 1)
    assert np.isnan([figure.low, figure.high]).all()


def test_scenarios_are_drawn_whole() -> None:
    # Ten equal values per scenario are worth one: ten times the values leave the interval as wide.
    rng = np.random.default_rng(0)
    values = rng.normal(0, 1, 60)
    once, tenfold = MeanStats(), MeanStats()
    for number, value in enumerate(values):
        once.add(f"{number}", "x", value)
        tenfold.add(f"{number}", "x", np.full(10, value))
    a, b = once.interval("x", QUICK), tenfold.interval("x", QUICK)
    assert (a.low, a.high) == pytest.approx((b.low, b.high))
    assert a.high - a.low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(60), rel=0.25)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    rng, held = np.random.default_rng(1), 0
    for _ in range(100):
        means = MeanStats()
        for scene, value in enumerate(rng.normal(5, 2, 80)):
            means.add(f"{scene}", "x", value)
        figure = means.interval("x", QUICK)
        held += figure.low <= 5 <= figure.high
    assert 87 <= held <= 99


def test_state_does_not_grow_and_kinds_do_not_mix() -> None:
    few, many = MeanStats(), MeanStats()
    for scene in range(300):
        many.add(f"{scene}", "x", np.ones(scene + 1))
    few.add("0", "x", 1.0)
    assert few._sums["x"].nbytes == many._sums["x"].nbytes
    with pytest.raises(DataError, match="another kind"):
        few.merge(MeanStats(groups=50))


def test_a_ratio_by_nothing_is_unknown() -> None:
    figure = ratio_interval((1.0, 0.0), (np.ones(5), np.zeros(5)), QUICK, count=3, groups=3)
    assert np.isnan(figure.value)
    figure = ratio_interval((1.0, 2.0), (np.linspace(1, 2, 5), np.full(5, 2.0)), QUICK, count=3, groups=3)
    assert figure.low == pytest.approx(0.5, abs=0.02)
