"""Samplers: pure functions from noise to a clean sample over one denoiser signature.

All of them take the noise levels `sigmas` (steps + 1,), falling to 0, start from x at `sigmas[0]`, evaluate
`denoise(x, sigma (B,)) -> x0` and work in the form x = x0 + sigma * noise. `project` replaces every x0 estimate, for
instance to put known frames back; because the last step is written as "x becomes x0", what it puts back comes out to
the bit. `callback(step, x0)` is told each step's estimate.

An update from sigma to sigma_next along the straight line through x0 is x0 + (sigma_next / sigma) * (x - x0).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor

from drivegen.core import ConfigError
from drivegen.diffusion.denoise import Denoise

Project = Callable[[Tensor], Tensor]
Callback = Callable[[int, Tensor], None]
# (step, x) -> fresh unit noise like x.
StepNoise = Callable[[int, Tensor], Tensor]
Sampler = Callable[..., Tensor]


@torch.no_grad()
def euler(
    denoise: Denoise, x: Tensor, sigmas: Tensor, project: Project | None = None, callback: Callback | None = None
) -> Tensor:
    """Euler's method on the probability-flow ODE (Karras et al. 2022, algorithm 1); first order, deterministic."""
    levels = sigmas.tolist()
    for step, (sigma, following) in enumerate(pairwise(levels)):
        x0 = _estimate(denoise, x, sigma, project)
        _tell(callback, step, x0)
        x = _towards(x, x0, sigma, following)
    return x


@torch.no_grad()
def heun(
    denoise: Denoise, x: Tensor, sigmas: Tensor, project: Project | None = None, callback: Callback | None = None
) -> Tensor:
    """Heun's method (Karras et al. 2022, algorithm 2 without churn); second order, two evaluations a step but the last.

    The trapezoid's mean slope is written as a mean of the two x0 so that known frames stay on their line.
    """
    levels = sigmas.tolist()
    for step, (sigma, following) in enumerate(pairwise(levels)):
        x0 = _estimate(denoise, x, sigma, project)
        _tell(callback, step, x0)
        predicted = _towards(x, x0, sigma, following)
        if following > 0:
            corrected = _estimate(denoise, predicted, following, project)
            slope = 0.5 * ((x - x0) / sigma + (predicted - corrected) / following)
            predicted = x + (following - sigma) * slope
        x = predicted
    return x


@torch.no_grad()
def dpmpp_2m(
    denoise: Denoise, x: Tensor, sigmas: Tensor, project: Project | None = None, callback: Callback | None = None
) -> Tensor:
    """DPM-Solver++(2M) (Lu et al. 2022, arXiv 2211.01095, algorithm 2); second order from one evaluation a step.

    Its first and last steps are of first order, as in diffusers with `final_sigmas_type="zero"`.
    """
    levels = sigmas.tolist()
    previous: tuple[float, Tensor] | None = None
    for step, (sigma, following) in enumerate(pairwise(levels)):
        x0 = _estimate(denoise, x, sigma, project)
        _tell(callback, step, x0)
        target = x0
        if previous is not None and following > 0:
            # Half steps in lambda = -log sigma: r = h_previous / h.
            ratio = math.log(previous[0] / sigma) / math.log(sigma / following)
            target = x0 + (x0 - previous[1]) / (2.0 * ratio)
        previous = (sigma, x0)
        x = _towards(x, target, sigma, following)
    return x


@torch.no_grad()
def ddim(
    denoise: Denoise,
    x: Tensor,
    sigmas: Tensor,
    project: Project | None = None,
    callback: Callback | None = None,
    *,
    eta: float = 0.0,
    noise: StepNoise | None = None,
) -> Tensor:
    """DDIM (Song et al. 2021, arXiv 2010.02502, equations 12 and 16), rescaled to x = x0 + sigma * noise.

    eta 0 is deterministic and equal to `euler`; eta 1 is DDPM's ancestral sampling (the paper's choice for driving).

    Args:
        noise: fresh unit noise for a step (`noise.step_noise`); needed when eta > 0.
    """
    if not 0.0 <= eta <= 1.0 or (eta > 0 and noise is None):
        raise ConfigError("eta needs to lie in [0, 1], and fresh noise when above 0", where="ddim.eta", got=eta)
    levels = sigmas.tolist()
    for step, (sigma, following) in enumerate(pairwise(levels)):
        x0 = _estimate(denoise, x, sigma, project)
        _tell(callback, step, x0)
        fresh = eta * following / sigma * math.sqrt(sigma**2 - following**2)
        x = _towards(x, x0, sigma, math.sqrt(max(following**2 - fresh**2, 0.0)))
        if noise is not None and fresh > 0:
            x = x + fresh * noise(step, x)
    return x


SAMPLERS: Final[dict[str, Sampler]] = {"euler": euler, "heun": heun, "dpmpp_2m": dpmpp_2m, "ddim": ddim}


def _estimate(denoise: Denoise, x: Tensor, sigma: float, project: Project | None) -> Tensor:
    level = torch.full((x.shape[0],), sigma, dtype=torch.promote_types(x.dtype, torch.float32), device=x.device)
    x0 = denoise(x, level)
    return x0 if project is None else project(x0)


def _towards(x: Tensor, x0: Tensor, sigma: float, following: float) -> Tensor:
    """The point at noise level `following` of the line from x (at sigma) to x0 (at 0)."""
    return x0 + (following / sigma) * (x - x0) if following > 0 else x0


def _tell(callback: Callback | None, step: int, x0: Tensor) -> None:
    if callback is not None:
        callback(step, x0)
