"""Settings of the stage that trains the upsampler."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from drivegen.core import ConfigError
from drivegen.models import TemporalConfig, UpsamplerConfig
from drivegen.training.optim_config import OptimConfig


@dataclass(frozen=True)
class UpsamplerStage:
    """From small frames to large ones (paper, section 3.4 and table 6): first on single frames, then on short clips.

    `data.image_size` is that of the small frames, as for the other stages; the large ones, `net.factor` times as high
    and wide, are cut out of the same recorded frames, which have to be large enough.
    """

    phase: Literal["image", "video"] = "image"
    """image: everything but the temporal layers, on patches of single frames. video: the temporal layers alone, on
    patches of clips of `data.frames` frames, behind the frozen rest."""
    net: UpsamplerConfig = field(default_factory=UpsamplerConfig)
    temporal: TemporalConfig = field(
        default_factory=lambda: TemporalConfig(max_frames=8, context_channels=32, embedding_dim=128)
    )
    """phase=video: shape of the temporal layers, where there are none yet."""
    optim: OptimConfig = field(default_factory=lambda: OptimConfig(batch=16, lr=1e-3))
    patch: tuple[int, int] = (64, 64)
    """(h, w) of the patches of the large frames, pixels; the upsampler is then applied to whole frames."""
    context_probabilities: tuple[float, ...] = (0.4, 0.2, 0.4)
    """phase=video: probabilities of 0, 1, 2, ... known first frames: windows of frames go on from one another."""
    decoded: float = 0.5
    """Share of the small patches that go through the autoencoder first: what it enlarges later are decoded frames."""
    flip: bool = True
    """Mirror half of the patches."""
    max_frames: int = 40_000
    """phase=image: frames of the training set, spread evenly over it; bounds the cache."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.decoded <= 1.0:
            raise ConfigError("out of range", where="decoded", expected="0 to 1", got=self.decoded)
        if min(self.patch) < self.net.unit or any(side % self.net.unit for side in self.patch):
            raise ConfigError(
                "patches do not fit the upsampler",
                where="patch",
                expected=f"multiples of {self.net.unit}",
                got=self.patch,
            )
        total = sum(self.context_probabilities)
        if not self.context_probabilities or min(self.context_probabilities) < 0 or abs(total - 1.0) > 1e-6:
            raise ConfigError(
                "must sum to 1", where="context_probabilities", expected="probabilities", got=self.context_probabilities
            )
        if self.max_frames < 1:
            raise ConfigError("must be at least 1", where="max_frames", got=self.max_frames)
