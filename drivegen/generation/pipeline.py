"""Conditions and seeds in, frames out: first frame, key frames, interpolation, decoding, upsampling.

Each step takes the frames of the one before as they come and hands its own on, so what is in memory does not grow with
the length of the clip. Nothing here reads or writes. A clip's noise is drawn from streams named after its seed, the
step and the place in the clip, so a clip is the same alone or in a batch. Latents are scaled, (B, T, C, h, w).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from drivegen.conditions import Conditions
from drivegen.core.seeds import derive_seed
from drivegen.generation.clip_conditions import ConditionWindows, WholeConditions, window_of
from drivegen.generation.decoding import WINDOW_FRAMES, decode_span, decode_video, needed_neighbours
from drivegen.generation.interpolating import interpolate
from drivegen.generation.prediction import (
    CONTEXT_FRAMES,
    KeyState,
    begin,
    call_length,
    generate_latents_image,
    key_frames,
    predict,
    require_image,
    require_video,
)
from drivegen.generation.sampler import SamplerConfig
from drivegen.generation.streams import regrouped
from drivegen.generation.upsampling import UpsampledSoFar, upsample_segment
from drivegen.generation.upsampling_config import UpsamplingConfig
from drivegen.models import GAP_FRAMES, RATE_FACTOR, Models

__all__ = [
    "CONTEXT_FRAMES",
    "Chain",
    "call_length",
    "decode_frames",
    "generate_clip_frames",
    "generate_clip_latents",
    "generate_image_frames",
    "generate_latents_image",
    "predict",
    "require_image",
    "require_video",
    "window_of",
]

# Frames that are decoded together where each is decoded by itself.
SEGMENT_FRAMES = 64

decode_frames = decode_video


@dataclass(frozen=True)
class Chain:
    """Which steps follow the key frames.

    Attributes:
        interpolate: how many times the rate of the key frames is multiplied by RATE_FACTOR.
        upsampling: how finished frames are enlarged; None leaves them as they are.
    """

    interpolate: int = 0
    upsampling: UpsamplingConfig | None = None

    @property
    def stride(self) -> int:
        """Frames of the clip from one key frame to the next."""
        return RATE_FACTOR**self.interpolate


def generate_clip_frames(
    models: Models,
    conditions: ConditionWindows,
    seeds: Sequence[int],
    config: SamplerConfig,
    chain: Chain,
    state: KeyState | None = None,
) -> Iterator[Tensor]:
    """The frames of B clips, in blocks and in order.

    Args:
        seeds: B seeds.
        state: the first key frame, where it is not the image model's own for these seeds.

    Yields:
        Frames (B, t, H, W, 3), uint8 RGB on the CPU.

    Raises:
        DataError: the model folder lacks a part, which the message names with the command that trains it.
    """
    stride, total = chain.stride, conditions.num_frames
    if state is None:
        state = begin(models, conditions, seeds, config, stride=stride)
    count = frames_at(stride, total)
    keys = key_frames(models, conditions, state, seeds, config, count=count, stride=stride)
    latents: Iterator[Tensor] = itertools.chain([state.newest], keys)
    for regime in range(chain.interpolate):
        raised = interpolated(models, conditions, latents, seeds, config, regime=regime, stride=stride)
        stride //= RATE_FACTOR
        latents = first_frames(raised, frames_at(stride, total))
    return finished(models, latents, seeds, chain)


def frames_at(stride: int, total: int) -> int:
    """Frames that a clip of `total` frames needs at 1 / stride of its rate; the last one may lie beyond its end."""
    return -(-(total - 1) // stride) + 1


@torch.inference_mode()
def generate_clip_latents(
    models: Models, conditions: Conditions, seeds: Sequence[int], config: SamplerConfig
) -> Tensor:
    """Key frames alone, all at once: the first frame by the image model, the rest by the video model.

    The first call of the video model is told the first frame; each further one the two newest key frames, until the
    clip is done.

    Args:
        conditions: B clips of T frames, T >= 1, on the models' device.
        seeds: B seeds.

    Returns:
        Scaled latents (B, T, C, h, w).

    Raises:
        DataError: the model folder has no image or no video part, or its video model makes too few frames at a time.
    """
    windows = WholeConditions(conditions)
    state = begin(models, windows, seeds, config)
    drawn = key_frames(models, windows, state, seeds, config, count=windows.num_frames)
    return torch.cat([state.newest, *drawn], dim=1)


def generate_image_frames(
    models: Models, conditions: ConditionWindows, seeds: Sequence[int], config: SamplerConfig, chain: Chain
) -> Iterator[Tensor]:
    """The frames of B clips by the image model alone, independent of one another; otherwise `generate_clip_frames`."""
    return finished(models, image_latents(models, conditions, seeds, config), seeds, chain)


def image_latents(
    models: Models, conditions: ConditionWindows, seeds: Sequence[int], config: SamplerConfig
) -> Iterator[Tensor]:
    """Latents by the image model, SEGMENT_FRAMES at a time."""
    total = conditions.num_frames
    for start in range(0, total, SEGMENT_FRAMES):
        window = conditions.window(start, min(SEGMENT_FRAMES, total - start))
        names = [derive_seed(seed, "frames", start) if start else seed for seed in seeds]
        yield generate_latents_image(models, window, names, config)


def interpolated(
    models: Models,
    conditions: ConditionWindows,
    keys: Iterable[Tensor],
    seeds: Sequence[int],
    config: SamplerConfig,
    *,
    regime: int,
    stride: int,
) -> Iterator[Tensor]:
    """Key frames (B, t, C, h, w) with the frames between them, gap by gap.

    Args:
        stride: frames of the clip from one key frame to the next.
        regime: which pass over the clip this is.
    """
    step = stride // RATE_FACTOR
    last: Tensor | None = None
    for number, key in enumerate(key for block in keys for key in block.split(1, dim=1)):
        if last is None:
            yield key
        else:
            gap = number - 1
            window = conditions.window(gap * stride, GAP_FRAMES, step)
            ends = torch.cat([last, key], dim=1)
            yield interpolate(models, window, ends, seeds, config, regime=regime, first_gap=gap)[:, 1:]
        last = key


def first_frames(blocks: Iterable[Tensor], count: int) -> Iterator[Tensor]:
    """The first `count` of the frames that come in blocks (B, t, ...); no block is asked for in vain."""
    left = count
    for block in blocks:
        yield block[:, :left]
        left -= block.shape[1]
        if left <= 0:
            return


def finished(models: Models, latents: Iterable[Tensor], seeds: Sequence[int], chain: Chain) -> Iterator[Tensor]:
    """Frames (B, t, H, W, 3) uint8 of latents, as large as asked for."""
    frames = decoded(models, latents)
    return frames if chain.upsampling is None else upsampled(models, frames, seeds, chain.upsampling)


def decoded(models: Models, latents: Iterable[Tensor]) -> Iterator[Tensor]:
    """Frames (B, t, H, W, 3) uint8 of latents, with the neighbours that the decoder wants to see."""
    size = SEGMENT_FRAMES if models.decoder is None else WINDOW_FRAMES
    for window in regrouped(latents, size, needed_neighbours(models)):
        yield decode_span(models, window.frames, window.start, window.stop)


def upsampled(
    models: Models, frames: Iterable[Tensor], seeds: Sequence[int], config: UpsamplingConfig
) -> Iterator[Tensor]:
    """Frames (B, t, h, w, 3) uint8 enlarged, segment by segment."""
    state: UpsampledSoFar | None = None
    for segment in regrouped(frames, config.segment_frames):
        large, state = upsample_segment(models, segment.frames, seeds, config, state)
        yield large
