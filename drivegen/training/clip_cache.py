"""Frames and conditions of clips as memory-mapped arrays: an epoch decodes no image and draws no layout.

    frames.npy              (N, H, W, 3) uint8    distinct frames
    frames_valid.npy        (N,) bool             False where the file could not be read
    clip_frames.npy         (M, T) int64          row in frames of each frame of each clip
    conditions/<field>.npy  (M, ...)              fields of `conditions.to_arrays`, box lists padded to max_boxes

Each drive (a camera of a scene) is a task of its own for a pool of processes that write straight into the arrays.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from drivegen.conditions import ConditionConfig, conditions_of, to_arrays
from drivegen.core import DataError, encode
from drivegen.data import ClipIndex, DataConfig, Drive
from drivegen.nuscenes_format import NuScenesRoot, Skipped
from drivegen.training.cache_folder import content_key, ensure_folder, root_fingerprint

_FORMAT = 1
FrameKey = tuple[int, str, str, int]
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class _DriveTask:
    """What one worker does at a time: the frames and clips of one camera of one scene."""

    folder: Path
    root: Path
    version: str | None
    drive: tuple[int, str, str]
    config: DataConfig
    conditions: ConditionConfig | None
    frame_rows: tuple[tuple[int, int], ...]
    """(row, frame index)"""
    clip_rows: tuple[tuple[int, tuple[int, ...]], ...]
    """(row, frame indices)"""


@dataclass(frozen=True, eq=False)
class ClipCache:
    """An open cache.

    Attributes:
        folder: where it is.
        frames: (N, H, W, 3) uint8, mapped.
        valid: (N,) bool.
        clip_frames: (M, T) rows of `frames`.
        conditions: mapped arrays (M, ...); empty when none were asked for.
        skipped: frames that could not be read.
        keys: (root, scene, camera, index) of each frame.
    """

    folder: Path
    frames: np.ndarray
    valid: np.ndarray
    clip_frames: np.ndarray
    conditions: dict[str, np.ndarray]
    skipped: tuple[Skipped, ...]
    keys: tuple[FrameKey, ...] = ()

    def frame_name(self, row: int) -> str:
        """What a user calls frame `row`: scene, camera, number."""
        _, scene, camera, index = self.keys[row]
        return f"{scene}/{camera}/{index}"

    def clip_name(self, row: int) -> str:
        """What a user calls clip `row`: scene, camera, first to last frame."""
        first, last = (int(self.clip_frames[row, place]) for place in (0, -1))
        return f"{self.frame_name(first)}-{self.keys[last][3]}"

    def usable_clips(self) -> np.ndarray:
        """Rows of the clips all of whose frames could be read."""
        return np.flatnonzero(self.valid[self.clip_frames].all(axis=1))


def open_clip_cache(
    index: ClipIndex,
    cache_root: Path,
    *,
    conditions: ConditionConfig | None,
    frames: Sequence[FrameKey] | None = None,
    workers: int = 1,
    report: Report | None = None,
) -> ClipCache:
    """Open the cache of an index, building it first if it is not there.

    Args:
        conditions: sizes of the conditions; None caches frames alone.
        frames: distinct frames to hold; None: those of the index's clips.
        report: called with (drives done, drives in all).
    """
    keys = tuple(frames) if frames is not None else index.frame_keys()
    windows = index.windows if conditions is not None else ()
    name = content_key(
        format=_FORMAT,
        roots=[root_fingerprint(root) for root in index.roots],
        size=index.config.image_size,
        policy=encode(index.config.label_policy),
        appearance=index.config.estimate_appearance and conditions is not None,
        conditions=encode(conditions),
        frames=keys,
        clips=[(window.drive, window.frame_indices) for window in windows],
    )
    folder = cache_root / f"{'clips' if conditions else 'frames'}-{name}"
    facts = ensure_folder(folder, lambda partial: _build(partial, index, keys, conditions, workers, report))
    return ClipCache(
        folder,
        np.load(folder / "frames.npy", mmap_mode="r"),
        np.load(folder / "frames_valid.npy"),
        np.load(folder / "clip_frames.npy"),
        {path.stem: np.load(path, mmap_mode="r") for path in sorted((folder / "conditions").glob("*.npy"))},
        tuple(Skipped(where, why) for where, why in facts["skipped"]),
        keys,
    )


def _build(
    folder: Path,
    index: ClipIndex,
    keys: tuple[FrameKey, ...],
    conditions: ConditionConfig | None,
    workers: int,
    report: Report | None,
) -> dict[str, Any]:
    windows = index.windows if conditions is not None else ()
    row_of = {key: row for row, key in enumerate(keys)}
    clip_frames = np.array([[row_of[(*w.drive, i)] for i in w.frame_indices] for w in windows], dtype=np.int64)
    np.save(folder / "clip_frames.npy", clip_frames.reshape(len(windows), index.config.frames))
    _new_array(folder / "frames.npy", (len(keys), *index.config.image_size, 3), np.dtype(np.uint8))
    _new_array(folder / "frames_valid.npy", (len(keys),), np.dtype(bool))
    if conditions is not None:
        (folder / "conditions").mkdir()
        for name, array in _example(index, conditions).items():
            _new_array(folder / "conditions" / f"{name}.npy", (len(windows), *array.shape[1:]), array.dtype)
    tasks = _tasks(folder, index, keys, conditions)
    skipped: list[tuple[str, str]] = []
    for done, found in enumerate(_run(tasks, workers), start=1):
        skipped.extend(found)
        if report is not None:
            report(done, len(tasks))
    return {"skipped": skipped, "frames": len(keys), "clips": len(windows)}


def _tasks(
    folder: Path, index: ClipIndex, keys: tuple[FrameKey, ...], conditions: ConditionConfig | None
) -> list[_DriveTask]:
    frame_rows: dict[tuple[int, str, str], list[tuple[int, int]]] = defaultdict(list)
    clip_rows: dict[tuple[int, str, str], list[tuple[int, tuple[int, ...]]]] = defaultdict(list)
    for row, key in enumerate(keys):
        frame_rows[key[:3]].append((row, key[3]))
    if conditions is not None:
        for row, window in enumerate(index.windows):
            clip_rows[window.drive].append((row, window.frame_indices))
    return [
        _DriveTask(
            folder=folder,
            root=index.roots[drive[0]].root,
            version=index.config.version,
            drive=drive,
            config=index.config,
            conditions=conditions,
            frame_rows=tuple(rows),
            clip_rows=tuple(clip_rows[drive]),
        )
        for drive, rows in frame_rows.items()
    ]


def _run(tasks: list[_DriveTask], workers: int) -> Any:
    """Results of all tasks, in any order."""
    if workers <= 1 or len(tasks) <= 1:
        yield from map(_do, tasks)
        return
    # Spawned, not forked: forking a process whose torch threads have started can hang.
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(workers, len(tasks)), initializer=_start_worker) as pool:
        # Neighbouring drives share a root, whose tables a worker then loads once.
        chunk = max(1, min(8, len(tasks) // (workers * 4)))
        yield from pool.imap_unordered(_do, tasks, chunksize=chunk)


def _start_worker() -> None:
    import cv2
    import torch

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    os.environ["OMP_NUM_THREADS"] = "1"


@lru_cache(maxsize=2)
def _open_root(root: Path, version: str | None) -> NuScenesRoot:
    return NuScenesRoot(root, version)


def _do(task: _DriveTask) -> list[tuple[str, str]]:
    """Fill the rows of one drive; returns what could not be read."""
    appearance = task.config.estimate_appearance and bool(task.clip_rows)
    config = task.config if appearance else _without_appearance(task.config)
    drive = Drive(_open_root(task.root, task.version), task.drive[1], task.drive[2], config)
    frames = np.load(task.folder / "frames.npy", mmap_mode="r+")
    valid = np.load(task.folder / "frames_valid.npy", mmap_mode="r+")
    skipped = []
    for row, index in task.frame_rows:
        try:
            frames[row] = drive.frame(index)
            valid[row] = True
        except DataError as error:
            skipped.append((error.where or "frame", error.what))
    if task.conditions is not None and task.clip_rows:
        arrays = {p.stem: np.load(p, mmap_mode="r+") for p in (task.folder / "conditions").glob("*.npy")}
        labels = {index: drive.labels(index) for index in sorted({i for _, clip in task.clip_rows for i in clip})}
        for row, indices in task.clip_rows:
            values = clip_arrays(drive, [labels[i] for i in indices], drive.fps(indices), task.conditions)
            for name, value in values.items():
                arrays[name][row] = value[0]
    return skipped


def clip_arrays(drive: Drive, labels: list[Any], fps: float, config: ConditionConfig) -> dict[str, np.ndarray]:
    """Conditions of one clip as arrays (1, ...), its box lists padded to `max_boxes`."""
    scenario = drive.scenario
    made = conditions_of(labels, scenario.ambience, scenario.road_map, fps, config)
    return to_arrays(made.pad_boxes(config.max_boxes))


def _example(index: ClipIndex, config: ConditionConfig) -> dict[str, np.ndarray]:
    """Conditions of the first clip, for the shapes and types of the arrays."""
    window = index.windows[0]
    drive = Drive(index.roots[window.root], window.scene, window.camera, _without_appearance(index.config))
    labels = [drive.labels(i) for i in window.frame_indices]
    return clip_arrays(drive, labels, drive.fps(window.frame_indices), config)


def _without_appearance(config: DataConfig) -> DataConfig:
    from dataclasses import replace

    return replace(config, estimate_appearance=False)


def _new_array(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """A zero-filled .npy file; empty arrays cannot be mapped and are saved as they are."""
    if 0 in shape:
        np.save(path, np.zeros(shape, dtype))
    else:
        np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape).flush()
