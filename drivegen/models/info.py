"""What a model folder says about its models: plain data, no code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from drivegen.core.errors import ConfigError
from drivegen.models.autoencoder import AutoencoderConfig
from drivegen.models.image_config import ImageLDMConfig, PredictionType
from drivegen.models.temporal import TemporalConfig


@dataclass(frozen=True)
class ScheduleInfo:
    """The noise schedule that the models were trained with; the defaults are the paper's (section 3.2)."""

    kind: Literal["linear", "scaled_linear"] = "scaled_linear"
    """scaled_linear: linear in the square root of beta, as LDM calls "linear"."""
    beta_start: float = 0.0015
    beta_end: float = 0.0195
    num_train_timesteps: int = 1000

    def __post_init__(self) -> None:
        if not 0 < self.beta_start < self.beta_end < 1 or self.num_train_timesteps < 2:
            raise ConfigError(
                "not a noise schedule",
                where="beta_start, beta_end, num_train_timesteps",
                expected="0 < beta_start < beta_end < 1 and at least 2 steps",
                got=(self.beta_start, self.beta_end, self.num_train_timesteps),
            )


@dataclass(frozen=True)
class ModelInfo:
    """What a set of models is, and all that is needed to build it again."""

    name: str
    """Also the `model_id` of the clips that it makes."""
    image_size: tuple[int, int] = (64, 128)
    """(h, w) of its frames, pixels."""
    frames: int = 8
    """Frames of the clips that the video model was trained on."""
    fps: float = 3.0
    """Rate of those frames."""
    prediction_type: PredictionType = "v_prediction"
    schedule: ScheduleInfo = field(default_factory=ScheduleInfo)
    autoencoder: AutoencoderConfig = field(default_factory=AutoencoderConfig)
    image: ImageLDMConfig | None = None
    """Absent while only the autoencoder has been trained."""
    temporal: TemporalConfig | None = None
    """Absent while there is no video model."""
    license: str = "unknown"
    """Licence of the weights (SPDX where there is one)."""
    trained: dict[str, Any] = field(default_factory=dict)
    """Facts about the training: data, steps, minutes, measures."""

    def __post_init__(self) -> None:
        if not self.name or self.frames < 1 or self.fps <= 0:
            raise ConfigError("out of range", where="name, frames, fps", got=(self.name, self.frames, self.fps))
        if self.temporal is not None and self.image is None:
            raise ConfigError("temporal layers without an image model", where="temporal")
        if self.image is not None:
            self._check_image(self.image)

    def _check_image(self, image: ImageLDMConfig) -> None:
        """The same fact told in two places must be the same fact."""
        pairs = (
            ("image.prediction_type", image.prediction_type, self.prediction_type),
            ("image.conditions.image_size", image.conditions.image_size, self.image_size),
            ("image.latent_channels", image.latent_channels, self.autoencoder.latent_channels),
            (
                "image.conditions.latent_downsampling",
                image.conditions.latent_downsampling,
                self.autoencoder.downsampling,
            ),
        )
        for where, got, expected in pairs:
            if got != expected:
                raise ConfigError("configurations disagree", where=where, expected=expected, got=got)
