"""Room for the frames of a batch: in memory while that is little, else in a file without a name."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from drivegen.core.arrays import Bytes
from drivegen.core.errors import DataError

# 3 clips of 64 frames of 64 x 128 pixels take 5 MiB, 3 of five minutes at 128 x 256 and 12 frames per second a GiB.
IN_MEMORY_BYTES = 128 * 2**20


def frame_room(shape: tuple[int, int, int, int, int], folder: Path, in_memory: int = IN_MEMORY_BYTES) -> Bytes:
    """An array (B, T, H, W, 3) uint8 for frames that come one after another.

    What is larger than `in_memory` bytes lies in a file of `folder` that has no name: the system takes its pages out of
    memory as it needs room, and the file is gone when the array is, or when the process is killed.

    Raises:
        DataError: the folder cannot be written, or has no room.
    """
    size = int(np.prod(shape))
    if size <= in_memory:
        return np.zeros(shape, dtype=np.uint8)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            # A hole: it takes room as frames come. The mapping keeps the file open.
            file.truncate(size)
            return np.memmap(file, dtype=np.uint8, mode="r+", shape=shape)
    except OSError as error:
        remedy = "make room, or ask for shorter or smaller clips"
        raise DataError("no room for frames", where=folder, got=error.strerror, remedy=remedy) from error
