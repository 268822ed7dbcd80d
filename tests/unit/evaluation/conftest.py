"""A small painted world, and a judge that reads it: everything that it sees can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from drivegen.core import (
    CATEGORY_ID,
    Ambience,
    Clip,
    ClipObservation,
    Detections,
    FrameKind,
    FrameLabels,
    FrameObservation,
    LabelPolicy,
    Observer,
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
from drivegen.core.arrays import Bytes, Floats
from drivegen.store import StoreConfig, StoreWriter

SIZE = (64, 128)
STEP_US = 250_000
# What each class is painted in; nothing else has these colours.
PAINT = {"car": (250, 10, 10), "pedestrian": (10, 10, 250)}

MakeClip = Callable[..., Clip]
WriteClips = Callable[..., Path]


class PaintReader(Observer):
    """Finds painted boxes; reads weather, time of day and speed off the first three pixels of a frame."""

    resize_filter = "none"

    def __init__(self, sha256: str = "paint") -> None:
        self._sha256 = sha256

    @property
    def sha256(self) -> str:
        """Its version."""
        return self._sha256

    def observe(
        self, frames: Bytes, boxes_px: Sequence[Floats], fps: float, window_frames: int = 16
    ) -> ClipObservation:
        """What is painted."""
        seen = tuple(_look(frame) for frame in frames)
        features = np.stack([frame.feature for frame in seen])
        length = min(window_frames, len(frames))
        windows = [features[i : i + length].mean(axis=0) for i in range(0, len(frames) - length + 1, length)]
        pairs = zip(frames, boxes_px, strict=True)
        speed = frames[:-1, 0, 2, 0] / 5.0
        return ClipObservation(
            seen, tuple(_identities(frame, boxes) for frame, boxes in pairs), speed, np.zeros(len(frames) - 1),
            np.ones(len(windows)), np.stack(windows).astype(np.float32), length,
        )  # fmt: skip


def _look(frame: Bytes) -> FrameObservation:
    boxes, ids = [], []
    for category, colour in PAINT.items():
        count, _, stats, _ = cv2.connectedComponentsWithStats((frame == colour).all(axis=-1).astype(np.uint8))
        for left, top, width, height, area in stats[1:count]:
            if area >= 9:
                boxes.append([left, top, left + width, top + height])
                ids.append(CATEGORY_ID[category])
    found = Detections.of_boxes(np.array(boxes, dtype=np.float64).reshape(-1, 4), np.full(len(ids), 0.9), np.array(ids))
    halves = np.concatenate([half.reshape(-1, 3).mean(axis=0) for half in np.split(frame, 2)]) / 255.0
    return FrameObservation(
        found, _one_of(5, frame[0, 0, 0]), _one_of(3, frame[0, 1, 0]), float(len(ids)), halves.astype(np.float32)
    )


def _one_of(count: int, level: int) -> Floats:
    probabilities = np.full(count, 0.02)
    probabilities[min(int(level) // 40, count - 1)] = 1.0 - 0.02 * (count - 1)
    return probabilities


def _identities(frame: Bytes, boxes: Floats) -> np.ndarray[Any, np.dtype[np.float32]]:
    vectors = np.full((len(boxes), 3), np.nan)
    for vector, box in zip(vectors, boxes, strict=True):
        if np.isfinite(box).all():
            left, top, right, bottom = np.round(box).astype(int)
            colour = frame[top : bottom + 1, left : right + 1].reshape(-1, 3).mean(axis=0) + 1.0
            vector[:] = colour / np.linalg.norm(colour)
    return vectors.astype(np.float32)


def paint(labels: FrameLabels, ambience: Ambience, backdrop: Bytes, speed_mps: float, missed: set[str]) -> Bytes:
    """A frame that shows its labels, but for the missed tracks."""
    frame = backdrop.copy()
    for index in reversed(range(len(labels))):
        box = labels.visible_px[index]
        if labels.track_ids[index] not in missed and np.isfinite(box).all():
            left, top, right, bottom = np.round(box).astype(int)
            frame[top:bottom, left:right] = PAINT[labels.categories[index]]
    frame[0, 0] = 40 * list(Weather).index(ambience.weather or Weather.CLEAR) + 20
    frame[0, 1] = 40 * list(TimeOfDay).index(ambience.time_of_day or TimeOfDay.DAY) + 20
    frame[0, 2] = round(5 * speed_mps)
    return frame


@pytest.fixture(scope="session")
def painted_clip() -> MakeClip:
    """Makes clip `number` of the painted world: two cars and a pedestrian, driven past at 8 m/s."""

    def make(
        number: int, *, frames: int = 4, kind: FrameKind = FrameKind.RENDERED, missed: tuple[str, ...] = (),
        shown: Ambience | None = None, noise: int = 0, passed: bool | None = True, clip_id: str | None = None,
    ) -> Clip:  # fmt: skip
        scenario = _scenario(number, frames)
        camera = scenario.cameras["CAM_FRONT"]
        times = [i * STEP_US for i in range(frames)]
        labels = tuple(label_frame(scenario, camera, time, LabelPolicy()) for time in times)
        random = stream(number, "backdrop")
        base = random.integers(60, 200, (8, 16, 3), dtype=np.uint8)
        rolled = [np.roll(base, 2 * t, axis=1).repeat(8, axis=0).repeat(8, axis=1) for t in range(frames)]
        noisy = [
            np.clip(b + stream(number, "noise", t).normal(0, noise, b.shape), 40, 220).astype(np.uint8)
            for t, b in enumerate(rolled)
        ]
        ambience = shown or scenario.ambience
        pixels = [paint(f, ambience, b, 8.0, set(missed)) for f, b in zip(labels, noisy, strict=True)]
        return Clip(
            clip_id or f"clip-{number:03d}", scenario.scenario_id, "CAM_FRONT", np.stack(pixels), labels,
            scenario.ambience, 4.0, Provenance(kind, "test", 0), verdict=Verdict("frames", passed),
        )  # fmt: skip

    return make


def _scenario(number: int, frames: int) -> Scenario:
    times = np.arange(max(2, frames)) * STEP_US
    seconds = times[:, None] / 1e6
    ahead = np.tile([1.0, 0.0, 0.0, 0.0], (len(times), 1))

    def track(name: str, category: str, x_m: float, y_m: float, box: tuple[float, float, float]) -> Track:
        places = np.array([x_m, y_m, box[2] / 2]) + seconds * np.array([6.0, 0.0, 0.0])
        return Track(name, category, Trajectory(times, places, ahead), np.tile(box, (len(times), 1)))

    tracks = (
        track("car-a", "car", 14.0 + number % 3, 3.0, (4.0, 1.9, 1.7)),
        track("car-b", "car", 17.0, -4.0, (4.0, 1.9, 1.7)),
        track("walker", "pedestrian", 12.0, -1.0, (0.6, 0.6, 1.8)),
    )
    ego = Trajectory(times, seconds * np.array([8.0, 0.0, 0.0]), ahead)
    camera = forward_camera("CAM_FRONT", SIZE, 1.2, height_m=1.5)
    ambience = Ambience(list(Weather)[number % 2], list(TimeOfDay)[number % 2])
    return Scenario(
        f"scene-{number:03d}", ego, {"CAM_FRONT": camera}, {"CAM_FRONT": np.arange(frames) * STEP_US}, tracks, ambience
    )


@pytest.fixture(scope="session")
def write_clips() -> WriteClips:
    """Writes clips as a store and gives its folder back."""

    def write(root: Path, clips: Sequence[Clip]) -> Path:
        with StoreWriter(root, StoreConfig(), {"seed": 0}) as writer:
            for clip in clips:
                writer.write(clip)
            writer.close()
        return root

    return write


@pytest.fixture(scope="session")
def paint_reader() -> PaintReader:
    """The judge of the painted world."""
    return PaintReader()


@pytest.fixture(scope="session")
def painted_reference(
    tmp_path_factory: pytest.TempPathFactory, painted_clip: MakeClip, write_clips: WriteClips
) -> Path:
    """Twelve rendered clips."""
    return write_clips(tmp_path_factory.mktemp("painted") / "reference", [painted_clip(n) for n in range(12)])
