"""Tiles of large frames that overlap, and one estimate of the whole from theirs.

Every step of a sampler asks for one estimate of whole frames: the mean of the tiles' own, weighted so that a tile fades
in and out over its overlap with the next one. All tiles then share one trajectory from noise to sample, and no border
is ever drawn twice (Bar-Tal et al. 2023, arXiv 2302.08113).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple

import torch
from einops import einsum
from torch import Tensor

from drivegen.diffusion import Denoise


class Tile(NamedTuple):
    """A part of all frames of a video."""

    rows: slice
    columns: slice

    def of(self, video: Tensor) -> Tensor:
        """That part of a video (B, T, C, H, W)."""
        return video[..., self.rows, self.columns]


# (x of the tile, sigma (B,), tile) -> its estimate of x0.
TileDenoise = Callable[[Tensor, Tensor, Tile], Tensor]


def tiles_of(size: tuple[int, int], tile: tuple[int, int], overlap: int, unit: int) -> list[Tile]:
    """Tiles of one size, at most `tile`, that cover frames of `size` (H, W) and overlap by about so much or more.

    Args:
        unit: tiles start at multiples of it, pixels; but for the last ones, which end where the frame does.
    """
    spans = (_spans(length, most, overlap, unit) for length, most in zip(size, tile, strict=True))
    return [Tile(*pair) for pair in product(*spans)]


def denoise_tiles(denoise: TileDenoise, tiles: Sequence[Tile], overlap: int) -> Denoise:
    """A denoiser of whole frames from one of tiles."""
    if len(tiles) == 1:
        return lambda x, sigma: denoise(x, sigma, tiles[0])

    def blended(x: Tensor, sigma: Tensor) -> Tensor:
        total, weights = torch.zeros_like(x), x.new_zeros(x.shape[-2:])
        for tile in tiles:
            part = tile.of(x)
            weight = _weight(part, overlap)
            tile.of(total).add_(weight * denoise(part, sigma, tile))
            tile.of(weights).add_(weight)
        return total / weights

    return blended


def _spans(length: int, window: int, overlap: int, unit: int) -> list[slice]:
    """Windows of one length that cover 0 .. length - 1, evenly spread."""
    if length <= window:
        return [slice(0, length)]
    count = -(-(length - window) // max(1, window - overlap)) + 1
    last = length - window
    starts = [last if i == count - 1 else i * last // (count - 1) // unit * unit for i in range(count)]
    return [slice(start, start + window) for start in starts]


def _weight(part: Tensor, overlap: int) -> Tensor:
    """(h, w) how much a tile counts: rising over the overlap, flat inside."""
    rows, columns = (_ramp(length, overlap, part) for length in part.shape[-2:])
    return einsum(rows, columns, "h, w -> h w")


def _ramp(length: int, overlap: int, like: Tensor) -> Tensor:
    places = torch.arange(1, length + 1, device=like.device, dtype=like.dtype)
    return torch.minimum(places, places.flip(0)).clamp(max=overlap + 1) / (overlap + 1)
