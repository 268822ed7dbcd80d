"""What `drivegen train stage=interpolation` can be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from drivegen.conditions import DropoutConfig
from drivegen.core import ConfigError
from drivegen.diffusion import TrainingNoise
from drivegen.models import GAP_FRAMES, TemporalConfig
from drivegen.training.optim_config import OptimConfig


@dataclass(frozen=True)
class InterpolationStage:
    """Three frames between two known ones, at several rates by one set of temporal layers (paper, section 3.2)."""

    net: TemporalConfig = field(default_factory=TemporalConfig)
    """Shape of the temporal layers; not read where they start as prediction's."""
    optim: OptimConfig = field(default_factory=lambda: OptimConfig(batch=6, lr=5e-4))
    dropout: DropoutConfig = field(default_factory=DropoutConfig)
    noise: TrainingNoise = field(default_factory=TrainingNoise)
    regimes: tuple[int, ...] = (4, 1)
    """Recorded frames between neighbouring frames of a clip, one number per regime: at 12 Hz, 4 draws 3 frames per
    second between frames 1.33 s apart, 1 draws 12 between frames 0.33 s apart. All are trained equally often and told
    apart by the frame interval. They take the place of data.frames and data.stride."""
    context_dropout: float = 0.1
    """Probability, per clip, that neither frame is known: what context guidance compares with."""
    fade: bool = True
    """A cross-fade of the two known frames stands in the context where nothing is known, instead of the paper's zeros:
    the network learns the difference to it alone."""
    from_prediction: bool = True
    """Start from prediction's temporal layers, where the model has them, as Stable Video Diffusion's interpolation
    does; the paper does not say."""
    train: Literal["temporal", "all"] = "temporal"
    """temporal: the image model stays frozen and serves all (paper, driving). all: every weight is trained, and the
    part holds an image model of its own (paper, text to video); frames and predictions stay as they are."""

    def __post_init__(self) -> None:
        if not self.regimes or min(self.regimes) < 1 or len(set(self.regimes)) < len(self.regimes):
            raise ConfigError(
                "not a list of frame distances",
                where="regimes",
                expected="different numbers, at least one, each at least 1",
                got=self.regimes,
            )
        if not 0.0 <= self.context_dropout < 1.0:
            raise ConfigError(
                "out of range", where="context_dropout", expected="0 to 1, exclusive", got=self.context_dropout
            )
        if self.net.max_frames < GAP_FRAMES:
            raise ConfigError("too few frames", where="net.max_frames", expected=GAP_FRAMES, got=self.net.max_frames)
