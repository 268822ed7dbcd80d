import numpy as np
import pytest
from pyquaternion import Quaternion

from drivegen.core import GeometryError, Pose, interpolate_poses
from drivegen.core.poses import matrix_from_quaternion, quaternion_from_matrix, quaternion_product, slerp


def _random_quaternions(n: int) -> np.ndarray:
    q = np.random.default_rng(0).normal(size=(n, 4))
    return q / np.linalg.norm(q, axis=1, keepdims=True)


def test_convention_agrees_with_the_devkits_quaternions() -> None:
    a, b = _random_quaternions(20), _random_quaternions(40)[20:]
    for p, q, product in zip(a, b, quaternion_product(a, b), strict=True):
        np.testing.assert_allclose((Quaternion(p) * Quaternion(q)).elements, product, atol=1e-12)
        np.testing.assert_allclose(Quaternion(p).rotation_matrix, matrix_from_quaternion(p), atol=1e-12)


def test_slerp_agrees_with_pyquaternion() -> None:
    a, b = _random_quaternions(20), _random_quaternions(40)[20:]
    for p, q in zip(a, b, strict=True):
        expected = Quaternion.slerp(Quaternion(p), Quaternion(q), 0.3).rotation_matrix
        np.testing.assert_allclose(matrix_from_quaternion(slerp(p, q, np.asarray(0.3))), expected, atol=1e-9)


def test_from_yaw_turns_counter_clockwise() -> None:
    pose = Pose.from_yaw(np.pi / 2, (10.0, 0.0, 0.0))
    np.testing.assert_allclose(pose.apply(np.array([1.0, 0.0, 0.0])), [10.0, 1.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(pose.rotate(np.array([1.0, 0.0, 0.0])), [0.0, 1.0, 0.0], atol=1e-12)
    assert pose.yaw_rad == pytest.approx(np.pi / 2)


def test_matrix_round_trip() -> None:
    for q in _random_quaternions(10):
        pose = Pose(q, np.array([1.0, 2.0, 3.0]))
        again = Pose.from_matrix(pose.matrix)
        np.testing.assert_allclose(again.matrix, pose.matrix, atol=1e-9)


def test_half_turns_have_a_quaternion() -> None:
    for axis in np.eye(3):
        rotation = 2 * np.outer(axis, axis) - np.eye(3)
        np.testing.assert_allclose(matrix_from_quaternion(quaternion_from_matrix(rotation)), rotation, atol=1e-9)


@pytest.mark.parametrize("matrix", [np.diag([1.0, 1.0, -1.0]), 2 * np.eye(3), np.zeros((3, 3))])
def test_a_matrix_that_is_not_a_rotation_is_refused(matrix: np.ndarray) -> None:
    with pytest.raises(GeometryError, match="not a rotation"):
        quaternion_from_matrix(matrix)


def test_zero_quaternion_is_refused() -> None:
    with pytest.raises(GeometryError, match="length zero"):
        Pose(np.zeros(4), np.zeros(3))


def test_interpolation_halfway() -> None:
    a, b = Pose.from_yaw(0.0, (0.0, 0.0, 0.0)), Pose.from_yaw(1.0, (2.0, 4.0, 0.0))
    middle = interpolate_poses(a, b, 0.5)
    assert middle.yaw_rad == pytest.approx(0.5)
    np.testing.assert_allclose(middle.translation, [1.0, 2.0, 0.0])
