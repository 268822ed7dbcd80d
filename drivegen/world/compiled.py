"""How the world's inner loops are compiled: at their first use, kept on disk, without reordering of sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """Compile a function of numbers and arrays; no fast-math, so that the same machine gives the same bytes."""
    return cast(_Function, numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=False)(function))


def inlined(function: _Function) -> _Function:
    """As `compiled`, for a small function that is to become part of every kernel that calls it.

    Handing an array to a function costs as much as a dozen sums.
    """
    options = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": False, "forceinline": True}
    return cast(_Function, numba.njit(**options)(function))
