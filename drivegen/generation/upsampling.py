"""Small frames in, large frames out: the upsampler run over windows of frames that overlap (Video LDM, section 3.4).

A window is told the last large frames of the one before, as the video model is told key frames: they are known, put
back at every step, and the rest is drawn to go on from them. Estimates of windows that are drawn side by side could be
blended instead, as those of tiles are; but two windows that have made up their minds differently then meet in a few
frames of cross-fade, and a clip could not be drawn piece by piece. A frame's noise is named after the clip's seed and
the frame's number, so a clip is the same alone or in a batch, drawn at once or with breaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor

from drivegen.core.config import decode, encode
from drivegen.core.errors import DataError
from drivegen.core.seeds import derive_seed
from drivegen.diffusion import SAMPLERS, Schedule, clip_noise, keep_known, make_denoise, start_sample
from drivegen.diffusion.samplers import StepNoise
from drivegen.generation.decoding import to_levels
from drivegen.generation.tiles import Tile, denoise_tiles, tiles_of
from drivegen.generation.upsampling_config import UpsamplingConfig
from drivegen.models import Context, Models, SmallFrames, Upsampler


@dataclass(frozen=True, eq=False)
class UpsampledSoFar:
    """Where a clip has got to: all that the next window has to know.

    Attributes:
        count: frames that are done.
        small: (B, K, h, w, 3) uint8, the newest of them, at most `overlap_frames`.
        large: (B, K, H, W, 3) uint8, the same enlarged.
    """

    count: int
    small: Tensor
    large: Tensor


@torch.inference_mode()
def upsample_frames(models: Models, frames: Tensor, seeds: Sequence[int], config: UpsamplingConfig) -> Tensor:
    """Enlarge clips of any length.

    Args:
        frames: (B, T, h, w, 3) uint8.
        seeds: B seeds.

    Returns:
        (B, T, H, W, 3) uint8 on the CPU.

    Raises:
        DataError: the model folder has no upsampler, or frames that it cannot fold.
    """
    parts, state = [], None
    for segment in frames.split(config.segment_frames, dim=1):
        large, state = upsample_segment(models, segment, seeds, config, state)
        parts.append(large)
    return torch.cat(parts, dim=1)


@torch.inference_mode()
def upsample_segment(
    models: Models,
    frames: Tensor,
    seeds: Sequence[int],
    config: UpsamplingConfig,
    state: UpsampledSoFar | None = None,
) -> tuple[Tensor, UpsampledSoFar]:
    """The next window of a clip; those of `upsample_frames` where each but the last gives `segment_frames` frames.

    Args:
        frames: (B, S, h, w, 3) uint8, the next ones.
        state: what the window before gave; None at the start of a clip.

    Returns:
        (B, S, H, W, 3) uint8 on the CPU, and the state for the next window.
    """
    net = require_upsampler(models)
    _check(net, frames, seeds, config)
    if state is None:
        state = _nothing_yet(net, frames)
    small = torch.cat([state.small, frames], dim=1)
    large = torch.cat([state.large, _draw(net, small, state, seeds, config)], dim=1)
    # Without temporal layers a frame could not make use of the ones before.
    kept = 0 if net.temporal is None else config.overlap_frames
    newest = slice(max(0, small.shape[1] - kept), None)
    done = UpsampledSoFar(state.count + frames.shape[1], small[:, newest].clone(), large[:, newest].clone())
    return large[:, state.large.shape[1] :], done


def require_upsampler(models: Models) -> Upsampler:
    """The upsampler of a folder.

    Raises:
        DataError: the folder has none.
    """
    if models.upsampler is None:
        raise DataError(
            "no upsampler",
            where=f"model folder {models.info.name}",
            remedy="train it (drivegen train stage=upsampler), or leave upsample=true out",
        )
    return models.upsampler


def _draw(
    net: Upsampler, frames: Tensor, state: UpsampledSoFar, seeds: Sequence[int], config: UpsamplingConfig
) -> Tensor:
    """The unknown large frames of a window, (B, S, H, W, 3): those behind the state's."""
    device, level = net.residual_std.device, config.augmentation
    count = state.large.shape[1]
    first = state.count - count
    small = _video(frames).to(device)
    base = net.enlarge(small)
    shown = net.enlarge(small + level * _frame_noise(seeds, "augmentation", first, small.shape[1:]).to(device))
    residuals = torch.zeros_like(base)
    residuals[:, :count] = (_video(state.large).to(device) - base[:, :count]) / net.residual_std
    known = Context.known(residuals, range(count))
    schedule = decode(Schedule, encode(net.config.schedule))
    sigmas = schedule.sampling_sigmas(config.num_inference_steps, config.spacing)
    noise = _frame_noise(seeds, "start", first, base.shape[1:]).to(device)
    start = start_sample(noise, float(sigmas[0]), known.latents, known.mask)

    def denoise(x: Tensor, sigma: Tensor, tile: Tile) -> Tensor:
        told = SmallFrames(tile.of(shown), torch.full_like(sigma, level), Context(tile.of(known.latents), known.mask))
        return make_denoise(net, schedule, net.config.prediction_type, None, told)(x, sigma)

    size = (base.shape[-2], base.shape[-1])
    tiles = tiles_of(size, config.tile, config.tile_overlap, net.config.unit)
    whole, project = denoise_tiles(denoise, tiles, config.tile_overlap), keep_known(known.latents, known.mask)
    if config.name == "ddim":
        drawn = SAMPLERS["ddim"](whole, start, sigmas, project, eta=config.eta, noise=_step_noise(seeds, first))
    else:
        drawn = SAMPLERS[config.name](whole, start, sigmas, project)
    return to_levels(net.compose(drawn, small)[:, count:])


