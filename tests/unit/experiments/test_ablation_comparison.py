"""Which way an arm differs from ours, and whether that is resolved."""

from __future__ import annotations

import numpy as np
import pytest

from drivegen.core import stream
from drivegen.evaluation import Resampling
from drivegen.experiments.ablation_arms import PAPER, PLANS, Arm, Run, runs_of
from drivegen.experiments.ablation_comparison import Finding, compare, distance
from drivegen.experiments.ablation_files import Seen

CLIPS, FRAMES, DIM = 24, 4, 3
SCENARIOS = [f"scene-{clip // 2}" for clip in range(CLIPS)]
RESAMPLING = Resampling(resamples=40, seed=0)


def seen(name: str, shift: float = 0.0) -> Seen:
    """Features around `shift`."""
    draws = stream(0, "features", name)
    frames = draws.normal(shift, 1.0, (CLIPS, FRAMES, DIM)).astype(np.float32)
    windows = draws.normal(shift, 1.0, (CLIPS, 1, DIM)).astype(np.float32)
    return Seen(frames, windows, np.zeros((1, FRAMES, 4, 4, 3), np.uint8))


def arm(name: str, shift: float) -> list[Seen]:
    return [seen(f"{name}-{seed}", shift) for seed in range(3)]


def test_findings_are_signs_of_intervals() -> None:
    arms = {
        Arm.OURS: arm("ours", 1.0),
        Arm.CONTEXT_GUIDED: arm("guided", 0.0),
        Arm.ATTENTION_ONLY: arm("attention", 1.0),
        Arm.END_TO_END: arm("end", 3.0),
    }
    rows = compare(arms, seen("reference"), SCENARIOS, RESAMPLING)
    assert [(row.measure, row.arm) for row in rows] == [(m, a) for m in ("video", "image") for a in arms]
    by_place = {(row.measure, row.arm): row for row in rows}
    for measure in ("video", "image"):
        assert by_place[measure, Arm.OURS].finding is None
        assert by_place[measure, Arm.CONTEXT_GUIDED].finding is Finding.BETTER
        assert by_place[measure, Arm.ATTENTION_ONLY].finding is Finding.NOT_RESOLVED
        assert by_place[measure, Arm.END_TO_END].finding is Finding.WORSE
    # About three squared shifts of 3; the interval is around it.
    far = by_place["image", Arm.END_TO_END].distance
    assert far.low < far.value < far.high
    assert far.value == pytest.approx(27.0, rel=0.15)


def test_the_same_clips_are_no_distance_apart() -> None:
    reference = seen("reference")
    assert distance(reference, reference, SCENARIOS, "video") == pytest.approx(0.0, abs=1e-6)
    twins = compare({Arm.OURS: arm("ours", 1.0), Arm.PIXEL: arm("ours", 1.0)}, reference, SCENARIOS, RESAMPLING)
    equal = [row.difference for row in twins if row.difference is not None]
    assert [(d.value, d.low, d.high) for d in equal] == [(0.0, 0.0, 0.0)] * 2
    assert {row.finding for row in twins if row.arm is Arm.PIXEL} == {Finding.NOT_RESOLVED}


def test_one_scenario_resolves_nothing() -> None:
    arms = {Arm.OURS: arm("ours", 0.0), Arm.END_TO_END: arm("end", 5.0)}
    rows = compare(arms, seen("reference"), ["one"] * CLIPS, RESAMPLING)
    assert {row.finding for row in rows if row.difference is not None} == {Finding.NOT_RESOLVED}


def test_what_the_paper_found() -> None:
    assert set(PAPER) == set(Arm)
    arms = {name: arm(name.value, 0.0) for name in Arm}
    rows = compare(arms, seen("reference"), SCENARIOS, RESAMPLING)
    better = {(row.measure, row.arm) for row in rows if row.paper_finding is Finding.BETTER}
    # Context guidance bought smoother video with worse images; all else made both worse.
    assert better == {("video", Arm.CONTEXT_GUIDED)}


def test_arms_share_the_image_model_where_they_can() -> None:
    assert runs_of(Arm.OURS) == runs_of(Arm.CONTEXT_GUIDED) == (Run.IMAGE, Run.VIDEO)
    assert runs_of(Arm.ATTENTION_ONLY) == (Run.IMAGE, Run.ATTENTION_ONLY)
    assert runs_of(Arm.END_TO_END) == (Run.END_TO_END,)
    assert [PLANS[run].space for run in runs_of(Arm.PIXEL)] == ["pixel", "pixel"]
