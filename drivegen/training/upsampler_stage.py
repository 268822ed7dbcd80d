"""The stage of the upsampler made ready to train."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from einops import rearrange
from torch import Tensor

from drivegen.core import ConfigError, DataError, decode, encode
from drivegen.core.arrays import Bytes
from drivegen.data import ClipIndex, Drive
from drivegen.diffusion import Schedule
from drivegen.drawing import contact_sheet, enlarge
from drivegen.generation.decoding import to_levels
from drivegen.generation.upsampling import upsample_frames
from drivegen.generation.upsampling_config import UpsamplingConfig
from drivegen.models import Models, Upsampler, available_parts
from drivegen.training.batches import fixed_batches, spread
from drivegen.training.clip_cache import ClipCache, FrameKey
from drivegen.training.config import TrainConfig
from drivegen.training.decoder_stage import VideoSource
from drivegen.training.latent_cache import frames_to_video
from drivegen.training.pictures import Painter, Painting, side_by_side
from drivegen.training.prepared import Prepared
from drivegen.training.stage_parts import data_facts, open_cache, saving
from drivegen.training.starting_point import starting_models
from drivegen.training.training_data import TrainingData
from drivegen.training.upsampler_module import UpsamplerModule, shrink

# Frames that the scale of the residuals is measured on.
_STATISTICS_FRAMES = 256
_PICTURED_FRAMES = 4
_MOST_STEPS = 8


def prepare_upsampler(config: TrainConfig, data: TrainingData, workers: int) -> Prepared:
    """Build the upsampler, or its temporal layers, and open the large frames that it learns from.

    Args:
        workers: processes that build the caches.

    Raises:
        ConfigError: patches that the autoencoder cannot take, or clips of another length than the layers know.
        DataError: recorded frames that are smaller than the large ones have to be.
    """
    stage = config.upsampler
    models = starting_models(config)
    net = models.upsampler
    if not isinstance(net, Upsampler):
        raise DataError("no upsampler", where=config.model)
    _check(config, models, net)
    single = stage.phase == "image"
    size = net.config.large_size(config.data.image_size)
    data = replace(data, training=_large(data.training, size), held_out=_large(data.held_out, size))
    keys = data.all_frames(stage.max_frames) if single else None
    training = open_cache(config, data.training, "large frames", workers, frames=keys)
    held_out = open_cache(config, data.held_out, "held-out large frames", workers)
    source = _source(data.training, training, keys)
    held_out_source = _source(data.held_out, held_out, data.held_out.frame_keys() if single else None)
    data.require(len(source), len(held_out_source))
    if single and "upsampler" not in available_parts(config.model or config.out):
        _measure(net, models, source, decoded=stage.decoded > 0)
    pictured = held_out_source.fetch(spread(len(held_out_source), config.sample_clips))
    schedule = decode(Schedule, encode(net.config.schedule))
    return Prepared(
        module=UpsamplerModule(net, models.codec, schedule, stage, config.seed),
        source=source,
        validation=fixed_batches(held_out_source, config.optim.batch, config.validation_batches),
        painter=paint_upsampler(models, pictured, min(config.sample_steps, _MOST_STEPS)),
        frames_per_sample=1 if single else config.data.frames,
        save=saving(config, models),
        facts={"phase": stage.phase, **data_facts(data, training, held_out)},
    )


def paint_upsampler(models: Models, clips: Tensor, steps: int) -> Painter:
    """Three rows for each clip (T, H, W, 3), or for all single frames: small and repeated, upsampled, as they are.

    Of clips there is a short video as well: upsampled above, as they are below.
    """
    clips = clips[:, :_PICTURED_FRAMES]

    def paint(device: torch.device) -> Bytes | Painting:
        net = models.upsampler
        if net is None:
            raise DataError("no upsampler", where=models.info.name)
        small = to_levels(shrink(frames_to_video(clips), net.config.factor))
        # One window of as many frames as there are, which the temporal layers were trained on.
        config = UpsamplingConfig(num_inference_steps=steps, window_frames=clips.shape[1], overlap_frames=0)
        drawn = upsample_frames(models, small, range(len(clips)), config)
        # Single frames stand side by side, clips below one another.
        rows = [video.transpose(0, 1) if clips.shape[1] == 1 else video for video in (small, drawn, clips)]
        images: list[Bytes] = []
        for given, upsampled, reference in zip(*rows, strict=True):
            images += [enlarge(np.ascontiguousarray(frame), net.config.factor) for frame in given.numpy()]
            images += [*upsampled.numpy(), *reference.numpy()]
        sheet = contact_sheet(images, columns=rows[0].shape[1], title="given, upsampled, reference")
        if clips.shape[1] == 1:
            return sheet
        return Painting(sheet, side_by_side((drawn.numpy(), clips.numpy())), models.info.fps)

    return paint


def _check(config: TrainConfig, models: Models, net: Upsampler) -> None:
    stage, cell = config.upsampler, net.config.factor * models.info.autoencoder.downsampling
    if any(side % cell or side % net.config.unit for side in stage.patch):
        raise ConfigError(
            "patches do not fit the autoencoder and the upsampler",
            where="upsampler.patch",
            expected=f"multiples of {cell} and of {net.config.unit}",
            got=stage.patch,
        )
    if stage.phase == "video":
        most = net.config.temporal.max_frames if net.config.temporal is not None else 0
        if not 2 <= config.data.frames <= most:
            raise ConfigError(
                "clips do not fit the temporal layers",
                where="data.frames",
                expected=f"2 to {most}",
                got=config.data.frames,
            )


def _large(index: ClipIndex, size: tuple[int, int]) -> ClipIndex:
    """The same clips with large frames.

    Raises:
        DataError: those of a drive are recorded smaller.
    """
    index = replace(index, config=replace(index.config, image_size=size, estimate_appearance=False))
    window = index.windows[0]
    recorded = Drive(index.roots[window.root], window.scene, window.camera, index.config).window
    if recorded.height < size[0] or recorded.width < size[1]:
        raise DataError(
            "recorded frames are too small to learn enlarging from",
            where=f"{index.roots[window.root].root}, {window.scene} {window.camera}",
            expected=f"{size[0]} x {size[1]} px or more",
            got=f"{recorded.height} x {recorded.width}",
            remedy=f"name roots with larger frames, such as those of drivegen world size=[{size[0]},{size[1]}]",
        )
    return index


def _source(index: ClipIndex, cache: ClipCache, keys: tuple[FrameKey, ...] | None) -> VideoSource:
    """Single frames, where `keys` names them in the order of the cache, else clips, as far as they could be read."""
    if keys is not None:
        rows = np.flatnonzero(cache.valid)[:, None]
    else:
        row_of = {key: row for row, key in enumerate(index.frame_keys())}
        clips = [[row_of[(*window.drive, i)] for i in window.frame_indices] for window in index.windows]
        rows = np.array(clips, dtype=np.int64).reshape(len(index.windows), index.config.frames)
        rows = rows[cache.valid[rows].all(axis=1)]
    return VideoSource(cache.frames, rows, [cache.frame_name(int(row[0])) for row in rows])


def _measure(net: Upsampler, models: Models, source: VideoSource, *, decoded: bool) -> None:
    """Measure the scale of the residuals on frames of the training set, half of them decoded where that is trained."""
    large = rearrange(frames_to_video(source.fetch(spread(len(source), _STATISTICS_FRAMES))), "n t c h w -> t n c h w")
    small = shrink(large, net.config.factor)
    if decoded:
        small[:, ::2] = models.codec.decode(models.codec.encode(small[:, ::2]))
    net.measure_residual(large, small)
