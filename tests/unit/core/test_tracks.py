import numpy as np
import pytest

from drivegen.core import GeometryError, Track, Trajectory, usual_attribute
from drivegen.core.tracks import MAX_GAP_US


def _trajectory(times: list[int], xs: list[float]) -> Trajectory:
    n = len(times)
    positions = np.stack([xs, np.zeros(n), np.zeros(n)], axis=1)
    return Trajectory(np.array(times), positions, np.tile([1.0, 0, 0, 0], (n, 1)))


def test_position_between_keys_and_beyond_the_ends() -> None:
    trajectory = _trajectory([0, 500_000], [0.0, 5.0])
    assert trajectory.pose_at(100_000).translation[0] == pytest.approx(1.0)
    assert trajectory.pose_at(-1).translation[0] == 0.0
    assert trajectory.pose_at(900_000).translation[0] == 5.0


def test_velocity_is_that_of_the_interval() -> None:
    trajectory = _trajectory([0, 500_000, 1_000_000], [0.0, 5.0, 6.0])
    assert trajectory.velocity_at(100_000)[0] == pytest.approx(10.0)
    assert trajectory.velocity_at(500_000)[0] == pytest.approx(2.0)
    assert trajectory.velocity_at(1_000_000)[0] == pytest.approx(2.0)
    assert _trajectory([0], [1.0]).velocity_at(0)[0] == 0.0


def test_a_gap_in_the_annotation_is_not_covered() -> None:
    trajectory = _trajectory([0, 500_000, 500_000 + MAX_GAP_US + 1], [0.0, 1.0, 2.0])
    assert trajectory.covers(0)
    assert trajectory.covers(250_000)
    assert trajectory.covers(500_000)
    assert not trajectory.covers(600_000)
    assert not trajectory.covers(-1)
    assert trajectory.covers(500_000 + MAX_GAP_US + 1)


@pytest.mark.parametrize("times", [[0, 0], [1, 0], []])
def test_times_must_increase(times: list[int]) -> None:
    with pytest.raises(GeometryError, match="timestamps must increase"):
        _trajectory(times, [0.0] * len(times))


def test_track_sizes_are_interpolated_and_checked() -> None:
    trajectory = _trajectory([0, 500_000], [0.0, 5.0])
    track = Track("a", "car", trajectory, np.array([[4.0, 2, 1.5], [5.0, 2, 1.5]]))
    np.testing.assert_allclose(track.size_at(250_000), [4.5, 2, 1.5])
    with pytest.raises(GeometryError, match="box size must be positive"):
        Track("a", "car", trajectory, np.zeros((2, 3)))
    with pytest.raises(GeometryError, match=r"a: unknown category; expected car, .*; got tank"):
        Track("a", "tank", trajectory, np.ones((2, 3)))


def test_attributes_hold_from_their_key_time_on() -> None:
    trajectory = _trajectory([0, 500_000, 1_000_000], [0.0, 5.0, 5.0])
    sizes = np.ones((3, 3))
    track = Track("a", "car", trajectory, sizes, attributes=("vehicle.moving", "vehicle.stopped", None))
    times = [-1, 0, 499_999, 500_000, 1_000_000]
    assert [track.attribute_at(t) for t in times] == [*["vehicle.moving"] * 3, "vehicle.stopped", None]
    assert Track("a", "car", trajectory, sizes, "vehicle.parked").attribute_at(7) == "vehicle.parked"
    with pytest.raises(GeometryError, match="one attribute per key time"):
        Track("a", "car", trajectory, sizes, attributes=("vehicle.moving",))


def test_the_usual_attribute_is_the_most_frequent() -> None:
    assert usual_attribute(["a", "b", None, None, "b"]) == "b"
    assert usual_attribute([None]) is None
