"""The shape of a perception net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from drivegen.core.errors import ConfigError

PerceptionKind = Literal["residual", "transformer"]

STRIDE: Final = 4
"""Pixels of the enlarged frames per cell of the grid in which objects are found, along each side."""
COARSEST: Final = 32
"""Pixels per cell of the coarsest features."""
NORM_GROUPS: Final = 8
HEAD_DIM: Final = 32
"""Channels of an attention head, at stride 16 of the transformer kind, where there are four times `width`."""


@dataclass(frozen=True)
class PerceptionConfig:
    """Shape of a perception net. It looks at frames of `image_size` and at clips of frames of `clip_size`."""

    kind: PerceptionKind = "residual"
    """Layout of the frame branch. residual: convolutions and a feature pyramid; transformer: a U-Net with transformer
    blocks at its bottom."""
    image_size: tuple[int, int] = (128, 256)
    """(h, w) of the frames in which objects are found."""
    enlarged: float = 1.0
    """Those frames are enlarged so many times before they are looked at: objects of a few pixels then have cells of
    their own. Costs its square."""
    width: int = 48
    """Channels at a quarter of the resolution; coarser levels have multiples of it."""
    identity_dim: int = 32
    """Length of the vector that tells one object from another."""
    feature_dim: int = 128
    """Length of the description of a frame."""
    clip_size: tuple[int, int] = (64, 128)
    """(h, w) of the frames in which motion is seen."""
    clip_width: int = 40
    """Channels of the clip branch at a quarter of that resolution."""
    clip_feature_dim: int = 128
    """Length of the description of a clip."""
    max_detections: int = 100
    """Most objects of a frame."""
    region_width: int = 0
    """Channels of the region branch at half the resolution of a region; 0: the net has none."""

    def __post_init__(self) -> None:
        for name, multiple in (("image_size", COARSEST), ("clip_size", 2 * STRIDE)):
            self._check_size(name, getattr(self, name), multiple)
        if self.enlarged < 1 or any((self.enlarged * side) % COARSEST for side in self.image_size):
            raise ConfigError(
                "out of range",
                where="enlarged",
                expected=f"at least 1, and multiples of {COARSEST} as the sides of what is looked at",
                got=self.enlarged,
            )
        for name in ("identity_dim", "feature_dim", "clip_feature_dim", "max_detections"):
            if getattr(self, name) < 1:
                raise ConfigError("out of range", where=name, expected="at least 1", got=getattr(self, name))
        for name in ("width", "clip_width"):
            value = getattr(self, name)
            if value < 1 or value % NORM_GROUPS:
                raise ConfigError(
                    "out of range", where=name, expected=f"a positive multiple of {NORM_GROUPS}", got=value
                )
        if self.region_width < 0 or self.region_width % NORM_GROUPS:
            raise ConfigError(
                "out of range",
                where="region_width",
                expected=f"0 or a multiple of {NORM_GROUPS}",
                got=self.region_width,
            )

    @property
    def grid(self) -> tuple[int, int]:
        """(h, w) of the grid of cells."""
        return self.looked_at[0] // STRIDE, self.looked_at[1] // STRIDE

    @property
    def looked_at(self) -> tuple[int, int]:
        """(h, w) of the enlarged frames."""
        return round(self.enlarged * self.image_size[0]), round(self.enlarged * self.image_size[1])

    @staticmethod
    def _check_size(name: str, size: tuple[int, int], multiple: int) -> None:
        if any(side < multiple or side % multiple for side in size):
            raise ConfigError("out of range", where=name, expected=f"positive multiples of {multiple}", got=size)
