"""Clips and observations made by hand: a short street, and what a perfect judge sees of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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
    Pose,
    Provenance,
    Scenario,
    TimeOfDay,
    Track,
    Trajectory,
    Weather,
    ego_motion,
    forward_camera,
    label_frame,
)

SIZE = (64, 128)
FPS = 4.0
SIZES_M = {"car": (4.5, 1.8, 1.6), "truck": (7.0, 2.4, 3.0), "pedestrian": (0.7, 0.7, 1.8)}


class Hand:
    """Makes clips, labels and observations."""

    size, fps = SIZE, FPS

    @staticmethod
    def trajectory(frames: int, start: Sequence[float], velocity: Sequence[float]) -> Trajectory:
        """A straight drive, heading along x."""
        times = np.arange(frames) * round(1e6 / FPS)
        places = np.asarray(start) + times[:, None] / 1e6 * np.asarray(velocity)
        return Trajectory(times, places, np.tile([1.0, 0.0, 0.0, 0.0], (frames, 1)))

    def track(self, name: str, category: str, frames: int, start: Sequence[float], speed: Sequence[float]) -> Track:
        """An agent on a straight path."""
        path = self.trajectory(frames, start, speed)
        return Track(name, category, path, np.tile(SIZES_M[category], (frames, 1)))

    @staticmethod
    def labels(tracks: Sequence[Track], ego: Trajectory, yaw_rad: float = 0.0) -> tuple[FrameLabels, ...]:
        """What a camera that looks ahead (turned left by `yaw_rad`) sees of the tracks."""
        camera = forward_camera("CAM_FRONT", SIZE, 1.2, 1.5)
        turned = Pose(np.array([np.cos(yaw_rad / 2), 0.0, 0.0, np.sin(yaw_rad / 2)]), np.zeros(3))
        camera = replace(camera, ego_from_camera=turned @ camera.ego_from_camera)
        scenario = Scenario("s", ego, {"CAM_FRONT": camera}, {"CAM_FRONT": ego.timestamps_us}, tuple(tracks))
        return tuple(label_frame(scenario, camera, int(time), LabelPolicy()) for time in ego.timestamps_us)

    def street(
        self, frames: int = 6, ego_mps: float = 0.0, yaw_rad: float = 0.0, without: str = ""
    ) -> tuple[FrameLabels, ...]:
        """A car ahead that keeps its distance, a parked one to the left, and a pedestrian who walks to the right."""
        tracks = [
            self.track("car", "car", frames, (14, 0, 0.8), (ego_mps, 0, 0)),
            self.track("parked", "car", frames, (20, 6, 0.8), (0, 0, 0)),
            self.track("walker", "pedestrian", frames, (12, -3, 0.9), (0, -0.6, 0)),
        ]
        tracks = [track for track in tracks if track.track_id != without]
        return self.labels(tracks, self.trajectory(frames, (0, 0, 0), (ego_mps, 0, 0)), yaw_rad)

    def road(self, frames: int = 6, ego_mps: float = 0.0) -> tuple[FrameLabels, ...]:
        """Nobody there."""
        return self.labels([], self.trajectory(frames, (0, 0, 0), (ego_mps, 0, 0)))

    @staticmethod
    def clip(labels: Sequence[FrameLabels], frames: np.ndarray | None = None, *, labelled: bool = True) -> Clip:
        """A clip of a rainy night; without frames, of noise."""
        if frames is None:
            frames = np.random.default_rng(0).integers(0, 256, (len(labels), *SIZE, 3), dtype=np.uint8)
        return Clip(
            "c", "s", "CAM_FRONT", frames, tuple(labels), Ambience(Weather.RAIN, TimeOfDay.NIGHT), FPS,
            Provenance(FrameKind.RENDERED, "reference", 0), labelled=labelled,
        )  # fmt: skip

    def seen(self, labels: Sequence[FrameLabels], score: float = 0.9) -> ClipObservation:
        """What a perfect judge sees: every scored object, and all that the labels say of a rainy night."""
        speed, turning = ego_motion(labels)
        return ClipObservation(
            frames=tuple(self._frame(frame, score) for frame in labels),
            identities=tuple(self._identities(frame) for frame in labels),
            speed_mps=speed,
            yaw_rate_radps=turning,
            order_probability=np.array([0.9 if len(labels) > 1 else np.nan]),
            window_features=np.ones((1, 4), dtype=np.float32),
            window_frames=len(labels),
        )

    @staticmethod
    def with_detections(observation: ClipObservation, found: Sequence[Detections]) -> ClipObservation:
        """The same with other detections."""
        frames = [replace(frame, detections=one) for frame, one in zip(observation.frames, found, strict=True)]
        return replace(observation, frames=tuple(frames))

    @staticmethod
    def _frame(labels: FrameLabels, score: float) -> FrameObservation:
        chosen = np.flatnonzero(labels.scored)
        ids = np.array([CATEGORY_ID[labels.categories[i]] for i in chosen], dtype=np.int64)
        found = Detections.of_boxes(labels.visible_px[chosen], np.full(len(chosen), score), ids)
        weather, time = np.array([0.02, 0.06, 0.9, 0.01, 0.01]), np.array([0.05, 0.05, 0.9])
        return FrameObservation(found, weather, time, float(labels.road_users()), np.zeros(4, dtype=np.float32))

    def _identities(self, labels: FrameLabels) -> np.ndarray:
        vectors = [self.embedding(name) for name in labels.track_ids]
        return np.stack(vectors) if vectors else np.zeros((0, 8), dtype=np.float32)

    @staticmethod
    def embedding(name: str) -> np.ndarray:
        """A unit vector (8,) that belongs to a name."""
        vector = np.random.default_rng(sum(map(ord, name))).normal(size=8)
        return (vector / np.linalg.norm(vector)).astype(np.float32)


@pytest.fixture
def hand() -> Hand:
    return Hand()
