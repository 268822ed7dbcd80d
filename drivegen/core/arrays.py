"""Array types and the shape checks that value types share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivegen.core.errors import GeometryError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Bytes = NDArray[np.uint8]


def as_floats(value: Any, shape: tuple[int | None, ...], name: str) -> Floats:
    """Convert to float64 and check the shape; None in `shape` matches any length.

    Raises:
        GeometryError: another shape, or a value that is not finite.
    """
    array = np.asarray(value, dtype=np.float64)
    matches = array.ndim == len(shape) and all(s is None or s == n for s, n in zip(shape, array.shape, strict=False))
    if not matches:
        raise GeometryError("wrong shape", where=name, expected=_shape_text(shape), got=str(array.shape))
    if not np.isfinite(array).all():
        raise GeometryError("value is not finite", where=name, got=_first_bad(array))
    return array


def _shape_text(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("any" if s is None else str(s) for s in shape) + ")"


def _first_bad(array: Floats) -> str:
    index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
    return f"{array[index]} at {index}"
