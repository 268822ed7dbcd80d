"""Weather, time of day and crowdedness: what a clip shows beside what it was to show."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

import numpy as np

from drivegen.core.ambience import TimeOfDay, Weather
from drivegen.core.arrays import Floats
from drivegen.core.clips import Achieved, Clip
from drivegen.core.observations import ClipObservation

# A frame that is surer than this counts as if it were this sure: one frame must not decide for all.
LEAST_PROBABILITY = 1e-4

Level = TypeVar("Level", bound=StrEnum)


def achieved_by(observation: ClipObservation) -> Achieved:
    """What a clip shows: the likeliest weather and time of day over all frames, and the mean number of road users."""
    return Achieved(
        weather=_likeliest(Weather, log_probabilities([frame.weather for frame in observation.frames])),
        time_of_day=_likeliest(TimeOfDay, log_probabilities([frame.time_of_day for frame in observation.frames])),
        crowdedness=_road_users(observation),
    )


def ambience_scores(clip: Clip, observation: ClipObservation) -> dict[str, float | None]:
    """How well weather, time of day and crowdedness are met; None where nobody asked or nobody tells."""
    weather = log_probabilities([frame.weather for frame in observation.frames])
    time = log_probabilities([frame.time_of_day for frame in observation.frames])
    users = _road_users(observation)
    return {
        "weather_margin": _margin(Weather, clip.ambience.weather, weather),
        "time_of_day_margin": _margin(TimeOfDay, clip.ambience.time_of_day, time),
        "road_users_mean": users,
        "crowdedness_error": None if users is None else float(abs(np.log1p(users) - np.log1p(clip.crowdedness))),
    }


def log_probabilities(frames: Sequence[Floats]) -> Floats | None:
    """Mean log probability (K,) over the frames that tell; None when none does."""
    known = [frame for frame in frames if np.isfinite(frame).all()]
    if not known:
        return None
    return np.asarray(np.log(np.clip(np.stack(known), LEAST_PROBABILITY, None)).mean(axis=0))


def _likeliest(levels: type[Level], log_probability: Floats | None) -> Level | None:
    return None if log_probability is None else list(levels)[int(log_probability.argmax())]


def _margin(levels: type[Level], asked: Level | None, log_probability: Floats | None) -> float | None:
    if asked is None or log_probability is None:
        return None
    place = list(levels).index(asked)
    return float(log_probability[place] - float(np.delete(log_probability, place).max()))


def _road_users(observation: ClipObservation) -> float | None:
    known = [frame.road_users for frame in observation.frames if np.isfinite(frame.road_users)]
    return max(0.0, float(np.mean(known))) if known else None
