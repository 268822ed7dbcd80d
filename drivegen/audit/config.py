"""Which auditor runs, and its settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from drivegen.audit.frames import FrameAuditConfig
from drivegen.audit.objects import MatchConfig
from drivegen.audit.thresholds import Thresholds


@dataclass(frozen=True)
class PerceptionAuditConfig:
    """Which judge looks, and what it lets pass."""

    net: Path | None = None
    """Folder of the audit net; None takes the one that ships with the package."""
    predictions: Path | None = None
    """Detections of your own detector, in place of the net's: Parquet, or COCO's results beside their images."""
    training_index: Path | None = None
    """Training clips to compare with (drivegen audit training.roots=... out=...); None takes the model folder's."""
    reliability: Path | None = None
    """What the judge does on clean clips (drivegen audit store=REFERENCE out=...), which tells what is surprising; None
    takes reliability.json of the net's folder, where there is one."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    match: MatchConfig = field(default_factory=MatchConfig)
    thresholds: Thresholds = field(default_factory=Thresholds)


@dataclass(frozen=True)
class AuditConfig:
    """Which auditor runs, and its thresholds."""

    kind: Literal["none", "frames", "perception"] = "perception"
    """none judges nothing, frames looks for blank frames, perception holds what is seen to the labels as well."""
    frames: FrameAuditConfig = field(default_factory=FrameAuditConfig)
    perception: PerceptionAuditConfig = field(default_factory=PerceptionAuditConfig)
