"""What a model folder says about its models: plain data, no code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from drivegen.core.errors import ConfigError
from drivegen.models.autoencoder import AutoencoderConfig
from drivegen.models.image_config import ImageLDMConfig, PredictionType
from drivegen.models.interpolation import InterpolationConfig
from drivegen.models.schedule_info import ScheduleInfo
from drivegen.models.temporal import TemporalConfig
from drivegen.models.temporal_decoder import TemporalDecoderConfig
from drivegen.models.upsampler_config import UpsamplerConfig


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
    decoder: TemporalDecoderConfig | None = None
    """Absent while the decoder sees every frame alone."""
    interpolation: InterpolationConfig | None = None
    """Absent while no frames can be drawn between others."""
    upsampler: UpsamplerConfig | None = None
    """Absent while frames stay as small as they are decoded."""
    license: str = "unknown"
    """Licence of the weights (SPDX where there is one)."""
    trained: dict[str, Any] = field(default_factory=dict)
    """Facts about the training: data, steps, minutes, measures."""

    def __post_init__(self) -> None:
        if not self.name or self.frames < 1 or self.fps <= 0:
            raise ConfigError("out of range", where="name, frames, fps", got=(self.name, self.frames, self.fps))
        self.schedule.check_prediction(self.prediction_type)
        if self.temporal is not None and self.image is None:
            raise ConfigError("temporal layers without an image model", where="temporal")
        if self.interpolation is not None and self.image is None:
            raise ConfigError("interpolation without an image model", where="interpolation")
        if self.interpolation is not None and self.interpolation.shared and self.temporal is None:
            raise ConfigError("shared temporal layers that are not there", where="interpolation.shared")
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
