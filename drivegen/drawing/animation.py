"""Short videos for looking at: animated WebP, which browsers and file managers play."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from drivegen.core import DataError
from drivegen.core.arrays import Bytes

_QUALITY = 90


def write_animation(path: Path, frames: Bytes, fps: float) -> None:
    """Write frames (T, H, W, 3) uint8 RGB as an animated WebP that repeats for ever; never half a file.

    Raises:
        DataError: the frames have another type or shape, or the file cannot be written.
    """
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[3] != 3 or not len(frames) or fps <= 0:
        expected = "uint8 (T, H, W, 3) and a positive rate"
        raise DataError("wrong frames", where=path, expected=expected, got=f"{frames.dtype} {frames.shape}, {fps}")
    animation = cv2.Animation()
    animation.frames = [np.ascontiguousarray(frame[..., ::-1]) for frame in frames]
    animation.durations = [max(1, round(1000.0 / fps))] * len(frames)
    # OpenCV chooses the format by the ending.
    temporary = path.with_name(f".{path.name}.tmp{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not cv2.imwriteanimation(str(temporary), animation, [cv2.IMWRITE_WEBP_QUALITY, _QUALITY]):
            raise DataError("animation could not be encoded", where=path, got=frames.shape)
        temporary.replace(path)
    except (OSError, cv2.error) as error:
        raise DataError("animation cannot be written", where=path, got=error) from error
    finally:
        temporary.unlink(missing_ok=True)
