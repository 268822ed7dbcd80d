"""From key latents to four times their rate: three frames between every two neighbours (Video LDM, section 3.2).

The two ends of each gap are known and put back in latent space at every step; boxes, weather and ego motion are those
of the frames in between. Used twice, it takes a clip from 0.75 to 12 frames per second. A gap depends on its two key
frames, its conditions and its own noise alone, so a long clip may be drawn in parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from drivegen.conditions import Conditions
from drivegen.core.errors import DataError
from drivegen.core.seeds import derive_seed
from drivegen.generation.drawing_latents import draw_latents
from drivegen.generation.sampler import SamplerConfig
from drivegen.models import GAP_FRAMES, RATE_FACTOR, Context, Models, VideoLDM, gap_context


@torch.inference_mode()
def interpolate(
    models: Models,
    conditions: Conditions,
    keys: Tensor,
    seeds: Sequence[int],
    config: SamplerConfig,
    *,
    regime: int = 0,
    first_gap: int = 0,
    gaps_at_once: int = 1,
) -> Tensor:
    """Draw the frames between key frames.

    Every call of the network has `gaps_at_once` gaps of all B clips, the last one filled up, and a gap always has the
    same place in it: a clip's bytes depend on these two numbers alone, not on its neighbours in the batch, nor on how
    many gaps are drawn here.

    Args:
        conditions: B clips of 4 (K - 1) + 1 frames at the rate that is drawn, on the models' device.
        keys: (B, K, C, h, w) scaled latents of every fourth of those frames, K >= 2.
        seeds: B seeds of the clips.
        regime: which pass over the clip this is; names the noise.
        first_gap: number of the first gap within the whole clip, where only a part of it is drawn here.
        gaps_at_once: more keep a large device busy; on a CPU one is as fast.

    Returns:
        Scaled latents (B, 4 (K - 1) + 1, C, h, w); the key frames are `keys`, bit for bit.

    Raises:
        DataError: no interpolation model, or conditions of another number of frames.
    """
    net, told = require_interpolation(models), models.info.interpolation
    fade = told is not None and told.fade
    gaps = keys.shape[1] - 1
    _check_frames(conditions, gaps + 1)
    frames: list[Tensor] = []
    for start in range(first_gap - first_gap % gaps_at_once, first_gap + gaps, gaps_at_once):
        slots = [slot - first_gap for slot in range(start, start + gaps_at_once)]
        filled = [min(max(slot, 0), gaps - 1) for slot in slots]
        windows = Conditions.cat([gap_conditions(conditions, RATE_FACTOR * gap) for gap in filled])
        ends = torch.cat([keys[:, gap : gap + 2] for gap in filled])
        noise = [derive_seed(seed, "interpolation", regime, first_gap + gap) for gap in filled for seed in seeds]
        drawn = draw_latents(models, net, windows, _known_ends(ends, fade), noise, config).chunk(gaps_at_once)
        frames += [part[:, :-1] for slot, part in zip(slots, drawn, strict=True) if 0 <= slot < gaps]
    return torch.cat([*frames, keys[:, -1:]], dim=1)


def gap_conditions(conditions: Conditions, first: int) -> Conditions:
    """The five frames from `first` on as a clip of their own: its first frame has not moved, as in training."""
    window = conditions.frames(slice(first, first + GAP_FRAMES))
    motion = window.ego_motion.clone()
    motion[:, 0, :3] = 0.0
    motion[:, 0, 3] = motion[:, 1, 3]
    return replace(window, ego_motion=motion)


def require_interpolation(models: Models) -> VideoLDM:
    """The model that draws frames between others: its own, or the prediction model where that serves both.

    Raises:
        DataError: the folder has neither.
    """
    told = models.info.interpolation
    net = models.video if told is not None and told.shared else models.interpolation
    if net is None:
        raise DataError(
            "no interpolation model",
            where=f"model folder {models.info.name}",
            remedy="train it: drivegen train stage=interpolation",
        )
    return net


def interpolated_length(keys: int) -> int:
    """Frames of a clip of so many key frames after one pass."""
    return RATE_FACTOR * (keys - 1) + 1


def _known_ends(ends: Tensor, fade: bool) -> Context:
    """Ends (B, 2, C, h, w) as the context of a gap."""
    latents = ends.new_zeros(ends.shape[0], GAP_FRAMES, *ends.shape[2:])
    latents[:, 0], latents[:, -1] = ends[:, 0], ends[:, 1]
    known = Context.known(latents, (0, -1)).mask
    return gap_context(latents, known, fade=fade)


def _check_frames(conditions: Conditions, keys: int) -> None:
    if keys < 2 or conditions.num_frames != interpolated_length(keys):
        raise DataError(
            "key frames and conditions do not fit",
            where="interpolate",
            expected=f"at least 2 key frames, and conditions of 4 (keys - 1) + 1 = {interpolated_length(keys)} frames",
            got=f"{keys} key frames, {conditions.num_frames} frames",
        )
