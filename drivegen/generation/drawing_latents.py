"""One run of the sampler, from noise to latents: what first frames, predictions and interpolation have in common."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from drivegen.conditions import Conditions
from drivegen.core.config import decode, encode
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


def draw_latents(
    models: Models,
    net: ImageLDM | VideoLDM,
    conditions: Conditions,
    context: Context | None,
    seeds: Sequence[int],
    config: SamplerConfig,
) -> Tensor:
    """Run the sampler of `config` over a network.

    Args:
        models: the folder that `net` is of, for its noise schedule.
        conditions: B clips of T frames.
        context: known frames of those clips, which are put back at every step and come out bit for bit.
        seeds: B seeds of this run: the noise of a clip depends on its own alone.

    Returns:
        Scaled latents (B, T, C, h, w).
    """
    image = net.config if isinstance(net, ImageLDM) else net.image.config
    schedule = decode(Schedule, encode(models.info.schedule))
    shape = (conditions.num_frames, image.latent_channels, *image.conditions.latent_size)
    noise = clip_noise([derive_seed(seed, "start") for seed in seeds], shape).to(conditions.device)
    sigmas = schedule.sampling_sigmas(config.num_inference_steps, config.spacing)
    known, mask = (None, None) if context is None else (context.latents, context.mask)
    start = start_sample(noise, float(sigmas[0]), known, mask)
    project = None if known is None or mask is None else keep_known(known, mask)
    denoise = guided(net, schedule, image.prediction_type, conditions, context, config.terms)
    if config.name == "ddim":
        return SAMPLERS["ddim"](denoise, start, sigmas, project, eta=config.eta, noise=step_noise(seeds))
    return SAMPLERS[config.name](denoise, start, sigmas, project)