def _nothing_yet(net: Upsampler, frames: Tensor) -> UpsampledSoFar:
    """The state at the start of a clip."""
    size = net.config.large_size((frames.shape[2], frames.shape[3]))
    return UpsampledSoFar(0, frames[:, :0], torch.zeros(len(frames), 0, *size, 3, dtype=torch.uint8))


def _frame_noise(seeds: Sequence[int], stream: str, first: int, shape: Sequence[int], *names: int) -> Tensor:
    """Unit noise (B, T, C, h, w), float32 on the CPU; a frame's depends on the clip's seed and its number alone."""
    frames, *rest = shape
    clips = [
        clip_noise([derive_seed(seed, "upsampling", stream, first + t, *names) for t in range(frames)], rest)
        for seed in seeds
    ]
    return torch.stack(clips)


def _step_noise(seeds: Sequence[int], first: int) -> StepNoise:
    """Fresh noise for each step of a stochastic sampler."""
    return lambda step, x: _frame_noise(seeds, "step", first, x.shape[1:], step).to(x)


def _video(frames: Tensor) -> Tensor:
    """Frames (B, T, h, w, 3) uint8 to (B, T, 3, h, w) in [-1, 1]."""
    return rearrange(frames, "b t h w c -> b t c h w").float() / 127.5 - 1.0


def _check(net: Upsampler, frames: Tensor, seeds: Sequence[int], config: UpsamplingConfig) -> None:
    if frames.ndim != 5 or frames.dtype != torch.uint8 or frames.shape[-1] != 3 or len(seeds) != len(frames):
        raise DataError(
            "wrong frames",
            where="upsample_frames",
            expected=f"{len(seeds)} clips uint8 (B, T, h, w, 3), one per seed",
            got=f"{frames.dtype} {tuple(frames.shape)}",
        )
    most = config.window_frames if net.config.temporal is None else net.config.temporal.max_frames
    if config.window_frames > most:
        raise DataError(
            "windows are too long for the upsampler",
            where="upsampling.window_frames",
            expected=f"at most {most}",
            got=config.window_frames,
        )
    if config.augmentation > net.config.max_augmentation:
        raise DataError(
            "more noise than the upsampler has learned from",
            where="upsampling.augmentation",
            expected=f"at most {net.config.max_augmentation}",
            got=config.augmentation,
        )
    if any(side % net.config.unit for side in config.tile):
        raise DataError(
            "tiles do not fit the upsampler",
            where="upsampling.tile",
            expected=f"multiples of {net.config.unit}",
            got=config.tile,
        )
