"""A run's checkpoint: whether it belongs to the network that is about to go on from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from drivegen.core import DataError
from drivegen.training.stage_module import StageModule

# What `stamp` writes; checkpoints from before there was one count as this format, too.
FORMAT = 1
_STAMP = "drivegen"
_PARTS = ("state_dict", "optimizer_states", "callbacks", "global_step")
_REMEDY = "resume=false starts again, another out keeps this run"


def stamp(checkpoint: dict[str, Any], stage: str) -> None:
    """Write into a checkpoint what `starting_step` wants to know."""
    checkpoint[_STAMP] = {"format": FORMAT, "stage": stage}


def starting_step(path: Path | None, module: StageModule, stage: str) -> int:
    """The step that a checkpoint was saved at, 0 without one.

    Tensors are mapped, not read: this costs nothing beside loading them.

    Raises:
        DataError: the file is damaged, of another format or stage, or of a network of another shape; the first tensor
            that does not fit is named.
    """
    if path is None:
        return 0
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:
        # Whatever torch makes of a damaged file, the user can do one thing about it.
        raise DataError("checkpoint cannot be read", where=path, got=error, remedy=_REMEDY) from error
    _check_schema(path, checkpoint, stage)
    _check_tensors(path, checkpoint["state_dict"], module.state_dict())
    average = checkpoint["callbacks"].get("EmaCallback", {}).get("average")
    if isinstance(average, Mapping):
        _check_tensors(path, average, module.ema.average, prefix="average of ")
    return int(checkpoint["global_step"])


def _check_schema(path: Path, checkpoint: Any, stage: str) -> None:
    found = sorted(map(str, checkpoint)) if isinstance(checkpoint, Mapping) else type(checkpoint).__name__
    if not isinstance(checkpoint, Mapping) or any(part not in checkpoint for part in _PARTS):
        raise DataError("not a checkpoint of a run", where=path, expected=", ".join(_PARTS), got=found, remedy=_REMEDY)
    expected = {"format": FORMAT, "stage": stage}
    written = checkpoint.get(_STAMP, expected)
    if written != expected:
        raise DataError("checkpoint of another kind", where=path, expected=expected, got=written, remedy=_REMEDY)


def _check_tensors(path: Path, stored: Mapping[str, Any], own: Mapping[str, Tensor], prefix: str = "") -> None:
    """Refuse tensors that are missing, unknown or of another shape, naming the first."""
    for name in [*own, *(name for name in stored if name not in own)]:
        expected = list(own[name].shape) if name in own else "no such tensor"
        value = stored.get(name)
        got = list(value.shape) if isinstance(value, Tensor) else "nothing" if value is None else type(value).__name__
        if got != expected:
            raise DataError(
                "checkpoint does not fit the network",
                where=f"{path}: {prefix}{name}",
                expected=expected,
                got=got,
                remedy=_REMEDY,
            )
