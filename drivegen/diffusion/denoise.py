"""The one signature that samplers know, denoise(x, sigma) -> x0, and how a network becomes such a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from drivegen.conditions import Conditions
from drivegen.diffusion.parameterisation import PredictionType, network_input, x0_from_prediction
from drivegen.diffusion.schedules import Schedule

# (x (B, T, C, h, w) = x0 + sigma * noise, sigma (B,)) -> x0 like x.
Denoise = Callable[[Tensor, Tensor], Tensor]

# (sample (B, T, C, h, w) as `network_input` scales it, timestep (B,) float in [0, N - 1], conditions, context) -> like
# sample.
Network = Callable[[Tensor, Tensor, Any, Any], Tensor]


def make_denoise(
    net: Network,
    schedule: Schedule,
    prediction_type: PredictionType,
    conditions: Conditions | None,
    context: Any = None,
) -> Denoise:
    """A network with its conditions bound, as a denoiser.

    Args:
        conditions: of the B clips that the denoiser will be called with; None for networks that read the context alone.
        context: known frames of those clips (`models.Context`), or None.
    """

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        timestep = schedule.timestep_from_sigma(sigma)
        prediction = net(network_input(x, sigma, prediction_type), timestep, conditions, context)
        return x0_from_prediction(x, sigma, prediction.to(x.dtype), prediction_type)

    return denoise
