"""What the folders of all experiments have in common: whose they are, and results that are finished or not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from drivegen.core import ConfigError, DataError


class Named(Protocol):
    """What has a result of its own: a run, a trial."""

    @property
    def name(self) -> str:
        """Stem of its files."""


class ExperimentFolder:
    """Results by name. The facts of each are written last, so that a result is whole where they are.

    Args:
        path: the folder; made if missing.
        results: name of the folder in it that holds the results.
        settings: what decides the figures.

    Raises:
        ConfigError: the folder holds another experiment.
    """

    def __init__(self, path: Path, results: str, settings: Mapping[str, Any]) -> None:
        self.path = Path(path)
        self.results = self.path / results
        claim(self.path, settings)
        self.results.mkdir(exist_ok=True)

    def has(self, one: Named) -> bool:
        """Whether a result is finished."""
        return self._file(one, "json").is_file()

    def facts(self, one: Named) -> dict[str, Any]:
        """The facts of a finished result."""
        return read_json(self._file(one, "json"))

    def _keep_facts(self, one: Named, facts: Mapping[str, Any]) -> None:
        write_json(self._file(one, "json"), dict(facts))

    def _file(self, one: Named, suffix: str) -> Path:
        return self.results / f"{one.name}.{suffix}"


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
