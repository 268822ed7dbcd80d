"""The stage of the perception nets made ready to train."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

from drivegen.core import ConfigError
from drivegen.data import ClipIndex, ClipWindow, common_splits
from drivegen.models.perception import (
    PerceptionInfo,
    PerceptionNet,
    build_perception,
    enlarging,
    load_perception,
    save_perception,
    with_regions,
)
from drivegen.nuscenes_format import open_roots
from drivegen.training.batches import fixed_batches, spread
from drivegen.training.config import TrainConfig
from drivegen.training.perception_cache import PerceptionCache, open_perception_cache
from drivegen.training.perception_module import PerceptionModule
from drivegen.training.perception_pictures import paint_perception
from drivegen.training.perception_scores import held_out_scores
from drivegen.training.perception_source import PerceptionSource
from drivegen.training.prepared import Prepared
from drivegen.training.progress import report_skips, reporting
from drivegen.training.training_data import TrainingData


def prepare_perception(config: TrainConfig, data: TrainingData, workers: int) -> Prepared:
    """Build the net and its caches; frames are cached at the size that the net sees, whatever `data.image_size` is.

    Args:
        workers: processes that build the caches.
    """
    net, info = _starting_net(config)
    if config.perception.trained is not None and config.perception.trains("regions") and net.region_branch is None:
        raise ConfigError(
            "the net has no region branch", where="perception.trained", got="regions",
            remedy="set perception.net.region_width=32, or perception.region_width=32 of a net trained further",
        )  # fmt: skip
    training = _open_cache(config, data.training, net, "clips", workers)
    held_out = _open_cache(config, data.held_out, net, "held-out clips", workers)
    data.require(len(training.windows), len(held_out.windows))
    stage = config.perception
    stills = _open_stills(config, net, workers)
    held_out_source = PerceptionSource(held_out.arrays, stage, seed=0)
    rows = held_out.arrays.clip_frames[spread(len(held_out.windows), config.sample_clips), 0]
    licenses = {*training.licenses, *(() if stills is None else stills.licenses)}
    info = replace(info, license=config.license or " AND ".join(sorted(licenses)))

    def save(folder: Path, facts: dict[str, Any]) -> str:
        scores = held_out_scores(net, held_out.arrays)
        return save_perception(folder, net, replace(info, trained={**info.trained, **facts}, scores=scores))

    return Prepared(
        module=PerceptionModule(net, stage, config.seed),
        source=PerceptionSource(
            training.arrays,
            stage,
            config.seed,
            stills=None if stills is None else stills.arrays,
            rare_below=stage.rare_below,
        ),
        validation=fixed_batches(held_out_source, stage.optim.batch, config.validation_batches),
        painter=paint_perception(net, held_out.arrays, rows),
        frames_per_sample=2,
        save=save,
        facts={
            "training_clips": len(training.windows),
            "training_frames": len(training.arrays.frames),
            "stills": 0 if stills is None else len(stills.arrays.frames),
            "held_out_clips": len(held_out.windows),
            "held_out_frames": len(held_out.arrays.frames),
            "held_out_is_apart": data.is_held_out,
            "unreadable_frames": len(training.skipped) + len(held_out.skipped),
        },
    )


def _starting_net(config: TrainConfig) -> tuple[PerceptionNet, PerceptionInfo]:
    """A fresh net, or that of `config.model`, whose shape then holds."""
    name, role = config.name or config.out.resolve().name or "perception", config.perception.role
    if config.model is None:
        net = build_perception(config.perception.net)
        return net, PerceptionInfo(name, net.config, role=role)
    loaded = load_perception(config.model)
    stage, net = config.perception, loaded.net
    if stage.enlarged is not None:
        net = enlarging(net, stage.enlarged)
    if stage.region_width is not None:
        net = with_regions(net, stage.region_width)
    start = {"name": loaded.info.name, "sha256": loaded.sha256, "trained": loaded.info.trained}
    info = PerceptionInfo(name, net.config, role=role, trained={"started_from": start})
    return net.train().requires_grad_(True), info


def _open_stills(config: TrainConfig, net: PerceptionNet, workers: int) -> PerceptionCache | None:
    """The clips of `perception.stills`: of their split `train`, where there is one."""
    data = config.perception.stills
    if data is None:
        return None
    roots = open_roots(data.roots, data.version)
    if data.split is None and "train" in common_splits(roots):
        data = replace(data, split="train")
    return _open_cache(config, ClipIndex.from_config(data, roots), net, "stills", workers)


def _open_cache(config: TrainConfig, index: ClipIndex, net: PerceptionNet, title: str, workers: int) -> PerceptionCache:
    seen = replace(index.config, image_size=net.config.image_size, estimate_appearance=False)
    index = replace(index, config=seen)
    index = _limited(index, config.perception.clips_per_drive)
    with reporting(f"cache: {title} (drives)") as report:
        cache = open_perception_cache(index, config.cache_root, workers, report)
    report_skips(title, [*index.skipped, *cache.skipped])
    return cache


def _limited(index: ClipIndex, clips_per_drive: int | None) -> ClipIndex:
    """At most so many clips of each drive, evenly spread over it."""
    if clips_per_drive is None:
        return index
    drives: dict[tuple[int, str, str], list[ClipWindow]] = defaultdict(list)
    for window in index.windows:
        drives[window.drive].append(window)
    kept = [clips[i] for clips in drives.values() for i in spread(len(clips), clips_per_drive)]
    return index.with_windows(tuple(kept))
