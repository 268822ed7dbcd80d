"""Clips of a world, clean and with planted faults, as the audit sees them: the work behind judge_faults.py."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from drivegen.audit import (
    RELIABILITY_FILE,
    PerceptionAuditConfig,
    PerceptionAuditor,
    Reliability,
    TrainingIndex,
)
from drivegen.audit.sanity import Examined, Judged, examine
from drivegen.core import Clip, FrameKind, Provenance, derive_seed
from drivegen.data import ClipDataset, ClipIndex, ClipSample, DataConfig
from drivegen.models.perception import load_observer
from drivegen.nuscenes_format import NuScenesRoot

SIZES = ((128, 256), (64, 128))
# (frames, frames per second) of the clips that are made of every drive, where its rate allows.
LENGTHS = ((8, 3.0), (16, 12.0))


@dataclass(frozen=True)
class RootTask:
    """One split of one root.

    Attributes:
        root: a nuScenes root.
        split: name of a split; "all": every scene.
        audit: folder of the perception net.
        seed: of the faults, and of the choice of clips.
        per_drive: clips of each size and length per drive.
        drives: at most so many drives; None takes all.
        index: training clips that clips are compared with, as a model's; None compares with nothing.
        in_turn: each drive shows in one size and length only, in turn: clips of one drive are much alike, so that as
            many of more drives tell more.
    """

    root: Path
    split: str
    audit: Path
    seed: int
    per_drive: int
    drives: int | None
    index: Path | None = None
    in_turn: bool = False


@dataclass(frozen=True)
class Seen:
    """A clip of a root and what the audit said of it.

    Attributes:
        kind: its size and length, such as 128x256 8@3.
        ambience: its weather and time of day.
    """

    kind: str
    ambience: str
    examined: Examined


def clips_of(task: RootTask) -> Iterator[tuple[str, Clip]]:
    """The clips of a task with their kinds, in a fixed order."""
    root = NuScenesRoot(task.root)
    scenes = (root.scenes if task.split == "all" else root.splits()[task.split])[: task.drives]
    camera = root.cameras(scenes[0])[0]
    times = [ref.timestamp_us for ref in root.frame_refs(scenes[0], camera)]
    hz = 1e6 / float(np.median(np.diff(times)))
    kinds = [(size, frames, fps, round(hz / fps)) for size in SIZES for frames, fps in LENGTHS]
    possible = [kind for kind in kinds if kind[-1] >= 1 and (kind[1] - 1) * kind[-1] < len(times)]
    for turn, (size, frames, fps, stride) in enumerate(possible):
        config = DataConfig(
            roots=(task.root,), image_size=size, frames=frames, stride=stride,
            split=None if task.split == "all" else task.split, estimate_appearance=False,
        )  # fmt: skip
        index = ClipIndex.from_config(config, (root,))
        kind = f"{size[0]}x{size[1]} {frames}@{fps:g}"
        wanted = set(scenes[turn :: len(possible)] if task.in_turn else scenes)
        windows = [window for window in index.windows if window.scene in wanted]
        dataset = ClipDataset(index.with_windows(_spread(windows, task)))
        for i in range(len(dataset)):
            yield kind, _clip(dataset[i], kind)


def examine_root(task: RootTask) -> list[Seen]:
    """Every clip of a task, clean and with each fault."""
    auditor = auditor_of(task.audit, task.index)
    return [
        Seen(kind, f"{clip.ambience.weather} {clip.ambience.time_of_day}", examine(clip, auditor, task.seed))
        for kind, clip in clips_of(task)
    ]


@lru_cache(maxsize=1)
def auditor_of(folder: Path, training_index: Path | None = None) -> PerceptionAuditor:
    """The audit with the net of a folder, what is known of it, and the thresholds of the configuration."""
    path = folder / RELIABILITY_FILE
    known = Reliability.load(path) if path.is_file() else None
    index = TrainingIndex.load(training_index) if training_index is not None else None
    # Faults of the order of frames show the same frames again.
    observer = load_observer(folder, remembered=2 * max(frames for frames, _ in LENGTHS))
    return PerceptionAuditor(observer, PerceptionAuditConfig(), None, index, known)


def to_json(seen: Sequence[Seen]) -> str:
    """One line; what `from_json` reads."""
    return json.dumps([asdict(one) for one in seen])


def from_json(line: str) -> list[Seen]:
    """The inverse of `to_json`."""

    def judged(value: dict[str, Any]) -> Judged:
        return Judged(value["scores"], tuple(value["reasons"]))

    def one(value: dict[str, Any]) -> Seen:
        inner = value["examined"]
        examined = Examined(
            inner["clip_id"], inner["scenario_id"], judged(inner["clean"]),
            {name: judged(faulty) for name, faulty in inner["faulty"].items()},
            {name: (int(n[0]), int(n[1]), int(n[2]), int(n[3])) for name, n in inner["found"].items()},
        )  # fmt: skip
        return Seen(value["kind"], value["ambience"], examined)

    return [one(value) for value in json.loads(line)]


def _spread(windows: Sequence[Any], task: RootTask) -> tuple[Any, ...]:
    """Some windows of each drive, drawn by its name."""
    by_drive: dict[tuple[int, str, str], list[Any]] = {}
    for window in windows:
        by_drive.setdefault(window.drive, []).append(window)
    chosen = []
    for drive, own in by_drive.items():
        rng = np.random.default_rng(derive_seed(task.seed, "windows", *drive))
        chosen += [own[i] for i in sorted(rng.permutation(len(own))[: task.per_drive])]
    return tuple(chosen)


def _clip(sample: ClipSample, kind: str) -> Clip:
    return Clip(
        clip_id=f"{sample.scenario_id} {sample.clip_key.rpartition('/')[2]} {kind}",
        scenario_id=sample.scenario_id,
        camera=sample.camera,
        frames=sample.frames,
        labels=sample.labels,
        ambience=sample.ambience,
        fps=sample.fps,
        provenance=_RENDERED,
    )


_RENDERED = Provenance(FrameKind.RENDERED, "reference", 0, layout_source="world")
