"""Depth and instance maps as 16-bit PNG files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from drivegen.core import DataError
from drivegen.core.arrays import Integers

# A depth of one count; 0 stands for nothing within reach, such as the sky.
DEPTH_UNIT_M: Final = 0.01
_MOST: Final = 65535


def encode_depth(depth_m: npt.NDArray[np.floating]) -> bytes:
    """A PNG of depths (H, W) along the optical axis, metres: centimetres as uint16, at most 655.34 m; infinity is 0."""
    counts = np.where(np.isfinite(depth_m), np.rint(depth_m / DEPTH_UNIT_M), 0)
    return _encode(np.where(counts < _MOST, counts, 0).astype(np.uint16))


def encode_instances(index: npt.NDArray[np.integer]) -> bytes:
    """A PNG of track indices (H, W), -1 where there is no track: index + 1 as uint16.

    Raises:
        DataError: an index that 16 bits cannot hold.
    """
    if index.size and (index.min() < -1 or index.max() >= _MOST):
        raise DataError("too many instances", expected=f"-1 to {_MOST - 1}", got=(int(index.min()), int(index.max())))
    return _encode((index + 1).astype(np.uint16))


def read_depth(path: Path) -> npt.NDArray[np.float32]:
    """Depths (H, W) in metres along the optical axis; infinity where there is nothing within reach."""
    counts = _read(path)
    return np.where(counts == 0, np.inf, counts * DEPTH_UNIT_M).astype(np.float32)


def read_instances(path: Path) -> Integers:
    """Mask values (H, W): 0 where there is no track, else a track's `mask_value`."""
    return _read(path).astype(np.int64)


def _encode(values: npt.NDArray[np.uint16]) -> bytes:
    done, data = cv2.imencode(".png", np.ascontiguousarray(values), [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not done:
        raise DataError("map could not be encoded", got=str(values.shape))
    return bytes(data.tobytes())


def _read(path: Path) -> npt.NDArray[np.uint16]:
    try:
        data = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    except OSError as error:
        raise DataError("map cannot be read", where=path, got=error.strerror or str(error)) from error
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if len(data) else None
    if image is None or image.dtype != np.uint16 or image.ndim != 2:
        raise DataError("not a map", where=path, expected="a grey PNG of 16 bits")
    return np.asarray(image, dtype=np.uint16)
