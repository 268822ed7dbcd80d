"""How latents are drawn from a diffusion model: which sampler, how many steps, how strongly guided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from drivegen.conditions import PARTS
from drivegen.core.errors import ConfigError
from drivegen.diffusion import CONTEXT, GuidanceTerm

# What each of the named scales guides by: with everything, against without these.
GUIDED_PARTS = {
    "guidance_labels": ("weather", "time_of_day", "crowdedness"),
    "guidance_boxes": ("boxes", "raster_objects"),
    "guidance_context": (CONTEXT,),
}


@dataclass(frozen=True)
class SamplerConfig:
    """The sampler of both the image and the video model."""

    name: Literal["euler", "heun", "dpmpp_2m", "ddim"] = "dpmpp_2m"
    num_inference_steps: int = 20
    spacing: Literal["uniform", "karras"] = "uniform"
    eta: float = 0.0
    """Fresh noise per step, 0 none, 1 ancestral; read by ddim alone (the paper draws key frames with 1)."""
    guidance: tuple[GuidanceTerm, ...] = (GuidanceTerm(without=PARTS, scale=1.5),)
    """Ordered terms, each x0 += (scale - 1) * (full - without its parts); the part `context` is the known frames
    (context guidance of the paper, section 3.2) and means nothing to the image model. A term costs one more evaluation
    per step, unless its scale is 1. A scale that is a list of two is that of the first and of the last frame."""
    guidance_labels: float | tuple[float, float] = 1.0
    """Guidance by weather, time of day and crowdedness alone, one more term beside `guidance`; 1: off."""
    guidance_boxes: float | tuple[float, float] = 1.0
    """Guidance by the objects alone, their tokens and their part of the layout; 1: off."""
    guidance_context: float | tuple[float, float] = 1.0
    """Guidance by the known frames alone (the paper draws with 2); [1.0, 2.5] rises from the first to the last frame of
    a call of the video model, as Stable Video Diffusion does; 1: off."""

    def __post_init__(self) -> None:
        if self.num_inference_steps < 1:
            raise ConfigError(
                "too few steps", where="num_inference_steps", expected=">= 1", got=self.num_inference_steps
            )
        if not 0.0 <= self.eta <= 1.0:
            raise ConfigError("out of range", where="eta", expected="0 to 1", got=self.eta)
        if self.eta and self.name != "ddim":
            raise ConfigError("only ddim adds noise", where="eta", expected=0, got=self.eta, remedy="set name=ddim")
        for name in GUIDED_PARTS:
            value = getattr(self, name)
            if min(value if isinstance(value, tuple) else (value,)) < 0:
                raise ConfigError("must not be negative", where=name, got=value)

    @property
    def terms(self) -> tuple[GuidanceTerm, ...]:
        """All terms of guidance: `guidance`, then those of the named scales that are on."""
        named = (self._named_term(name) for name in GUIDED_PARTS)
        return (*self.guidance, *(term for term in named if term.ends != (1.0, 1.0)))

    def _named_term(self, name: str) -> GuidanceTerm:
        return GuidanceTerm(GUIDED_PARTS[name], getattr(self, name))
