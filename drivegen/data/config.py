"""Which recorded or rendered frames become training samples, and at what size and rate."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from drivegen.core import ConfigError, LabelPolicy


@dataclass(frozen=True)
class DataConfig:
    """Clips of nuScenes-format roots.

    A clip has `frames` frames of one camera, every `stride`-th of those recorded; clips start every `clip_stride`
    recorded frames. `first_frame` and `last_frame` (both included) keep a part of every drive, so that another part
    can be held out.
    """

    roots: tuple[Path, ...]
    """nuScenes roots, or folders of such roots."""
    version: str | None = None
    """Name of the tables' folder, such as v1.0-mini; None: the only one there."""
    cameras: tuple[str, ...] | None = None
    """Camera names; None: all."""
    image_size: tuple[int, int] = (64, 128)
    """(height, width) of the samples, pixels."""
    frames: int = 8
    stride: int = 1
    clip_stride: int | None = None
    """Recorded frames between the starts of two clips; None: frames * stride, so that clips do not overlap."""
    split: str | None = None
    """A split of the roots' splits.json; None: all scenes."""
    first_frame: int | None = None
    last_frame: int | None = None
    estimate_appearance: bool = True
    """Estimate the paint colour of tracks whose root does not know it."""
    label_policy: LabelPolicy = field(default_factory=LabelPolicy)

    def __post_init__(self) -> None:
        if not self.roots:
            raise ConfigError("no roots", where="roots", expected="at least one nuScenes root", remedy="set data.roots")
        for name in ("frames", "stride", "clip_stride"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError("must be at least 1", where=name, got=value)
        if min(self.image_size) < 1:
            raise ConfigError("must be positive", where="image_size", expected="(height, width)", got=self.image_size)
        if (self.last_frame if self.last_frame is not None else 1 << 62) < (self.first_frame or 0):
            raise ConfigError("last_frame comes before first_frame", where="last_frame", got=self.last_frame)

    @property
    def clip_step(self) -> int:
        """Recorded frames between the starts of two clips."""
        return self.clip_stride if self.clip_stride is not None else self.frames * self.stride
