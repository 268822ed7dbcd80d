"""Experiments that need several other packages: does generated data help (`prove`), what matters (`ablation`)."""

from drivegen.experiments.config import ProveConfig
from drivegen.experiments.prove import prove
from drivegen.experiments.report import ProveReport

__all__ = ["ProveConfig", "ProveReport", "prove"]
