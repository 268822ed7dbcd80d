"""A painted street whose pixels follow from its labels, and an observer that really finds what is painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest

from drivegen.core import (
    CATEGORY_ID,
    Ambience,
    Camera,
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
    Weather,
    forward_camera,
    label_frame,
)
from drivegen.core.arrays import Bytes, Floats, Integers

STEP_US = 333_333
# Brightness of the street by time of day, and its tint by weather: what the observer tells them from.
LIGHT = {TimeOfDay.DAY: 150.0, TimeOfDay.DUSK: 110.0, TimeOfDay.NIGHT: 70.0}
TINT = {Weather.CLEAR: 0.0, Weather.CLOUDY: 2.0, Weather.RAIN: 4.0, Weather.SNOW: 6.0, Weather.FOG: 8.0}
SIZES = {"car": (4.4, 1.9, 1.6), "pedestrian": (0.6, 0.7, 1.75)}
PAINTS = ((200, 30, 30), (30, 60, 210), (20, 150, 40), (220, 180, 20), (150, 40, 170))
STREET = (
    ("car", 24.0, 3.4), ("car", 32.0, -3.4), ("car", 20.0, -5.0), ("pedestrian", 18.0, 5.5), ("pedestrian", 25.0, -1.2),
    ("car", 28.0, 8.0),
)  # fmt: skip
CLOUDY_DAY = Ambience(Weather.CLOUDY, TimeOfDay.DAY)

MakePainted = Callable[..., Clip]


@pytest.fixture(scope="session")
def painted_clip() -> MakePainted:
    """Makes a clip of a drive past standing cars and pedestrians (category, metres ahead, metres to the left)."""

    def make(
        clip_id: str = "street-0",
        *,
        frames: int = 8,
        size: tuple[int, int] = (128, 256),
        speed_mps: float = 3.0,
        objects: Sequence[tuple[str, float, float]] = STREET,
        ambience: Ambience = CLOUDY_DAY,
    ) -> Clip:
        times = np.arange(frames) * STEP_US
        camera = forward_camera("CAM_FRONT", size, 1.2, height_m=1.6, pitch_rad=0.02)
        scenario = _scenario(times, camera, speed_mps, objects, ambience)
        labels = tuple(label_frame(scenario, camera, int(time), LabelPolicy()) for time in times)
        pixels = np.stack([paint(frame, ambience, seed) for seed, frame in enumerate(labels)])
        provenance = Provenance(FrameKind.RENDERED, "reference", 0)
        return Clip(clip_id, clip_id, "CAM_FRONT", pixels, labels, ambience, 1e6 / STEP_US, provenance)

    return make


@pytest.fixture(scope="session")
def paint_observer() -> Observer:
    """Finds painted rectangles."""
    return PaintObserver()


def _scenario(
    times: Integers, camera: Camera, speed_mps: float, objects: Sequence[tuple[str, float, float]], ambience: Ambience
) -> Scenario:
    ahead = np.zeros((len(times), 3))
    ahead[:, 0] = speed_mps * times / 1e6
    straight = np.tile([1.0, 0, 0, 0], (len(times), 1))
    tracks = []
    for i, (category, x, y) in enumerate(objects):
        path = Trajectory(times, np.tile([x, y, SIZES[category][2] / 2], (len(times), 1)), straight)
        red, green, blue = (value / 255.0 for value in PAINTS[i % len(PAINTS)])
        sizes = np.tile(SIZES[category], (len(times), 1))
        tracks.append(Track(f"{category}-{i}", category, path, sizes, appearance=(red, green, blue)))
    ego = Trajectory(times, ahead, straight)
    return Scenario("street", ego, {"CAM_FRONT": camera}, {"CAM_FRONT": times}, tuple(tracks), ambience)


def paint(labels: FrameLabels, ambience: Ambience, seed: int) -> Bytes:
    """A frame (H, W, 3): grey walls and road that pass by, a rectangle for each visible box, a little noise."""
    height, width = labels.camera.size
    rows, columns = np.mgrid[:height, :width] + 0.5
    travelled = labels.global_from_ego.translation[0]
    # How far away ground, ceiling and walls of a tunnel are: a texture on it moves as the street would.
    sideways, downwards = np.abs(columns - width / 2) / width, np.abs(rows - height / 2) / height
    depth = 1.0 / np.maximum(np.maximum(sideways, downwards), 0.02)
    patches = np.random.default_rng(9).uniform(-28.0, 28.0, 80)
    texture = np.interp(depth + travelled, 3.0 * np.arange(80), patches) * np.clip(12.0 / depth, 0, 1)
    light, tint = LIGHT[ambience.time_of_day or TimeOfDay.DAY], TINT[ambience.weather or Weather.CLEAR]
    image = np.repeat((light + texture)[..., None], 3, axis=2) + np.array([-tint, 0.0, tint])
    for i in reversed(range(len(labels))):
        if np.isfinite(labels.visible_px[i]).all():
            left, top, right, bottom = np.rint(labels.visible_px[i]).astype(int)
            shade = np.linspace(0.85, 1.15, max(1, bottom - top))[: image[top:bottom].shape[0], None, None]
            image[top:bottom, left:right] = labels.appearance[i] * 255 * shade
    noise = np.random.default_rng(seed).normal(0, 1.0, image.shape)
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


class PaintObserver(Observer):
    """Sees rectangles of one strong colour: tall ones are pedestrians, wide ones cars; grey tells weather and light."""

    @property
    def sha256(self) -> str:
        return "paint"

    def observe(
        self, frames: Bytes, boxes_px: Sequence[Floats], fps: float, window_frames: int = 16
    ) -> ClipObservation:
        """Everything but motion, which it does not tell."""
        identities = tuple(
            np.array([self._identity(frame, box) for box in boxes], dtype=np.float32).reshape(-1, 3)
            for frame, boxes in zip(frames, boxes_px, strict=True)
        )
        unknown = np.full(max(0, len(frames) - 1), np.nan)
        feature = np.zeros((1, 4), np.float32)
        seen = tuple(self._frame(frame) for frame in frames)
        return ClipObservation(seen, identities, unknown, unknown, np.array([np.nan]), feature, len(frames))

    def _frame(self, frame: Bytes) -> FrameObservation:
        detections = self.detect(frame)
        street = frame[::2, ::2].reshape(-1, 3).astype(np.float64)
        grey = street[np.ptp(street, axis=1) < 40]
        tint, light = float(np.median(grey[:, 2] - grey[:, 0])) / 2, float(np.median(grey))
        weather = _probabilities(np.array([TINT[weather] for weather in Weather]), tint, 0.5)
        time = _probabilities(np.array([LIGHT[time] for time in TimeOfDay]), light, 10.0)
        return FrameObservation(detections, weather, time, float(len(detections)), np.zeros(4, np.float32))

    @staticmethod
    def detect(frame: Bytes) -> Detections:
        """Rectangles of one hue; neighbours of different hues are told apart."""
        hsv = cv2.cvtColor(frame, cv2.COLOR_RGB2HSV)
        strong = (hsv[..., 1] > 120) & (hsv[..., 2] > 15)
        boxes, categories = [], []
        for paint_rgb in PAINTS:
            hue = int(cv2.cvtColor(np.array([[paint_rgb]], np.uint8), cv2.COLOR_RGB2HSV)[0, 0, 0])
            apart = np.abs(hsv[..., 0].astype(int) - hue)
            mask = strong & (np.minimum(apart, 180 - apart) < 10)
            _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
            for left, top, width, height, area in stats[1:]:
                if area >= 12:
                    boxes.append([left, top, left + width, top + height])
                    categories.append(CATEGORY_ID["pedestrian" if height > 1.3 * width else "car"])
        return Detections.of_boxes(np.array(boxes).reshape(-1, 4), np.full(len(boxes), 0.9), np.array(categories, int))

    @staticmethod
    def _identity(frame: Bytes, box: Floats) -> Floats:
        if not np.isfinite(box).all() or (box[2:] - box[:2]).min() < 1:
            return np.full(3, np.nan)
        left, top, right, bottom = np.rint(box).astype(int)
        colour = frame[max(0, top) : bottom + 1, max(0, left) : right + 1].reshape(-1, 3).mean(axis=0) - 100.0
        return np.asarray(colour / max(1e-6, float(np.linalg.norm(colour))))


def _probabilities(levels: Floats, value: float, width: float) -> Floats:
    weights = np.exp(-np.abs(levels - value) / width) + 1e-6
    return np.asarray(weights / weights.sum())
