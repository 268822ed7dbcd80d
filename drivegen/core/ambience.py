"""Weather and time of day; either may be unknown (None), which is the null class of the models."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Weather(StrEnum):
    """Weather as a camera sees it."""

    CLEAR = "clear"
    CLOUDY = "cloudy"
    RAIN = "rain"
    SNOW = "snow"
    FOG = "fog"


class TimeOfDay(StrEnum):
    """Light outside."""

    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"


@dataclass(frozen=True)
class Ambience:
    """Weather and time of day of a scenario; None means unknown."""

    weather: Weather | None = None
    time_of_day: TimeOfDay | None = None
