"""What lens and sensor do to radiance: bloom, exposure, tone curve, vignette, noise, eight bits."""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np

from drivegen.core.arrays import Bytes, Integers
from drivegen.core.seeds import stream
from drivegen.world.compiled import compiled, inlined
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.shading.borrow import borrowed
from drivegen.world.shading.look import Look

_CURVE_SIZE = 4096
_CURVE_TOP = 9.0
_TILE = 512


def develop(radiance: Floats32, look: Look, seed: int) -> Bytes:
    """Picture (h, w, 3) uint8 RGB of linear radiance (h, w, 3); equal seeds give equal noise."""
    out = np.empty(radiance.shape, np.uint8)
    shift = np.array([seed % _TILE, (seed // _TILE) % _TILE], np.int64)
    halo = _halo(radiance, look)
    _expose(
        radiance, look.exposure, halo, _curve(look.contrast), look.saturation, look.noise, _noise_tile(), shift, out
    )
    return out


@lru_cache(maxsize=1)
def _noise_tile() -> Floats32:
    """(_TILE, _TILE, 3) noise of deviation near 0.4; brightness varies more than colour."""
    rng = stream(21, "shading", "sensor")
    common = rng.normal(0.0, 0.30, (_TILE, _TILE, 1))
    own = rng.normal(0.0, 1.0, (_TILE, _TILE, 3)) * np.array([0.20, 0.16, 0.24])
    return np.clip(common + own, -1.2, 1.2).astype(np.float32)


def _halo(radiance: Floats32, look: Look) -> Floats32:
    """Stray light (h, w, 3): bright places shine over their neighbours, near and wide; (1, 1, 3) where none is."""
    height, width = radiance.shape[:2]
    scale = max(1, height // 64)
    small = cv2.resize(radiance, (max(width // scale, 1), max(height // scale, 1)), interpolation=cv2.INTER_AREA)
    bright = np.clip(small * np.float32(look.exposure) - np.float32(0.9), 0.0, 24.0)
    if not bright.any():
        return np.zeros((1, 1, 3), np.float32)
    near = cv2.GaussianBlur(bright, (0, 0), 0.9)
    wide = cv2.GaussianBlur(bright, (0, 0), 4.0)
    halo = np.float32(0.75 * look.bloom) * near + np.float32(0.55 * look.bloom) * wide
    return np.asarray(cv2.resize(halo, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


@lru_cache(maxsize=16)
def _curve(contrast: float) -> Floats32:
    """Display values over the square root of exposed light: a filmic curve (after Narkowicz 2016) and sRGB's gamma."""
    light = (np.arange(_CURVE_SIZE) / (_CURVE_SIZE - 1)) ** 2 * _CURVE_TOP
    x = 0.92 * light
    filmic = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0.0, 1.0)
    display = np.where(filmic <= 0.0031308, 12.92 * filmic, 1.055 * filmic ** (1 / 2.4) - 0.055)
    return np.clip(0.42 + contrast * (display - 0.42), 0.0, 1.0).astype(np.float32)


@compiled
def _expose(
    light: Floats32, exposure: float, halo: Floats32, curve: Floats32, saturation: float, noise: float,
    tile: Floats32, shift: Integers, out: Bytes,
) -> None:  # fmt: skip
    """Exposure, stray light, vignette, tone curve, saturation and noise of every pixel."""
    light, curve, tile, shift, out = borrowed(light), borrowed(curve), borrowed(tile), borrowed(shift), borrowed(out)
    halo = borrowed(halo)
    height, width = light.shape[0], light.shape[1]
    glows = 1 if halo.shape[0] > 1 else 0
    top = curve.shape[0] - 1
    per_width = 1.0 / width
    for row in range(height):
        dy = (row + 0.5) / height - 0.5
        for column in range(width):
            dx = (column + 0.5) * per_width - 0.5
            shade = 1.0 - 0.42 * (dx * dx + 0.6 * dy * dy)
            glow = halo[row * glows, column * glows]
            red = min(light[row, column, 0] * exposure, 60.0) + glow[0]
            green = min(light[row, column, 1] * exposure, 60.0) + glow[1]
            blue = min(light[row, column, 2] * exposure, 60.0) + glow[2]
            # What overexposes one colour's pixels spills into the others: bright lamps turn pale.
            spill = 0.06 * max(red - 4.0, green - 4.0, blue - 4.0, 0.0)
            r = _shown(curve, top, (red + spill) * shade)
            g = _shown(curve, top, (green + spill) * shade)
            b = _shown(curve, top, (blue + spill) * shade)
            grey = 0.30 * r + 0.59 * g + 0.11 * b
            r, g, b = grey + saturation * (r - grey), grey + saturation * (g - grey), grey + saturation * (b - grey)
            # Shot noise is strongest, relative to the signal, in the dark; colours differ less than brightness.
            amount = noise * (0.30 + 0.70 * (1.0 - min(grey, 1.0)))
            grain = tile[(row + shift[0]) & (_TILE - 1), (column + shift[1]) & (_TILE - 1)]
            out[row, column, 0] = _byte(r + amount * grain[0])
            out[row, column, 1] = _byte(g + amount * grain[1])
            out[row, column, 2] = _byte(b + amount * grain[2])


@inlined
def _shown(curve: Floats32, top: int, light: float) -> float:
    place = math.sqrt(min(max(light, 0.0), _CURVE_TOP) * (1.0 / _CURVE_TOP)) * top
    low = min(int(place), top - 1)
    value = float(curve[np.uint64(low)])
    return value + (curve[np.uint64(low + 1)] - value) * (place - low)


@inlined
def _byte(value: float) -> int:
    return int(min(max(value * 255.0 + 0.5, 0.0), 255.0))
