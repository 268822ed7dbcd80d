"""Latents to frames: frame by frame, or many at a time where the decoder has temporal layers."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from einops import rearrange
from torch import Tensor

from drivegen.models import Models

# Frames that a window gives. Its neighbours on each side are decoded with it and thrown away: the larger the window,
# the fewer frames are decoded twice.
WINDOW_FRAMES = 16
# More neighbours than this change nothing that can be seen, and would cost more than the window itself.
MAX_NEIGHBOURS = 12


@torch.inference_mode()
def decode_video(models: Models, latents: Tensor) -> Tensor:
    """Scaled latents (B, T, C, h, w) to frames (B, T, H, W, 3), uint8 RGB on the CPU.

    With `models.decoder` clips are decoded in windows that overlap (`decode_windows`), without it frame by frame.
    """
    if models.decoder is None:
        return decode_frame_by_frame(models, latents)
    return torch.cat(list(decode_windows(models, latents)), dim=1)


@torch.inference_mode()
def decode_windows(
    models: Models, latents: Tensor, window: int = WINDOW_FRAMES, neighbours: int | None = None
) -> Iterator[Tensor]:
    """The same, one window after another, so that a long clip need not be held as frames.

    A window is decoded with neighbouring frames on both sides. With as many neighbours as the decoder's `radius` the
    windows together are the clip decoded at once; there is nothing to blend.

    Args:
        latents: (B, T, C, h, w), scaled.
        window: frames that each window gives, the last one fewer.
        neighbours: frames on each side; None: the decoder's radius, at most MAX_NEIGHBOURS.

    Yields:
        Frames (B, t, H, W, 3), uint8 RGB on the CPU.
    """
    total = latents.shape[1]
    for start in range(0, total, window):
        yield decode_span(models, latents, start, min(start + window, total), neighbours)


@torch.inference_mode()
def decode_span(models: Models, latents: Tensor, start: int, stop: int, neighbours: int | None = None) -> Tensor:
    """Frames start to stop of a clip, with what their neighbours tell.

    Args:
        latents: (B, T, C, h, w), scaled; of a longer clip, at least the span and its neighbours.
        neighbours: as in `decode_windows`; without temporal layers none are needed.

    Returns:
        Frames (B, stop - start, H, W, 3), uint8 RGB on the CPU.
    """
    if models.decoder is None:
        return decode_frame_by_frame(models, latents[:, start:stop])
    margin = needed_neighbours(models) if neighbours is None else neighbours
    first = max(0, start - margin)
    codec = models.codec
    unscaled = codec.unscaled(latents[:, first : stop + margin])
    video = models.decoder.decode(unscaled)[:, start - first : stop - first]
    return to_levels(video.float())


def needed_neighbours(models: Models) -> int:
    """Frames on each side that a decoded frame is given; 0 where frames are decoded alone."""
    return 0 if models.decoder is None else min(models.decoder.radius, MAX_NEIGHBOURS)


@torch.inference_mode()
def decode_frame_by_frame(models: Models, latents: Tensor) -> Tensor:
    """Scaled latents (B, T, C, h, w) to frames (B, T, H, W, 3), uint8 RGB on the CPU, each by itself."""
    return to_levels(models.codec.decode(latents))


def to_levels(video: Tensor) -> Tensor:
    """Video (B, T, 3, H, W) in [-1, 1] to frames (B, T, H, W, 3), uint8 on the CPU."""
    levels = ((video.clamp(-1.0, 1.0) + 1.0) * 127.5).round().to(torch.uint8)
    return rearrange(levels, "b t c h w -> b t h w c").cpu().contiguous()
