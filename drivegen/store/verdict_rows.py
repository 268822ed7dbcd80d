"""A verdict as columns of `clips` and `objects`, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from drivegen.core import Achieved, Clip, DataError, ObjectVerdict, TimeOfDay, Verdict, Weather
from drivegen.core.arrays import Floats

# Columns of an object -> fields of ObjectVerdict.
_OBJECT_FIELDS = {"qc_iou": "iou", "qc_detected": "detected", "qc_class_agrees": "class_agrees"}
_FLAGS = ("qc_detected", "qc_class_agrees")


def verdict_row(verdict: Verdict) -> dict[str, Any]:
    """The columns of `clips` that hold a verdict, but for its objects."""
    achieved = verdict.achieved
    scores = [{"name": name, "value": _finite(value)} for name, value in sorted(verdict.scores.items())]
    return {
        "weather_achieved": achieved.weather.value if achieved.weather else None,
        "time_of_day_achieved": achieved.time_of_day.value if achieved.time_of_day else None,
        "crowdedness_achieved": achieved.crowdedness,
        "auditor": verdict.auditor,
        "qc_pass": verdict.passed,
        # Lists in lists: one row.
        "qc_reasons": [list(verdict.reasons)],
        "qc_scores": [scores],
        "qc_attempts": verdict.attempts,
        "nearest_training_clip": verdict.nearest_training_clip,
    }


def object_verdict_columns(clip: Clip) -> dict[str, Any]:
    """The columns of OBJECT that hold what the audit found, for all objects of all frames, one after another (M,)."""
    count = sum(len(frame) for frame in clip.labels) if clip.labelled else 0
    if not clip.verdict.objects or not count:
        return {name: [None] * count for name in _OBJECT_FIELDS}
    columns: dict[str, Any] = {}
    for name, field in _OBJECT_FIELDS.items():
        values = np.concatenate([getattr(found, field) for found in clip.verdict.objects]).astype(np.float64)
        columns[name] = [None if np.isnan(v) else bool(v) for v in values] if name in _FLAGS else values
    return columns


def verdict_from_rows(row: dict[str, Any], frames: list[list[dict[str, Any]]]) -> Verdict:
    """A verdict from a row of `clips` and the nested objects of each frame.

    `objects` is empty when none of them was judged.
    """
    weather, time = row["weather_achieved"], row["time_of_day_achieved"]
    scores = {s["name"]: float("nan") if s["value"] is None else s["value"] for s in row["qc_scores"] or []}
    judged = any(item["qc_detected"] is not None for items in frames for item in items)
    return Verdict(
        auditor=row["auditor"],
        passed=row["qc_pass"],
        scores=scores,
        reasons=tuple(row["qc_reasons"] or ()),
        achieved=Achieved(
            Weather(weather) if weather else None, TimeOfDay(time) if time else None, row["crowdedness_achieved"]
        ),
        objects=tuple(_object_verdict(items) for items in frames) if judged else (),
        nearest_training_clip=row["nearest_training_clip"],
        attempts=row["qc_attempts"],
    )


def check_verdict(clip: Clip) -> None:
    """Refuse a verdict that contradicts itself or the clip.

    Raises:
        DataError: objects that are not those of the labels, judged ones that are not scored, overlaps that are none,
            reasons of a clip that passed, no attempt.
    """
    verdict, where = clip.verdict, f"{clip.clip_id} verdict"
    if verdict.passed and verdict.reasons:
        raise DataError("a clip that passed has no reasons", where=where, got=verdict.reasons)
    crowd = verdict.achieved.crowdedness
    if crowd is not None and not 0 <= crowd < np.inf:
        raise DataError("not a number of road users", where=where, expected="0 or more, or None", got=crowd)
    if verdict.attempts < 1:
        raise DataError("a clip is made at least once", where=where, got=verdict.attempts)
    if verdict.objects and len(verdict.objects) != len(clip.labels):
        raise DataError(
            "one set of objects per frame", where=where, expected=len(clip.labels), got=len(verdict.objects)
        )
    for index, (found, labels) in enumerate(zip(verdict.objects, clip.labels, strict=False)):
        wrong = _wrong_objects(found, labels.scored)
        if wrong:
            raise DataError(wrong, where=f"{where} frame {index}", remedy="see core.ObjectVerdict")


def _wrong_objects(found: ObjectVerdict, scored: np.ndarray) -> str:
    shapes = {np.shape(getattr(found, field)) for field in _OBJECT_FIELDS.values()}
    if shapes != {scored.shape}:
        return f"one verdict per object ({len(scored)}); got {sorted(shapes)}"
    return wrong_judgement(found.iou, found.detected, found.class_agrees, scored)


def wrong_judgement(iou: Floats, detected: Floats, agrees: Floats, scored: np.ndarray) -> str:
    """What is wrong with the verdicts on N objects, in words; empty when nothing is."""
    judged = ~np.isnan(detected)
    if (judged & ~scored).any():
        return "an object was judged that is not scored"
    if (judged != ~np.isnan(iou)).any() or (~judged & ~np.isnan(agrees)).any():
        return "an object is judged in one column and not in another"
    if not ((iou[judged] >= 0) & (iou[judged] <= 1)).all():
        return "an overlap is not within 0 to 1"
    if not np.isin(detected[judged], (0.0, 1.0)).all() or not np.isin(agrees[~np.isnan(agrees)], (0.0, 1.0)).all():
        return "a flag is neither 0 nor 1"
    return ""


def _object_verdict(items: list[dict[str, Any]]) -> ObjectVerdict:
    def floats(name: str) -> Floats:
        return np.array([np.nan if item[name] is None else float(item[name]) for item in items], dtype=np.float64)

    return ObjectVerdict(**{field: floats(name) for name, field in _OBJECT_FIELDS.items()})


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
