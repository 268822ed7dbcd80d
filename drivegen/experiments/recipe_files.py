"""The output folder of a recipe.

recipe.json    what was asked for; minutes that were decided, seconds that were spent
worlds/NAME    rendered roots
cache/         what the steps share
01-NAME, ...   the run of each step, as `drivegen train stage=...` writes it
model/         the model folder with its card, when all is done
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from drivegen.core import ConfigError, DataError
from drivegen.experiments.experiment_folder import read_json, write_json
from drivegen.training.cache_folder import local_rank
from drivegen.training.run_folder import first_difference

# Further processes of a run wait this long for the first one to render and to build caches.
_WAIT_S = 6 * 3600.0
_POLL_S = 0.2


class RecipeFolder:
    """Paths and the state of a recipe; the state outlives interruptions.

    Args:
        path: the folder; made if missing.
        settings: what decides the result.
        resume: go on with what is there, else start again (worlds and caches stay: they follow from their settings).

    Raises:
        ConfigError: the folder holds a recipe with other settings.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any], *, resume: bool) -> None:
        self.path, self.model = path, path / "model"
        self._state_file = path / "recipe.json"
        if local_rank() == 0:
            self._claim(dict(settings), resume)

    @property
    def finished(self) -> bool:
        """Whether the model folder is complete."""
        return bool(self._state().get("finished"))

    def finish(self) -> None:
        """Note that the model folder is complete."""
        self._note("finished", True)

    def spent_s(self, part: str | None = None) -> float:
        """Seconds spent on a part of the work, or on all of it, in all runs together."""
        spent: dict[str, float] = self._state()["spent_s"]
        return sum(spent.values()) if part is None else spent.get(part, 0.0)

    @contextmanager
    def timing(self, part: str) -> Iterator[None]:
        """Count the time of a block for a part of the work, however the block ends."""
        before, start = self.spent_s(part), time.monotonic()
        try:
            yield
        finally:
            if local_rank() == 0:
                self._note("spent_s", {**self._state()["spent_s"], part: before + time.monotonic() - start})

    def fact(self, part: str) -> Any:
        """What was decided or found out about a part of the work; None when it was not yet."""
        return self._state()["facts"].get(part)

    def keep(self, part: str, fact: Any) -> None:
        """Keep a decision or a fact."""
        self._note("facts", {**self._state()["facts"], part: fact})

    def wait_for(self, part: str) -> Any:
        """The fact that the first process decides.

        Raises:
            DataError: it never came, or that process has ended.
        """
        deadline, parent = time.monotonic() + _WAIT_S, os.getppid()
        while time.monotonic() < deadline and os.getppid() == parent:
            if self._state_file.is_file() and (fact := self.fact(part)) is not None:
                return fact
            time.sleep(_POLL_S)
        raise DataError("the first process took no decision", where=f"{self._state_file}: {part}")

    def _claim(self, settings: dict[str, Any], resume: bool) -> None:
        if self._state_file.is_file() and resume:
            different = first_difference(self._state()["settings"], settings)
            if different is not None:
                key, old, new = different
                raise ConfigError(
                    "this folder holds a recipe with other settings",
                    where=f"out={self.path}",
                    expected=f"{key}={old}",
                    got=f"{key}={new}",
                    remedy="choose another out, or resume=false to start again in this one",
                )
            return
        for stale in (*self.path.glob("[0-9][0-9]-*"), self.model):
            shutil.rmtree(stale, ignore_errors=True)
        self.path.mkdir(parents=True, exist_ok=True)
        write_json(self._state_file, {"settings": settings, "spent_s": {}, "facts": {}, "finished": False})

    def _state(self) -> dict[str, Any]:
        return read_json(self._state_file)

    def _note(self, key: str, value: Any) -> None:
        write_json(self._state_file, {**self._state(), key: value})
