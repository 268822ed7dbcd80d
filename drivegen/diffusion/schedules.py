"""Noise schedules: how a training timestep and a noise level sigma belong together, and which levels a sampler visits.

Everything works in the variance-exploding form x = x0 + sigma * noise of Karras et al. 2022 (arXiv 2206.00364): the
variance-preserving sample of DDPM at the same timestep is x / sqrt(1 + sigma^2), and the sample of a rectified flow
(Liu et al. 2022, arXiv 2209.03003) at time t = sigma / (1 + sigma) is x / (1 + sigma) = (1 - t) * x0 + t * noise.

A schedule of any kind is a table of noise levels, rising with the timestep, and log sigma is linear in between. Nothing
is left of the data where the variance-preserving form has signal 0 (zero terminal SNR, the end of a flow); sigma would
be infinite there. Such tables end instead at sigma = 4096, as diffusers' rescaled schedules do, or at twice the level
before it where that is more: the signal is at most 2^-12 of the noise, invisible, and single precision is exact enough.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from drivegen.core import ConfigError

ScheduleKind = Literal["linear", "scaled_linear", "edm", "flow"]
Spacing = Literal["uniform", "karras"]

# Exponent of the noise levels of Karras et al. 2022, equation 5.
KARRAS_RHO = 7.0
# What stands for an infinite noise level, at least.
TERMINAL_SIGMA = 2.0**12


@dataclass(frozen=True)
class Schedule:
    """A table of noise levels, one for each training timestep; fields named as in diffusers.

    Attributes:
        sigmas: (N,) float64, rising.
    """

    kind: ScheduleKind = "scaled_linear"
    """linear: DDPM's betas evenly spaced (Ho et al. 2020). scaled_linear: their square roots evenly spaced (what latent
    diffusion's code and the Video LDM paper call linear). edm: log sigma evenly spaced (Karras et al. 2022). flow:
    times of a rectified flow evenly spaced."""
    beta_start: float = 0.0015
    beta_end: float = 0.0195
    num_train_timesteps: int = 1000
    zero_terminal_snr: bool = False
    """linear, scaled_linear: stretch the betas so that the last timestep is nothing but noise (Lin et al. 2023, arXiv
    2305.08891, algorithm 1)."""
    sigma_range: tuple[float, float] = (0.002, 80.0)
    """edm: least and largest noise level before the shift."""
    shift: float = 1.0
    """All noise levels are multiplied by it: more noise for larger frames, sqrt(pixels / pixels before) to keep what
    can be seen through the noise (Hoogeboom et al. 2023, arXiv 2301.11093; Esser et al. 2024, arXiv 2403.03206,
    equation 23, whose t' = s t / (1 + (s - 1) t) is just this)."""
    sigmas: Tensor = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._check()
        object.__setattr__(self, "sigmas", self.shift * self._base_sigmas())

    def _check(self) -> None:
        betas = self.kind in ("linear", "scaled_linear")
        if not betas and self.kind not in ("edm", "flow"):
            raise ConfigError(
                "unknown schedule", where="kind", expected="linear, scaled_linear, edm or flow", got=self.kind
            )
        if not 0 < self.beta_start <= self.beta_end < 1 or self.num_train_timesteps < 2:
            raise ConfigError("impossible schedule", where="beta_start, beta_end, num_train_timesteps", got=self)
        if not 0 < self.sigma_range[0] < self.sigma_range[1]:
            raise ConfigError("must rise from above 0", where="sigma_range", got=self.sigma_range)
        if self.shift <= 0:
            raise ConfigError("must be positive", where="shift", got=self.shift)
        if self.zero_terminal_snr and not betas:
            raise ConfigError(
                f"kind={self.kind} has no betas to stretch", where="zero_terminal_snr", expected=False, got=True
            )

    def _base_sigmas(self) -> Tensor:
        """The table before the shift."""
        count = self.num_train_timesteps
        if self.kind == "edm":
            ends = torch.tensor(self.sigma_range, dtype=torch.float64).log()
            return torch.lerp(ends[0], ends[1], torch.linspace(0.0, 1.0, count, dtype=torch.float64)).exp()
        if self.kind == "flow":
            time = torch.arange(1, count + 1, dtype=torch.float64) / count
            return _finite(time / (1.0 - time))
        power = 0.5 if self.kind == "scaled_linear" else 1.0
        roots = torch.linspace(self.beta_start**power, self.beta_end**power, count, dtype=torch.float64)
        alphas_cumprod = torch.cumprod(1.0 - roots ** (1.0 / power), dim=0)
        if self.zero_terminal_snr:
            alphas_cumprod = _with_zero_end(alphas_cumprod)
        return _finite(torch.sqrt((1.0 - alphas_cumprod) / alphas_cumprod))

    @property
    def alphas_cumprod(self) -> Tensor:
        """(N,) float64, falling: the power of the signal in the variance-preserving form."""
        return 1.0 / (1.0 + self.sigmas**2)

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
        karras: Karras et al. 2022, equation 5, with rho = 7, between the schedule's own ends (their sampler with
        kind edm).
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


def _with_zero_end(alphas_cumprod: Tensor) -> Tensor:
    """The signal's amplitude shifted to end at 0 and stretched to begin where it did (Lin et al. 2023, algorithm 1)."""
    amplitude = alphas_cumprod.sqrt()
    first, last = amplitude[0], amplitude[-1]
    return ((amplitude - last) * first / (first - last)) ** 2


def _finite(sigmas: Tensor) -> Tensor:
    """The table with a finite last level that is still the highest; see the module's text."""
    if sigmas[-1].isfinite():
        return sigmas
    return torch.cat([sigmas[:-1], (2.0 * sigmas[-2:-1]).clamp(min=TERMINAL_SIGMA)])
