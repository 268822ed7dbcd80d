"""What decides the bytes of a run, by content rather than by place, and its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from drivegen.core.config import encode
from drivegen.core.errors import DataError
from drivegen.generation.config import SampleConfig
from drivegen.generation.sampler import SamplerConfig

# Where things lie and how the run looks from outside; what lies there enters by its content. The store says itself how
# it is laid out. The number of clips decides none of them, so asking for more extends a dataset.
_OUTSIDE = ("out", "root", "file", "start_frame", "model", "sheet_clips", "store", "clips")
# What only the models read; reference frames do not depend on it.
_COMPUTE = ("sampler", "upsampling", "batch", "threads", "device")
# Left out where they change nothing: they came later than the first datasets, which can still be gone on with. The
# length of a clip is told by `frames`, in whichever way it was asked for.
_ADDED = {"interpolate": 0, "upsample": False, "futures": 1}
_ADDED_TO_SAMPLER = {"guidance_labels": 1.0, "guidance_boxes": 1.0, "guidance_context": 1.0}

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
    values |= {"frames": config.num_frames, "labels": "boxes" if config.labelled else "none"}
    kept = {name: value for name, value in values.items() if name not in (*_OUTSIDE, *_COMPUTE, "clip")}
    kept = _without(kept, _ADDED)
    kept["audit"] = _audit(kept["audit"])
    return {**kept, "layouts": dict(layouts), "compute": dict(compute), "judge": dict(judge)}


def sampler_identity(config: SamplerConfig) -> dict[str, Any]:
    """The settings of a sampler that decide bytes, as plain values."""
    values: dict[str, Any] = encode(config)
    return _without(values, _ADDED_TO_SAMPLER)


def _without(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The values but for those that are at the given defaults."""
    absent = object()
    return {name: value for name, value in values.items() if value != defaults.get(name, absent)}


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
