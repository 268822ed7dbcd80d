"""What a network predicts, and how that becomes the clean sample x0.

With x = x0 + sigma * noise, alpha = 1 / sqrt(1 + sigma^2) and s = sigma * alpha (so that alpha^2 + s^2 = 1):

    epsilon       noise
    v_prediction  alpha * noise - s * x0        (Salimans & Ho 2022, arXiv 2202.00512)
    sample        x0
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from drivegen.core import ConfigError

PredictionType = Literal["epsilon", "v_prediction", "sample"]


def expand(values: Tensor, like: Tensor) -> Tensor:
    """(B,) viewed so that it broadcasts over `like` (B, ...), in its type."""
    return values.to(like.dtype).view(-1, *[1] * (like.ndim - 1))


def network_input(x: Tensor, sigma: Tensor) -> Tensor:
    """x (B, ...) at noise levels sigma (B,) scaled to unit variance: the variance-preserving sample of DDPM."""
    return x / torch.sqrt(1.0 + expand(sigma, x) ** 2)


def prediction_target(x0: Tensor, noise: Tensor, sigma: Tensor, prediction_type: PredictionType) -> Tensor:
    """What a perfect network predicts for x0 (B, ...) with this noise at levels sigma (B,)."""
    if prediction_type == "epsilon":
        return noise
    if prediction_type == "sample":
        return x0
    if prediction_type == "v_prediction":
        level = expand(sigma, x0)
        return (noise - level * x0) / torch.sqrt(1.0 + level**2)
    raise _unknown(prediction_type)


def x0_from_prediction(x: Tensor, sigma: Tensor, prediction: Tensor, prediction_type: PredictionType) -> Tensor:
    """The clean sample (B, ...) that a prediction for x = x0 + sigma * noise stands for."""
    if prediction_type == "sample":
        return prediction
    level = expand(sigma, x)
    if prediction_type == "epsilon":
        return x - level * prediction
    if prediction_type == "v_prediction":
        return x / (1.0 + level**2) - prediction * level / torch.sqrt(1.0 + level**2)
    raise _unknown(prediction_type)


def noise_from_x0(x: Tensor, sigma: Tensor, x0: Tensor) -> Tensor:
    """The noise in x = x0 + sigma * noise."""
    return (x - x0) / expand(sigma, x)


def _unknown(prediction_type: str) -> ConfigError:
    return ConfigError(
        "unknown prediction type",
        where="prediction_type",
        expected="epsilon, v_prediction or sample",
        got=prediction_type,
    )
