"""The driver model: order, gaps, free speed."""

from __future__ import annotations

import numpy as np

from drivegen.world.traffic import MIN_GAP_M, Queue, leaders, settle, simulate


def queue(u: list[float], speed: list[float], desired: list[float]) -> Queue:
    n = len(u)
    fill = lambda value: np.full(n, value)  # noqa: E731
    return Queue(
        lane=np.zeros(n, dtype=np.int64),
        u=np.array(u),
        front=fill(2.2),
        rear=fill(2.2),
        speed=np.array(speed),
        desired=np.array(desired),
        headway_s=fill(1.2),
        standstill_m=fill(2.0),
        accel=fill(1.4),
    )


def test_leaders_are_the_next_of_the_same_lane() -> None:
    lane, u = np.array([0, 1, 0, 1, 0]), np.array([5.0, 0.0, 1.0, 9.0, 3.0])
    assert leaders(lane, u).tolist() == [-1, 3, 4, -1, 0]


def test_a_free_driver_reaches_the_desired_speed() -> None:
    places = simulate(queue([0.0], [0.0], [10.0]), 400, 0.1)
    assert np.diff(places[:, 0])[-1] / 0.1 > 9.5
    assert np.diff(places[:, 0]).max() / 0.1 <= 10.01


def test_followers_stop_behind_a_standing_leader() -> None:
    places = simulate(queue([0.0, 100.0], [10.0, 0.0], [10.0, 0.0]), 400, 0.1)
    gap = places[-1, 1] - places[-1, 0] - 4.4
    assert places[-1, 1] == 100.0
    assert 1.0 < gap < 6.0
    assert (np.diff(places[:, 0]) >= 0).all()


def test_gaps_never_close_from_a_bad_start() -> None:
    start = queue([0.0, 5.5, 11.0, 30.0], [15.0, 2.0, 0.0, 8.0], [15.0, 15.0, 5.0, 8.0])
    for begun in (start, settle(start)):
        places = simulate(begun, 100, 1 / 12)
        gaps = np.diff(places, axis=1) - 4.4
        assert gaps.min() >= MIN_GAP_M - 1e-9


def test_steps_may_be_coarse() -> None:
    fine = simulate(queue([0.0, 30.0], [8.0, 5.0], [12.0, 5.0]), 40, 0.1)
    coarse = simulate(queue([0.0, 30.0], [8.0, 5.0], [12.0, 5.0]), 8, 0.5)
    assert np.allclose(fine[::5], coarse)


def test_nobody_at_all() -> None:
    assert simulate(queue([], [], []), 3, 0.1).shape == (4, 0)
