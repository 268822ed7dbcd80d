"""How perception nets are trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from drivegen.core import ConfigError
from drivegen.data import DataConfig
from drivegen.models.perception import PerceptionConfig
from drivegen.training.optim_config import OptimConfig

Branch = Literal["frames", "clips", "regions"]
"""Parts of a perception net that are trained apart; see `models.perception.PerceptionNet`."""


@dataclass(frozen=True)
class PerceptionWeights:
    """Weight of each loss; see `perception_losses`."""

    classes: float = 1.0
    """Focal loss of the class maps."""
    boxes: float = 2.0
    """1 - generalised IoU of the boxes."""
    depth: float = 0.5
    """Smooth L1 of log depth."""
    heading: float = 0.25
    """1 - cosine of the error of the observation angle."""
    identity: float = 0.25
    """Contrast between the tracks of two frames of a clip."""
    weather: float = 0.5
    """Cross-entropy, of frames and of clips."""
    time_of_day: float = 0.25
    """Cross-entropy, of frames and of clips."""
    road_users: float = 0.5
    """Smooth L1 of log(1 + count), of frames and of clips."""
    speed: float = 1.0
    """Smooth L1 of the speed in tens of metres per second."""
    yaw_rate: float = 1.0
    """Smooth L1 of the turning in fifths of a radian per second."""
    order: float = 0.5
    """Cross-entropy of natural against disturbed clips."""
    regions: float = 1.0
    """Cross-entropy of what stands in boxes, nothing included."""


@dataclass(frozen=True)
class PerceptionStage:
    """A perception net, on reference frames alone: detection, ambience, identity, motion."""

    net: PerceptionConfig = field(default_factory=PerceptionConfig)
    optim: OptimConfig = field(default_factory=lambda: OptimConfig(batch=12, lr=1e-3, warmup=200, ema_decay=0.998))
    """A sample is a pair of frames of the same clip."""
    role: Literal["audit", "evaluation", "other"] = "other"
    """What the net is for, written into its folder: the net that audits must not be the one that evaluates."""
    enlarged: float | None = None
    """Of a net that is trained further: enlarge frames so many times from here on; None: as it did. A fresh net has
    `net.enlarged`."""
    region_width: int | None = None
    """Of a net that is trained further: give it a region branch of so many channels; None: as it was. A fresh net has
    `net.region_width`."""
    trained: tuple[Branch, ...] | None = None
    """Branches that learn, the others stay as they are; None: all that the net has."""
    proposals: int = 8
    """Frames per step of which the region branch also learns from what the frame branch detects, rightly or not."""
    weights: PerceptionWeights = field(default_factory=PerceptionWeights)
    clips_per_step: int = 6
    """Clips per step and per process, beside the pairs of frames."""
    clip_frames: int = 8
    """Frames of those clips, at most `data.frames`."""
    max_stride: int = 4
    """Frames of those clips lie 1 to so many frames of the data apart."""
    disturbed: float = 0.5
    """Share of the moving clips that are shuffled, reversed, looped or stuttered, to learn what is natural."""
    rare_below: float = 0.3
    """Clips with a class that a smaller share of the clips shows than this come more often; 0: all equally often."""
    mirror: bool = True
    """Mirror half of the pairs and of the clips."""
    degraded: float = 0.5
    """Share of the frames that are seen as if stored at half the size."""
    exposure: float = 0.06
    """Light is multiplied by up to 1 plus or minus this."""
    zoomed: float = 0.5
    """Share of the frames of which a part is seen, enlarged."""
    max_zoom: float = 1.6
    """Such parts are enlarged by 1 to so many times."""
    temperature: float = 0.1
    """Of the contrast between tracks."""
    same_class: float = 3.0
    """How much more another track of the same class counts in that contrast than one of another class."""
    stills: DataConfig | None = None
    """More clips of which pairs of frames are seen and nothing else, such as drives recorded once in seconds: many
    places for few frames. Their split `train`, where they have one."""
    clips_per_drive: int | None = None
    """At most so many clips of each drive, evenly spread; None: all. Bounds the cache."""

    def __post_init__(self) -> None:
        if self.trained is not None and not 0 < len(self.trained) == len(set(self.trained)):
            expected = f"some of {', '.join(get_args(Branch))}, each once"
            raise ConfigError("wrong branches", where="trained", expected=expected, got=self.trained)
        for name in ("clips_per_step", "clip_frames", "max_stride", "clips_per_drive"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError("must be at least 1", where=name, got=value)
        if self.proposals < 0:
            raise ConfigError("must not be negative", where="proposals", got=self.proposals)
        if self.max_zoom < 1:
            raise ConfigError("out of range", where="max_zoom", expected="at least 1", got=self.max_zoom)
        for name in ("disturbed", "rare_below", "degraded", "zoomed"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError("out of range", where=name, expected="0 to 1", got=getattr(self, name))
        if not 0 <= self.exposure < 1:
            raise ConfigError("out of range", where="exposure", expected="0 <= exposure < 1", got=self.exposure)
        for name in ("temperature", "same_class"):
            if getattr(self, name) <= 0:
                raise ConfigError("must be positive", where=name, got=getattr(self, name))

    def trains(self, branch: Branch) -> bool:
        """Whether a branch learns, if the net has it."""
        return self.trained is None or branch in self.trained
