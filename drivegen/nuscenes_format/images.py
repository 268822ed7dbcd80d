"""Camera images as files: RGB uint8 (H, W, 3) in memory."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from drivegen.core import DataError
from drivegen.core.arrays import Bytes

_FLAGS = {"jpg": cv2.IMWRITE_JPEG_QUALITY, "png": cv2.IMWRITE_PNG_COMPRESSION}
# zlib level 3 writes road scenes three times as fast as the default for a few per cent more bytes.
_PNG_LEVEL = 3


def encode_image(frame: Bytes, image_format: str, jpeg_quality: int) -> bytes:
    """An image file's bytes (`jpg` or `png`) of a frame (H, W, 3) uint8 RGB.

    Raises:
        DataError: the frame has another type or shape.
    """
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
        raise DataError("wrong frame", expected="uint8 (H, W, 3)", got=f"{frame.dtype} {frame.shape}")
    setting = jpeg_quality if image_format == "jpg" else _PNG_LEVEL
    done, data = cv2.imencode(
        f".{image_format}", np.ascontiguousarray(frame[..., ::-1]), [_FLAGS[image_format], setting]
    )
    if not done:
        raise DataError("image could not be encoded", expected=image_format, got=str(frame.shape))
    return bytes(data.tobytes())


def read_image(path: Path) -> Bytes:
    """A file's frame (H, W, 3) uint8 RGB.

    Raises:
        DataError: the file is absent, empty, truncated or no image.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError("image cannot be read", where=path, got=error.strerror or str(error)) from error
    if _truncated(data):
        raise DataError(
            "image is truncated", where=path, got=f"{len(data)} bytes without an end mark", remedy="fetch it again"
        )
    image = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise DataError("not an image", where=path, expected="a JPEG or PNG file", got=f"{len(data)} bytes")
    return np.ascontiguousarray(image[..., ::-1])


def _truncated(data: bytes) -> bool:
    """Whether a JPEG or PNG lacks its end mark; OpenCV would fill what is missing with grey and only warn."""
    if data.startswith(b"\xff\xd8"):
        # Some cameras pad the file after the end-of-image mark.
        return b"\xff\xd9" not in data[-4096:]
    if data.startswith(b"\x89PNG"):
        return b"IEND" not in data[-64:]
    return False
