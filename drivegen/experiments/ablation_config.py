"""What `drivegen evaluate` can be told: two datasets or cards to compare, or an ablation to run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from drivegen.core import ConfigError
from drivegen.data import DataConfig
from drivegen.evaluation.config import EvaluateConfig
from drivegen.experiments.ablation_arms import Arm
from drivegen.experiments.config import LEAST_SEEDS
from drivegen.generation.sampler import SamplerConfig
from drivegen.training import ImageStage, VideoStage


@dataclass(frozen=True)
class AblationConfig:
    """Which parts of Video LDM matter? Every arm trained with an equal budget and measured on the same held-out clips.

    Raises:
        ConfigError: a value that cannot be used.
    """

    data: DataConfig
    """What is trained on, and, of other scenes, what is measured on."""
    arms: tuple[Arm, ...] = tuple(Arm)
    """What is compared; `ours` is always there."""
    model: Path | None = None
    """Model folder whose autoencoder all latent arms share; None: the package's."""
    image: ImageStage = field(default_factory=ImageStage)
    video: VideoStage = field(default_factory=VideoStage)
    image_steps: int = 1500
    """Optimiser steps of an image model. An arm without one sees as many frames more in its video model."""
    video_steps: int = 1500
    """Optimiser steps of temporal layers."""
    minutes: float | None = None
    """Wall-clock minutes of training of every arm in all, in place of steps."""
    image_share: float = 0.5
    """Share of these minutes that goes into the image model."""
    pixel_downsampling: int = 4
    """Pixels per cell, along each side, that the arm `pixel` folds into channels; its grid is finer than that of
    latents, and a step of it costs more, in proportion."""
    seeds: int = LEAST_SEEDS
    """Trainings of every arm, counted on from `seed`; initial weights, orders and noise follow from the seed."""
    split: str | None = None
    """Split of the roots that is measured on; None: `test` where they have it, else what training holds out."""
    clips: int = 64
    """Held-out clips at most, evenly chosen."""
    clip_frames: int | None = None
    """Frames of the clips that are drawn and measured; None: those of one call of the video model."""
    sampler: SamplerConfig = field(default_factory=SamplerConfig)
    context_guidance: float = 2.0
    """Scale of the arm `context_guided` (the paper's)."""
    batch: int = 8
    """Clips that are drawn together."""
    precision: Literal["float32", "bf16"] = "float32"
    """Of all trainings."""

    def __post_init__(self) -> None:
        least = {"image_steps": 1, "video_steps": 1, "seeds": LEAST_SEEDS, "clips": 2, "batch": 1}
        least |= {"pixel_downsampling": 1} | ({"clip_frames": 2} if self.clip_frames is not None else {})
        for name, value in least.items():
            if getattr(self, name) < value:
                raise ConfigError(f"must be at least {value}", where=name, got=getattr(self, name))
        if self.minutes is not None and self.minutes <= 0:
            raise ConfigError("must be positive", where="minutes", got=self.minutes)
        if not 0 < self.image_share < 1:
            raise ConfigError("out of range", where="image_share", expected="between 0 and 1", got=self.image_share)
        if self.context_guidance <= 1:
            raise ConfigError("guides nothing", where="context_guidance", expected="> 1", got=self.context_guidance)
        self._check_pixel_arm()

    @property
    def compared(self) -> tuple[Arm, ...]:
        """`ours` first, then the other arms in the order of their table."""
        return tuple(arm for arm in Arm if arm is Arm.OURS or arm in self.arms)

    @property
    def shown_frames(self) -> int:
        """Frames of the clips that are drawn."""
        return self.clip_frames if self.clip_frames is not None else self.data.frames

    def _check_pixel_arm(self) -> None:
        """Noise of more channels than a network's narrowest layer has cannot be predicted by it."""
        channels, narrowest = 3 * self.pixel_downsampling**2, min(self.image.net.block_out_channels)
        if Arm.PIXEL in self.compared and channels > narrowest:
            raise ConfigError(
                "the arm pixel would have more channels than its network",
                where="pixel_downsampling",
                expected=f"3 x pixel_downsampling^2 at most {narrowest}",
                got=self.pixel_downsampling,
            )


@dataclass(frozen=True)
class EvaluateCommand(EvaluateConfig):
    """Settings of `drivegen evaluate`. An ablation takes `out`, `net`, `seed`, `workers`, `threads`, `device` and
    `frechet_resamples` from here."""

    ablation: AblationConfig | None = None
    """ablation=tiny|large trains the arms of Video LDM's ablation on `ablation.data.roots` and compares them; `store`
    and `reference` are then left out."""

    def __post_init__(self) -> None:
        if self.ablation is None:
            super().__post_init__()
        elif self.store is not None or self.reference is not None or self.compare:
            raise ConfigError("an ablation makes its own clips", where="store, reference, compare", remedy="leave out")
        elif self.frechet_resamples < 20:
            raise ConfigError("too few", where="frechet_resamples", expected=">= 20", got=self.frechet_resamples)
