"""Roots of plain drives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from drivegen.core import Scenario, Track, Trajectory, forward_camera
from drivegen.nuscenes_format import NuScenesWriter

SIZE = (40, 64)
WriteRoot = Callable[..., Path]


def drive(name: str, times: np.ndarray, appearance: tuple[float, float, float] | None = None) -> Scenario:
    """A vehicle that stands behind one car."""
    upright = np.tile([1.0, 0.0, 0.0, 0.0], (len(times), 1))
    still = np.zeros((len(times), 3))
    place = Trajectory(times, still + np.array([10.0, 0.0, 1.0]), upright)
    car = Track("car", "car", place, np.tile([4.0, 2.0, 2.0], (len(times), 1)), appearance=appearance)
    camera = forward_camera("CAM_FRONT", SIZE, 1.2, 1.5)
    return Scenario(name, Trajectory(times, still, upright), {"CAM_FRONT": camera}, {"CAM_FRONT": times}, (car,))


@pytest.fixture
def write_root(tmp_path: Path) -> WriteRoot:
    """Writes drives of `frames` frames at 10 Hz."""

    def write(
        names: Sequence[str], frames: int = 12, splits: Mapping[str, Sequence[str]] | None = None, name: str = "root"
    ) -> Path:
        times = np.arange(frames, dtype=np.int64) * 100_000
        with NuScenesWriter(tmp_path / name, image_format="png") as writer:
            for number, scene in enumerate(names):
                picture = np.full((*SIZE, 3), 30, np.uint8)
                picture[:, :, number % 3] = 200
                writer.add_scene(drive(scene, times), {"CAM_FRONT": [picture] * frames})
            writer.close(splits=splits)
        return tmp_path / name

    return write
