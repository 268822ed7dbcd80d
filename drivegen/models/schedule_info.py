"""The noise schedule of a model folder: plain data, from which `diffusion.Schedule` is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from drivegen.core.errors import ConfigError
from drivegen.models.image_config import PredictionType


@dataclass(frozen=True)
class ScheduleInfo:
    """The noise schedule that the models were trained with; the defaults are the paper's (section 3.2)."""

    kind: Literal["linear", "scaled_linear", "edm", "flow"] = "scaled_linear"
    """scaled_linear: linear in the square root of beta, as LDM calls "linear". edm: log sigma evenly spaced (Karras et
    al. 2022), for v_prediction. flow: times of a rectified flow evenly spaced, for flow_prediction."""
    beta_start: float = 0.0015
    """linear, scaled_linear: the first step's share of noise."""
    beta_end: float = 0.0195
    """linear, scaled_linear: the last step's."""
    num_train_timesteps: int = 1000
    """Noise levels that the timesteps stand for."""
    zero_terminal_snr: bool = False
    """linear, scaled_linear: the last timestep is nothing but noise (Lin et al. 2023, arXiv 2305.08891)."""
    sigma_range: tuple[float, float] = (0.002, 80.0)
    """edm: least and largest noise level before the shift."""
    shift: float = 1.0
    """All noise levels are multiplied by it: more noise for larger frames, sqrt(pixels / pixels before) to keep what
    can be seen through the noise (Esser et al. 2024, arXiv 2403.03206, equation 23)."""

    def __post_init__(self) -> None:
        if not 0 < self.beta_start < self.beta_end < 1 or self.num_train_timesteps < 2:
            raise ConfigError(
                "not a noise schedule",
                where="beta_start, beta_end, num_train_timesteps",
                expected="0 < beta_start < beta_end < 1 and at least 2 steps",
                got=(self.beta_start, self.beta_end, self.num_train_timesteps),
            )
        if not 0 < self.sigma_range[0] < self.sigma_range[1]:
            raise ConfigError("must rise from above 0", where="sigma_range", got=self.sigma_range)
        if self.shift <= 0:
            raise ConfigError("must be positive", where="shift", got=self.shift)
        if self.zero_terminal_snr and self.kind not in ("linear", "scaled_linear"):
            raise ConfigError(
                f"kind={self.kind} has no betas to stretch", where="zero_terminal_snr", expected=False, got=True
            )

    def check_prediction(self, prediction_type: PredictionType) -> None:
        """Refuse to predict the noise where there is nothing but noise: it says nothing about the frame.

        Raises:
            ConfigError: prediction_type is epsilon, and the schedule ends in nothing but noise.
        """
        if prediction_type == "epsilon" and (self.zero_terminal_snr or self.kind == "flow"):
            raise ConfigError(
                "cannot be learnt where there is nothing but noise",
                where="prediction_type",
                expected="v_prediction, sample or flow_prediction with such a schedule (Lin et al. 2023)",
                got=prediction_type,
            )
