"""The clips of some roots, as lists of frame numbers: nothing is read but the tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from drivegen.core import DataError
from drivegen.data.config import DataConfig
from drivegen.nuscenes_format import FrameRef, NuScenesRoot, Skipped, open_roots

# Two frames of a clip may be this many recorded steps further apart than asked; more is a hole in the recording.
_MAX_EXCESS_STEPS = 0.6


@dataclass(frozen=True)
class ClipWindow:
    """A clip: which frames of which camera.

    Attributes:
        root: position of its root in `ClipIndex.roots`.
        scene: scene name.
        camera: camera name.
        frame_indices: (T,) `FrameRef.index` of its frames.
    """

    root: int
    scene: str
    camera: str
    frame_indices: tuple[int, ...]

    @property
    def drive(self) -> tuple[int, str, str]:
        """Root, scene and camera: what a clip shares with its neighbours."""
        return self.root, self.scene, self.camera


@dataclass(frozen=True, eq=False)
class ClipIndex:
    """Clips and the roots that they come from.

    Attributes:
        config: what was asked for.
        roots: opened roots.
        windows: the clips, in the order of roots, scenes, cameras and time.
        skipped: what was left out, and why.
    """

    config: DataConfig
    roots: tuple[NuScenesRoot, ...]
    windows: tuple[ClipWindow, ...]
    skipped: tuple[Skipped, ...] = ()

    @staticmethod
    def from_config(config: DataConfig, roots: tuple[NuScenesRoot, ...] | None = None) -> ClipIndex:
        """Find the clips that `config` describes.

        Args:
            roots: the roots of `config`, where they are open already (opening a large one takes a while).

        Raises:
            DataError: a root cannot be read, the split or camera does not exist, or no clip is left.
        """
        roots = roots if roots is not None else open_roots(config.roots, config.version)
        windows: list[ClipWindow] = []
        skipped: list[Skipped] = []
        for number, root in enumerate(roots):
            for scene in _scenes(root, config):
                for camera in _cameras(root, scene, config):
                    found, left_out = _windows(root, (number, scene, camera), config)
                    windows.extend(found)
                    skipped.extend(left_out)
            skipped.extend(root.skipped)
        if not windows:
            raise DataError(
                "no clip fits",
                where=", ".join(str(path) for path in config.roots),
                expected=f"scenes with {config.frames} frames {config.stride} apart",
                got=f"{sum(len(root.scenes) for root in roots)} scenes, {len(skipped)} skips",
                remedy="lower data.frames or data.stride, or choose another data.split or data.cameras",
            )
        return ClipIndex(config, roots, tuple(windows), tuple(skipped))

    def with_windows(self, windows: tuple[ClipWindow, ...], skipped: tuple[Skipped, ...] = ()) -> ClipIndex:
        """The same roots with other clips; `skipped` is added to the report."""
        return replace(self, windows=windows, skipped=self.skipped + skipped)

    def __len__(self) -> int:
        return len(self.windows)

    def frame_keys(self) -> tuple[tuple[int, str, str, int], ...]:
        """The distinct frames (root, scene, camera, index) of all clips, sorted."""
        return tuple(sorted({(*window.drive, index) for window in self.windows for index in window.frame_indices}))


def common_splits(roots: Sequence[NuScenesRoot]) -> frozenset[str]:
    """Names of the splits that every root has with at least one scene in it."""
    named = [frozenset(name for name, scenes in root.splits().items() if scenes) for root in roots]
    return frozenset.intersection(*named) if named else frozenset()


def _scenes(root: NuScenesRoot, config: DataConfig) -> tuple[str, ...]:
    if config.split is None:
        return root.scenes
    splits = root.splits()
    if config.split not in splits:
        raise DataError(
            "no such split",
            where=f"split of {root.root}",
            expected="one of " + (", ".join(sorted(splits)) or "none (no splits.json)"),
            got=config.split,
        )
    wanted = set(splits[config.split])
    return tuple(scene for scene in root.scenes if scene in wanted)


def _cameras(root: NuScenesRoot, scene: str, config: DataConfig) -> tuple[str, ...]:
    there = root.cameras(scene)
    if config.cameras is None:
        return there
    for camera in config.cameras:
        if camera not in there:
            raise DataError(
                "no such camera", where=f"{root.root}, {scene}", expected="one of " + ", ".join(there), got=camera
            )
    return config.cameras


def _windows(
    root: NuScenesRoot, drive: tuple[int, str, str], config: DataConfig
) -> tuple[list[ClipWindow], list[Skipped]]:
    """The clips of one camera of one scene; clips with a missing frame or across a hole in time are left out."""
    refs = {ref.index: ref for ref in root.frame_refs(drive[1], drive[2])}
    last = max(refs, default=-1) if config.last_frame is None else config.last_frame
    first = config.first_frame or 0
    span = (config.frames - 1) * config.stride
    limit_us = _median_step_us(list(refs.values())) * (config.stride + _MAX_EXCESS_STEPS)
    windows, skipped = [], []
    for start in range(first, min(last, max(refs, default=-1)) - span + 1, config.clip_step):
        indices = tuple(range(start, start + span + 1, config.stride))
        missing = [index for index in indices if index not in refs]
        if missing:
            skipped.append(Skipped(f"{drive[1]} {drive[2]} frame {missing[0]}", "clip left out: frame is missing"))
            continue
        times = np.array([refs[index].timestamp_us for index in indices])
        if (np.diff(times) > limit_us).any():
            skipped.append(Skipped(f"{drive[1]} {drive[2]} frame {start}", "clip left out: hole in the recording"))
            continue
        windows.append(ClipWindow(*drive, indices))
    return windows, skipped


def _median_step_us(refs: list[FrameRef]) -> float:
    times = np.sort([ref.timestamp_us for ref in refs])
    return float(np.median(np.diff(times))) if len(times) > 1 else 1.0
