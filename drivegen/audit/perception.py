"""The audit that holds what a judge sees to what the labels say."""

from __future__ import annotations

from copy import copy

import numpy as np

from drivegen.audit.ambience_measures import achieved_by
from drivegen.audit.clip_measures import scores_of
from drivegen.audit.config import PerceptionAuditConfig
from drivegen.audit.frames import BLANK, FrameAuditConfig, FrameAuditor
from drivegen.audit.looking import observe_clip
from drivegen.audit.objects import find_objects, verdicts_of
from drivegen.audit.reliability import Reliability, reliability_of
from drivegen.audit.thresholds import failed_checks
from drivegen.audit.training_index import TrainingIndex
from drivegen.core.clips import Clip, Verdict
from drivegen.core.observations import ClipObservation, Observer

# Digits after the point that a verdict keeps: fewer than what the order of a sum can change.
DIGITS = 4


class PerceptionAuditor:
    """Judges a clip by its blank frames and by what a judge sees in it.

    Scores: `blank_frames_count`, those of `clip_measures`, and `nearest_training_ratio`: the distance to the nearest
    training clip (`training_index`) over that to the nearest of some other drives.

    Args:
        observer: the judge.
        config: how labels and detections are matched, and the thresholds.
        frames: when a frame is blank.
        training_index: the clips that the model was trained on, as the observer's net sees them; None compares with
            nothing.
        reliability: what is known of the judge; None: nothing, so that each of its slips counts alike.
    """

    def __init__(
        self,
        observer: Observer,
        config: PerceptionAuditConfig | None = None,
        frames: FrameAuditConfig | None = None,
        training_index: TrainingIndex | None = None,
        reliability: Reliability | None = None,
    ) -> None:
        self.observer = observer
        self.config = config or PerceptionAuditConfig()
        self.training_index = training_index
        self.reliability = reliability or Reliability.unknown()
        self._frames = FrameAuditor(frames or FrameAuditConfig())

    def with_index(self, training_index: TrainingIndex | None) -> PerceptionAuditor:
        """The same, for a model that was trained on other clips."""
        other = copy(self)
        other.training_index = training_index
        return other

    def audit(self, clip: Clip) -> Verdict:
        """Look at a clip and judge it."""
        return self.verdict(clip, observe_clip(self.observer, clip))

    def verdict(self, clip: Clip, observation: ClipObservation) -> Verdict:
        """The verdict over a clip that was looked at already; a pure function of both.

        Args:
            observation: of the clip's frames, asked about the visible boxes of its labels (`observe_clip`).
        """
        findings = find_objects(clip.labels, observation, self.config.match) if clip.labelled else ()
        blank = self._frames.blank_frames(clip.frames)
        measured = scores_of(clip, observation, findings, self.config.match, self.reliability)
        scores = {"blank_frames_count": float(blank), **measured}
        nearest = self._nearest(observation)
        if nearest is not None and np.isfinite(nearest[1]):
            scores["nearest_training_ratio"] = nearest[1]
        scores = {name: round(value, DIGITS) for name, value in scores.items()}
        reasons = (*((BLANK,) if blank else ()), *failed_checks(scores, self.config.thresholds))
        return Verdict(
            auditor="perception",
            passed=not reasons,
            scores=scores,
            reasons=reasons,
            achieved=achieved_by(observation),
            objects=verdicts_of(clip.labels, findings) if clip.labelled else (),
            nearest_training_clip=None if nearest is None else nearest[0],
        )

    def reliability_on(self, clip: Clip) -> Reliability:
        """What a clean, labelled clip tells of the judge."""
        seen = observe_clip(self.observer, clip)
        findings = find_objects(clip.labels, seen, self.config.match)
        return reliability_of(clip, seen, findings, self.config.match, self.observer.sha256)

    def _nearest(self, observation: ClipObservation) -> tuple[str, float] | None:
        if self.training_index is None or not len(observation.window_features):
            return None
        return self.training_index.nearest_of(observation.window_features)
