"""Condition dropout: in training, parts are unknown at random, so that the models know their nulls."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

import torch

from drivegen.conditions.batch import PARTS, Conditions
from drivegen.core import ConfigError


@dataclass(frozen=True)
class DropoutConfig:
    """Probabilities, per clip and drawn independently, that a part is unknown."""

    weather: float = 0.1
    time_of_day: float = 0.1
    crowdedness: float = 0.1
    camera: float = 0.1
    objects: float = 0.1
    """Box tokens and the raster's object channels, together."""
    map: float = 0.1
    ego_motion: float = 0.1
    appearance: float = 0.1
    """What the objects look like: their tokens' colour and the raster's colour channels."""
    all: float = 0.1
    """Everything at once: the unconditional model."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not 0.0 <= value <= 1.0:
                raise ConfigError("not a probability", where=field.name, expected="a number in [0, 1]", got=value)


# The parts that each draw takes away; order fixes which random number belongs to which.
_DRAWS: Final[dict[str, tuple[str, ...]]] = {
    "weather": ("weather",),
    "time_of_day": ("time_of_day",),
    "crowdedness": ("crowdedness",),
    "camera": ("camera",),
    "objects": ("boxes", "raster_objects"),
    "map": ("raster_map",),
    "ego_motion": ("ego_motion",),
    "all": PARTS,
}


def drop_conditions(conditions: Conditions, config: DropoutConfig, generator: torch.Generator) -> Conditions:
    """The conditions with parts unknown at random, per clip, all its frames alike.

    Args:
        generator: decides; on any device.
    """
    names = (*_DRAWS, "appearance")
    draws = torch.rand(len(names), conditions.batch_size, generator=generator, device=generator.device)
    dropped = {name: (draws[i] < getattr(config, name)).to(conditions.device) for i, name in enumerate(names)}
    # Appearance first: it reads the silhouettes that dropping the objects erases.
    result = conditions.appearance_nulled(dropped["appearance"]) if bool(dropped["appearance"].any()) else conditions
    for name, parts in _DRAWS.items():
        if bool(dropped[name].any()):
            for part in parts:
                result = result.nulled(part, dropped[name])
    return result
