"""Frames as PNG or JPEG bytes and back (cv2 works in BGR; everything outside this module is RGB)."""

from __future__ import annotations

import cv2
import numpy as np

from drivegen.core import DataError
from drivegen.core.arrays import Bytes
from drivegen.store.config import StoreConfig

# Fixed, so that bytes do not change with OpenCV's defaults.
_PNG_LEVEL = 6


def encode_image(image: Bytes, config: StoreConfig) -> bytes:
    """Encode an RGB image (H, W, 3) uint8 as `config.image_format` says.

    Raises:
        DataError: the encoder refuses the image.
    """
    if config.image_format == "png":
        options = [cv2.IMWRITE_PNG_COMPRESSION, _PNG_LEVEL]
    else:
        options = [cv2.IMWRITE_JPEG_QUALITY, config.jpeg_quality]
    done, data = cv2.imencode(f".{config.image_format}", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise DataError("image cannot be encoded", where=config.image_format, got=str(image.shape))
    return bytes(data.tobytes())


def decode_image(data: bytes | None, where: str) -> Bytes:
    """Decode PNG or JPEG bytes to RGB (H, W, 3) uint8.

    Args:
        where: names the row, for the message.

    Raises:
        DataError: no bytes, or bytes that are no image.
    """
    if not data:
        raise DataError("image is missing", where=where, expected="PNG or JPEG bytes")
    image = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise DataError("image does not decode", where=where, expected="PNG or JPEG bytes", got=f"{len(data)} bytes")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)
