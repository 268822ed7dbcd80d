"""How frames are enlarged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from drivegen.core.errors import ConfigError


@dataclass(frozen=True)
class UpsamplingConfig:
    """The sampler of the upsampler, and the windows that it works in."""

    name: Literal["euler", "heun", "dpmpp_2m", "ddim"] = "dpmpp_2m"
    num_inference_steps: int = 1
    """1 is what an upsampler that predicts residuals expects on average: clean, and a little sharper than it was given.
    More steps draw detail, which the small one that ships turns into grain (docs/results/video_ldm.md, section 6)."""
    spacing: Literal["uniform", "karras"] = "uniform"
    eta: float = 0.0
    """Fresh noise per step, 0 none, 1 ancestral; read by ddim alone (the paper: ddim, 50 steps, 1)."""
    augmentation: float = 0.05
    """Standard deviation of the noise on the small frames, which lie in [-1, 1]: the more of it, the less their finest
    details are trusted (the paper: 150 of 1000 steps, which is 0.53)."""
    window_frames: int = 8
    """Frames that are enlarged together (the paper: 8)."""
    overlap_frames: int = 2
    """How many of them are known from the window before: the upsampler is told them, and they are put back at every
    step."""
    tile: tuple[int, int] = (256, 512)
    """(h, w) of the large frame beyond which it is cut into tiles that overlap, pixels."""
    tile_overlap: int = 32
    """Pixels that neighbouring tiles share; their estimates are blended at every step."""

    def __post_init__(self) -> None:
        if self.num_inference_steps < 1:
            raise ConfigError(
                "too few steps", where="num_inference_steps", expected=">= 1", got=self.num_inference_steps
            )
        if not 0.0 <= self.eta <= 1.0 or self.augmentation < 0:
            raise ConfigError(
                "out of range",
                where="eta, augmentation",
                expected="0 to 1, and not negative",
                got=(self.eta, self.augmentation),
            )
        if self.eta and self.name != "ddim":
            raise ConfigError("only ddim adds noise", where="eta", expected=0, got=self.eta, remedy="set name=ddim")
        if not 0 <= self.overlap_frames < self.window_frames:
            raise ConfigError(
                "windows must go on",
                where="overlap_frames",
                expected=f"0 to {self.window_frames - 1}, less than window_frames",
                got=self.overlap_frames,
            )
        if not 0 <= self.tile_overlap < min(self.tile):
            raise ConfigError(
                "tiles must go on",
                where="tile_overlap",
                expected=f"0 to {min(self.tile) - 1}, less than the tile",
                got=self.tile_overlap,
            )

    @property
    def segment_frames(self) -> int:
        """New frames of each window."""
        return self.window_frames - self.overlap_frames
