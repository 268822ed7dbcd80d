"""Image and camera are cropped and resized together."""

from __future__ import annotations

import numpy as np
import pytest

from drivegen.core import DataError, forward_camera
from drivegen.data import CropWindow, fit_camera, fit_image


def test_keeps_the_width_and_the_horizon() -> None:
    camera = forward_camera("CAM_FRONT", (1080, 1920), 1.0, 1.5)
    fitted, window = fit_camera(camera, (64, 128))
    assert window == CropWindow(60, 0, 960, 1920)
    assert fitted.size == (64, 128)
    assert fitted.intrinsics[1, 2] == pytest.approx((540 - 60) / 15)
    assert fitted.intrinsics[0, 0] == pytest.approx(camera.intrinsics[0, 0] / 15)


def test_a_point_stays_on_its_pixel() -> None:
    camera = forward_camera("CAM_FRONT", (100, 120), 1.0, 1.5)
    fitted, window = fit_camera(camera, (20, 40))
    point = np.array([1.0, 0.5, 8.0])
    u, v = camera.project(point)
    expected = [(u - window.left) * 40 / window.width, (v - window.top) * 20 / window.height]
    assert fitted.project(point) == pytest.approx(expected)


def test_too_wide_an_image_loses_columns() -> None:
    _, window = fit_camera(forward_camera("CAM_FRONT", (50, 200), 1.0, 1.5), (50, 100))
    assert window == CropWindow(0, 50, 50, 100)


def test_image_follows() -> None:
    image = np.zeros((40, 60, 3), np.uint8)
    image[10:30] = 255
    assert fit_image(image, CropWindow(10, 0, 20, 60), (10, 30)).min() == 255


def test_small_image_is_refused() -> None:
    with pytest.raises(DataError, match="smaller than its camera says"):
        fit_image(np.zeros((10, 10, 3), np.uint8), CropWindow(0, 0, 20, 20), (10, 10))
