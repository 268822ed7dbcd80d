"""Tensors on disk: safetensors files, small on disk, single precision in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from drivegen.core.errors import DataError

StoredDtype = Literal["float16", "float32"]
DTYPES: dict[str, torch.dtype] = {"float16": torch.float16, "float32": torch.float32}


def write_tensors(path: Path, tensors: Mapping[str, Tensor], dtype: StoredDtype) -> None:
    """Write a safetensors file.

    With float16, vectors and scalars (norms, biases, statistics, alphas) stay in single precision: they are few, and
    scale everything else.

    Raises:
        DataError: a value that is not finite or that float16 cannot hold.
    """
    stored = {}
    for name, value in tensors.items():
        converted = value.detach().cpu()
        if value.is_floating_point():
            converted = converted.to(DTYPES[dtype] if value.ndim > 1 else torch.float32)
            if not bool(converted.isfinite().all()):
                raise DataError(
                    "value is not finite, or too large",
                    where=f"{path.name}: {name}",
                    expected=f"finite values that {dtype} can hold",
                    remedy="store it as float32, or train the model again",
                )
        stored[name] = converted.contiguous().clone()
    save_file(stored, path)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file; floating-point tensors come back in single precision.

    Raises:
        DataError: absent, or not a safetensors file.
    """
    if not path.is_file():
        raise DataError("no such file", where=path)
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise DataError("not a safetensors file", where=path, got=str(error)) from error
    return {name: value.float() if value.is_floating_point() else value for name, value in tensors.items()}


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
