import numpy as np
import pytest

from drivegen.core import Camera, GeometryError, Pose, forward_camera


def test_a_point_straight_ahead_lands_in_the_middle() -> None:
    camera = forward_camera("CAM_FRONT", (64, 128), np.pi / 2, height_m=1.5)
    point_camera = camera.ego_from_camera.inverse().apply(np.array([[10.0, 0.0, 1.5]]))
    np.testing.assert_allclose(point_camera, [[0.0, 0.0, 10.0]], atol=1e-12)
    np.testing.assert_allclose(camera.project(point_camera), [[64.0, 32.0]], atol=1e-9)


def test_left_is_left_and_the_ground_is_below() -> None:
    camera = forward_camera("CAM_FRONT", (64, 128), np.pi / 2, height_m=1.5)
    left_on_ground = camera.ego_from_camera.inverse().apply(np.array([10.0, 2.0, 0.0]))
    u, v = camera.project(left_on_ground)
    # fx = fy = 64 px: 2 m left and 1.5 m down at 10 m.
    assert (u, v) == pytest.approx((64 - 12.8, 32 + 9.6))


def test_pitch_down_raises_the_horizon() -> None:
    camera = forward_camera("CAM_FRONT", (64, 128), np.pi / 2, height_m=1.5, pitch_rad=0.1)
    horizon = camera.ego_from_camera.inverse().apply(np.array([1e6, 0.0, 1.5]))
    assert camera.project(horizon)[1] == pytest.approx(32 - 64 * np.tan(0.1), abs=1e-3)


def test_field_of_view() -> None:
    assert forward_camera("C", (64, 128), 1.2, 1.5).horizontal_fov_rad == pytest.approx(1.2)


def test_crop_and_resize_follow_corner_coordinates() -> None:
    camera = forward_camera("C", (100, 200), np.pi / 2, 1.5)
    cropped = camera.crop(top_px=10, left_px=20, size=(80, 160))
    assert cropped.size == (80, 160)
    np.testing.assert_allclose(cropped.intrinsics[:2, 2], [80.0, 40.0])
    half = cropped.resize((40, 80))
    np.testing.assert_allclose(half.intrinsics[:2], cropped.intrinsics[:2] / 2)
    np.testing.assert_allclose(camera.intrinsics[:2, 2], [100.0, 50.0])


@pytest.mark.parametrize(
    ("intrinsics", "size", "message"),
    [
        (np.diag([0.0, 1.0, 1.0]), (4, 4), "focal length"),
        (np.eye(3), (0, 4), "image size"),
        (np.full((3, 3), np.nan), (4, 4), "not finite"),
        (np.eye(2), (4, 4), "wrong shape"),
    ],
)
def test_impossible_cameras_are_refused(intrinsics: np.ndarray, size: tuple[int, int], message: str) -> None:
    with pytest.raises(GeometryError, match=message):
        Camera("CAM_FRONT", intrinsics, Pose.identity(), size)
