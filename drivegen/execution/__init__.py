"""The same pure work in one process or several."""

from drivegen.execution.pool import WorkError, run_pure, worker_pool

__all__ = ["WorkError", "run_pure", "worker_pool"]
