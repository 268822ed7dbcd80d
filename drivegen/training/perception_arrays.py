"""What the perception nets are trained on, as arrays: frames and, of each, who is where.

They come from nuScenes roots through a cache (`perception_cache`), or from a store (`arrays_of_store`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from drivegen.core import CATEGORY_ID, Ambience, Camera, Clip, DataError, FrameLabels, TimeOfDay, Weather, ego_motion
from drivegen.core.arrays import Bytes, Floats
from drivegen.core.poses import matrix_from_quaternion
from drivegen.data import CropWindow, fit_image
from drivegen.store import StoreReader

# K: more objects than this in one frame are cut off, those that count least and are farthest first.
MAX_OBJECTS = 48
# `PerceptionArrays.role`
SCORED, CONDITIONED, WRITTEN, PADDING = 2, 1, 0, -1
# A camera that looks further aside than this does not see how fast the vehicle drives.
_MAX_ASIDE_RAD = np.pi / 4
# Numbers of tracks: this many times the number of the drive, plus the number within it.
_TRACKS_PER_DRIVE = 4096

_FRAME_FIELDS: dict[str, tuple[tuple[int, ...], type, float]] = {
    "boxes_px": ((MAX_OBJECTS, 4), np.float32, np.nan),
    "category": ((MAX_OBJECTS,), np.int8, -1),
    "depth_m": ((MAX_OBJECTS,), np.float32, np.nan),
    "alpha_rad": ((MAX_OBJECTS,), np.float32, np.nan),
    "track": ((MAX_OBJECTS,), np.int32, -1),
    "role": ((MAX_OBJECTS,), np.int8, PADDING),
    "weather": ((), np.int8, -1),
    "time_of_day": ((), np.int8, -1),
    "road_users": ((), np.float32, np.nan),
}


@dataclass(frozen=True, eq=False)
class PerceptionArrays:
    """M clips of T frames, which share N distinct frames of at most K objects each.

    Attributes:
        frames: (N, H, W, 3) uint8 RGB, often a memory map.
        clip_frames: (M, T) rows of `frames`.
        interval_s: (M,) seconds from one frame of a clip to the next.
        boxes_px: (N, K, 4) visible boxes x_min y_min x_max y_max in pixels of `frames`; NaN pads.
        category: (N, K) places in `core.CATEGORIES`; -1 pads.
        depth_m: (N, K) distance of the centre along the optical axis.
        alpha_rad: (N, K) KITTI's observation angle, as in `core.Detections`.
        track: (N, K) numbers of tracks; equal numbers are the same object, in whatever clips; -1 pads.
        role: (N, K) 2 scored, 1 conditioned, 0 written only, -1 padding.
        weather: (N,) place in `core.Weather`; -1 unknown.
        time_of_day: (N,) place in `core.TimeOfDay`; -1 unknown.
        road_users: (N,) visible road users; NaN unknown.
        speed_mps: (M, T - 1) forward speed of the vehicle between frames; NaN where the camera looks aside.
        yaw_rate_radps: (M, T - 1) its turning, left positive; likewise.
    """

    frames: Bytes
    clip_frames: np.ndarray
    interval_s: np.ndarray
    boxes_px: np.ndarray
    category: np.ndarray
    depth_m: np.ndarray
    alpha_rad: np.ndarray
    track: np.ndarray
    role: np.ndarray
    weather: np.ndarray
    time_of_day: np.ndarray
    road_users: np.ndarray
    speed_mps: np.ndarray
    yaw_rate_radps: np.ndarray

    def __post_init__(self) -> None:
        shapes = {name: (len(self.frames), *shape) for name, (shape, _, _) in _FRAME_FIELDS.items()}
        clips, length = self.clip_frames.shape
        shapes |= {"interval_s": (clips,), "speed_mps": (clips, length - 1), "yaw_rate_radps": (clips, length - 1)}
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                where = f"PerceptionArrays.{name}"
                raise DataError("wrong shape", where=where, expected=shape, got=getattr(self, name).shape)

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of the frames."""
        return self.frames.shape[1], self.frames.shape[2]

    def with_clips(self, rows: np.ndarray) -> PerceptionArrays:
        """The same frames with some of the clips."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        chosen = ("clip_frames", "interval_s", "speed_mps", "yaw_rate_radps")
        return PerceptionArrays(**{**values, **{name: values[name][rows] for name in chosen}})


def empty_frame_arrays(count: int) -> dict[str, np.ndarray]:
    """All arrays of `count` frames but the pixels, filled with what stands for nothing."""
    return {name: np.full((count, *shape), fill, kind) for name, (shape, kind, fill) in _FRAME_FIELDS.items()}


class TrackNumbers:
    """Numbers of the tracks of one drive; no two drives share a number.

    Args:
        drive: number of the drive.
    """

    def __init__(self, drive: int) -> None:
        self._first, self._known = drive * _TRACKS_PER_DRIVE, dict[str, int]()

    def of(self, track_ids: Sequence[str]) -> np.ndarray:
        """The number of each track, (N,) int32."""
        numbers = [self._known.setdefault(track_id, len(self._known)) for track_id in track_ids]
        return np.array(numbers, dtype=np.int32) + np.int32(self._first)


def describe_frame(
    labels: FrameLabels, ambience: Ambience, tracks: TrackNumbers, scale: tuple[float, float] = (1.0, 1.0)
) -> dict[str, np.ndarray | float]:
    """The rows of one frame, by name of the array.

    Args:
        tracks: numbers of the drive's tracks.
        scale: pixels of `frames` per pixel of the labels, (y, x).
    """
    row: dict[str, np.ndarray | float] = {k: v[0] for k, v in empty_frame_arrays(1).items()}
    role = np.where(labels.scored, SCORED, np.where(labels.conditioned, CONDITIONED, WRITTEN))
    seen = np.flatnonzero(np.isfinite(labels.visible_px).all(axis=-1))
    kept = seen[np.argsort(-role[seen], kind="stable")][:MAX_OBJECTS]
    objects = {
        "boxes_px": labels.visible_px * [scale[1], scale[0], scale[1], scale[0]],
        "category": np.array([CATEGORY_ID[name] for name in labels.categories], dtype=np.int8),
        "depth_m": labels.depth_m,
        "alpha_rad": observation_angles(labels),
        "track": tracks.of(labels.track_ids),
        "role": role,
    }
    for name, values in objects.items():
        array = row[name]
        if isinstance(array, np.ndarray):
            array[: len(kept)] = values[kept]
    row["weather"] = -1 if ambience.weather is None else list(Weather).index(ambience.weather)
    row["time_of_day"] = -1 if ambience.time_of_day is None else list(TimeOfDay).index(ambience.time_of_day)
    row["road_users"] = labels.road_users()
    return row


def observation_angles(labels: FrameLabels) -> Floats:
    """KITTI's observation angle (N,) of the objects: rotation_y - atan2(x, z), in (-pi, pi]."""
    boxes = labels.boxes_ego.transformed(labels.camera.ego_from_camera.inverse())
    forward = matrix_from_quaternion(boxes.rotations)[:, :, 0]
    # KITTI's rotation_y is 0 for an object that drives towards the camera's right, and grows clockwise from above.
    rotation_y = np.arctan2(-forward[:, 2], forward[:, 0])
    alpha: Floats = rotation_y - np.arctan2(boxes.centers[:, 0], boxes.centers[:, 2])
    return np.pi - (np.pi - alpha) % (2 * np.pi)


