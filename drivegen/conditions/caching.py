"""Conditions as compact numpy arrays, for caches on disk.

The raster is stored as uint8: code = round(value * 255) for channels in [0, 1], and round(value * 127) + 128 for the
headings in [-1, 1], so that zero (no object) comes back as exactly zero. Errors are at most 1/510 and 1/254.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import torch

from drivegen.conditions.batch import Conditions
from drivegen.conditions.channels import HEADING_SLICE, RASTER_CHANNELS
from drivegen.core import DataError

# Small integers on disk, long in memory.
_INTEGERS = ("weather", "time_of_day", "box_category")


def to_arrays(conditions: Conditions) -> dict[str, np.ndarray]:
    """One array per field, each with B as its first axis: raster uint8, integers int16, flags bool, others float32."""
    arrays: dict[str, np.ndarray] = {}
    for field in dataclasses.fields(conditions):
        values = getattr(conditions, field.name).detach().cpu()
        if field.name == "raster":
            arrays[field.name] = encode_raster(values.float().numpy())
        elif field.name in _INTEGERS:
            arrays[field.name] = values.numpy().astype(np.int16)
        else:
            arrays[field.name] = values.numpy() if values.dtype == torch.bool else values.float().numpy()
    return arrays


def from_arrays(arrays: Mapping[str, np.ndarray]) -> Conditions:
    """The inverse of `to_arrays` within the stated error; arrays may be memory maps and are copied.

    Raises:
        DataError: a field is missing or is no field of Conditions.
    """
    names = {field.name for field in dataclasses.fields(Conditions)}
    if set(arrays) != names:
        raise DataError("not stored conditions", where="from_arrays", expected=sorted(names), got=sorted(arrays))
    tensors = {}
    for name, values in arrays.items():
        if name == "raster":
            tensors[name] = torch.from_numpy(decode_raster(np.asarray(values)))
        else:
            tensor = torch.from_numpy(np.array(values))
            tensors[name] = tensor.long() if name in _INTEGERS else tensor
    return Conditions(**tensors)


def encode_raster(raster: np.ndarray) -> np.ndarray:
    """(..., 21, h, w) float => uint8."""
    scale, offset = _coding()
    return np.clip(np.rint(raster * scale + offset), 0, 255).astype(np.uint8)


def decode_raster(codes: np.ndarray) -> np.ndarray:
    """(..., 21, h, w) uint8 => float32."""
    scale, offset = _coding()
    return (codes.astype(np.float32) - offset) / scale


def _coding() -> tuple[np.ndarray, np.ndarray]:
    """Scale and offset of each channel, (21, 1, 1)."""
    scale = np.full((len(RASTER_CHANNELS), 1, 1), 255.0, dtype=np.float32)
    offset = np.zeros_like(scale)
    scale[HEADING_SLICE], offset[HEADING_SLICE] = 127.0, 128.0
    return scale, offset
