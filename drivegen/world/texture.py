"""Tileable noise textures, made once and the same everywhere."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Texture = NDArray[np.float32]
SIZE = 256


@lru_cache(maxsize=8)
def white_noise(seed: int) -> Texture:
    """(SIZE, SIZE) normal noise, mean 0, standard deviation 1."""
    return np.random.default_rng(seed).standard_normal((SIZE, SIZE)).astype(np.float32)


@lru_cache(maxsize=8)
def cloud_noise(seed: int) -> Texture:
    """(SIZE, SIZE) fractal noise that repeats without a seam, in [0, 1], evenly distributed."""
    total = np.zeros((SIZE, SIZE), dtype=np.float32)
    rng = np.random.default_rng(seed)
    for octave in range(6):
        cells = 4 * 2**octave
        coarse = rng.standard_normal((cells, cells)).astype(np.float32)
        # Three tiles side by side, so that the interpolation wraps round.
        tiled = cv2.resize(np.tile(coarse, (3, 3)), (3 * SIZE, 3 * SIZE), interpolation=cv2.INTER_CUBIC)
        total += tiled[SIZE : 2 * SIZE, SIZE : 2 * SIZE] * 0.55**octave
    ranks = np.argsort(np.argsort(total, axis=None), kind="stable").reshape(total.shape)
    return (ranks / (SIZE * SIZE - 1)).astype(np.float32)


def look_up(texture: Texture, u: Texture, v: Texture) -> Texture:
    """The texture at integer-rounded places u, v (...), repeated without end."""
    column = u.astype(np.int32) & (SIZE - 1)
    row = v.astype(np.int32) & (SIZE - 1)
    return texture[row, column]
