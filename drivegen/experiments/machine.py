"""Where an experiment computes, and with how many threads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch

from drivegen.core import ConfigError


@dataclass(frozen=True)
class Machine:
    """Device and compute threads."""

    device: torch.device
    threads: int


@contextmanager
def computing(threads: int | None, device: Literal["auto", "cpu", "cuda"]) -> Iterator[Machine]:
    """Fix threads and device for the length of a block: the order of a sum depends on them.

    Args:
        threads: None takes every core that this process may use.

    Raises:
        ConfigError: CUDA was asked for and there is none.
    """
    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise ConfigError("no CUDA device", where="device", expected="cpu or auto", got="cuda")
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    machine = Machine(torch.device("cuda" if available and device != "cpu" else "cpu"), threads or cores)
    before = torch.get_num_threads()
    torch.set_num_threads(machine.threads)
    try:
        yield machine
    finally:
        torch.set_num_threads(before)
