"""Interpolation: the video model that draws three frames between two known ones (Video LDM, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from drivegen.core.errors import ConfigError
from drivegen.models.context import Context
from drivegen.models.image_ldm import ImageLDM
from drivegen.models.temporal import TemporalConfig
from drivegen.models.video_ldm import VideoLDM

# How many times more frames a pass of interpolation gives (paper, section 3.2: T -> 4 T).
RATE_FACTOR = 4
# Frames of a call: the two known ones and those between them.
GAP_FRAMES = RATE_FACTOR + 1


@dataclass(frozen=True)
class InterpolationConfig:
    """The interpolation model of a folder."""

    net: TemporalConfig = field(default_factory=TemporalConfig)
    """Shape of its temporal layers; not read when they are shared."""
    shared: bool = False
    """The prediction model's temporal layers were trained on this task too, and serve it."""
    fade: bool = True
    """What it is told holds a cross-fade of the known frames in the place of the unknown ones, instead of zeros."""
    own_image: bool = False
    """All weights were trained for this task: its part holds an image model of its own beside the temporal layers."""
    intervals_s: tuple[float, ...] = ()
    """Seconds between the frames that it was trained to draw, one per regime, the longest first."""

    def __post_init__(self) -> None:
        if self.shared and self.own_image:
            raise ConfigError("shared layers have no image model of their own", where="own_image", got=True)
        if not self.shared and self.net.max_frames < GAP_FRAMES:
            raise ConfigError(
                "too few frames",
                where="net.max_frames",
                expected=f"at least {GAP_FRAMES}, both known frames included",
                got=self.net.max_frames,
            )


def build_interpolation(image: ImageLDM, config: InterpolationConfig) -> VideoLDM | None:
    """The interpolation model with fresh temporal layers; None where prediction's serve both.

    Args:
        image: the folder's image model; it stands in this one too, unless that has its own.
    """
    if config.shared:
        return None
    return VideoLDM(ImageLDM(image.config) if config.own_image else image, config.net)


def gap_context(latents: Tensor, known: Tensor, *, fade: bool) -> Context:
    """What an interpolation model is told about gaps: their known frames.

    Args:
        latents: (B, T, C, h, w) scaled latents.
        known: (B, T) bool, True at the first and the last frame, or nowhere.
        fade: a cross-fade of these two stands where nothing is known (the mask still says so), instead of zeros: the
            network then has to learn the difference to it alone.
    """
    told = Context.masked(latents, known)
    if not fade:
        return told
    share = torch.linspace(0.0, 1.0, latents.shape[1], device=latents.device, dtype=latents.dtype)
    share = share[None, :, None, None, None]
    between = (1.0 - share) * told.latents[:, :1] + share * told.latents[:, -1:]
    return Context(torch.where(known[:, :, None, None, None], told.latents, between), known)
