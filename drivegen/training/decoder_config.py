"""Settings of the stage that teaches an autoencoder's decoder to see several frames at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from drivegen.core import ConfigError
from drivegen.models import TemporalDecoderConfig
from drivegen.training.adversarial_config import AdversarialConfig
from drivegen.training.optim_config import OptimConfig


@dataclass(frozen=True)
class DecoderStage:
    """Temporal layers of the decoder, trained on video behind the frozen encoder (paper, section 3.1.1 and table 8).

    Clips have `data.frames` frames; the paper takes 6 at the highest rate, where flicker shows.
    """

    net: TemporalDecoderConfig = field(default_factory=TemporalDecoderConfig)
    optim: OptimConfig = field(default_factory=lambda: OptimConfig(batch=4, lr=5e-4, ema_decay=0.995))
    train: Literal["temporal", "all"] = "temporal"
    """temporal: the frame decoder stays as it is, and with it single frames. all: its weights are trained too."""
    edge_weight: float = 1.0
    """Weight of the L1 of horizontal and vertical differences, averaged over `edge_scales`."""
    edge_scales: tuple[int, ...] = (1, 2, 4)
    flicker_weight: float = 1.0
    """Weight of the L1 of differences between neighbouring frames: edges in time. 0 as in the paper."""
    perceptual_weight: float = 0.0
    """Weight of the distance of features (of fixed random convolutions, which need no download)."""
    adversarial: AdversarialConfig = field(default_factory=lambda: AdversarialConfig(weight=0.1))
    """A discriminator over patches of video; it never judges a frame by itself."""
    image_discriminator: bool = False
    """Let a discriminator of single frames join; the paper found its video distance worse with one (table 14)."""
    flip: bool = True
    """Mirror half of the clips."""

    def __post_init__(self) -> None:
        for name in ("edge_weight", "flicker_weight", "perceptual_weight"):
            if getattr(self, name) < 0:
                raise ConfigError("must not be negative", where=name, got=getattr(self, name))
        if self.image_discriminator and self.adversarial.weight == 0:
            raise ConfigError(
                "no adversarial loss for it to join", where="image_discriminator", expected="adversarial.weight above 0"
            )
