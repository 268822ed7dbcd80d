"""Noise schedules: how a training timestep and a noise level sigma belong together, and which levels a sampler visits.

Everything works in the variance-exploding form x = x0 + sigma * noise of Karras et al. 2022 (arXiv 2206.00364): the
variance-preserving sample of DDPM at the same timestep is x / sqrt(1 + sigma^2).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from drivegen.core import ConfigError

Spacing = Literal["uniform", "karras"]

# Exponent of the noise levels of Karras et al. 2022, equation 5.
KARRAS_RHO = 7.0


@dataclass(frozen=True)
class Schedule:
    """The discrete schedule of DDPM (Ho et al. 2020), named as in diffusers.

    Attributes:
        alphas_cumprod: (N,) float64, falling.
        sigmas: (N,) float64, rising: sqrt((1 - alphas_cumprod) / alphas_cumprod).
    """

    kind: Literal["linear", "scaled_linear"] = "scaled_linear"
    """linear: betas evenly spaced. scaled_linear: their square roots evenly spaced (what latent diffusion's code and
    the Video LDM paper call linear)."""
    beta_start: float = 0.0015
    beta_end: float = 0.0195
    num_train_timesteps: int = 1000
    alphas_cumprod: Tensor = field(init=False, repr=False, compare=False)
    sigmas: Tensor = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.kind not in ("linear", "scaled_linear"):
            raise ConfigError("unknown schedule", where="kind", expected="linear or scaled_linear", got=self.kind)
        if not 0 < self.beta_start <= self.beta_end < 1 or self.num_train_timesteps < 2:
            raise ConfigError("impossible schedule", where="beta_start, beta_end, num_train_timesteps", got=self)
        power = 0.5 if self.kind == "scaled_linear" else 1.0
        roots = torch.linspace(
            self.beta_start**power, self.beta_end**power, self.num_train_timesteps, dtype=torch.float64
        )
        alphas_cumprod = torch.cumprod(1.0 - roots ** (1.0 / power), dim=0)
        object.__setattr__(self, "alphas_cumprod", alphas_cumprod)
        object.__setattr__(self, "sigmas", torch.sqrt((1.0 - alphas_cumprod) / alphas_cumprod))

    @property
    def sigma_max(self) -> float:
        """The noise level of the last training timestep: where sampling starts."""
        return float(self.sigmas[-1])

    def sigma_from_timestep(self, timestep: Tensor) -> Tensor:
        """Noise levels of timesteps (...) in [0, N - 1], whole or not: linear in log sigma between whole ones."""
        grid = self.sigmas.log().to(timestep.device)
        position = timestep.to(torch.float64).clamp(0, len(grid) - 1)
        low = position.floor().long().clamp(max=len(grid) - 2)
        sigma = torch.lerp(grid[low], grid[low + 1], position - low).exp()
        return sigma.to(_float_type(timestep))

    def timestep_from_sigma(self, sigma: Tensor) -> Tensor:
        """Timesteps in [0, N - 1] of noise levels (...); the inverse of `sigma_from_timestep`, clamped at both ends."""
        grid = self.sigmas.log().to(sigma.device)
        level = sigma.to(torch.float64).log().clamp(grid[0], grid[-1])
        low = (torch.searchsorted(grid, level, right=True) - 1).clamp(0, len(grid) - 2)
        timestep = low + (level - grid[low]) / (grid[low + 1] - grid[low])
        return timestep.to(_float_type(sigma))

    def sampling_sigmas(self, num_inference_steps: int, spacing: Spacing = "uniform") -> Tensor:
        """The noise levels (steps + 1,) float64 that a sampler visits: falling from `sigma_max`, the last 0.

        uniform: those of timesteps evenly spaced from the last one down (diffusers' "trailing" spacing).
        karras: Karras et al. 2022, equation 5, with rho = 7, between the schedule's own ends.
        """
        last = self.num_train_timesteps
        if not 1 <= num_inference_steps <= last:
            raise ConfigError(
                "impossible number of steps",
                where="num_inference_steps",
                expected=f"1..{last}",
                got=num_inference_steps,
            )
        if spacing == "uniform":
            step = last / num_inference_steps
            timesteps = (last - torch.arange(num_inference_steps, dtype=torch.float64) * step).round() - 1
            levels = self.sigma_from_timestep(timesteps)
        elif spacing == "karras":
            ends = self.sigmas[[-1, 0]] ** (1.0 / KARRAS_RHO)
            fraction = torch.linspace(0.0, 1.0, num_inference_steps, dtype=torch.float64)
            levels = torch.lerp(ends[0], ends[1], fraction) ** KARRAS_RHO
        else:
            raise ConfigError("unknown spacing", where="spacing", expected="uniform or karras", got=spacing)
        return torch.cat([levels, levels.new_zeros(1)])


def _float_type(values: Tensor) -> torch.dtype:
    """float64 stays; everything else, half precision included, becomes float32."""
    return torch.float64 if values.dtype == torch.float64 else torch.float32
