"""What `drivegen prove` can be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from drivegen.core import ConfigError
from drivegen.training import OptimConfig

DetectorName = Literal["compact", "transformer"]

# A spread over seeds has degrees of freedom from two seeds on; from two points nobody should conclude anything.
LEAST_SEEDS = 3


def _default_optim() -> OptimConfig:
    return OptimConfig(batch=16, lr=2e-3, warmup=50, decay_from=0.3, ema_decay=0.99)


@dataclass(frozen=True)
class ProveConfig:
    """Does generated data help a detector? Equal steps of the same detector on four training sets, tested on a fifth.

    Raises:
        ConfigError: a value that cannot be used.
    """

    store: Path
    """The generated dataset whose use is to be proved."""
    reference: Path
    """A reference dataset (rendered or recorded) to train on."""
    test: Path
    """A reference dataset of other scenarios to test on."""
    out: Path = Path("out/prove")
    """Folder of the runs and of the report; a finished run is not done again."""
    detector: DetectorName = "compact"
    """compact: a residual network of half the judge's width; transformer: one with attention. Both start untrained."""
    start: Path | None = None
    """Perception folder (drivegen train stage=perception) that every run goes on from: what more data does to a
    detector that already works. Its shape and size take the place of `detector` and `image_size`; None: untrained."""
    image_size: tuple[int, int] | None = None
    """(h, w) that the detector sees, multiples of 32; None: that of the reference frames, enlarged to 128 px."""
    steps: int = 600
    """Optimiser steps of every run."""
    minutes: float | None = None
    """Wall-clock minutes of all trainings together; sets the steps, equal for every run, by the measured speed."""
    seeds: int = LEAST_SEEDS
    """Runs of each training set; initial weights and orders follow from the seed."""
    seed: int = 0
    """The first of the seeds; the others count on from it."""
    passed_only: bool = False
    """Leave out generated clips that their audit did not pass."""
    optim: OptimConfig = field(default_factory=_default_optim)
    resamples: int = 1000
    """Bootstrap resamples of the test scenarios."""
    min_labels: int = 30
    """A class, or a cell of the table, with fewer scored objects in the test set is not reported."""
    min_groups: int = 8
    """Likewise in fewer groups of test scenarios (scenarios are dealt into at most 100)."""
    min_ap50: float = 0.05
    """Where no training set takes the detector to this AP50, nothing is concluded: it has not learnt to detect."""
    threads: int | None = None
    """Compute threads; None takes every core. The same number gives the same figures."""
    device: Literal["auto", "cpu", "cuda"] = "auto"

    def __post_init__(self) -> None:
        for name, least in (("steps", 1), ("seeds", LEAST_SEEDS), ("resamples", 100), ("min_labels", 1)):
            _at_least(name, getattr(self, name), least)
        _at_least("min_groups", self.min_groups, 2)
        if self.threads is not None:
            _at_least("threads", self.threads, 1)
        if not 0 <= self.min_ap50 < 1:
            raise ConfigError("out of range", where="min_ap50", expected="0 <= min_ap50 < 1", got=self.min_ap50)
        if self.minutes is not None and self.minutes <= 0:
            raise ConfigError("must be positive", where="minutes", got=self.minutes)
        if self.optim.batch % 2:
            raise ConfigError(
                "must be even: mixed batches are half and half", where="optim.batch", got=self.optim.batch
            )
        if self.start is not None and self.image_size is not None:
            raise ConfigError("the detector that is gone on from has one", where="image_size", remedy="leave it out")
        if self.image_size is not None and (min(self.image_size) < 32 or any(side % 32 for side in self.image_size)):
            raise ConfigError(
                "not a size of the detector", where="image_size", expected="multiples of 32", got=list(self.image_size)
            )


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise ConfigError(f"must be at least {least}", where=name, got=value)
