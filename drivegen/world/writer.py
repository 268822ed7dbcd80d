"""Worlds as nuScenes roots: scenes in numbered roots, frames rendered on the way, splits by seed."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from drivegen.core import Camera, DataError, encode
from drivegen.core.arrays import Integers
from drivegen.nuscenes_format import (
    FrameFiles,
    NuScenesWriter,
    RootSettings,
    SceneText,
    encode_depth,
    encode_instances,
    write_scene,
)
from drivegen.world.config import WorldConfig
from drivegen.world.render import Rendered, render
from drivegen.world.scenes import WorldScene, make_scene, scenario_id
from drivegen.world.splits import held_out_notes, splits_of
from drivegen.world.warm import warm_up
from drivegen.world.workers import worker_pool

VERSION = "v1.0-drivegen"
SETTINGS_FILE = "drivegen_world.json"
HELD_OUT_FILE = "held_out.json"
# What decides the speed but never a byte.
_SPEED_ONLY = frozenset({"workers"})


def settings_of(config: WorldConfig) -> dict[str, Any]:
    """The settings that decide a world's bytes."""
    return {key: value for key, value in encode(config).items() if key not in _SPEED_ONLY}


def settings_hash(config: WorldConfig) -> str:
    """Hash of `settings_of`."""
    return hashlib.sha256(json.dumps(settings_of(config), sort_keys=True).encode()).hexdigest()


def write_world(
    config: WorldConfig,
    out: Path,
    progress: Callable[[int, int], None] | None = None,
    go_on: Callable[[], bool] = lambda: True,
) -> list[Path]:
    """Make a world and write it as nuScenes roots.

    Args:
        out: the root itself when one holds all scenes, else the folder of root-00000, root-00001, ...
        progress: called with (scenes done, scenes in all).
        go_on: asked before each root that is not there yet; False ends the work with the roots there are.

    Returns:
        The finished roots, in order. Roots that an earlier run finished with the same settings are kept as they are.

    Raises:
        DataError: there is a root of other settings, or one that this command did not write; or nothing can be
            written there.
    """
    roots = _layout(config, Path(out))
    _check_place(Path(out), roots)
    finished = {root for root, _ in roots if _finished(root, config)}
    done = sum(len(indices) for root, indices in roots if root in finished)
    if progress is not None:
        progress(done, config.scenes)
    for root, indices in roots:
        if root in finished:
            continue
        if not go_on():
            break
        _claim(root, config)
        settings = _root_settings(config)
        with _scenes_of(config, indices, root) as scenes:
            writer = NuScenesWriter(
                root, VERSION, settings.image_format, settings.jpeg_quality, keyframe_hz=settings.keyframe_hz
            )
            with writer:
                for scene in scenes:
                    writer.append(scene)
                    done += 1
                    if progress is not None:
                        progress(done, config.scenes)
                names = {index: scenario_id(config, index) for index in indices}
                writer.close(splits_of(config, names), {HELD_OUT_FILE: held_out_notes(config, names)})
        finished.add(root)
    return [root for root, _ in roots if root in finished]


def _root_settings(config: WorldConfig) -> RootSettings:
    return RootSettings(config.image_format, config.jpeg_quality, config.keyframe_hz)


def _layout(config: WorldConfig, out: Path) -> list[tuple[Path, range]]:
    """Roots and the scenes that they hold."""
    size = config.scenes_per_root
    if config.scenes <= size:
        return [(out, range(config.scenes))]
    starts = range(0, config.scenes, size)
    return [(out / f"root-{i:05d}", range(a, min(a + size, config.scenes))) for i, a in enumerate(starts)]


def _check_place(out: Path, roots: list[tuple[Path, range]]) -> None:
    """Refuse roots inside of a root, and a root that holds a folder of roots: readers would find one of them only."""
    if roots[0][0] == out:
        found, expected = sorted(out.glob("root-[0-9]*")), "no folder of roots where a single root goes"
    else:
        found, expected = (
            [*out.glob(SETTINGS_FILE), *sorted(out.glob("v1.0-*"))],
            "no root where a folder of roots goes",
        )
    if found:
        raise DataError(
            "another world is there", where=found[0], expected=expected, remedy="choose another folder with out=..."
        )


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
    text = json.dumps({"settings_hash": settings_hash(config), "settings": settings_of(config)}, indent=1)
    try:
        root.mkdir(parents=True, exist_ok=True)
        temporary = root / f".{SETTINGS_FILE}.tmp"
        temporary.write_text(text + "\n", encoding="utf-8")
        temporary.replace(root / SETTINGS_FILE)
    except OSError as error:
        raise DataError(
            "cannot be written to",
            where=root,
            expected="a folder, or a place for one",
            got=error.strerror,
            remedy="choose another folder with out=...",
        ) from error


@contextmanager
def _scenes_of(config: WorldConfig, indices: range, root: Path) -> Iterator[Iterator[SceneText]]:
    """The rows of scenes, in order, whose files are written here one by one or ahead of time by worker processes."""
    processes = min(config.processes, len(indices))
    if processes == 1:
        yield (write_scene_of(config, index, root) for index in indices)
        return
    # Kernels are compiled once, here, and found on the disk by the workers.
    warm_up()
    with worker_pool(processes) as pool:
        yield _ahead(pool, config, indices, root)


def _ahead(pool: ProcessPoolExecutor, config: WorldConfig, indices: range, root: Path) -> Iterator[SceneText]:
    """Results in order, at most two per worker under way, so that memory stays flat."""
    waiting: deque[Future[SceneText]] = deque()
    for index in indices:
        waiting.append(pool.submit(write_scene_of, config, index, root))
        if len(waiting) >= 2 * config.processes:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def write_scene_of(config: WorldConfig, index: int, root: Path) -> SceneText:
    """Make a scene and write its files below a root, one frame in memory at a time; returns its rows."""
    scene = make_scene(config, index)
    frames = {name: _frames(scene, camera, config) for name, camera in scene.scenario.cameras.items()}
    return write_scene(root, scene.scenario, frames, _root_settings(config))


def _frames(scene: WorldScene, camera: Camera, config: WorldConfig) -> Iterator[FrameFiles]:
    """A camera's frames, with the maps that are asked for."""
    track_index = {track.track_id: i for i, track in enumerate(scene.scenario.tracks)}
    for time in scene.scenario.frame_times_us[camera.name]:
        drawn = render(
            scene, camera, int(time),
            supersample=config.supersample, depth=config.depth, instances=config.instances,
        )  # fmt: skip
        yield FrameFiles(
            drawn.rgb,
            None if drawn.depth is None else encode_depth(drawn.depth),
            None if drawn.instance is None else encode_instances(_numbered(drawn, track_index)),
        )


def _numbered(drawn: Rendered, track_index: dict[str, int]) -> Integers:
    """Indices (h, w) of the scenario's tracks for those of the picture's objects; -1 where there is none."""
    table = np.array([track_index[track_id] for track_id in drawn.tracks] + [-1], dtype=np.int64)
    instance = drawn.instance
    return table if instance is None else table[instance]
