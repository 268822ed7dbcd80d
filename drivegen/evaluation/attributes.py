"""Whether a clip shows the weather, the time of day and the crowd that its labels name."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from drivegen.core import Achieved, Ambience, TimeOfDay, Weather

WEATHERS: Final = tuple(weather.value for weather in Weather)
TIMES: Final = tuple(time.value for time in TimeOfDay)
ROAD_USERS: Final = "road_users"


def agreements(ambience: Ambience, achieved: Achieved) -> dict[str, float]:
    """Whether a clip as a whole shows its ambience; only what is labelled and judged.

    Returns:
        "weather" and "time_of_day": 1 as labelled, else 0.
        "weather:rain>snow" and so on, for each class that it might have been taken for: 1 for that one, else 0. Their
            means over clips are the rows of the table of confusions.
    """
    values: dict[str, float] = {}
    for name, members, asked, seen in (
        ("weather", WEATHERS, ambience.weather, achieved.weather),
        ("time_of_day", TIMES, ambience.time_of_day, achieved.time_of_day),
    ):
        if asked is not None and seen is not None:
            values[name] = float(seen == asked)
            values |= {f"{name}:{asked}>{member}": float(member == seen) for member in members}
    return values


def ambience_cell(ambience: Ambience) -> str:
    """One word for a weather at a time of day, such as rain.night; unknown parts are called so."""
    return f"{_word(ambience.weather)}.{_word(ambience.time_of_day)}"


def _word(value: StrEnum | None) -> str:
    return "unknown" if value is None else value.value
