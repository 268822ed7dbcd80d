"""Settings of the compute library that decide bytes: threads, deterministic kernels, device."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from drivegen.core.errors import ConfigError
from drivegen.generation.config import SampleConfig


@contextmanager
def deterministic_compute(config: SampleConfig) -> Iterator[None]:
    """Fix threads and kernels for the length of a block, and give back what was set before.

    The order of a sum depends on the number of threads, so equal bytes need equal threads; kernels that have no
    deterministic form are left to warn.
    """
    threads, algorithms = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    warn_only, benchmark = torch.is_deterministic_algorithms_warn_only_enabled(), torch.backends.cudnn.benchmark
    # cuBLAS reads this when its first handle is made.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(thread_count(config))
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(algorithms, warn_only=warn_only)
        torch.backends.cudnn.benchmark = benchmark


def thread_count(config: SampleConfig) -> int:
    """The number of compute threads: as set, else every core that this process may use."""
    if config.threads is not None:
        return config.threads
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def device_of(config: SampleConfig) -> torch.device:
    """The device that the models run on.

    Raises:
        ConfigError: CUDA was asked for and there is none.
    """
    available = torch.cuda.is_available()
    if config.device == "cuda" and not available:
        raise ConfigError("no CUDA device", where="device", expected="cpu or auto", got="cuda")
    return torch.device("cuda" if available and config.device != "cpu" else "cpu")
