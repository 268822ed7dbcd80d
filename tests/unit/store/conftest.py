"""Small clips and stores that the tests of the store share."""

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
    LabelPolicy,
    Provenance,
    Requested,
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
from drivegen.store import Manifest, StoreConfig, StoreWriter

MakeClip = Callable[..., Clip]
WriteStore = Callable[..., Manifest]
STEP_US = 100_000


def _scenario(frames: int, size: tuple[int, int]) -> Scenario:
    """A car that drives ahead, one behind it (partly hidden), a pedestrian hidden by the car, and a turning ego."""
    times = np.array([0, STEP_US * max(1, frames)])
    straight = np.tile([1.0, 0.0, 0.0, 0.0], (2, 1))
    turned = np.array([[np.cos(0.02), 0, 0, np.sin(0.02)], [np.cos(0.05), 0, 0, np.sin(0.05)]])

    def track(name: str, category: str, x_m: float, y_m: float, box: tuple[float, float, float], **kw: Any) -> Track:
        positions = np.array([[x_m, y_m, box[2] / 2], [x_m + 1.5, y_m, box[2] / 2]])
        return Track(name, category, Trajectory(times, positions, straight), np.tile(box, (2, 1)), **kw)

    tracks = (
        track("car-a", "car", 14.0, 0.3, (4.5, 2.0, 1.6), appearance=(0.9, 0.1, 0.2), body="sedan"),
        track("truck-b", "truck", 26.0, -1.5, (8.0, 2.6, 3.2), attribute="vehicle.moving"),
        track("walker-c", "pedestrian", 19.0, 0.4, (0.6, 0.6, 1.2)),
    )
    ego = Trajectory(times, np.array([[0.0, 0.0, 0.0], [1.0, 0.05, 0.0]]), turned)
    camera = forward_camera("CAM_FRONT", size, 1.2, height_m=1.5, pitch_rad=0.03)
    return Scenario("scenario-0", ego, {"CAM_FRONT": camera}, {"CAM_FRONT": np.arange(frames) * STEP_US}, tracks)


@pytest.fixture(scope="session")
def make_clip() -> MakeClip:
    """Makes a clip with labels that follow from its calibration, and random pixels."""

    def make(clip_id: str = "clip-0", *, frames: int = 3, size: tuple[int, int] = (48, 96), **changes: Any) -> Clip:
        scenario = _scenario(frames, size)
        times = scenario.frame_times_us["CAM_FRONT"]
        labels = [label_frame(scenario, scenario.cameras["CAM_FRONT"], int(t), LabelPolicy()) for t in times]
        values: dict[str, Any] = {
            "clip_id": clip_id,
            "scenario_id": "scenario-0",
            "camera": "CAM_FRONT",
            "frames": stream(1, clip_id).integers(0, 256, (frames, *size, 3), dtype=np.uint8),
            "labels": tuple(labels),
            "ambience": Ambience(Weather.RAIN, TimeOfDay.NIGHT),
            "fps": 10.0,
            "provenance": Provenance(FrameKind.RENDERED, "reference", 7, config_hash="abc", license="MIT"),
            "requested": Requested(weather="rain"),
            "verdict": Verdict("frames", True, {"sharpness": 0.5, "flicker": 0.25}),
        }
        return Clip(**(values | changes))

    return make


@pytest.fixture(scope="session")
def write_store(make_clip: MakeClip) -> WriteStore:
    """Writes a store of these clips."""

    def write(root: Path, clip_ids: tuple[str, ...] = ("a", "b", "c"), **config: Any) -> Manifest:
        with StoreWriter(root, StoreConfig(**({"clips_per_shard": 2} | config)), {"seed": 1}) as writer:
            for clip_id in clip_ids:
                if not writer.has(clip_id):
                    writer.write(make_clip(clip_id))
            return writer.close()

    return write


@pytest.fixture(scope="session")
def sound_store(tmp_path_factory: pytest.TempPathFactory, write_store: WriteStore) -> Path:
    """A store of three clips in two shards that tests copy and do not change."""
    root = tmp_path_factory.mktemp("sound") / "store"
    write_store(root)
    return root


def read_bytes(root: Path) -> dict[str, bytes]:
    """Every file under a folder."""
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.fixture(scope="session")
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Reads every file under a folder: relative path -> bytes."""
    return read_bytes
