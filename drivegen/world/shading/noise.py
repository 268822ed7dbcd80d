"""Noise that never shimmers: hashes per cell, textures with all their coarser versions, and exact box filters."""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np

from drivegen.core.seeds import stream
from drivegen.world.compiled import compiled, inlined
from drivegen.world.geometry.mesh import Floats32

SIZE = 256
LEVELS = 9
CLOUD, GRAIN, CRACK, STREAK = 0, 1, 2, 3
Turns = tuple[float, float, float, float]
"""A pixel's first and last place within a period, how many periods lie between, and one over its width."""
CHANNELS = 4
PER_CHANNEL = sum((SIZE >> level) ** 2 for level in range(LEVELS))
# From this share of the way to the next coarser version on, that one is mixed in.
_MIXED_FROM = 1.6
# exp(-x) for x below _FALL_TOP, in steps that a straight line bridges within 1e-4.
_FALL_TOP, _FALL_STEPS = 12.0, 512
_FALL = np.exp(-np.arange(_FALL_STEPS + 2) * (_FALL_TOP / _FALL_STEPS))


@lru_cache(maxsize=1)
def noise_atlas() -> Floats32:
    """(CHANNELS, PER_CHANNEL) tileable textures of mean 0 and deviation near 1, each with its coarser versions.

    Clouds (many scales), grain (one scale), cracks (thin lines, >= 0) and streaks (long along the second axis).
    """
    rng = stream(20, "shading", "noise")
    channels = [_fractal(rng, 0.62), _grain(rng), _cracks(rng), _streaks(rng)]
    return np.stack([np.concatenate([level.ravel() for level in _pyramid(c)]) for c in channels]).astype(np.float32)


def _fractal(rng: np.random.Generator, gain: float) -> Floats32:
    total = np.zeros((SIZE, SIZE), dtype=np.float32)
    for octave in range(6):
        cells = 4 * 2**octave
        coarse = rng.standard_normal((cells, cells)).astype(np.float32)
        total += _enlarged(coarse) * np.float32(gain**octave)
    return _standard(total)


def _enlarged(coarse: Floats32) -> Floats32:
    """A tile at full size; three of it side by side, so that the interpolation wraps round."""
    tiled = cv2.resize(np.tile(coarse, (3, 3)), (3 * SIZE, 3 * SIZE), interpolation=cv2.INTER_CUBIC)
    return np.asarray(tiled[SIZE : 2 * SIZE, SIZE : 2 * SIZE], dtype=np.float32)


