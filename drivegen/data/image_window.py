"""Image and camera cropped and resized together, so that boxes stay on what they label."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from drivegen.core import Camera, DataError
from drivegen.core.arrays import Bytes


@dataclass(frozen=True)
class CropWindow:
    """A window of an image, pixels."""

    top: int
    left: int
    height: int
    width: int


def centred_window(image_size: tuple[int, int], size: tuple[int, int]) -> CropWindow:
    """The largest window in the middle of an image of `image_size` (h, w) that has the aspect ratio of `size`."""
    return _window(image_size, size, (image_size[0] / 2, image_size[1] / 2))


def fit_camera(camera: Camera, size: tuple[int, int]) -> tuple[Camera, CropWindow]:
    """Crop to the aspect ratio of `size` (h, w) and scale to it.

    The whole width is kept where the ratio allows and rows are cut around the principal point's row, as near to centred
    on it as the image allows (the horizon stays in the picture); an image that is too wide loses columns likewise.

    Returns:
        The camera of the result, and the window of the original image that it shows.
    """
    principal = float(camera.intrinsics[1, 2]), float(camera.intrinsics[0, 2])
    window = _window(camera.size, size, principal)
    return camera.crop(window.top, window.left, (window.height, window.width)).resize(size), window


def fit_image(image: Bytes, window: CropWindow, size: tuple[int, int]) -> Bytes:
    """What `fit_camera` does to the camera, done to an image (H, W, 3) uint8.

    Raises:
        DataError: the image is smaller than the window: it is not the calibrated camera's.
    """
    bottom, right = window.top + window.height, window.left + window.width
    if image.shape[0] < bottom or image.shape[1] < right:
        raise DataError("image is smaller than its camera says", expected=(bottom, right), got=image.shape[:2])
    part = image[window.top : bottom, window.left : right]
    if part.shape[:2] == tuple(size):
        return np.ascontiguousarray(part)
    shrinks = part.shape[0] >= size[0]
    # Averaging over areas is the filter without aliasing for shrinking; it degenerates to nearest for enlarging.
    resized = cv2.resize(part, (size[1], size[0]), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.ascontiguousarray(resized)


def _window(image_size: tuple[int, int], size: tuple[int, int], centre: tuple[float, float]) -> CropWindow:
    """The largest window with the aspect ratio of `size`, as near to centred on a point (row, column) as can be."""
    height, width = image_size
    kept_height = min(height, max(1, round(width * size[0] / size[1])))
    kept_width = min(width, max(1, round(height * size[1] / size[0])))
    return CropWindow(
        _offset(centre[0], kept_height, height), _offset(centre[1], kept_width, width), kept_height, kept_width
    )


def _offset(principal: float, kept: int, full: int) -> int:
    return int(np.clip(round(principal - kept / 2), 0, full - kept))
