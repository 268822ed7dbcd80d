"""The cells that a test set is cut into: everything, each weather, time of day and crowdedness, and their crossings."""

from __future__ import annotations

from typing import Final

from drivegen.evaluation.average_precision import ALL

AXES: Final = ("weather", "time_of_day", "crowdedness")


def keys_of(weather: str, time_of_day: str, crowdedness: str) -> tuple[str, ...]:
    """The cells beside `all` that a clip counts in."""
    values = (weather, time_of_day, crowdedness)
    return (*(f"{axis}:{value}" for axis, value in zip(AXES, values, strict=True)), "cell:" + "/".join(values))


def is_crossing(key: str) -> bool:
    """Whether a cell is one weather at one time of day with one crowdedness."""
    return key.startswith("cell:")


def words_of(key: str) -> str:
    """As a reader calls a cell."""
    if key == ALL:
        return "all"
    return key.split(":", 1)[1].replace("/", ", ")
