"""Worlds as nuScenes roots: scenes in numbered roots, frames rendered on the way, splits by seed."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from drivegen.core import DataError, derive_seed, encode
from drivegen.core.arrays import Bytes
from drivegen.nuscenes_format import NuScenesWriter
from drivegen.world.config import WorldConfig
from drivegen.world.render import render_frame
from drivegen.world.scenes import WorldScene, make_scene, scenario_id

VERSION = "v1.0-drivegen"
SETTINGS_FILE = "drivegen_world.json"
# What decides the speed but never a byte.
_SPEED_ONLY = frozenset({"workers"})
SceneFrames = dict[str, list[Bytes]]


def settings_of(config: WorldConfig) -> dict[str, Any]:
    """The settings that decide a world's bytes."""
    return {key: value for key, value in encode(config).items() if key not in _SPEED_ONLY}


def settings_hash(config: WorldConfig) -> str:
    """Hash of `settings_of`."""
    return hashlib.sha256(json.dumps(settings_of(config), sort_keys=True).encode()).hexdigest()


def split_of(config: WorldConfig, index: int) -> str:
    """The split of a scene: train, val or test, 80/10/10, by seed and index alone."""
    draw = derive_seed(config.seed, "split", index) % 100
    return "train" if draw < 80 else "val" if draw < 90 else "test"


def write_world(config: WorldConfig, out: Path, progress: Callable[[int, int], None] | None = None) -> list[Path]:
    """Make a world and write it as nuScenes roots.

    Args:
        out: the root itself when one holds all scenes, else the folder of root-00000, root-00001, ...
        progress: called with (scenes done, scenes in all).

    Returns:
        The roots, in order. Roots that an earlier run finished with the same settings are kept as they are.

    Raises:
        DataError: there is a root of other settings, or one that this command did not write.
    """
    roots = _layout(config, Path(out))
    finished = {root for root, _ in roots if _finished(root, config)}
    done = sum(len(indices) for root, indices in roots if root in finished)
    if progress is not None:
        progress(done, config.scenes)
    for root, indices in roots:
        if root in finished:
            continue
        _claim(root, config)
        with _frames_of(config, indices) as scenes:
            writer = NuScenesWriter(
                root, VERSION, config.image_format, config.jpeg_quality, keyframe_hz=config.keyframe_hz
            )
            with writer:
                for scene, frames in scenes:
                    writer.add_scene(scene.scenario, frames)
                    done += 1
                    if progress is not None:
                        progress(done, config.scenes)
                writer.close(_splits(config, indices))
    return [root for root, _ in roots]


def render_scene(scene: WorldScene, supersample: int) -> SceneFrames:
    """All frames of a scene, by camera."""
    scenario = scene.scenario
    return {
        name: [render_frame(scene, camera, int(t), supersample=supersample) for t in scenario.frame_times_us[name]]
        for name, camera in scenario.cameras.items()
    }


def _layout(config: WorldConfig, out: Path) -> list[tuple[Path, range]]:
    """Roots and the scenes that they hold."""
    size = config.scenes_per_root
    if config.scenes <= size:
        return [(out, range(config.scenes))]
    starts = range(0, config.scenes, size)
    return [(out / f"root-{i:05d}", range(a, min(a + size, config.scenes))) for i, a in enumerate(starts)]


def _finished(root: Path, config: WorldConfig) -> bool:
    """Whether a root is there already, made with these settings."""
    note = root / SETTINGS_FILE
    tables = list(root.glob("v1.0-*")) if root.is_dir() else []
    if not note.exists():
        if tables:
            raise DataError(
                "a root that is no world of ours", where=tables[0], remedy="choose another folder with out=..."
            )
        return False
    try:
        written = json.loads(note.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError("not JSON", where=note, remedy="delete the folder") from error
    if not isinstance(written, dict) or written.get("settings_hash") != settings_hash(config):
        changed = _changed(written if isinstance(written, dict) else {}, config)
        raise DataError(
            "a world of other settings is there",
            where=root,
            got=f"different {', '.join(changed) or 'settings'}",
            remedy="choose another folder with out=... or delete this one",
        )
    return bool(tables)


def _changed(written: dict[str, Any], config: WorldConfig) -> list[str]:
    old = written.get("settings", {})
    return [key for key, value in settings_of(config).items() if old.get(key) != json.loads(json.dumps(value))]


def _claim(root: Path, config: WorldConfig) -> None:
    """Write down the settings before the first image, so that a rerun knows what it resumes."""
    root.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"settings_hash": settings_hash(config), "settings": settings_of(config)}, indent=1)
    temporary = root / f".{SETTINGS_FILE}.tmp"
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(root / SETTINGS_FILE)


def _splits(config: WorldConfig, indices: range) -> dict[str, list[str]]:
    """Scene names by split; a root always holds all three names."""
    found: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    for index in indices:
        found[split_of(config, index)].append(scenario_id(config, index))
    return found


@contextmanager
def _frames_of(config: WorldConfig, indices: range) -> Iterator[Iterator[tuple[WorldScene, Any]]]:
    """Scenes with their frames, in order: rendered one by one here, or ahead of time by worker processes."""
    if config.workers == 1:
        yield ((scene, _lazily(scene, config.supersample)) for scene in (make_scene(config, i) for i in indices))
        return
    # Spawned, because a fork would copy whatever threads and locks the caller holds.
    pool = ProcessPoolExecutor(config.workers, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield _ahead(pool, config, indices)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _ahead(pool: ProcessPoolExecutor, config: WorldConfig, indices: range) -> Iterator[tuple[WorldScene, SceneFrames]]:
    """Results in order, at most two per worker under way, so that memory stays flat."""
    waiting = []
    for index in indices:
        waiting.append((index, pool.submit(_frames_in_worker, config, index)))
        if len(waiting) >= 2 * config.workers:
            first, future = waiting.pop(0)
            yield make_scene(config, first), future.result()
    for first, future in waiting:
        yield make_scene(config, first), future.result()


def _frames_in_worker(config: WorldConfig, index: int) -> SceneFrames:
    import cv2

    cv2.setNumThreads(1)
    return render_scene(make_scene(config, index), config.supersample)


def _lazily(scene: WorldScene, supersample: int) -> dict[str, Iterator[np.ndarray]]:
    scenario = scene.scenario
    return {
        name: (render_frame(scene, camera, int(t), supersample=supersample) for t in scenario.frame_times_us[name])
        for name, camera in scenario.cameras.items()
    }
