"""Crowdedness: mean number of visible road users per frame, as a number and as a level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from drivegen.core.errors import ConfigError
from drivegen.core.labels import FrameLabels


class Crowdedness(StrEnum):
    """Levels of crowdedness, in rising order."""

    EMPTY = "empty"
    SPARSE = "sparse"
    MODERATE = "moderate"
    CROWDED = "crowded"


@dataclass(frozen=True)
class CrowdednessLevels:
    """Mean visible road users per frame from which each level starts; one configuration used everywhere."""

    sparse: float = 0.5
    moderate: float = 3.0
    crowded: float = 8.0

    def __post_init__(self) -> None:
        if not 0 < self.sparse < self.moderate < self.crowded:
            raise ConfigError(
                "levels must rise", where="sparse, moderate, crowded", got=(self.sparse, self.moderate, self.crowded)
            )

    def level(self, count: float) -> Crowdedness:
        """The level of a mean count."""
        if count < self.sparse:
            return Crowdedness.EMPTY
        if count < self.moderate:
            return Crowdedness.SPARSE
        return Crowdedness.MODERATE if count < self.crowded else Crowdedness.CROWDED

    def bounds(self, level: Crowdedness) -> tuple[float, float]:
        """The half-open range [low, high) of mean counts of a level."""
        edges = [0.0, self.sparse, self.moderate, self.crowded, float("inf")]
        index = list(Crowdedness).index(level)
        return edges[index], edges[index + 1]


def mean_road_users(labels: Sequence[FrameLabels]) -> float:
    """Crowdedness of a clip as a number."""
    return float(np.mean([frame.road_users() for frame in labels])) if labels else 0.0
