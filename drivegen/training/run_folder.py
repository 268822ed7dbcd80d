"""The output folder of a run: what it was started with, where it got to, and what came out.

config.json    the settings that decide the result; another run may not use the same folder
run.json       decisions taken at the start (precision)
checkpoints/   last.ckpt
logs/          TensorBoard
samples/       pictures
model/         the model folder, when finished
train.json     facts about the finished run
"""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

from drivegen.core import ConfigError, DataError, encode
from drivegen.training.cache_folder import local_rank
from drivegen.training.config import TrainConfig

# Settings that may differ between the runs that finish one training.
FREE_SETTINGS = frozenset(
    {
        "resume",
        "threads",
        "workers",
        "cache",
        "out",
        "sample_every",
        "sample_clips",
        "sample_steps",
        "sample_guidance",
        "checkpoint_minutes",
        "log_every",
        "validate_every",
        "validation_batches",
    }
)
_WAIT_S = 600.0


class RunFolder:
    """Paths and small files of a run.

    Args:
        config: the run.

    Raises:
        ConfigError: the folder belongs to a run with other settings.
    """

    def __init__(self, config: TrainConfig) -> None:
        self.config, self.path = config, config.out
        self.checkpoint = self.path / "checkpoints" / "last.ckpt"
        self.logs = self.path / "logs"
        self.samples = self.path / "samples"
        self.model = self.path / "model"
        self._facts = self.path / "train.json"
        self._decisions = self.path / "run.json"
        if local_rank() == 0:
            self._claim()

    @property
    def finished(self) -> bool:
        """Whether the training is done and its model written."""
        return self._facts.is_file()

    def write_facts(self, facts: dict[str, Any]) -> None:
        """Write train.json, which says that the run is finished."""
        _write_json(self._facts, facts)

    def facts(self) -> dict[str, Any]:
        """train.json."""
        return _read_json(self._facts)

    def decisions(self) -> dict[str, Any] | None:
        """run.json, or None when there is none yet; further processes wait for the first one to write it."""
        deadline = time.monotonic() + _WAIT_S
        while local_rank() > 0 and not self._decisions.is_file():
            if time.monotonic() > deadline:
                raise DataError("the first process took no decision", where=self._decisions)
            time.sleep(0.2)
        return _read_json(self._decisions) if self._decisions.is_file() else None

    def write_decisions(self, decisions: dict[str, Any]) -> None:
        """Write run.json."""
        _write_json(self._decisions, decisions)

    def _claim(self) -> None:
        """Take the folder for this run, or find that it is this run's already."""
        settings = {key: value for key, value in encode(self.config).items() if key not in FREE_SETTINGS}
        file = self.path / "config.json"
        if file.is_file() and self.config.resume:
            earlier = _read_json(file)
            different = first_difference(earlier, settings)
            if different is not None:
                key, old, new = different
                raise ConfigError(
                    "this folder holds a run with other settings",
                    where=f"out={self.path}",
                    expected=f"{key}={old}",
                    got=f"{key}={new}",
                    remedy="choose another out, or resume=false to start again in this one",
                )
        else:
            for stale in (self.path / "checkpoints", self.logs, self.samples, self.model):
                shutil.rmtree(stale, ignore_errors=True)
            for stale in (self._facts, self._decisions):
                stale.unlink(missing_ok=True)
            self.path.mkdir(parents=True, exist_ok=True)
            _write_json(file, settings)


def first_difference(old: Any, new: Any, path: str = "") -> tuple[str, Any, Any] | None:
    """The first setting (dotted key, old, new) in which two configurations differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(set(old) | set(new)):
            found = first_difference(old.get(key), new.get(key), f"{path}.{key}" if path else key)
            if found is not None:
                return found
        return None
    return None if old == new else (path, old, new)


def _write_json(path: Path, value: dict[str, Any]) -> None:
    temporary = path.with_name(path.name + ".partial")
    temporary.write_text(json.dumps(value, indent=2) + "\n")
    temporary.replace(path)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise DataError("cannot be read", where=path, got=error, remedy="resume=false starts again") from error
    if not isinstance(value, dict):
        raise DataError("not what a run writes", where=path, remedy="resume=false starts again")
    return value
