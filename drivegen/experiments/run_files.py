"""The output folder of `drivegen prove`: one finished run each for a training set and a seed, and what they add up to.

experiment.json   what decides the figures; another experiment may not use the same folder
runs/ARM-SEED.json, .npz   facts and counts of a finished run
prove.json, prove.md, prove.png   the report
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivegen.experiments.arms import Arm
from drivegen.experiments.counts import RunCounts, load_counts, save_counts
from drivegen.experiments.experiment_folder import ExperimentFolder, read_json, write_json


@dataclass(frozen=True)
class RunKey:
    """One run: a training set and a seed."""

    arm: Arm
    seed: int

    @property
    def name(self) -> str:
        """Stem of its files."""
        return f"{self.arm.value}-{self.seed}"


class ProveFolder(ExperimentFolder):
    """Paths and small files of `drivegen prove`.

    Args:
        path: the folder; made if missing.
        settings: what decides the figures.

    Raises:
        ConfigError: the folder holds another experiment.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        super().__init__(path, "runs", settings)
        self.frames = self.path / "frames"

    def decided(self, name: str) -> Any:
        """Something that an earlier start of this experiment measured and decided; None when it did not."""
        file = self.path / "decisions.json"
        return read_json(file).get(name) if file.is_file() else None

    def decide(self, name: str, value: Any) -> None:
        """Keep a decision for later starts."""
        file = self.path / "decisions.json"
        write_json(file, {**(read_json(file) if file.is_file() else {}), name: value})

    def keep(self, run: RunKey, counts: RunCounts, facts: Mapping[str, Any]) -> None:
        """Keep a finished run."""
        save_counts(self._file(run, "npz"), counts)
        self._keep_facts(run, facts)

    def counts(self, run: RunKey) -> RunCounts:
        """What a finished run found."""
        return load_counts(self._file(run, "npz"))
