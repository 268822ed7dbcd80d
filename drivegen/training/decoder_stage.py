"""The stage of the decoder's temporal layers made ready to train."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from drivegen.core import ConfigError, DataError
from drivegen.data import ClipDataset, ClipIndex
from drivegen.data.dataset import clip_key
from drivegen.drawing import contact_sheet, enlarge
from drivegen.generation.decoding import decode_frame_by_frame, decode_video
from drivegen.models import Models, TemporalDecoder
from drivegen.training.batches import fixed_batches, spread
from drivegen.training.clip_cache import ClipCache
from drivegen.training.config import TrainConfig
from drivegen.training.decoder_module import DecoderModule
from drivegen.training.latent_cache import frames_to_video
from drivegen.training.pictures import Painter, Painting, side_by_side
from drivegen.training.prepared import Prepared
from drivegen.training.stage_parts import data_facts, open_cache, saving
from drivegen.training.starting_point import starting_models
from drivegen.training.training_data import TrainingData

_MIN_WIDTH_PX = 192
_PICTURED_FRAMES = 6


class VideoSource:
    """Frames of clips.

    Args:
        frames: (N, H, W, 3) uint8, distinct frames.
        clips: (M, T) rows of `frames` of each clip.
        names: what the clips are called.
    """

    def __init__(self, frames: np.ndarray, clips: np.ndarray, names: list[str]) -> None:
        self.frames, self.clips, self._names = frames, clips, names

    def __len__(self) -> int:
        return len(self.clips)

    def fetch(self, items: np.ndarray) -> Tensor:
        """Clips (B, T, H, W, 3) uint8."""
        return torch.from_numpy(self.frames[self.clips[items]])

    def names(self, items: np.ndarray) -> list[str]:
        """What the items are called."""
        return [self._names[item] for item in items]


def prepare_decoder(config: TrainConfig, data: TrainingData, workers: int) -> Prepared:
    """Put temporal layers into the decoder of a model folder and open the clips that they learn from.

    Args:
        workers: processes that build the caches.

    Raises:
        ConfigError: clips of a single frame.
    """
    if config.data.frames < 2:
        raise ConfigError("clips need neighbours", where="data.frames", expected="at least 2", got=config.data.frames)
    models = starting_models(config)
    if not isinstance(models.decoder, TemporalDecoder):
        raise DataError("no temporal decoder", where=config.model)
    training = open_cache(config, data.training, "frames of clips", workers)
    held_out = open_cache(config, data.held_out, "held-out frames of clips", workers)
    source, held_out_source = _source(data.training, training), _source(data.held_out, held_out)
    data.require(len(source), len(held_out_source))
    chosen = spread(len(held_out_source), config.sample_clips)
    fps = ClipDataset(data.held_out)[int(chosen[0])].fps
    return Prepared(
        module=DecoderModule(models.decoder, config.decoder, config.seed),
        source=source,
        validation=fixed_batches(held_out_source, config.optim.batch, config.validation_batches),
        painter=paint_decoder(models, held_out_source.fetch(chosen), fps),
        frames_per_sample=config.data.frames,
        save=saving(config, models),
        facts=data_facts(data, training, held_out),
    )


def paint_decoder(models: Models, clips: Tensor, fps: float) -> Painter:
    """Of each of the clips (B, T, H, W, 3) three rows: input, decoded frame by frame, decoded together."""

    def paint(device: torch.device) -> Painting:
        models.codec.to(device)
        latents = models.codec.encode(frames_to_video(clips).to(device))
        rows = (clips, decode_frame_by_frame(models, latents), decode_video(models, latents))
        factor = max(1, -(-_MIN_WIDTH_PX // clips.shape[3]))
        videos = [[[enlarge(frame, factor) for frame in clip] for clip in row.numpy()] for row in rows]
        frames = [frame for clip in range(len(clips)) for row in videos for frame in row[clip][:_PICTURED_FRAMES]]
        title = "per clip: input, decoded frame by frame, decoded together"
        columns = min(clips.shape[1], _PICTURED_FRAMES)
        return Painting(contact_sheet(frames, columns=columns, title=title), side_by_side(videos), fps)

    return paint


def _source(index: ClipIndex, cache: ClipCache) -> VideoSource:
    """The clips of an index all of whose frames could be read."""
    row_of = {key: row for row, key in enumerate(index.frame_keys())}
    rows = [[row_of[(*window.drive, i)] for i in window.frame_indices] for window in index.windows]
    clips = np.array(rows, dtype=np.int64).reshape(len(index.windows), index.config.frames)
    usable = np.flatnonzero(cache.valid[clips].all(axis=1))
    return VideoSource(cache.frames, clips[usable], [clip_key(index.windows[i]) for i in usable])
