"""Which noise levels are trained on: a choice of the training, where the schedule is one of the model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import torch
from torch import Tensor

from drivegen.core import ConfigError
from drivegen.diffusion.schedules import Schedule

# Mean and standard deviation of log sigma. edm: -1.2 and 1.2 (Karras et al. 2022, table 1) for data of standard
# deviation 0.5; latents here have 1, and ln 2 more. flow: logit-normal times, rf/lognorm(0.00, 1.00) of Esser et al.
# 2024 (arXiv 2403.03206): the logit of t = sigma / (1 + sigma) is log sigma, so both are the same family.
LOG_NORMAL: Final = {"edm": (-1.2 + math.log(2.0), 1.2), "flow": (0.0, 1.0)}


@dataclass(frozen=True)
class TrainingNoise:
    """Noise levels that a stage draws."""

    kind: Literal["schedule", "uniform", "lognormal"] = "schedule"
    """uniform: timesteps evenly. lognormal: log sigma is normal. schedule: what goes with the model's noise schedule,
    uniform for linear and scaled_linear (the paper), lognormal for edm and flow."""
    mean: float | None = None
    """lognormal: mean of log sigma (EDM's P_mean); None: -0.5 for edm, else 0 (Stable Video Diffusion ends at 0.7 to
    1.0)."""
    std: float | None = None
    """lognormal: standard deviation of log sigma (EDM's P_std); None: 1.2 for edm, else 1."""
    shift: float = 1.0
    """Levels are multiplied by it within the schedule's range: more noise for strong conditions and long clips, without
    a new meaning of the timesteps of a frozen image model."""

    def __post_init__(self) -> None:
        if self.shift <= 0:
            raise ConfigError("must be positive", where="shift", got=self.shift)
        if self.std is not None and self.std <= 0:
            raise ConfigError("must be positive", where="std", got=self.std)
        if self.kind == "uniform" and (self.mean, self.std) != (None, None):
            raise ConfigError("kind=uniform has none", where="mean, std", expected=None, got=(self.mean, self.std))

    def draw(self, schedule: Schedule, count: int, generator: torch.Generator) -> Tensor:
        """Timesteps (count,) float in [0, N - 1], on the generator's device.

        Uniform ones are drawn from those whose level the shift leaves within the schedule's range, so that nothing
        heaps up at its ends; the rare log-normal ones beyond it are clamped.
        """
        if self._is_lognormal(schedule):
            mean, std = self._moments(schedule)
            normal = torch.randn(count, generator=generator, device=generator.device)
            sigma = torch.exp(mean + std * normal) * (schedule.shift * self.shift)
            return schedule.timestep_from_sigma(sigma)
        fraction = torch.rand(count, generator=generator, device=generator.device)
        low, high = schedule.timestep_from_sigma(schedule.sigmas[[0, -1]] / self.shift).tolist()
        timesteps = fraction * (high - low) + low
        if self.shift == 1.0:
            return timesteps
        return schedule.timestep_from_sigma(schedule.sigma_from_timestep(timesteps) * self.shift)

    def _is_lognormal(self, schedule: Schedule) -> bool:
        asked = self.mean is not None or self.std is not None
        return self.kind == "lognormal" or (self.kind == "schedule" and (schedule.kind in LOG_NORMAL or asked))

    def _moments(self, schedule: Schedule) -> tuple[float, float]:
        mean, std = LOG_NORMAL.get(schedule.kind, (0.0, 1.0))
        return mean if self.mean is None else self.mean, std if self.std is None else self.std
