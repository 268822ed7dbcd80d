"""How good is good enough: one threshold per check, and the checks themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

# What a threshold is: the least or the most that a clip may score.
Bound = Literal["least", "most"]


@dataclass(frozen=True)
class Thresholds:
    """The bound of each check; None switches it off.

    A field, the score that it bounds and the reason that a failed check gives have the same name. What each score
    measures is told in `clip_measures`. A score that a clip does not have (a road without objects has no missed ones)
    is not checked.
    """

    missed_surprise: float | None = 2.725
    """Most: how surprising it is that the judge is no surer of the objects, mean over them and one more."""
    track_missed_surprise: float | None = 4.6876
    """Most: likewise of the worst track, mean over its frames and one more."""
    class_surprise: float | None = 4.334
    """Most: how surprising the classes are that the worst track looks like, mean over its frames and one more."""
    hallucination_surprise: float | None = 1.8625
    """Most: how surprising the most surprising detection without a label is, mean over frames."""
    weather_margin: float | None = -0.9064
    """Least: log probability of the asked weather over that of the likeliest other."""
    time_of_day_margin: float | None = -0.101
    """Least: likewise of the time of day."""
    identity_drift: float | None = 0.3526
    """Most: change of what the worst track looks like to the judge, 0 none, 2 opposite."""
    colour_jump: float | None = 10.0284
    """Most: lasting change of colour of the worst track, beyond its own variation, in CIE Lab units."""
    motion_ratio: float | None = 0.1311
    """Least: change of the picture where the labels move, 1 as much as one pixel of 32 x 64 gives."""
    repeated_share: float | None = 0.381
    """Most: frames that show again what an earlier one showed although the labels have moved on."""
    flicker_ratio: float | None = 1.2946
    """Most: change from frame to frame over half the change across two."""
    disorder: float | None = 0.7372
    """Most: how far the order of frames is from the smoothest, 0 natural, 1 random."""
    order_probability: float | None = 0.0081
    """Least: how likely frames stand in their natural order, mean over windows."""
    nearest_training_ratio: float | None = 0.4309
    """Least: distance to the nearest training clip over that to the nearest of some other drives."""


# In the order in which reasons are given.
CHECKS: dict[str, Bound] = {
    "missed_surprise": "most",
    "track_missed_surprise": "most",
    "class_surprise": "most",
    "hallucination_surprise": "most",
    "weather_margin": "least",
    "time_of_day_margin": "least",
    "identity_drift": "most",
    "colour_jump": "most",
    "motion_ratio": "least",
    "repeated_share": "most",
    "flicker_ratio": "most",
    "disorder": "most",
    "order_probability": "least",
    "nearest_training_ratio": "least",
}


def failed_checks(scores: Mapping[str, float], thresholds: Thresholds) -> tuple[str, ...]:
    """The names of the checks that the scores of a clip fail, in the order of CHECKS."""
    bounds = {field.name: getattr(thresholds, field.name) for field in fields(thresholds)}
    return tuple(
        name
        for name, bound in CHECKS.items()
        if name in scores and bounds[name] is not None and not _meets(scores[name], bound, bounds[name])
    )


def _meets(score: float, bound: Bound, threshold: float) -> bool:
    return score >= threshold if bound == "least" else score <= threshold
