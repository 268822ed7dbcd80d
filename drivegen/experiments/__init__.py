"""Experiments that need several of the other packages: whether generated data helps a detector (`prove`)."""

from drivegen.experiments.config import ProveConfig
from drivegen.experiments.prove import prove
from drivegen.experiments.report import ProveReport

__all__ = ["ProveConfig", "ProveReport", "prove"]
