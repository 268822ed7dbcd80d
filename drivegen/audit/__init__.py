"""A clip in, a verdict out: the check that every clip passes between being made and being written."""

from drivegen.audit.auditor import (
    AUDITORS,
    Auditor,
    make_auditor,
    make_observer,
    make_unmeasured_auditor,
    reliability_path,
)
from drivegen.audit.clip_measures import scores_of
from drivegen.audit.config import AuditConfig, PerceptionAuditConfig
from drivegen.audit.frames import FrameAuditConfig, FrameAuditor
from drivegen.audit.looking import observe_clip
from drivegen.audit.objects import MatchConfig, find_objects, hallucinations, object_verdicts
from drivegen.audit.perception import PerceptionAuditor
from drivegen.audit.reliability import RELIABILITY_FILE, Reliability, reliability_of
from drivegen.audit.thresholds import CHECKS, Thresholds, failed_checks
from drivegen.audit.training_index import INDEX_FILE, TrainingIndex, build_training_index

__all__ = [
    "AUDITORS",
    "CHECKS",
    "INDEX_FILE",
    "RELIABILITY_FILE",
    "AuditConfig",
    "Auditor",
    "FrameAuditConfig",
    "FrameAuditor",
    "MatchConfig",
    "PerceptionAuditConfig",
    "PerceptionAuditor",
    "Reliability",
    "Thresholds",
    "TrainingIndex",
    "build_training_index",
    "failed_checks",
    "find_objects",
    "hallucinations",
    "make_auditor",
    "make_observer",
    "make_unmeasured_auditor",
    "object_verdicts",
    "observe_clip",
    "reliability_of",
    "reliability_path",
    "scores_of",
]
