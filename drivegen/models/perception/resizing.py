"""Frames to the sizes and the range that perception nets take."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from drivegen.core.arrays import Bytes


def resize_frames(frames: Bytes, size: tuple[int, int]) -> Bytes:
    """Frames (N, H, W, 3) uint8 at another size (h, w): area average where both sides shrink, else bilinear.

    Another aspect is squeezed: nothing is cut off.
    """
    h, w = size
    if frames.shape[1:3] == (h, w):
        return frames
    shrinks = h <= frames.shape[1] and w <= frames.shape[2]
    filter_ = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = np.empty((len(frames), h, w, 3), dtype=np.uint8)
    for i, frame in enumerate(frames):
        resized[i] = cv2.resize(frame, (w, h), interpolation=filter_)
    return resized


def images_of(frames: Bytes, device: torch.device | str = "cpu") -> Tensor:
    """Frames (N, H, W, 3) uint8 to images (N, 3, H, W) in [-1, 1]."""
    channels_first = np.ascontiguousarray(np.moveaxis(frames, -1, 1))
    return torch.from_numpy(channels_first).to(device).float() / 127.5 - 1.0
