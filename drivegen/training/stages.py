"""Each stage made ready to train: network, data, validation, pictures, and what becomes of the model at the end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from drivegen.core import DataError, decode, derive_seed, encode
from drivegen.data import ClipDataset, ClipSample
from drivegen.diffusion import Schedule
from drivegen.models import ImageLDM, ModelInfo, Models, VideoLDM
from drivegen.training.autoencoder_module import AutoencoderModule
from drivegen.training.batches import ClipSource, FrameSource, Source, fixed_batches, spread
from drivegen.training.config import TrainConfig
from drivegen.training.decoder_stage import prepare_decoder
from drivegen.training.diffusion_modules import ImageModule, VideoModule
from drivegen.training.interpolation_stage import joint_sources, prepare_interpolation
from drivegen.training.latent_cache import frames_to_video
from drivegen.training.perception_stage import prepare_perception
from drivegen.training.pictures import Painter, paint_autoencoder, paint_image, paint_video, preview_sampler
from drivegen.training.prepared import Prepared
from drivegen.training.stage_module import StageModule
from drivegen.training.stage_parts import clip_source, data_facts, open_cache, saving
from drivegen.training.starting_point import starting_models
from drivegen.training.training_data import TrainingData
from drivegen.training.upsampler_stage import prepare_upsampler

# Frames that the statistics of the latents are measured on.
_STATISTICS_FRAMES = 1024


def prepare(config: TrainConfig, data: TrainingData, workers: int, device: torch.device) -> Prepared:
    """Build the network of the chosen stage, its caches and its pictures.

    Args:
        workers: processes that build the caches.
        device: where latents are encoded.
    """
    torch.manual_seed(derive_seed(config.seed, "weights"))
    if config.stage == "perception":
        return prepare_perception(config, data, workers)
    if config.stage == "decoder":
        return prepare_decoder(config, data, workers)
    if config.stage == "interpolation":
        return prepare_interpolation(config, data, workers, device)
    if config.stage == "upsampler":
        return prepare_upsampler(config, data, workers)
    models = starting_models(config)
    if config.stage == "autoencoder":
        return _prepare_autoencoder(config, data, models, workers)
    return _prepare_diffusion(config, data, models, workers, device)


def _prepare_autoencoder(config: TrainConfig, data: TrainingData, models: Models, workers: int) -> Prepared:
    net = models.codec.autoencoder
    keys = data.all_frames(config.autoencoder.max_frames)
    training = open_cache(config, data.training, "frames", workers, frames=keys)
    held_out = open_cache(config, data.held_out, "held-out frames", workers)
    source = FrameSource(training.frames, np.flatnonzero(training.valid), training.frame_name)
    held_out_source = FrameSource(held_out.frames, np.flatnonzero(held_out.valid))
    data.require(len(source), len(held_out_source))

    def finish() -> None:
        if config.autoencoder.freeze_encoder:
            return
        rows = source.rows[spread(len(source), _STATISTICS_FRAMES)]
        models.codec.measure_statistics(frames_to_video(source.frames[rows])[None])

    pictured = held_out_source.rows[spread(len(held_out_source), config.sample_clips)]
    return Prepared(
        module=AutoencoderModule(net, config.autoencoder, config.seed),
        source=source,
        validation=fixed_batches(held_out_source, min(config.optim.batch, 32), config.validation_batches),
        painter=paint_autoencoder(net, held_out.frames[pictured]),
        frames_per_sample=1,
        save=saving(config, models, finish),
        facts=data_facts(data, training, held_out),
    )


def _prepare_diffusion(
    config: TrainConfig, data: TrainingData, models: Models, workers: int, device: torch.device
) -> Prepared:
    image = models.image
    if image is None:
        raise DataError("no image model", where=config.model, remedy="train it: drivegen train stage=image")
    sizes, single = image.config.conditions, config.stage == "image"
    training = open_cache(config, data.training, "clips", workers, conditions=sizes)
    held_out = open_cache(config, data.held_out, "held-out clips", workers, conditions=sizes)
    source = clip_source(config, training, models, single_frames=single, device=device)
    held_out_source = clip_source(config, held_out, models, single_frames=single, device=device)
    data.require(len(source), len(held_out_source))
    rows = held_out_source.clips[spread(len(held_out_source.clips), config.sample_clips)]
    dataset = ClipDataset(data.held_out)
    samples = [dataset[int(row)] for row in rows]
    models.info = _described(models.info, config, data, samples)
    sources: tuple[Source, Source] = (source, held_out_source)
    if config.stage == "video" and config.video.interpolation_probability > 0:
        sources = joint_sources(config, data, models, (source, held_out_source), workers, device)
    return Prepared(
        module=_diffusion_module(config, models),
        source=sources[0],
        validation=fixed_batches(sources[1], config.optim.batch, config.validation_batches),
        painter=_diffusion_painter(config, models, held_out_source, rows, samples),
        frames_per_sample=1 if single else config.data.frames,
        save=saving(config, models),
        facts=data_facts(data, training, held_out),
    )


def _diffusion_module(config: TrainConfig, models: Models) -> StageModule:
    schedule = decode(Schedule, encode(models.info.schedule))
    if config.stage == "image":
        image = models.image
        if not isinstance(image, ImageLDM):
            raise DataError("no image model", where=config.model)
        return ImageModule(image.requires_grad_(True), schedule, config.image, config.seed)
    video = models.video
    if not isinstance(video, VideoLDM):
        raise DataError("no video model", where=config.model)
    video.temporal.check_frames(config.data.frames)
    return VideoModule(video, schedule, config.video, config.seed, config.interpolation)


def _diffusion_painter(
    config: TrainConfig, models: Models, source: ClipSource, rows: np.ndarray, samples: list[ClipSample]
) -> Painter:
    sampler = preview_sampler(config.sample_steps, config.sample_guidance)
    latents, conditions = source.clip_rows(rows)
    policy = config.data.label_policy
    if config.stage == "image":
        return paint_image(models, samples, conditions, sampler, policy)
    return paint_video(models, samples, conditions, latents, sampler, policy)


def _described(info: ModelInfo, config: TrainConfig, data: TrainingData, samples: list[ClipSample]) -> ModelInfo:
    """The info with what the data decides: frames, rate, licence."""
    licenses = sorted({sample.license for sample in samples})
    return replace(
        info,
        frames=config.data.frames if config.stage == "video" or info.temporal is None else info.frames,
        fps=round(float(np.median([sample.fps for sample in samples])), 3),
        license=config.license or " AND ".join(licenses),
    )
