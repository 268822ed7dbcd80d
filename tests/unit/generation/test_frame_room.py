"""Where the frames of a batch lie while they are made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drivegen.core import DataError
from drivegen.generation.frame_room import frame_room

SHAPE = (2, 3, 4, 5, 3)


def test_little_is_kept_in_memory(tmp_path: Path) -> None:
    room = frame_room(SHAPE, tmp_path / "out")
    assert type(room) is np.ndarray and room.shape == SHAPE and not room.any()
    assert not (tmp_path / "out").exists()


def test_much_lies_in_a_file_that_leaves_no_trace(tmp_path: Path) -> None:
    room = frame_room(SHAPE, tmp_path / "out", in_memory=10)
    room[1, 2] = 7
    clip = room[1]
    assert isinstance(room, np.memmap) and room.shape == SHAPE and room.dtype == np.uint8
    assert list((tmp_path / "out").iterdir()) == []
    del room
    assert (clip[2] == 7).all() and not clip[:2].any()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="no room for frames"):
        frame_room(SHAPE, tmp_path / "file", in_memory=10)
