"""The held-out clips that all arms are measured on: what they show, what models draw of them, what the judge sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from einops import rearrange
from torch import Tensor

from drivegen.conditions import ConditionConfig, Conditions, from_arrays
from drivegen.core import DataError, Observer, derive_seed
from drivegen.core.arrays import Bytes
from drivegen.data import ClipIndex, common_splits
from drivegen.experiments.ablation_config import AblationConfig
from drivegen.experiments.ablation_files import Seen
from drivegen.generation.clip_conditions import WholeConditions
from drivegen.generation.decoding import decode_video
from drivegen.generation.prediction import KeyState, begin, call_length, key_frames, predict, require_image
from drivegen.generation.sampler import SamplerConfig
from drivegen.models import Models
from drivegen.training import TrainConfig
from drivegen.training.batches import spread
from drivegen.training.clip_cache import open_clip_cache
from drivegen.training.training_data import TrainingData, open_training_data

# Of `drivegen world`; what is in `test` is only ever measured on.
_TRAIN, _TEST = "train", "test"
# Frames of a window of the Frechet video distance, where clips are as long (Video LDM, appendix G).
_WINDOW_FRAMES = 16


@dataclass(frozen=True, eq=False)
class HeldOutClips:
    """Clips that no arm was trained on.

    Attributes:
        frames: (N, T, H, W, 3) uint8, what they really look like.
        conditions: arrays of `conditions.to_arrays`, (N, ...).
        scenarios: (N,) what they belong to: clips of one scenario resemble one another.
        fps: their rate.
    """

    frames: np.ndarray
    conditions: dict[str, np.ndarray]
    scenarios: np.ndarray
    fps: float

    def __len__(self) -> int:
        return len(self.scenarios)

    def conditions_of(self, rows: slice, device: torch.device) -> Conditions:
        """The conditions of some clips."""
        return from_arrays({name: values[rows] for name, values in self.conditions.items()}).to(device)


def held_out_index(config: AblationConfig, training: TrainConfig) -> ClipIndex:
    """The clips that are measured on.

    Raises:
        DataError: nothing is held out.
    """
    data = open_training_data(training)
    split = config.split or _split_apart(data)
    index = data.held_out
    if split is not None:
        chosen = replace(index.config, split=split, frames=config.shown_frames)
        index = ClipIndex.from_config(chosen, data.training.roots)
    shared = {window.drive for window in data.training.windows} & {window.drive for window in index.windows}
    # Without splits the ends of drives may be held out, and only clips of the length that is trained on.
    apart = not shared if split is not None else data.is_held_out and config.shown_frames == config.data.frames
    if not apart:
        raise DataError(
            "nothing is held out",
            where=", ".join(str(root) for root in config.data.roots),
            expected="scenes that nothing is trained on" if split is None else f"other scenes in split {split}",
            remedy="give roots with splits train and test, as drivegen world writes them",
        )
    return index.with_windows(tuple(index.windows[i] for i in spread(len(index), config.clips)))


def _split_apart(data: TrainingData) -> str | None:
    """`test` where there is one beside `train`, else the split that training measures its progress on, if any."""
    splits = common_splits(data.training.roots)
    if {_TRAIN, _TEST} <= splits:
        return _TEST
    held_out = data.held_out.config.split
    return held_out if held_out != data.training.config.split else None


def open_held_out(index: ClipIndex, cache: Path, conditions: ConditionConfig, workers: int) -> HeldOutClips:
    """Frames and conditions of the held-out clips, all of whose frames can be read."""
    opened = open_clip_cache(index, cache, conditions=conditions, workers=workers)
    rows = opened.usable_clips()
    arrays = {name: values[rows] for name, values in opened.conditions.items()}
    scenarios = np.array(["/".join(str(part) for part in index.windows[row].drive[:2]) for row in rows])
    fps = 1.0 / float(np.median(arrays["frame_interval_s"]))
    return HeldOutClips(opened.frames[opened.clip_frames[rows]], arrays, scenarios, fps)


@torch.inference_mode()
def draw_clips(
    models: Models, conditions: Conditions, seeds: Sequence[int], sampler: SamplerConfig, *, image_first: bool
) -> Bytes:
    """Clips of B conditions, the way the paper draws them: one frame, then frames from known ones, again and again.

    Args:
        image_first: the first frame is the image model's; otherwise it is the first one of a clip that the video model
            draws knowing nothing, because there is no image model that ever learnt to draw alone.

    Returns:
        (B, T, H, W, 3) uint8.
    """
    windows = WholeConditions(conditions)
    if image_first:
        state = begin(models, windows, seeds, sampler)
    else:
        window = windows.window(0, call_length(models))
        names = [derive_seed(seed, "first") for seed in seeds]
        state = KeyState(1, predict(models, window, _nothing_known(models, conditions), names, sampler)[:, :1])
    drawn = key_frames(models, windows, state, seeds, sampler, count=windows.num_frames)
    return decode_video(models, torch.cat([state.newest, *drawn], dim=1)).numpy()


@torch.inference_mode()
def reconstruct(models: Models, frames: Bytes) -> Bytes:
    """Clips (B, T, H, W, 3) through the autoencoder and back: as well as any of its models could draw them."""
    device = models.codec.mean.device
    video = rearrange(torch.from_numpy(frames).to(device), "b t h w c -> b t c h w").float() / 127.5 - 1.0
    return decode_video(models, models.codec.encode(video)).numpy()


def look(observer: Observer, clips: np.ndarray, fps: float, pictures: int) -> Seen:
    """What the judge sees in clips (N, T, H, W, 3); the first few are kept to be shown."""
    nowhere = [np.zeros((0, 4))] * clips.shape[1]
    window = min(_WINDOW_FRAMES, clips.shape[1])
    seen = [observer.observe(np.ascontiguousarray(clip), nowhere, fps, window) for clip in clips]
    return Seen(
        frames=np.stack([[frame.feature for frame in clip.frames] for clip in seen]).astype(np.float32),
        windows=np.stack([clip.window_features for clip in seen]).astype(np.float32),
        pictures=np.ascontiguousarray(clips[:pictures]),
    )


def _nothing_known(models: Models, conditions: Conditions) -> Tensor:
    """Latents (B, 0, C, h, w) of no known frames."""
    image = require_image(models).config
    shape = (conditions.batch_size, 0, image.latent_channels, *image.conditions.latent_size)
    return torch.zeros(shape, device=conditions.device)
