"""What an audit is, and the closed table of those there are.

The audit is a hook: the sampler calls `audit(clip)` on every clip and writes the verdict beside it. The auditors of
this table look at pixels alone; one that compares what a perception net sees with the clip's labels takes its place
here as another `kind`, and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from drivegen.audit.frames import FrameAuditConfig, FrameAuditor
from drivegen.core.clips import Clip, Verdict


class Auditor(Protocol):
    """Judges clips, one at a time, from the clip alone."""

    def audit(self, clip: Clip) -> Verdict:
        """What is good or bad about the clip; never changes it."""
        ...


@dataclass(frozen=True)
class AuditConfig:
    """Which auditor runs, and its thresholds."""

    kind: Literal["none", "frames"] = "frames"
    frames: FrameAuditConfig = field(default_factory=FrameAuditConfig)


class NoAuditor:
    """Judges nothing: `passed` stays unknown."""

    def audit(self, clip: Clip) -> Verdict:
        """The empty verdict."""
        return Verdict(auditor="none", passed=None)


AUDITORS: dict[str, Callable[[AuditConfig], Auditor]] = {
    "none": lambda config: NoAuditor(),
    "frames": lambda config: FrameAuditor(config.frames),
}


def make_auditor(config: AuditConfig) -> Auditor:
    """The auditor of a configuration."""
    return AUDITORS[config.kind](config)
