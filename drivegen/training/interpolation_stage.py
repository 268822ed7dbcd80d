"""Interpolation made ready to train: gaps of all regimes, the network, pictures; and gaps for joint training."""

from __future__ import annotations

from dataclasses import replace

import torch

from drivegen.conditions import ConditionConfig
from drivegen.core import DataError, decode, encode
from drivegen.data import ClipDataset, ClipIndex
from drivegen.diffusion import Schedule
from drivegen.models import GAP_FRAMES, InterpolationConfig, Models
from drivegen.training.batches import ClipSource, fixed_batches, spread
from drivegen.training.clip_cache import ClipCache
from drivegen.training.config import TrainConfig
from drivegen.training.interpolation_data import JointSource, balanced_rows, gap_data, intervals_s
from drivegen.training.interpolation_module import InterpolationModule
from drivegen.training.interpolation_pictures import paint_interpolation
from drivegen.training.pictures import preview_sampler
from drivegen.training.prepared import Prepared
from drivegen.training.stage_parts import clip_source, data_facts, open_cache, saving
from drivegen.training.starting_point import starting_models
from drivegen.training.training_data import TrainingData


def prepare_interpolation(config: TrainConfig, data: TrainingData, workers: int, device: torch.device) -> Prepared:
    """Build the interpolation model, its caches and its pictures.

    Args:
        workers: processes that build the caches.
        device: where latents are encoded.
    """
    models = starting_models(config)
    net, told = models.interpolation, models.info.interpolation
    if net is None or told is None:
        raise DataError("no interpolation model", where=config.model)
    gaps = gap_data(data, config.interpolation.regimes)
    sizes = net.image.config.conditions
    training, cache = _gap_source(config, gaps.training, models, workers, device, sizes, "gaps")
    held_out, held_out_cache = _gap_source(config, gaps.held_out, models, workers, device, sizes, "held-out gaps")
    gaps.require(len(training), len(held_out))
    rows = held_out.clips[spread(len(held_out.clips), config.sample_clips)]
    dataset = ClipDataset(gaps.held_out)
    samples = [dataset[int(row)] for row in rows]
    licenses = sorted({sample.license for sample in samples})
    models.info = replace(
        models.info,
        interpolation=replace(told, intervals_s=intervals_s(gaps.training, cache)),
        license=config.license or " AND ".join(licenses),
    )
    latents, conditions = held_out.clip_rows(rows)
    sampler = preview_sampler(config.sample_steps, config.sample_guidance)
    return Prepared(
        module=InterpolationModule(
            net, decode(Schedule, encode(models.info.schedule)), config.interpolation, config.seed
        ),
        source=training,
        validation=fixed_batches(held_out, config.optim.batch, config.validation_batches),
        painter=paint_interpolation(models, samples, conditions, latents, sampler),
        frames_per_sample=GAP_FRAMES,
        save=saving(config, models),
        facts=data_facts(gaps, cache, held_out_cache),
    )


def joint_sources(
    config: TrainConfig,
    data: TrainingData,
    models: Models,
    clips: tuple[ClipSource, ClipSource],
    workers: int,
    device: torch.device,
) -> tuple[JointSource, JointSource]:
    """Training and held-out clips of stage=video with gaps among them; the info says that layers are shared.

    Args:
        clips: of training and held out, for prediction alone.
    """
    if models.image is None or models.video is None:
        raise DataError("no video model", where=config.model)
    gaps, sizes = gap_data(data, config.interpolation.regimes), models.image.config.conditions
    training, cache = _gap_source(config, gaps.training, models, workers, device, sizes, "gaps")
    held_out, _ = _gap_source(config, gaps.held_out, models, workers, device, sizes, "held-out gaps")
    gaps.require(len(training), len(held_out))
    shared = InterpolationConfig(
        models.video.config,
        shared=True,
        fade=config.interpolation.fade,
        intervals_s=intervals_s(gaps.training, cache),
    )
    models.info = replace(models.info, interpolation=shared)
    share = config.video.interpolation_probability
    return JointSource(clips[0], training, share), JointSource(clips[1], held_out, share)


def _gap_source(
    config: TrainConfig,
    index: ClipIndex,
    models: Models,
    workers: int,
    device: torch.device,
    sizes: ConditionConfig,
    title: str,
) -> tuple[ClipSource, ClipCache]:
    """Gaps of an index, all regimes about equally often."""
    cache = open_cache(config, index, title, workers, conditions=sizes)
    rows = balanced_rows(index, cache)
    return clip_source(config, cache, models, single_frames=False, device=device, clips=rows), cache