def describe_motion(labels: Sequence[FrameLabels], camera: Camera) -> tuple[Floats, Floats]:
    """Speed (T - 1,) and turning (T - 1,) as `core.ego_motion` has them; NaN for a camera that looks aside."""
    speed, yaw_rate = ego_motion(labels)
    axis = matrix_from_quaternion(camera.ego_from_camera.rotation)[:, 2]
    if abs(np.arctan2(axis[1], axis[0])) > _MAX_ASIDE_RAD:
        return np.full_like(speed, np.nan), np.full_like(yaw_rate, np.nan)
    return speed, yaw_rate


def arrays_of_store(reader: StoreReader, image_size: tuple[int, int], folder: Path | None = None) -> PerceptionArrays:
    """The labelled clips of a store, all of the length of the shortest; a longer one is cut into several.

    Args:
        image_size: (height, width) that the frames are resized to; another aspect ratio is squeezed.
        folder: an empty folder where the pixels are kept; None keeps them in memory.

    Raises:
        DataError: no clip of the store has labels.
    """
    lengths = _labelled_lengths(reader)
    if not lengths:
        raise DataError("no clip has labels", where=reader.root, remedy="name a store that was made with labels")
    length, total = min(lengths.values()), sum(lengths.values())
    frames = _pixels((total, *image_size, 3), folder)
    arrays = empty_frame_arrays(total)
    clips: dict[str, list[Any]] = {"clip_frames": [], "interval_s": [], "speed_mps": [], "yaw_rate_radps": []}
    first = 0
    for number, clip_id in enumerate(lengths):
        clip = reader.clip(clip_id)
        _fill_frames(clip, number, first, frames, arrays)
        speed, yaw_rate = describe_motion(clip.labels, clip.labels[0].camera)
        for start in range(0, len(clip.frames) - length + 1, length):
            clips["clip_frames"].append(np.arange(first + start, first + start + length))
            clips["interval_s"].append(1.0 / clip.fps)
            clips["speed_mps"].append(speed[start : start + length - 1])
            clips["yaw_rate_radps"].append(yaw_rate[start : start + length - 1])
        first += len(clip.frames)
    rows = np.array(clips.pop("clip_frames"), dtype=np.int64)
    motion = {name: np.array(values, dtype=np.float32) for name, values in clips.items()}
    return PerceptionArrays(frames=frames, clip_frames=rows, **arrays, **motion)


def _fill_frames(clip: Clip, number: int, first: int, frames: np.ndarray, arrays: dict[str, np.ndarray]) -> None:
    """Put the frames of a clip, and what they show, into rows `first` and following."""
    height, width = clip.frames.shape[1:3]
    size = frames.shape[1], frames.shape[2]
    window, scale, tracks = CropWindow(0, 0, height, width), (size[0] / height, size[1] / width), TrackNumbers(number)
    for row, (frame, labels) in enumerate(zip(clip.frames, clip.labels, strict=True), start=first):
        frames[row] = fit_image(frame, window, size)
        for name, value in describe_frame(labels, clip.ambience, tracks, scale).items():
            arrays[name][row] = value


def _labelled_lengths(reader: StoreReader) -> dict[str, int]:
    """Number of frames of each labelled clip, in the order of the ids."""
    rows = reader.table("clips").to_table(columns=["clip_id", "labelled", "num_frames"]).to_pylist()
    return {
        row["clip_id"]: row["num_frames"] for row in sorted(rows, key=lambda row: row["clip_id"]) if row["labelled"]
    }


def _pixels(shape: tuple[int, ...], folder: Path | None) -> np.ndarray:
    if folder is None:
        return np.zeros(shape, np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    return np.lib.format.open_memmap(folder / "frames.npy", mode="w+", dtype=np.uint8, shape=shape)
