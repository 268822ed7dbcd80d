"""A clip in, a verdict out: the check that every clip passes between being made and being written."""

from drivegen.audit.auditor import AUDITORS, AuditConfig, Auditor, make_auditor
from drivegen.audit.frames import FrameAuditConfig, FrameAuditor

__all__ = ["AUDITORS", "AuditConfig", "Auditor", "FrameAuditConfig", "FrameAuditor", "make_auditor"]
