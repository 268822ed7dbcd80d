"""How latents are drawn from a diffusion model: which sampler, how many steps, how strongly guided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from drivegen.conditions import PARTS
from drivegen.core.errors import ConfigError
from drivegen.diffusion import GuidanceTerm


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
    per step, unless its scale is 1."""

    def __post_init__(self) -> None:
        if self.num_inference_steps < 1:
            raise ConfigError(
                "too few steps", where="num_inference_steps", expected=">= 1", got=self.num_inference_steps
            )
        if not 0.0 <= self.eta <= 1.0:
            raise ConfigError("out of range", where="eta", expected="0 to 1", got=self.eta)
        if self.eta and self.name != "ddim":
            raise ConfigError("only ddim adds noise", where="eta", expected=0, got=self.eta, remedy="set name=ddim")
