"""Named random streams: what a stream yields depends on its names only, never on the order of work.

A clip's noise is the same alone or in a batch, in one process or in sixteen, because its stream is named after it.
"""

from __future__ import annotations

import hashlib

import numpy as np


def derive_seed(seed: int, *names: str | int) -> int:
    """Derive a 63-bit seed for the stream `names` under the root `seed` (BLAKE2b of their text)."""
    text = "\x1f".join([str(int(seed)), *(str(name) for name in names)])
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """A numpy generator for the stream `names` under the root `seed`."""
    return np.random.Generator(np.random.PCG64(derive_seed(seed, *names)))
