"""Frames as small pictures, and how different they are: what all measures of change start from."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from drivegen.core.arrays import Bytes, Floats

# (h, w): half the smallest frames, so that noise of single pixels averages out.
THUMBNAIL = (32, 64)
# (h, w) of the middle half of the frames in each direction, likewise.
MIDDLE = (16, 32)

Luma = NDArray[np.float32]


def thumbnails(frames: Bytes) -> Luma:
    """RGB frames (T, H, W, 3) to luma (T, 32, 64), BT.601, 0 to 255, averaged over areas."""
    return _small(frames, THUMBNAIL)


def middles(frames: Bytes) -> Luma:
    """The middle of RGB frames (T, H, W, 3) as luma (T, 16, 32): what is far away, and changes slowly as one drives."""
    height, width = frames.shape[1:3]
    return _small(frames[:, height // 4 : height - height // 4, width // 4 : width - width // 4], MIDDLE)


def _small(frames: Bytes, size: tuple[int, int]) -> Luma:
    small = [cv2.resize(frame, size[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) for frame in frames]
    return np.stack(small) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)


def distances(pictures: Luma) -> Floats:
    """(T, T) mean absolute difference of each two pictures, after their median difference, a change of exposure."""
    flat = pictures.reshape(len(pictures), -1)
    result = np.zeros((len(flat), len(flat)))
    for i in range(len(flat) - 1):
        difference = flat[i + 1 :] - flat[i]
        difference -= np.median(difference, axis=1, keepdims=True)
        result[i, i + 1 :] = result[i + 1 :, i] = np.abs(difference).mean(axis=1)
    return result


def one_pixel_change(pictures: Luma) -> Luma:
    """How much each picture (T, h, w) changes where it moves by one pixel: mean over the two axes, same shape."""
    across = np.abs(np.diff(pictures, axis=2, append=pictures[:, :, -2:-1]))
    down = np.abs(np.diff(pictures, axis=1, append=pictures[:, -2:-1]))
    return np.asarray((across + down) / 2, dtype=np.float32)
