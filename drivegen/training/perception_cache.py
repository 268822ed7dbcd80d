"""What perception nets are trained on, cached from nuScenes roots as memory-mapped arrays.

    frames.npy        (N, H, W, 3) uint8
    valid.npy         (N,) bool        False where the file could not be read
    <field>.npy       (N, ...), (M, ...) the other fields of `PerceptionArrays`

A task is a part of a root, because opening a large root takes as long as reading a thousand of its frames.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from drivegen.core import DataError, encode
from drivegen.data import ClipIndex, ClipWindow, DataConfig, Drive
from drivegen.nuscenes_format import NuScenesRoot, Skipped
from drivegen.training.cache_folder import content_key, ensure_folder, root_fingerprint
from drivegen.training.perception_arrays import (
    PerceptionArrays,
    TrackNumbers,
    describe_frame,
    describe_motion,
    empty_frame_arrays,
)

_FORMAT = 1
_TASKS_PER_WORKER = 2
DriveKey = tuple[int, str, str]
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class _DriveWork:
    """The frames and clips of one camera of one scene, and the rows that they go to."""

    number: int
    drive: DriveKey
    frame_rows: dict[int, int]
    """Row by frame index."""
    clips: tuple[tuple[int, tuple[int, ...]], ...]
    """(row, frame indices)"""


@dataclass(frozen=True)
class _Task:
    """Some drives of one root."""

    folder: Path
    number: int
    """Of the root in the index."""
    root: Path
    config: DataConfig
    drives: tuple[_DriveWork, ...]


@dataclass(frozen=True, eq=False)
class PerceptionCache:
    """An open cache.

    Attributes:
        arrays: what can be trained on: clips with a frame that could not be read are left out.
        windows: the index's windows of those clips.
        skipped: what could not be read.
        licenses: of the drives, each once, sorted.
    """

    arrays: PerceptionArrays
    windows: tuple[ClipWindow, ...]
    skipped: tuple[Skipped, ...]
    licenses: tuple[str, ...]


def open_perception_cache(
    index: ClipIndex, cache_root: Path, workers: int = 1, report: Report | None = None
) -> PerceptionCache:
    """Open the cache of an index, building it first if it is not there.

    Args:
        workers: processes that build it.
        report: called with (drives done, drives in all).
    """
    keys = index.frame_keys()
    name = content_key(
        format=_FORMAT,
        roots=[root_fingerprint(root) for root in index.roots],
        size=index.config.image_size,
        policy=encode(index.config.label_policy),
        frames=keys,
        clips=[(window.drive, window.frame_indices) for window in index.windows],
    )
    folder = cache_root / f"perception-{name}"
    facts = ensure_folder(folder, lambda partial: _build(partial, index, keys, workers, report))
    values = {path.stem: np.load(path) for path in folder.glob("*.npy") if path.stem != "frames"}
    valid = values.pop("valid")
    arrays = PerceptionArrays(frames=np.load(folder / "frames.npy", mmap_mode="r"), **values)
    usable = np.flatnonzero(valid[arrays.clip_frames].all(axis=1))
    skipped = tuple(Skipped(where, why) for where, why in facts["skipped"])
    windows = tuple(index.windows[i] for i in usable)
    return PerceptionCache(arrays.with_clips(usable), windows, skipped, tuple(facts["licenses"]))


def _build(
    folder: Path, index: ClipIndex, keys: tuple[tuple[int, str, str, int], ...], workers: int, report: Report | None
) -> dict[str, Any]:
    row_of = {key: row for row, key in enumerate(keys)}
    clip_frames = np.array([[row_of[(*w.drive, i)] for i in w.frame_indices] for w in index.windows], dtype=np.int64)
    motion = np.full((len(index), index.config.frames - 1), np.nan, dtype=np.float32)
    arrays = {
        "valid": np.zeros(len(keys), dtype=bool),
        "clip_frames": clip_frames,
        "interval_s": np.zeros(len(index), dtype=np.float32),
        "speed_mps": motion,
        "yaw_rate_radps": motion.copy(),
        **empty_frame_arrays(len(keys)),
    }
    shape = (len(keys), *index.config.image_size, 3)
    np.lib.format.open_memmap(folder / "frames.npy", mode="w+", dtype=np.uint8, shape=shape).flush()
    tasks = _tasks(folder, index, row_of, workers)
    total, licenses, skipped = sum(len(task.drives) for task in tasks), list[str](), list[tuple[str, str]]()
    for found in _run(tasks, index.roots, workers):
        skipped.extend(found.skipped)
        licenses.append(found.license)
        for name, (rows, values) in found.values.items():
            arrays[name][rows] = values
        if report is not None:
            report(len(licenses), total)
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values)
    return {"skipped": sorted(skipped), "licenses": sorted(set(licenses)), "frames": len(keys), "clips": len(index)}


def _tasks(folder: Path, index: ClipIndex, row_of: dict[tuple[int, str, str, int], int], workers: int) -> list[_Task]:
    frame_rows: dict[DriveKey, dict[int, int]] = defaultdict(dict)
    for (root, scene, camera, frame), row in row_of.items():
        frame_rows[root, scene, camera][frame] = row
    clips: dict[DriveKey, list[tuple[int, tuple[int, ...]]]] = defaultdict(list)
    for row, window in enumerate(index.windows):
        clips[window.drive].append((row, window.frame_indices))
    by_root: dict[int, list[_DriveWork]] = defaultdict(list)
    for number, (drive, rows) in enumerate(frame_rows.items()):
        by_root[drive[0]].append(_DriveWork(number, drive, rows, tuple(clips[drive])))
    config = replace(index.config, estimate_appearance=False)
    parts = 1 if workers <= 1 else max(1, -(-_TASKS_PER_WORKER * workers // len(by_root)))
    tasks = []
    for root, works in by_root.items():
        size = -(-len(works) // parts)
        pieces = [tuple(works[start : start + size]) for start in range(0, len(works), size)]
        tasks += [_Task(folder, root, index.roots[root].root, config, piece) for piece in pieces]
    return tasks


@dataclass(frozen=True)
class _Found:
    """What was found of a drive: by array the rows and what goes there."""

    license: str
    values: dict[str, tuple[np.ndarray, np.ndarray]]
    skipped: tuple[tuple[str, str], ...]


def _run(tasks: list[_Task], opened: Sequence[NuScenesRoot], workers: int) -> Iterator[_Found]:
    """Results of all tasks, in any order; processes open the roots again, `opened` serves where there are none."""
    if workers <= 1 or len(tasks) <= 1:
        for task in tasks:
            yield from _do(task, opened[task.number])
        return
    # Spawned, not forked: forking a process whose torch threads have started can hang.
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(workers, len(tasks)), initializer=_start_worker) as pool:
        for found in pool.imap_unordered(_do_all, tasks):
            yield from found


def _start_worker() -> None:
    import cv2

    cv2.setNumThreads(1)
    os.environ["OMP_NUM_THREADS"] = "1"


@lru_cache(maxsize=1)
def _open_root(root: Path, version: str | None) -> NuScenesRoot:
    return NuScenesRoot(root, version)


def _do_all(task: _Task) -> list[_Found]:
    return list(_do(task, _open_root(task.root, task.config.version)))


def _do(task: _Task, root: NuScenesRoot) -> Iterator[_Found]:
    frames = np.load(task.folder / "frames.npy", mmap_mode="r+")
    for work in task.drives:
        yield _describe_drive(Drive(root, work.drive[1], work.drive[2], task.config), work, frames)


def _describe_drive(drive: Drive, work: _DriveWork, frames: np.ndarray) -> _Found:
    """Put a drive's pixels into `frames`; what they show comes back."""
    tracks, labels, skipped = TrackNumbers(work.number), {}, []
    rows = np.array(list(work.frame_rows.values()), dtype=np.int64)
    arrays = {"valid": np.ones(len(rows), dtype=bool), **empty_frame_arrays(len(rows))}
    for place, (index, row) in enumerate(work.frame_rows.items()):
        labels[index] = drive.labels(index)
        for name, value in describe_frame(labels[index], drive.scenario.ambience, tracks).items():
            arrays[name][place] = value
        try:
            frames[row] = drive.frame(index)
        except DataError as error:
            arrays["valid"][place] = False
            skipped.append((str(error.where or "frame"), error.what))
    values = {name: (rows, array) for name, array in arrays.items()}
    clip_rows = np.array([row for row, _ in work.clips], dtype=np.int64)
    motion = [describe_motion([labels[i] for i in indices], drive.camera) for _, indices in work.clips]
    values["speed_mps"] = clip_rows, np.array([speed for speed, _ in motion], dtype=np.float32)
    values["yaw_rate_radps"] = clip_rows, np.array([rate for _, rate in motion], dtype=np.float32)
    seconds = [1.0 / drive.fps(indices) for _, indices in work.clips]
    values["interval_s"] = clip_rows, np.array(seconds, dtype=np.float32)
    return _Found(drive.scenario.license, values, tuple(skipped))
