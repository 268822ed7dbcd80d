"""What the stages of the models need alike: caches, sources of latents, facts about the data, the written folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from drivegen.conditions import ConditionConfig
from drivegen.data import ClipIndex
from drivegen.models import Models, save_model
from drivegen.training.batches import ClipSource
from drivegen.training.clip_cache import ClipCache, FrameKey, open_clip_cache
from drivegen.training.config import TrainConfig
from drivegen.training.latent_cache import open_latent_cache
from drivegen.training.progress import report_skips, reporting
from drivegen.training.training_data import TrainingData


def open_cache(
    config: TrainConfig,
    index: ClipIndex,
    title: str,
    workers: int,
    *,
    conditions: ConditionConfig | None = None,
    frames: tuple[FrameKey, ...] | None = None,
) -> ClipCache:
    """The cache of an index, built with a progress bar if it is not there; what could not be read is reported."""
    with reporting(f"cache: {title} (drives)") as report:
        cache = open_clip_cache(
            index, config.cache_root, conditions=conditions, frames=frames, workers=workers, report=report
        )
    report_skips(title, [*index.skipped, *cache.skipped])
    return cache


def clip_source(
    config: TrainConfig,
    cache: ClipCache,
    models: Models,
    *,
    single_frames: bool,
    device: torch.device,
    clips: np.ndarray | None = None,
) -> ClipSource:
    """Latents and conditions of a cache's clips.

    Args:
        device: where latents are encoded.
        clips: rows of the cache to use, which may repeat; None: those all of whose frames could be read.
    """
    with reporting("cache: latents (frames)") as report:
        latents = open_latent_cache(cache, models.codec, config.cache_root, device=device, report=report)
    rows = cache.usable_clips() if clips is None else clips
    arrays = (latents, cache.clip_frames, cache.conditions)
    return ClipSource(*arrays, clips=rows, single_frames=single_frames, name=cache.clip_name)


def saving(
    config: TrainConfig, models: Models, finish: Callable[[], None] = lambda: None
) -> Callable[[Path, dict[str, Any]], str]:
    """Writes the folder of models whose networks are those trained; `finish` is called before."""

    def save(folder: Path, facts: dict[str, Any]) -> str:
        models.codec.to("cpu")
        finish()
        models.info = replace(models.info, trained={**models.info.trained, config.stage: facts})
        return save_model(folder, models)

    return save


def data_facts(data: TrainingData, training: ClipCache, held_out: ClipCache) -> dict[str, Any]:
    """What a model folder says about the data of a stage."""
    return {
        "training_clips": len(data.training),
        "training_frames": int(training.valid.sum()),
        "held_out_clips": len(data.held_out),
        "held_out_frames": int(held_out.valid.sum()),
        "held_out_is_apart": data.is_held_out,
        "unreadable_frames": len(training.skipped) + len(held_out.skipped),
    }
