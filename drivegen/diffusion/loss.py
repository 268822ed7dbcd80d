"""The training loss: mean squared error of the prediction at a random noise level."""

from __future__ import annotations

from typing import Any

import torch
from einops import reduce
from torch import Tensor

from drivegen.conditions import Conditions
from drivegen.core import ConfigError
from drivegen.diffusion.denoise import Network
from drivegen.diffusion.parameterisation import PredictionType, expand, network_input, prediction_target
from drivegen.diffusion.schedules import Schedule
from drivegen.diffusion.training_noise import TrainingNoise


def diffusion_loss(
    net: Network,
    schedule: Schedule,
    prediction_type: PredictionType,
    latents: Tensor,
    conditions: Conditions | None,
    context: Any = None,
    *,
    generator: torch.Generator,
    weight_mask: Tensor | None = None,
    timesteps: Tensor | None = None,
    training_noise: TrainingNoise | None = None,
    min_snr_gamma: float | None = None,
) -> Tensor:
    """Loss per clip (B,).

    Args:
        latents: (B, T, C, h, w) clean and scaled.
        generator: draws timesteps and noise, on its own device.
        weight_mask: (B, T) weight of each frame (known context frames: 0); a clip without weight has loss 0.
        timesteps: (B,) in [0, N - 1], one per clip and shared by its frames; None draws them from `training_noise`.
        training_noise: None: that of the schedule.
        min_snr_gamma: weight the noise levels as Hang et al. 2023 (arXiv 2303.09556; they use 5); None: equally.
    """
    if timesteps is None:
        drawn = (training_noise or TrainingNoise()).draw(schedule, latents.shape[0], generator)
        timesteps = drawn.to(latents.device)
    noise = torch.randn(latents.shape, generator=generator, device=generator.device).to(latents)
    sigma = schedule.sigma_from_timestep(timesteps)
    x = latents + expand(sigma, latents) * noise
    prediction = net(network_input(x, sigma, prediction_type), timesteps, conditions, context)
    target = prediction_target(latents, noise, sigma, prediction_type)
    # Squares of half-precision numbers lose the small ones.
    per_frame = reduce((prediction.float() - target.float()) ** 2, "b t c h w -> b t", "mean")
    loss = _weighted_mean(per_frame, weight_mask)
    return loss if min_snr_gamma is None else loss * min_snr_weight(sigma, prediction_type, min_snr_gamma)


def min_snr_weight(sigma: Tensor, prediction_type: PredictionType, gamma: float) -> Tensor:
    """Weights (B,) of noise levels: min(SNR, gamma) on x0, as it weighs on the prediction (Hang et al. 2023)."""
    if gamma <= 0:
        raise ConfigError("must be positive", where="min_snr_gamma", got=gamma)
    snr = sigma**-2.0
    capped = snr.clamp(max=gamma)
    if prediction_type == "sample":
        return capped
    if prediction_type == "flow_prediction":
        return capped / (snr.sqrt() + 1.0) ** 2
    return capped / snr if prediction_type == "epsilon" else capped / (snr + 1.0)


def _weighted_mean(per_frame: Tensor, weight: Tensor | None) -> Tensor:
    """Mean over frames (B, T) => (B,), weighted; zero where all weights are zero."""
    if weight is None:
        return per_frame.mean(dim=1)
    weight = weight.to(per_frame.dtype)
    total = weight.sum(dim=1)
    return (per_frame * weight).sum(dim=1) / torch.where(total > 0, total, torch.ones_like(total))
