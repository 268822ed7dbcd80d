"""What a step of perception training sees: pairs of frames of the same clip, and clips, some of them disturbed.

All that is drawn depends on the seed and on the items asked for, and those on the step: a resumed run goes on alike.
"""

from __future__ import annotations

import numpy as np
import torch

from drivegen.core import CATEGORIES, stream
from drivegen.training.perception_arrays import CONDITIONED, PerceptionArrays
from drivegen.training.perception_batches import ClipBatch, FrameBatch, PerceptionBatch, frame_batch
from drivegen.training.perception_config import PerceptionStage

# Slower than this, frames look alike in whatever order they stand.
_MOVING_MPS = 1.5
# Tracks of stills are numbered from here on: beyond those of any arrays, and within 32 bits.
_STILLS = 1 << 30
_DISTURBANCES = ("shuffled", "reversed", "looped", "stuttered")
_DISTURBANCE_SHARES = (0.5, 0.15, 0.15, 0.2)


class PerceptionSource:
    """Items are clips; each gives a pair of its frames, and the batch some clips of anywhere.

    Args:
        arrays: frames and clips.
        stills: more clips that give pairs of frames and nothing else; their numbers follow those of `arrays`.
        config: number and length of the clips.
        seed: seed of the run.
        rare_below: clips with a class that a smaller share of the clips shows than this are items more than once.
    """

    def __init__(
        self,
        arrays: PerceptionArrays,
        config: PerceptionStage,
        seed: int,
        *,
        stills: PerceptionArrays | None = None,
        rare_below: float = 0.0,
    ) -> None:
        self.arrays, self.stills, self.config, self.seed = arrays, stills, config, seed
        self.clips = repeated_clips(arrays, rare_below)
        if stills is not None:
            self.clips = np.concatenate([self.clips, len(arrays.clip_frames) + repeated_clips(stills, rare_below)])

    def __len__(self) -> int:
        return len(self.clips)

    def fetch(self, items: np.ndarray) -> PerceptionBatch:
        """The batch of some items (B,): 2 B frames and `clips_per_step` clips, none where none are learnt from."""
        chosen = self.clips[items]
        draws = stream(self.seed, "perception", *(int(item) for item in items))
        moving = chosen < len(self.arrays.clip_frames)
        pairs = _pairs(self.arrays, chosen[moving], draws)
        if self.stills is not None:
            stills = _pairs(self.stills, chosen[~moving] - len(self.arrays.clip_frames), draws)
            pairs = _joined(pairs, stills._replace(track=_apart(stills.track)))
        return PerceptionBatch(pairs, self._clips(draws))

    def _clips(self, draws: np.random.Generator) -> ClipBatch:
        arrays, config = self.arrays, self.config
        total, available = arrays.clip_frames.shape
        chosen = draws.integers(0, total, config.clips_per_step if config.trains("clips") else 0)
        length = min(config.clip_frames, available)
        widest = min(config.max_stride, (available - 1) // max(length - 1, 1)) or 1
        strides = draws.integers(1, widest + 1, len(chosen))
        starts = draws.integers(0, available - (length - 1) * strides)
        places = starts[:, None] + strides[:, None] * np.arange(length)
        speed = _mean_between(arrays.speed_mps[chosen], places)
        yaw_rate = _mean_between(arrays.yaw_rate_radps[chosen], places)
        with np.errstate(invalid="ignore"):
            moving = (np.abs(speed) > _MOVING_MPS).all(axis=1) & (length > 2)
        natural = ~(moving & (draws.random(len(chosen)) < config.disturbed))
        for clip in np.flatnonzero(~natural):
            places[clip] = places[clip, disturbed_order(length, draws)]
        speed[~natural], yaw_rate[~natural] = np.nan, np.nan
        rows = arrays.clip_frames[chosen[:, None], places]
        return ClipBatch(
            frames=torch.from_numpy(arrays.frames[rows]),
            interval_s=torch.from_numpy((arrays.interval_s[chosen] * strides).astype(np.float32)),
            natural=torch.from_numpy(natural),
            speed_mps=torch.from_numpy(speed),
            yaw_rate_radps=torch.from_numpy(yaw_rate),
            weather=torch.from_numpy(arrays.weather[rows[:, 0]]),
            time_of_day=torch.from_numpy(arrays.time_of_day[rows[:, 0]]),
            road_users=torch.from_numpy(arrays.road_users[rows].mean(axis=1)),
        )


def _pairs(arrays: PerceptionArrays, clips: np.ndarray, draws: np.random.Generator) -> FrameBatch:
    """Two frames of each clip (B,), side by side: (2 B,) in all."""
    length = arrays.clip_frames.shape[1]
    first = draws.integers(0, length, len(clips))
    # Any other frame, all equally likely; the same one where there is no other.
    second = (first + draws.integers(1, max(length, 2), len(clips))) % length
    return frame_batch(arrays, arrays.clip_frames[clips[:, None], np.stack([first, second], axis=1)].reshape(-1))


def _joined(one: FrameBatch, other: FrameBatch) -> FrameBatch:
    return FrameBatch(*(torch.cat(parts) for parts in zip(one, other, strict=True)))


def _apart(tracks: torch.Tensor) -> torch.Tensor:
    """Numbers of tracks that meet none of other arrays; -1 stays."""
    return torch.where(tracks >= 0, tracks + _STILLS, tracks)


def repeated_clips(arrays: PerceptionArrays, rare_below: float) -> np.ndarray:
    """Rows of the clips, those with rare classes more than once.

    A clip counts max(1, sqrt(rare_below / share)) times for the rarest class that it shows, where `share` is that of
    the clips that show it (Gupta et al. 2019, arXiv:1908.03195, section 4.2); rounded so that fractions add up.
    """
    shown = np.zeros((len(arrays.frames), len(CATEGORIES)), dtype=bool)
    frames, objects = np.nonzero(arrays.role >= CONDITIONED)
    shown[frames, arrays.category[frames, objects]] = True
    of_clips = shown[arrays.clip_frames].any(axis=1)
    share = np.maximum(of_clips.mean(axis=0), 1e-9)
    wanted = np.where(of_clips, np.sqrt(rare_below / share), 1.0).max(axis=1, initial=1.0)
    ends = np.floor(np.cumsum(wanted) + 0.5).astype(np.int64)
    return np.repeat(np.arange(len(wanted)), np.diff(ends, prepend=0))


def disturbed_order(length: int, draws: np.random.Generator) -> np.ndarray:
    """Which frame stands where in a clip that does not run as it was filmed, (length,); `length` is at least 3.

    Shuffled, reversed, its first half twice, or standing still for some frames and then jumping.
    """
    kind = draws.choice(_DISTURBANCES, p=_DISTURBANCE_SHARES)
    natural = np.arange(length)
    if kind == "reversed":
        return natural[::-1].copy()
    if kind == "looped":
        return natural % -(-length // 2)
    if kind == "stuttered":
        start = int(draws.integers(0, length - 2))
        stop = int(draws.integers(start + 2, length))
        return np.where((natural > start) & (natural < stop), start, natural)
    order = natural
    while (order == natural).all() or (order == natural[::-1]).all():
        order = draws.permutation(length)
    return order


def _mean_between(rates: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Mean (b, n - 1) of the rates (b, T - 1) of all recorded steps between the frames at `places` (b, n), rising."""
    sums = np.concatenate([np.zeros((len(rates), 1)), np.cumsum(rates, axis=1)], axis=1)
    at = np.take_along_axis(sums, places, axis=1)
    return (np.diff(at, axis=1) / np.maximum(np.diff(places, axis=1), 1)).astype(np.float32)
