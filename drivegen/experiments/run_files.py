"""The output folder of `drivegen prove`: one finished run each for a training set and a seed, and what they add up to.

experiment.json   what decides the figures; another experiment may not use the same folder
runs/ARM-SEED.json, .npz   facts and counts of a finished run
prove.json, prove.md, prove.png   the report
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivegen.core import ConfigError, DataError
from drivegen.experiments.arms import Arm
from drivegen.experiments.counts import RunCounts, load_counts, save_counts


@dataclass(frozen=True)
class RunKey:
    """One run: a training set and a seed."""

    arm: Arm
    seed: int

    @property
    def name(self) -> str:
        """Stem of its files."""
        return f"{self.arm.value}-{self.seed}"


class ProveFolder:
    """Paths and small files of an experiment.

    Args:
        path: the folder; made if missing.
        settings: what decides the figures.

    Raises:
        ConfigError: the folder holds another experiment.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        self.path = Path(path)
        self.runs = self.path / "runs"
        self.frames = self.path / "frames"
        claim(self.path, settings)

    def decided(self, name: str) -> Any:
        """Something that an earlier start of this experiment measured and decided; None when it did not."""
        file = self.path / "decisions.json"
        return read_json(file).get(name) if file.is_file() else None

    def decide(self, name: str, value: Any) -> None:
        """Keep a decision for later starts."""
        file = self.path / "decisions.json"
        write_json(file, {**(read_json(file) if file.is_file() else {}), name: value})

    def has(self, run: RunKey) -> bool:
        """Whether a run is finished. Its facts are written last."""
        return self._facts(run).is_file()

    def keep(self, run: RunKey, counts: RunCounts, facts: Mapping[str, Any]) -> None:
        """Keep a finished run."""
        self.runs.mkdir(parents=True, exist_ok=True)
        save_counts(self.runs / f"{run.name}.npz", counts)
        write_json(self._facts(run), dict(facts))

    def counts(self, run: RunKey) -> RunCounts:
        """What a finished run found."""
        return load_counts(self.runs / f"{run.name}.npz")

    def facts(self, run: RunKey) -> dict[str, Any]:
        """The facts of a finished run."""
        return read_json(self._facts(run))

    def _facts(self, run: RunKey) -> Path:
        return self.runs / f"{run.name}.json"


def claim(path: Path, settings: Mapping[str, Any]) -> None:
    """Take a folder for an experiment, or find that it is this experiment's already.

    Args:
        path: made if missing.
        settings: what decides the figures.

    Raises:
        ConfigError: the folder holds another experiment.
    """
    file = path / "experiment.json"
    if not file.is_file():
        path.mkdir(parents=True, exist_ok=True)
        write_json(file, settings)
        return
    earlier = read_json(file)
    for key in sorted(set(earlier) | set(settings)):
        if earlier.get(key) != settings.get(key):
            raise ConfigError(
                "this folder holds another experiment",
                where=f"out={path}",
                expected=f"{key}={earlier.get(key)}",
                got=f"{key}={settings.get(key)}",
                remedy="choose another out, or delete this one",
            )


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a mapping; the file is whole or as it was."""
    temporary = path.with_name(path.name + ".partial")
    temporary.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    temporary.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Read a mapping.

    Raises:
        DataError: it is none.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError("cannot be read", where=path, got=error, remedy="delete it and run again") from error
    if not isinstance(value, dict):
        raise DataError("not what an experiment writes", where=path, remedy="delete it and run again")
    return value
