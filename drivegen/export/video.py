"""Frames as AV1 in mp4 (SVT-AV1 through PyAV: free of patents and of the GPL, plays in browsers)."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from drivegen.core import DataError
from drivegen.core.arrays import Bytes

# Constant quality: 0 best, 63 worst; preset 0 slowest, 13 fastest.
_OPTIONS = {"preset": "8", "crf": "24"}
_SMALLEST_PX = 64


def write_mp4(path: Path, frames: Bytes, fps: float) -> None:
    """Encode frames (T, H, W, 3) uint8 RGB.

    Odd sizes are padded by one pixel, as the colour of video is stored at half the resolution.

    Raises:
        DataError: frames smaller than AV1 takes, or an encoder that fails.
    """
    height, width = frames.shape[1:3]
    if min(height, width) < _SMALLEST_PX:
        remedy = "raise scale"
        raise DataError(
            "frames are too small for AV1",
            where=path,
            expected=f"{_SMALLEST_PX} px",
            got=(height, width),
            remedy=remedy,
        )
    frames = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    # The encoder prints its settings to stderr unless told to print errors only.
    os.environ.setdefault("SVT_LOG", "1")
    try:
        with av.open(str(path), "w", format="mp4") as container:
            stream = container.add_stream("libsvtav1", rate=Fraction(fps).limit_denominator(1001), options=_OPTIONS)
            stream.height, stream.width, stream.pix_fmt = frames.shape[1], frames.shape[2], "yuv420p"
            for frame in frames:
                picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
    except (av.FFmpegError, ValueError) as error:
        raise DataError("video cannot be encoded", where=path, got=str(error)) from error