def _grain(rng: np.random.Generator) -> Floats32:
    white = rng.standard_normal((SIZE, SIZE)).astype(np.float32)
    return _standard(white + 0.5 * _enlarged(rng.standard_normal((SIZE // 2, SIZE // 2)).astype(np.float32)))


def _cracks(rng: np.random.Generator) -> Floats32:
    """Wandering thin lines that branch."""
    canvas = np.zeros((3 * SIZE, 3 * SIZE), dtype=np.uint8)
    for _ in range(9):
        point = rng.uniform(0, SIZE, 2)
        heading = rng.uniform(-math.pi, math.pi)
        steps = np.cumsum(rng.normal(0.0, 0.35, 60))
        turn = heading + 0.6 * np.sin(steps)
        path = point + np.cumsum(np.stack([np.cos(turn), np.sin(turn)], axis=-1) * 3.5, axis=0)
        for dx in (0, SIZE, 2 * SIZE):
            for dy in (0, SIZE, 2 * SIZE):
                line = np.round((path + np.array([dx, dy])) * 16).astype(np.int32)
                cv2.polylines(canvas, [line], False, int(rng.integers(130, 255)), 1, cv2.LINE_AA, 4)
    tile = canvas[SIZE : 2 * SIZE, SIZE : 2 * SIZE].astype(np.float32) / 255.0
    return np.asarray(tile - tile.mean(), dtype=np.float32)


def _streaks(rng: np.random.Generator) -> Floats32:
    white = rng.standard_normal((SIZE, SIZE)).astype(np.float32)
    tiled = cv2.GaussianBlur(np.tile(white, (3, 3)), (0, 0), 1.0, sigmaY=14.0)
    return _standard(np.asarray(tiled[SIZE : 2 * SIZE, SIZE : 2 * SIZE], dtype=np.float32))


def _standard(tile: Floats32) -> Floats32:
    centred = tile - tile.mean()
    return np.clip(centred / centred.std(), -2.8, 2.8).astype(np.float32)


def _pyramid(tile: Floats32) -> list[Floats32]:
    levels = [tile - tile.mean()]
    for _ in range(LEVELS - 1):
        t = levels[-1]
        levels.append(0.25 * (t[::2, ::2] + t[1::2, ::2] + t[::2, 1::2] + t[1::2, 1::2]))
    return levels


@inlined
def cell_hash(ix: int, iy: int, seed: int) -> float:
    """A number in [0, 1) for a cell; equal cells get equal numbers."""
    h = (ix * 374761393 + iy * 668265263 + seed * 2246822519 + 1013904223) & 0xFFFFFFFF
    h = ((h ^ (h >> 15)) * 2246822519) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 3266489917) & 0xFFFFFFFF
    return float((h ^ (h >> 16)) & 0xFFFFFF) / 16777216.0


@inlined
def falling(x: float) -> float:
    """exp(-x) for x >= 0 within 1e-4, by a table: several times faster."""
    if x >= _FALL_TOP:
        return 0.0
    place = max(x, 0.0) * (_FALL_STEPS / _FALL_TOP)
    low = int(place)
    value = _FALL[np.uint64(low)]
    return value + (_FALL[np.uint64(low + 1)] - value) * (place - low)


@inlined
def mixed(seed: float, factor: float) -> float:
    """Another number in [0, 1) for a seed in [0, 1); each factor gives one of its own."""
    value = seed * factor
    return value - math.floor(value)


@inlined
def _bilinear(atlas: Floats32, channel: int, level: int, x: float, y: float) -> float:
    size = SIZE >> level
    scale = 1.0 / float(1 << level)
    fx, fy = x * scale - 0.5, y * scale - 0.5
    ix, iy = math.floor(fx), math.floor(fy)
    tx, ty = fx - ix, fy - iy
    x0, x1 = ix & (size - 1), (ix + 1) & (size - 1)
    # The levels before it: a geometric series. Unsigned, because signed indices are asked whether they are negative.
    start = (SIZE * SIZE - size * size) * 4 // 3
    y0, y1 = start + (iy & (size - 1)) * size, start + ((iy + 1) & (size - 1)) * size
    top = float(atlas[channel, np.uint64(y0 + x0)])
    low = float(atlas[channel, np.uint64(y1 + x0)])
    top += (float(atlas[channel, np.uint64(y0 + x1)]) - top) * tx
    low += (float(atlas[channel, np.uint64(y1 + x1)]) - low) * tx
    return top + (low - top) * ty


@compiled
def texture(atlas: Floats32, channel: int, u: float, v: float, texel_m: float, footprint_m: float) -> float:
    """A noise texture at (u, v) metres with texels of `texel_m`, averaged over about `footprint_m`; mean 0."""
    per_m = 1.0 / texel_m
    span = footprint_m * per_m
    # Of noise of one scale nothing is left in a wide mean, of clouds little.
    if span >= (12.0 if channel == GRAIN else 96.0 if channel == CLOUD else 40.0):
        return 0.0
    x, y = u * per_m, v * per_m
    level = 0
    while span >= 2.0:
        span *= 0.5
        level += 1
    value = _bilinear(atlas, channel, level, x, y)
    # One version does for most footprints; where the next takes over, the two are mixed.
    part = (span - _MIXED_FROM) / (2.0 - _MIXED_FROM)
    if part <= 0.0:
        return value
    return value + (_bilinear(atlas, channel, level + 1, x, y) - value) * part


@inlined
def _ramp(x: float, period: float, low: float, high: float) -> float:
    """Integral from 0 to x of a comb that is 1 between low and high of every period."""
    turns = math.floor(x / period)
    rest = x - turns * period
    return turns * (high - low) + min(max(rest - low, 0.0), high - low)


@inlined
def comb(x: float, period: float, low: float, high: float, footprint: float) -> float:
    """Share of [x - footprint / 2, x + footprint / 2] between `low` and `high` of a period."""
    width = max(footprint, 1e-4)
    return (_ramp(x + 0.5 * width, period, low, high) - _ramp(x - 0.5 * width, period, low, high)) / width


@inlined
def turns_of(x: float, period: float, footprint: float) -> Turns:
    """Where in its periods a pixel [x - footprint / 2, x + footprint / 2] begins and ends, for `share_of`."""
    width = max(footprint, 1e-4)
    first, last = (x - 0.5 * width) / period, (x + 0.5 * width) / period
    whole, whole_last = math.floor(first), math.floor(last)
    return (first - whole) * period, (last - whole_last) * period, float(whole_last - whole), 1.0 / width


@inlined
def share_of(turns: Turns, low: float, high: float) -> float:
    """As `comb`, for many bands of one period."""
    wide = high - low
    begin, end = min(max(turns[0] - low, 0.0), wide), min(max(turns[1] - low, 0.0), wide)
    return (turns[2] * wide + end - begin) * turns[3]


@inlined
def band(x: float, low: float, high: float, footprint: float) -> float:
    """Share of [x - footprint / 2, x + footprint / 2] between low and high."""
    width = max(footprint, 1e-4)
    covered = min(x + 0.5 * width, high) - max(x - 0.5 * width, low)
    return min(max(covered / width, 0.0), 1.0)


@inlined
def fade(footprint: float, feature: float) -> float:
    """1 while a feature is much larger than the footprint, 0 when the footprint covers it."""
    return min(max(1.6 - 1.3 * footprint / feature, 0.0), 1.0)


@inlined
def smooth(low: float, high: float, x: float) -> float:
    """0 below low, 1 above high, smooth between."""
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)
