"""The output folder of an ablation: one finished trial each for an arm and a seed.

experiment.json            what decides the figures; another experiment may not use the same folder
starts/, runs/, cache/     trainings
reference.npz, reconstructed.npz, trials/ARM-SEED.npz, .json   what the judge saw, and facts
ablation.json, ablation.md, ablation.png, ablation_clips.png   the report
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from drivegen.core import DataError
from drivegen.experiments.ablation_arms import Arm
from drivegen.experiments.experiment_folder import ExperimentFolder

REFERENCE: Final = "reference"
RECONSTRUCTED: Final = "reconstructed"


@dataclass(frozen=True, eq=False)
class Seen:
    """What the judge saw in the held-out clips, or in what was drawn for them.

    Attributes:
        frames: (N, T, D) float32 features of frames.
        windows: (N, W, F) float32 features of windows of frames.
        pictures: (P, T, H, W, 3) uint8, the first clips themselves.
    """

    frames: np.ndarray
    windows: np.ndarray
    pictures: np.ndarray


@dataclass(frozen=True)
class Trial:
    """An arm and a seed."""

    arm: Arm
    seed: int

    @property
    def name(self) -> str:
        """Stem of its files."""
        return f"{self.arm.value}-{self.seed}"


class AblationFolder(ExperimentFolder):
    """Paths and small files of an ablation.

    Args:
        path: the folder; made if missing.
        settings: what decides the figures.

    Raises:
        ConfigError: the folder holds another experiment.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        super().__init__(path, "trials", settings)

    def keep(self, trial: Trial, seen: Seen, facts: Mapping[str, Any]) -> None:
        """Keep a finished trial."""
        _save(self._file(trial, "npz"), seen)
        self._keep_facts(trial, facts)

    def seen(self, trial: Trial) -> Seen:
        """What the judge saw in a finished trial."""
        return _load(self._file(trial, "npz"))

    def has_real(self, name: str) -> bool:
        """Whether `reference` or `reconstructed` is there."""
        return (self.path / f"{name}.npz").is_file()

    def keep_real(self, name: str, seen: Seen) -> None:
        """Keep what the judge saw in the held-out clips themselves."""
        _save(self.path / f"{name}.npz", seen)

    def real(self, name: str) -> Seen:
        """What the judge saw in the held-out clips themselves."""
        return _load(self.path / f"{name}.npz")


def _save(path: Path, seen: Seen) -> None:
    temporary = path.with_name(f".{path.name}.partial")
    with temporary.open("wb") as file:
        np.savez(file, frames=seen.frames, windows=seen.windows, pictures=seen.pictures)
    temporary.replace(path)


def _load(path: Path) -> Seen:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Seen(arrays["frames"], arrays["windows"], arrays["pictures"])
    except (OSError, ValueError, KeyError) as error:
        raise DataError("cannot be read", where=path, got=error, remedy="delete it and run again") from error
