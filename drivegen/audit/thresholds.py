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

    missed_share: float | None = 1.2967
    """Most: scored objects that were not found, as if one more had been."""
    track_missed_share: float | None = 0.9412
    """Most: of the frames of the worst track, those in which it was not found, as if there were one more."""
    other_class_share: float | None = 1.604
    """Most: found objects that look like another class, as if one more agreed."""
    track_other_kind_share: float | None = 0.8167
    """Most: of the frames of the worst track, those in which it looks like another kind, as if there were one more."""
    hallucinations_per_frame: float | None = 0.8438
    """Most: confident detections without a label, mean over frames."""
    hallucination_confidence: float | None = 0.4513
    """Most: confidence of the surest detection without a label, mean over frames."""
    weather_margin: float | None = -4.8648
    """Least: log probability of the asked weather over that of the likeliest other."""
    time_of_day_margin: float | None = 0.0
    """Least: likewise of the time of day."""
    crowdedness_error: float | None = 2.4824
    """Most: how far the logarithm of one plus the mean number of road users is off."""
    identity_drift: float | None = 0.5648
    """Most: change of what the worst track looks like to the judge, 0 none, 2 opposite."""
    colour_jump: float | None = 9.3926
    """Most: lasting change of colour of the worst track, beyond its own variation, in CIE Lab units."""
    speed_error: float | None = 2.0944
    """Most: how far the speed that it looks like is off, as a share of the true one and 2 m/s more."""
    yaw_rate_error_radps: float | None = 0.3001
    """Most: how far the turning that it looks like is off, mean over steps."""
    motion_ratio: float | None = 0.1566
    """Least: change of the picture where the labels move, 1 as much as one pixel of 32 x 64 gives."""
    repeated_share: float | None = 0.0714
    """Most: frames that show again what an earlier one showed although the labels have moved on."""
    flicker_ratio: float | None = 1.1156
    """Most: change from frame to frame over half the change across two."""
    disorder: float | None = 0.9532
    """Most: how far the order of frames is from the smoothest, 0 natural, 1 random."""
    order_probability: float | None = 0.0314
    """Least: how likely frames stand in their natural order, mean over windows."""
    nearest_training_ratio: float | None = None
    """Least: distance to the nearest training clip, 1 as far as training clips are from one another."""


# In the order in which reasons are given.
CHECKS: dict[str, Bound] = {
    "missed_share": "most",
    "track_missed_share": "most",
    "other_class_share": "most",
    "track_other_kind_share": "most",
    "hallucinations_per_frame": "most",
    "hallucination_confidence": "most",
    "weather_margin": "least",
    "time_of_day_margin": "least",
    "crowdedness_error": "most",
    "identity_drift": "most",
    "colour_jump": "most",
    "speed_error": "most",
    "yaw_rate_error_radps": "most",
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
