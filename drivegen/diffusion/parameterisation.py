"""What a network predicts, and how that becomes the clean sample x0.

With x = x0 + sigma * noise, alpha = 1 / sqrt(1 + sigma^2) and s = sigma * alpha (so that alpha^2 + s^2 = 1):

    epsilon          noise
    v_prediction     alpha * noise - s * x0     (Salimans & Ho 2022, arXiv 2202.00512)
    sample           x0
    flow_prediction  noise - x0                 (Liu et al. 2022, arXiv 2209.03003)

The preconditioning of EDM (Karras et al. 2022, table 1) for data of unit variance, as scaled latents are, is
v_prediction: c_in = alpha, c_skip = alpha^2, and c_out times the network's output is -s times v. Its loss weight makes
the loss of v's plain mean squared error, too. So kind=edm of the schedule goes with v_prediction.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from drivegen.core import ConfigError

PredictionType = Literal["epsilon", "v_prediction", "sample", "flow_prediction"]


def expand(values: Tensor, like: Tensor) -> Tensor:
    """(B,) viewed so that it broadcasts over `like` (B, ...), in its type."""
    return values.to(like.dtype).view(-1, *[1] * (like.ndim - 1))


def network_input(x: Tensor, sigma: Tensor, prediction_type: PredictionType = "v_prediction") -> Tensor:
    """x (B, ...) at noise levels sigma (B,), scaled to what the network is shown.

    That is the variance-preserving sample of DDPM, of unit variance; for flow_prediction (1 - t) * x0 + t * noise with
    t = sigma / (1 + sigma).
    """
    level = expand(sigma, x)
    return x / (1.0 + level) if prediction_type == "flow_prediction" else x / torch.sqrt(1.0 + level**2)


def prediction_target(x0: Tensor, noise: Tensor, sigma: Tensor, prediction_type: PredictionType) -> Tensor:
    """What a perfect network predicts for x0 (B, ...) with this noise at levels sigma (B,)."""
    if prediction_type == "epsilon":
        return noise
    if prediction_type == "sample":
        return x0
    if prediction_type == "v_prediction":
        level = expand(sigma, x0)
        return (noise - level * x0) / torch.sqrt(1.0 + level**2)
    if prediction_type == "flow_prediction":
        return noise - x0
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
    if prediction_type == "flow_prediction":
        return (x - level * prediction) / (1.0 + level)
    raise _unknown(prediction_type)


def noise_from_x0(x: Tensor, sigma: Tensor, x0: Tensor) -> Tensor:
    """The noise in x = x0 + sigma * noise."""
    return (x - x0) / expand(sigma, x)


def _unknown(prediction_type: str) -> ConfigError:
    return ConfigError(
        "unknown prediction type",
        where="prediction_type",
        expected="epsilon, v_prediction, sample or flow_prediction",
        got=prediction_type,
    )
