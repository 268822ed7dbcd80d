"""Pictures on disk."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np

from drivegen.core import DataError
from drivegen.core.arrays import Bytes


def write_png(path: Path, image: Bytes) -> None:
    """Write an image (H, W, 3) uint8 RGB under a temporary name and rename it: never half a file.

    Raises:
        DataError: the image has another type or shape, or the file cannot be written.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise DataError("wrong image", where=path, expected="uint8 (H, W, 3)", got=f"{image.dtype} {image.shape}")
    done, data = cv2.imencode(".png", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not done:
        raise DataError("image could not be encoded", where=path, got=image.shape)
    path = Path(path)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(data.tobytes())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise DataError("picture cannot be written", where=path, got=error.strerror or error) from error
