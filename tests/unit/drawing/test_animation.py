"""Short videos come back as they were written."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from drivegen.core import DataError
from drivegen.drawing import write_animation


def test_frames_colours_and_rate_come_back(tmp_path: Path) -> None:
    frames = np.zeros((3, 16, 24, 3), np.uint8)
    frames[0, ..., 0], frames[1, ..., 1], frames[2, ..., 2] = 200, 200, 200
    write_animation(tmp_path / "new" / "a.webp", frames, 4.0)
    done, read = cv2.imreadanimation(str(tmp_path / "new" / "a.webp"))
    assert done
    assert list(read.durations) == [250, 250, 250]
    back = np.stack([frame[..., 2::-1] for frame in read.frames])
    assert np.abs(back.astype(int) - frames).max() < 12
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.webp"]


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="wrong frames"):
        write_animation(tmp_path / "a.webp", np.zeros((16, 24, 3), np.uint8), 4.0)
    assert list(tmp_path.iterdir()) == []
