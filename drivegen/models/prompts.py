"""Prompts made of weather, time of day and crowdedness, and a public model's answer to each of them.

There are as many prompts as combinations of the three, each of which may be unknown: 120. Its text encoder is frozen,
so what it says to them is looked up in a table that is filled once and kept with the image model. Training and sampling
then need neither the text encoder nor its library.
"""

from __future__ import annotations

from itertools import product
from typing import Final

import torch
from torch import Tensor, nn

from drivegen.conditions import Conditions
from drivegen.core.ambience import TimeOfDay, Weather
from drivegen.core.crowdedness import Crowdedness
from drivegen.core.errors import DataError
from drivegen.models.image_config import TextConfig

SUBJECT: Final = "a photo of a road seen through the windshield of a car"
WEATHER_WORDS: Final = {
    Weather.CLEAR: "clear sky",
    Weather.CLOUDY: "overcast sky",
    Weather.RAIN: "heavy rain, wet road",
    Weather.SNOW: "falling snow, snowy road",
    Weather.FOG: "dense fog",
}
TIME_WORDS: Final = {TimeOfDay.DAY: "in daylight", TimeOfDay.DUSK: "at dusk", TimeOfDay.NIGHT: "at night"}
CROWD_WORDS: Final = {
    Crowdedness.EMPTY: "empty street",
    Crowdedness.SPARSE: "little traffic",
    Crowdedness.MODERATE: "some traffic",
    Crowdedness.CROWDED: "dense traffic, many cars and people",
}
# Entries of the table: each value, then unknown, as `Conditions` counts them.
SHAPE: Final = (len(Weather) + 1, len(TimeOfDay) + 1, len(Crowdedness) + 1)


def prompt_of(weather: Weather | None, time_of_day: TimeOfDay | None, crowdedness: Crowdedness | None) -> str:
    """What a scenario is called in words; unknown parts (None) are left out.

    Nothing known is the empty prompt: public models were trained to take it for the unconditional one.
    """
    words = [
        TIME_WORDS[time_of_day] if time_of_day else "",
        WEATHER_WORDS[weather] if weather else "",
        CROWD_WORDS[crowdedness] if crowdedness else "",
    ]
    return ", ".join([SUBJECT, *filter(None, words)]) if any(words) else ""


def all_prompts() -> list[str]:
    """The prompts in the order of the table."""
    parts = product((*Weather, None), (*TimeOfDay, None), (*Crowdedness, None))
    return [prompt_of(*part) for part in parts]


class PromptTable(nn.Module):
    """What a text encoder says to each prompt, found by conditions.

    Args:
        config: number of tokens, and where the levels of crowdedness begin.
        width: of a token.
    """

    embeddings: Tensor
    thresholds: Tensor

    def __init__(self, config: TextConfig, width: int) -> None:
        super().__init__()
        # Not parameters: they stay as they are whatever of the image model is trained.
        self.register_buffer("embeddings", torch.zeros(*SHAPE, config.tokens, width))
        levels = config.levels
        self.register_buffer(
            "thresholds", torch.tensor([levels.sparse, levels.moderate, levels.crowded]), persistent=False
        )

    def fill(self, embeddings: Tensor) -> None:
        """Set the answers (120, L, D) to `all_prompts`.

        Raises:
            DataError: another number of prompts, tokens or channels.
        """
        expected = (SHAPE[0] * SHAPE[1] * SHAPE[2], *self.embeddings.shape[3:])
        if tuple(embeddings.shape) != expected:
            raise DataError(
                "text encoder does not fit", where="embeddings", expected=expected, got=tuple(embeddings.shape)
            )
        self.embeddings.copy_(embeddings.view_as(self.embeddings))

    def forward(self, conditions: Conditions) -> Tensor:
        """Tokens (B, L, D) of the prompts of B clips."""
        level = torch.bucketize(conditions.crowdedness.float(), self.thresholds, right=True)
        unknown = torch.full_like(level, len(Crowdedness))
        crowdedness = torch.where(conditions.crowdedness_known, level, unknown)
        return self.embeddings[conditions.weather, conditions.time_of_day, crowdedness]
