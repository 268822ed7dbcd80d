"""Small painted datasets: a bright rectangle stands where every label is, or beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivegen.core import (
    Ambience,
    Clip,
    FrameKind,
    FrameLabels,
    LabelPolicy,
    Provenance,
    Scenario,
    TimeOfDay,
    Track,
    Trajectory,
    Verdict,
    Weather,
    forward_camera,
    label_frame,
    stream,
)
from drivegen.core.arrays import Bytes
from drivegen.store import StoreConfig, StoreWriter

SIZE = (32, 64)
FRAMES = 2
STEP_US = 300_000
COLOURS = {"car": (240, 60, 40), "pedestrian": (40, 220, 90)}
BODIES = {"car": (4.4, 1.9, 1.6), "pedestrian": (0.7, 0.7, 1.8)}
WEATHERS = tuple(Weather)

MakeClip = Callable[..., Clip]
WriteStore = Callable[..., Path]


def _labels(name: str) -> list[FrameLabels]:
    """A car and a pedestrian before a standing camera, somewhere that the name decides."""
    draws = stream(0, "painted", name)
    times = np.array([0, STEP_US * FRAMES])
    still = np.tile([1.0, 0.0, 0.0, 0.0], (2, 1))
    tracks = []
    for category, side in (("car", draws.uniform(-3, 0)), ("pedestrian", draws.uniform(1, 3))):
        box = BODIES[category]
        place = np.array([draws.uniform(8, 14), side, box[2] / 2])
        path = Trajectory(times, np.stack([place, place + np.array([1.0, 0.0, 0.0])]), still)
        tracks.append(Track(f"{name}-{category}", category, path, np.tile(box, (2, 1))))
    camera = forward_camera("CAM_FRONT", SIZE, 1.2, 1.5)
    ego = Trajectory(times, np.zeros((2, 3)), still)
    frame_times = np.arange(FRAMES) * STEP_US
    scenario = Scenario(name, ego, {"CAM_FRONT": camera}, {"CAM_FRONT": frame_times}, tuple(tracks))
    return [label_frame(scenario, camera, int(time), LabelPolicy()) for time in frame_times]


def _paint(labels: FrameLabels, name: str, shift_px: int) -> Bytes:
    frame = stream(1, name).integers(90, 130, (*SIZE, 3), dtype=np.uint8)
    # Nearest first in the labels, so nearest last onto the picture.
    for box, category in reversed(list(zip(labels.visible_px, labels.categories, strict=True))):
        x_min, y_min, x_max, y_max = np.round(box).astype(int)
        frame[y_min:y_max, max(0, x_min + shift_px) : max(0, x_max + shift_px)] = COLOURS[category]
    return frame


@pytest.fixture(scope="session")
def make_clip() -> MakeClip:
    """Makes a clip of a scenario; `shift_px` moves the pictures of the objects away from their labels."""

    def make(name: str, *, kind: FrameKind = FrameKind.RENDERED, shift_px: int = 0, **changes: Any) -> Clip:
        labels = _labels(name)
        number = int(name.rsplit("-", 1)[1])
        values: dict[str, Any] = {
            "clip_id": f"{name}-clip",
            "scenario_id": name,
            "camera": "CAM_FRONT",
            "frames": np.stack([_paint(frame, name, shift_px) for frame in labels]),
            "labels": tuple(labels),
            "ambience": Ambience(WEATHERS[number % 2], TimeOfDay.DAY),
            "fps": 1e6 / STEP_US,
            "provenance": Provenance(kind, "painted", number, license="CC0-1.0"),
            "verdict": Verdict("frames", number % 3 > 0),
        }
        return Clip(**(values | changes))

    return make


@pytest.fixture(scope="session")
def write_store(make_clip: MakeClip) -> WriteStore:
    """Writes a store of `count` clips of scenarios `prefix-0` and following."""

    def write(root: Path, prefix: str, count: int, **changes: Any) -> Path:
        with StoreWriter(root, StoreConfig(), {"prefix": prefix}) as writer:
            for number in range(count):
                writer.write(make_clip(f"{prefix}-{number}", **changes))
        return root

    return write


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory, write_store: WriteStore) -> dict[str, Path]:
    """Reference, generated and test stores that tests do not change."""
    folder = tmp_path_factory.mktemp("stores")
    return {
        "reference": write_store(folder / "reference", "reference", 8),
        "generated": write_store(folder / "generated", "generated", 6, kind=FrameKind.GENERATED, shift_px=12),
        "test": write_store(folder / "test", "test", 8),
    }
