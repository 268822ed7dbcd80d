"""Long clips are judged in stretches, and one bad stretch is enough."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drivegen.audit import FrameAuditConfig, FrameAuditor
from drivegen.core import (
    Achieved,
    Ambience,
    Clip,
    FrameKind,
    LabelPolicy,
    Provenance,
    TimeOfDay,
    Verdict,
    Weather,
    label_frame,
)
from drivegen.generation.stretches import audit_in_stretches, joined

from .conftest import HZ, drive, pictures


@pytest.fixture
def clip() -> Clip:
    """Thirty frames."""
    scenario = drive("a", 2, Ambience(Weather.CLEAR, TimeOfDay.DAY))
    camera, times = scenario.cameras["CAM_FRONT"], scenario.frame_times_us["CAM_FRONT"][:30]
    return Clip(
        "a",
        scenario.scenario_id,
        "CAM_FRONT",
        np.stack(pictures(scenario, "CAM_FRONT")[:30]),
        tuple(label_frame(scenario, camera, int(time), LabelPolicy()) for time in times),
        scenario.ambience,
        HZ,
        Provenance(FrameKind.RENDERED, "reference", 0),
    )


class Lengths(FrameAuditor):
    """Remembers how much it was shown at once."""

    def __init__(self) -> None:
        super().__init__(FrameAuditConfig())
        self.frames: list[int] = []

    def audit(self, clip: Clip) -> Verdict:
        self.frames.append(len(clip.frames))
        return super().audit(clip)


def test_a_clip_that_is_not_long_is_judged_as_a_whole(clip: Clip) -> None:
    auditor = Lengths()
    assert audit_in_stretches(auditor, clip, 30) == FrameAuditor(FrameAuditConfig()).audit(clip)
    assert auditor.frames == [30]


def test_stretches_are_of_equal_length_and_their_scores_are_those_of_the_clip(clip: Clip) -> None:
    auditor = Lengths()
    verdict, whole = audit_in_stretches(auditor, clip, 13), FrameAuditor(FrameAuditConfig()).audit(clip)
    assert auditor.frames == [10, 10, 10]
    assert verdict.passed and not verdict.reasons
    assert verdict.scores.keys() == whole.scores.keys()
    assert verdict.scores["luma_mean_255"] == pytest.approx(whole.scores["luma_mean_255"], abs=1e-3)


def test_one_bad_stretch_is_enough(clip: Clip) -> None:
    frames = clip.frames.copy()
    frames[25:] = 7
    verdict = audit_in_stretches(Lengths(), replace(clip, frames=frames), 10)
    assert verdict.passed is False
    assert verdict.reasons == ("blank_frames",)
    assert verdict.scores["blank_frames_count"] == 5


def test_verdicts_are_joined_by_what_they_mean() -> None:
    rain = Achieved(Weather.RAIN, TimeOfDay.DAY, 2.0)
    parts = [
        Verdict("p", True, {"a": 1.0, "nearest_training_ratio": 0.9}, (), rain, nearest_training_clip="far"),
        Verdict("p", False, {"a": 4.0, "nearest_training_ratio": 0.1}, ("x",), rain, nearest_training_clip="near"),
        Verdict("p", False, {}, ("y", "x"), Achieved(Weather.SNOW, None, None)),
    ]
    verdict = joined(parts, [20, 10, 10])
    assert verdict.scores == {"a": 2.0, "nearest_training_ratio": 0.1}
    assert verdict.reasons == ("x", "y")
    assert verdict.nearest_training_clip == "near"
    assert verdict.achieved == rain
    assert joined([Verdict(), Verdict()], [1, 1]) == Verdict()
