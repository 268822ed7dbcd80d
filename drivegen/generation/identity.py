"""What decides the bytes of a run, by content rather than by place, and its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from drivegen.core.config import encode
from drivegen.core.errors import DataError
from drivegen.generation.config import SampleConfig

# Where things lie and how the run looks from outside; what lies there enters by its content. The store says itself how
# it is laid out. The number of clips decides none of them, so asking for more extends a dataset.
_OUTSIDE = ("out", "root", "file", "model", "sheet_clips", "store", "clips")
# What only the models read; reference frames do not depend on it.
_COMPUTE = ("sampler", "batch", "threads", "device")


# What each kind of audit reads of its settings, and what of that are places.
_AUDIT = {"none": (), "frames": ("frames",), "perception": ("frames", "perception")}
_AUDIT_PLACES = ("net", "predictions", "training_index")


def resolved_config(
    config: SampleConfig, *, layouts: Mapping[str, str], compute: Mapping[str, Any], judge: Mapping[str, Any]
) -> dict[str, Any]:
    """The settings that decide the clips' bytes, as plain values.

    Args:
        layouts: identity of the scenarios' source, from `ScenarioSource.identity`.
        compute: identity of the generator, from `Generator.identity`.
        judge: identity of who judges, from `Judge.identity`.
    """
    values: dict[str, Any] = encode(config)
    kept = {name: value for name, value in values.items() if name not in (*_OUTSIDE, *_COMPUTE)}
    kept["audit"] = _audit(kept["audit"])
    return {**kept, "layouts": dict(layouts), "compute": dict(compute), "judge": dict(judge)}


def _audit(settings: Mapping[str, Any]) -> dict[str, Any]:
    read = _AUDIT[settings["kind"]]
    kept = {name: value for name, value in settings.items() if name not in _AUDIT["perception"] or name in read}
    if "perception" in kept:
        seen = kept["perception"].items()
        kept["perception"] = {name: value for name, value in seen if name not in _AUDIT_PLACES}
    return kept


def content_hash(paths: Iterable[Path]) -> str:
    """sha256 over the names and contents of files, in the order given.

    Raises:
        DataError: a file cannot be read.
    """
    digest = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").digest()
        except OSError as error:
            raise DataError("cannot be read", where=path, got=error.strerror) from error
        digest.update(path.name.encode() + b"\x00" + content)
    return digest.hexdigest()
