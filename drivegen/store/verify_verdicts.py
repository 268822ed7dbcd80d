"""Checks what the rows say about the audit: a verdict must not contradict itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from drivegen.core import FrameLabels
from drivegen.core.arrays import Floats
from drivegen.store.problems import Problem
from drivegen.store.verdict_rows import wrong_judgement


def check_clip_verdict(file: str, row: dict[str, Any]) -> list[Problem]:
    """Check the verdict of a row of `clips`."""
    found = []
    if row["qc_pass"] and row["qc_reasons"]:
        found.append(("qc_reasons", f"the clip passed, but {row['qc_reasons']}"))
    if row["qc_attempts"] is not None and row["qc_attempts"] < 1:
        found.append(("qc_attempts", f"expected at least 1; got {row['qc_attempts']}"))
    if any(name is None for name in row["qc_reasons"] or ()):
        found.append(("qc_reasons", "a reason is missing"))
    return [Problem(file, row["clip_id"], field, message) for field, message in found]


def check_object_verdicts(file: str, where: str, labels: FrameLabels, objects: list[dict[str, Any]]) -> list[Problem]:
    """Check what the audit found of one frame's objects."""

    def floats(name: str) -> Floats:
        return np.array([np.nan if item[name] is None else float(item[name]) for item in objects], dtype=np.float64)

    wrong = wrong_judgement(floats("qc_iou"), floats("qc_detected"), floats("qc_class_agrees"), labels.scored)
    return [Problem(file, where, "qc_iou, qc_detected, qc_class_agrees", wrong)] if wrong else []
