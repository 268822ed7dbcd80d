"""Noise that belongs to a clip, and known frames.

Every clip draws from a CPU generator of its own, so that its sample does not depend on its batch mates, on the batch
size, or on the kind of device.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from einops import rearrange
from torch import Tensor

from drivegen.core import derive_seed
from drivegen.diffusion.samplers import Project, StepNoise


def clip_noise(seeds: Sequence[int], shape: Sequence[int]) -> Tensor:
    """Unit noise (B, *shape), float32 on the CPU; clip b's depends on seeds[b] and the shape alone.

    Args:
        shape: of one clip, such as (T, C, h, w).
    """
    clips = [torch.randn(tuple(shape), generator=torch.Generator().manual_seed(int(seed))) for seed in seeds]
    return torch.stack(clips) if clips else torch.zeros(0, *shape)


def step_noise(seeds: Sequence[int]) -> StepNoise:
    """Fresh noise for each step of a stochastic sampler; depends on the clip's seed and the step alone."""

    def draw(step: int, x: Tensor) -> Tensor:
        derived = [derive_seed(seed, "step", step) for seed in seeds]
        return clip_noise(derived, x.shape[1:]).to(x)

    return draw


def start_sample(noise: Tensor, sigma: float, known: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
    """The sample (B, T, C, h, w) to start from at noise level sigma.

    Unknown frames have the variance that x0 + sigma * noise has for x0 of unit variance; known frames are noised as
    in training.

    Args:
        noise: (B, T, C, h, w) of unit variance.
        known: clean latents like noise, read where mask is True.
        mask: (B, T) bool, True where the frame is known.
    """
    start = math.sqrt(1.0 + sigma**2) * noise
    if known is None or mask is None:
        return start
    return torch.where(_per_frame(mask), known + sigma * noise, start)


def keep_known(known: Tensor, mask: Tensor) -> Project:
    """The `project` of samplers that puts known frames back into every estimate.

    Args:
        known: (B, T, C, h, w) clean latents, read where mask is True.
        mask: (B, T) bool.
    """
    marked = _per_frame(mask)

    def project(x0: Tensor) -> Tensor:
        return torch.where(marked, known.to(x0.dtype), x0)

    return project


def _per_frame(mask: Tensor) -> Tensor:
    return rearrange(mask.bool(), "b t -> b t 1 1 1")
