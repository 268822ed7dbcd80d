"""Batches of frames and clips for the perception nets, as tensors, and how they are mirrored and degraded."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from drivegen.training.latent_cache import frames_to_video
from drivegen.training.perception_arrays import PerceptionArrays


class FrameBatch(NamedTuple):
    """B frames and who is where; fields as in `PerceptionArrays`."""

    frames: Tensor
    """(B, H, W, 3) uint8."""
    boxes_px: Tensor
    category: Tensor
    depth_m: Tensor
    alpha_rad: Tensor
    track: Tensor
    role: Tensor
    weather: Tensor
    time_of_day: Tensor
    road_users: Tensor


class ClipBatch(NamedTuple):
    """b clips of T frames."""

    frames: Tensor
    """(b, T, H, W, 3) uint8."""
    interval_s: Tensor
    """(b,)"""
    natural: Tensor
    """(b,) whether the frames stand in their natural order at a steady rate."""
    speed_mps: Tensor
    """(b, T - 1); NaN where unknown, and in clips that are not natural."""
    yaw_rate_radps: Tensor
    """(b, T - 1); likewise."""
    weather: Tensor
    """(b,); -1 unknown."""
    time_of_day: Tensor
    """(b,); likewise."""
    road_users: Tensor
    """(b,) mean over the frames; NaN unknown."""


class PerceptionBatch(NamedTuple):
    """What one step is trained on."""

    pairs: FrameBatch
    """Frames 2 i and 2 i + 1 are of the same clip."""
    clips: ClipBatch


def frame_batch(arrays: PerceptionArrays, rows: np.ndarray) -> FrameBatch:
    """Frames by their rows in the arrays."""
    # Sorted reading is kinder to a memory map that does not fit into memory.
    return FrameBatch(*(torch.from_numpy(np.asarray(getattr(arrays, name)[rows])) for name in FrameBatch._fields))


def to_images(frames: Tensor) -> Tensor:
    """Frames (..., H, W, 3) uint8 to images (..., 3, H, W) float32 in [-1, 1]."""
    return frames_to_video(frames)


def mirror_frames(batch: FrameBatch, images: Tensor, chosen: Tensor) -> tuple[FrameBatch, Tensor]:
    """Mirror some frames left to right, labels and all.

    Args:
        images: (B, 3, H, W) of the batch's frames.
        chosen: (B,) bool.
    """
    width = batch.frames.shape[2]
    x_min, y_min, x_max, y_max = batch.boxes_px.unbind(dim=-1)
    boxes = torch.stack([width - x_max, y_min, width - x_min, y_max], dim=-1)
    # Mirrored, rotation_y becomes pi - rotation_y and the viewing ray's angle changes its sign.
    alpha = torch.remainder(2 * torch.pi - batch.alpha_rad, 2 * torch.pi) - torch.pi
    mirrored = batch._replace(
        frames=torch.where(chosen[:, None, None, None], batch.frames.flip(2), batch.frames),
        boxes_px=torch.where(chosen[:, None, None], boxes, batch.boxes_px),
        alpha_rad=torch.where(chosen[:, None], alpha, batch.alpha_rad),
    )
    return mirrored, torch.where(chosen[:, None, None, None], images.flip(-1), images)


def mirror_clips(batch: ClipBatch, chosen: Tensor) -> ClipBatch:
    """Mirror some clips (b,) left to right: the vehicle then turns the other way."""
    return batch._replace(
        frames=torch.where(chosen[:, None, None, None, None], batch.frames.flip(3), batch.frames),
        yaw_rate_radps=torch.where(chosen[:, None], -batch.yaw_rate_radps, batch.yaw_rate_radps),
    )


def degrade(images: Tensor, chosen: Tensor) -> Tensor:
    """Some of the images (B, 3, H, W) as if they had been stored at half their size, chosen (B,) bool."""
    size = images.shape[-2], images.shape[-1]
    small = F.avg_pool2d(images, 2)
    # Frames are eight bits deep in a store.
    small = ((small + 1.0) * 127.5).round() / 127.5 - 1.0
    coarse = F.interpolate(small, size=size, mode="bilinear", align_corners=False)
    return torch.where(chosen[:, None, None, None], coarse, images)


def expose(images: Tensor, exposure: Tensor) -> Tensor:
    """Images (B, 3, H, W) or (B, T, 3, H, W) with their light multiplied by exposure (B,)."""
    factor = exposure.view(-1, *[1] * (images.ndim - 1))
    return ((images + 1.0) * factor - 1.0).clamp(-1.0, 1.0)


def clip_video(frames: Tensor, size: tuple[int, int]) -> Tensor:
    """Clips (b, T, H, W, 3) uint8 to video (b, T, 3, h, w) in [-1, 1], area-averaged (or enlarged) to `size`."""
    video = to_images(frames)
    if tuple(video.shape[-2:]) == tuple(size):
        return video
    flat = rearrange(video, "b t c h w -> (b t) c h w")
    shrinks = flat.shape[-2] >= size[0]
    resized = (
        F.interpolate(flat, size=size, mode="area") if shrinks else F.interpolate(flat, size=size, mode="bilinear")
    )
    return rearrange(resized, "(b t) c h w -> b t c h w", b=len(video))
