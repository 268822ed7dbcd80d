"""Hydra composes, dataclasses decide: from a command line to a decoded configuration to a job.

Each command module gives two functions: `config_class()`, which imports and returns its dataclass, and `job(config)`.
Both import what they need when called, so that `--help` and `--cfg job` answer without torch.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

import hydra
from omegaconf import DictConfig

from drivegen.cli.composition import CONFIG_PACKAGE, plain
from drivegen.cli.failures import report
from drivegen.core import decode

T = TypeVar("T")

# Where a sweep's bookkeeping goes (conf/common.yaml reads it); our commands write to `out` only.
SCRATCH_VARIABLE = "DRIVEGEN_SCRATCH"


def run(command: str, config_class: Callable[[], type[T]], job: Callable[[T], None]) -> None:
    """Compose conf/<command>.yaml with sys.argv, decode it and do the job.

    Leaves through SystemExit when something went wrong: 1 the job failed, 2 bad usage, 130 interrupted. The message is
    one line on stderr.
    """
    # Hydra must hand its errors over instead of printing them itself.
    os.environ["HYDRA_FULL_ERROR"] = "1"

    def task(config: DictConfig) -> None:
        # SystemExit passes through Hydra untouched; an ordinary exception would be announced by it first.
        try:
            job(decode(config_class(), plain(config)))
        except (Exception, KeyboardInterrupt) as error:
            sys.exit(report(error, command))

    with _scratch(), _sigterm_as_interrupt():
        try:
            hydra.main(version_base="1.3", config_path=f"pkg://{CONFIG_PACKAGE}", config_name=command)(task)()
        except (Exception, KeyboardInterrupt) as error:
            sys.exit(report(error, command, composing=True))


@contextmanager
def _scratch() -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="drivegen-") as folder:
        os.environ[SCRATCH_VARIABLE] = folder
        yield


@contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """Let SIGTERM stop a job as cleanly as Ctrl-C does."""

    def interrupt(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
