"""Conditions and seeds in, frames out: first frame, key frames, extension, decoding. Nothing here reads or writes.

A clip's noise is drawn from streams named after its seed, the stage and the first frame of the call, so a clip is the
same alone or in a batch. Latents are scaled, (B, T, C, h, w). Facts: Blattmann et al. 2023 (arXiv 2304.08818),
section 3 and appendix H.1; what the paper does not do is conditioning every frame of the video on its boxes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from einops import rearrange
from torch import Tensor

from drivegen.conditions import Conditions
from drivegen.core.config import decode, encode
from drivegen.core.errors import DataError
from drivegen.core.seeds import derive_seed
from drivegen.diffusion import (
    SAMPLERS,
    Schedule,
    clip_noise,
    guided,
    keep_known,
    start_sample,
    step_noise,
)
from drivegen.generation.sampler import SamplerConfig
from drivegen.models import Context, ImageLDM, Models, VideoLDM

# An extension is told this many of the newest key frames: the fewest that carry direction (paper, section 3.2).
CONTEXT_FRAMES = 2


@torch.inference_mode()
def generate_latents_image(
    models: Models, conditions: Conditions, seeds: Sequence[int], config: SamplerConfig
) -> Tensor:
    """Every frame by the image model, independently of the others.

    Args:
        conditions: B clips of T frames, on the models' device.
        seeds: B seeds.

    Returns:
        Scaled latents (B, T, C, h, w).

    Raises:
        DataError: the model folder has no image part.
    """
    net = require_image(models)
    return _draw(models, net, conditions, None, [derive_seed(seed, "image") for seed in seeds], config)


@torch.inference_mode()
def generate_clip_latents(
    models: Models, conditions: Conditions, seeds: Sequence[int], config: SamplerConfig
) -> Tensor:
    """A clip of any length: the first frame by the image model, the rest by the video model.

    The first call of the video model is told the first frame; each further one the two newest key frames, until the
    clip is done.

    Args:
        conditions: B clips of T frames, T >= 1, on the models' device.
        seeds: B seeds.

    Returns:
        Scaled latents (B, T, C, h, w).

    Raises:
        DataError: the model folder has no image or no video part, or its video model makes too few frames at a time.
    """
    length = call_length(models)
    latents = generate_latents_image(models, conditions.frame(0), seeds, config)
    total = conditions.num_frames
    while latents.shape[1] < total:
        known = latents[:, -CONTEXT_FRAMES:]
        start = latents.shape[1] - known.shape[1]
        window = window_of(conditions, start, length)
        drawn = predict(models, window, known, [derive_seed(seed, "video", start) for seed in seeds], config)
        latents = torch.cat([latents, drawn[:, known.shape[1] :]], dim=1)
    return latents[:, :total]


@torch.inference_mode()
def predict(
    models: Models, conditions: Conditions, known: Tensor, seeds: Sequence[int], config: SamplerConfig
) -> Tensor:
    """One call of the video model: T frames, of which the first ones are known.

    Known frames are put back in latent space at every step and are returned bit for bit.

    Args:
        conditions: B clips of T frames, T the number that the video model was trained on.
        known: (B, K, C, h, w) scaled latents of the first K frames, 0 <= K < T.
        seeds: B seeds of this call.

    Returns:
        Scaled latents (B, T, C, h, w).
    """
    net = require_video(models)
    unknown = known.new_zeros(known.shape[0], conditions.num_frames - known.shape[1], *known.shape[2:])
    context = Context.known(torch.cat([known, unknown], dim=1), range(known.shape[1]))
    return _draw(models, net, conditions, context, seeds, config)


@torch.inference_mode()
def decode_frames(models: Models, latents: Tensor) -> Tensor:
    """Scaled latents (B, T, C, h, w) to frames (B, T, H, W, 3), uint8 RGB on the CPU."""
    video = models.codec.decode(latents)
    levels = ((video.clamp(-1.0, 1.0) + 1.0) * 127.5).round().to(torch.uint8)
    return rearrange(levels, "b t c h w -> b t h w c").cpu().contiguous()


def window_of(conditions: Conditions, start: int, length: int) -> Conditions:
    """Frames start to start + length; beyond the end of the clip the last frame is held, with the vehicle at rest.

    The video model always sees as many frames as it was trained on; what it draws of the held ones is thrown away.
    """
    window = conditions.frames(slice(start, start + length))
    missing = length - window.num_frames
    if missing <= 0:
        return window
    held = {name: _hold(getattr(window, name), missing) for name in _HELD}
    at_rest = window.ego_motion.new_zeros(window.batch_size, missing, window.ego_motion.shape[-1])
    return replace(window, ego_motion=torch.cat([window.ego_motion, at_rest], dim=1), **held)


def call_length(models: Models) -> int:
    """Frames of one call of the video model: those that it was trained on.

    Raises:
        DataError: no video model, or one whose calls cannot extend a clip.
    """
    require_video(models)
    if models.info.frames <= CONTEXT_FRAMES:
        raise DataError(
            "too few frames per call to extend a clip",
            where=f"frames of model folder {models.info.name}",
            expected=f"more than {CONTEXT_FRAMES}",
            got=models.info.frames,
        )
    return models.info.frames


def require_image(models: Models) -> ImageLDM:
    """The image model of a folder.

    Raises:
        DataError: the folder has none.
    """
    if models.image is None:
        raise DataError(
            "no image model", where=f"model folder {models.info.name}", remedy="train it: drivegen train stage=image"
        )
    return models.image


def require_video(models: Models) -> VideoLDM:
    """The video model of a folder.

    Raises:
        DataError: the folder has none.
    """
    if models.video is None:
        raise DataError(
            "no video model",
            where=f"model folder {models.info.name}",
            remedy="train it (drivegen train stage=video), or draw frames without motion (generator=image_ldm)",
        )
    return models.video


def _draw(
    models: Models,
    net: ImageLDM | VideoLDM,
    conditions: Conditions,
    context: Context | None,
    seeds: Sequence[int],
    config: SamplerConfig,
) -> Tensor:
    """Run the sampler from noise to latents (B, T, C, h, w)."""
    image = require_image(models).config
    schedule = decode(Schedule, encode(models.info.schedule))
    shape = (conditions.num_frames, image.latent_channels, *image.conditions.latent_size)
    noise = clip_noise([derive_seed(seed, "start") for seed in seeds], shape).to(conditions.device)
    sigmas = schedule.sampling_sigmas(config.num_inference_steps, config.spacing)
    known, mask = (None, None) if context is None else (context.latents, context.mask)
    start = start_sample(noise, float(sigmas[0]), known, mask)
    project = None if known is None or mask is None else keep_known(known, mask)
    denoise = guided(net, schedule, image.prediction_type, conditions, context, config.guidance)
    if config.name == "ddim":
        return SAMPLERS["ddim"](denoise, start, sigmas, project, eta=config.eta, noise=step_noise(seeds))
    return SAMPLERS[config.name](denoise, start, sigmas, project)


# Fields of Conditions with a frame axis, but for the ego motion.
_HELD = ("boxes", "box_category", "box_heading", "box_appearance", "box_appearance_known", "box_mask", "raster")


def _hold(values: Tensor, count: int) -> Tensor:
    """Repeat the last frame of (B, T, ...) `count` times more."""
    last = values[:, -1:]
    return torch.cat([values, last.expand(-1, count, *last.shape[2:])], dim=1)
