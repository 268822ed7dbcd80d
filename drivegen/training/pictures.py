"""Pictures of samples with their boxes, now and then during training and at its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor

from drivegen.conditions import PARTS, Conditions
from drivegen.core import FrameLabels, LabelPolicy, recamera
from drivegen.core.arrays import Bytes
from drivegen.data import ClipSample
from drivegen.diffusion import GuidanceTerm
from drivegen.drawing import contact_sheet, draw_boxes, enlarge, write_animation, write_png
from drivegen.generation.pipeline import decode_frames, generate_latents_image, predict
from drivegen.generation.sampler import SamplerConfig
from drivegen.models import Models
from drivegen.training.callbacks import was_interrupted
from drivegen.training.latent_cache import frames_to_video
from drivegen.training.stage_module import StageModule

# Small frames are enlarged to at least this width before boxes are drawn on them.
_MIN_WIDTH_PX = 256
_SEED = 0


@dataclass(frozen=True)
class Painting:
    """A picture, and the same as a short video.

    Attributes:
        sheet: (H, W, 3) uint8.
        frames: (T, h, w, 3) uint8.
        fps: rate of those frames.
    """

    sheet: Bytes
    frames: Bytes
    fps: float


class Painter(Protocol):
    """Draws what the module can do now; called in evaluation mode with the averaged weights in place."""

    def __call__(self, device: torch.device) -> Bytes | Painting:
        """An image (H, W, 3) uint8, or one with a short video."""


def paint_autoencoder(net: torch.nn.Module, frames: Bytes) -> Painter:
    """Frames (N, H, W, 3) above their reconstructions."""

    def paint(device: torch.device) -> Bytes:
        posterior = net.encode(frames_to_video(frames).to(device)).latent_dist
        output = net.decode(posterior.mode()).sample.float().clamp(-1, 1)
        levels = ((output + 1.0) * 127.5).round().to(torch.uint8)
        decoded = levels.permute(0, 2, 3, 1).cpu().numpy()
        rows = [_enlarged(frame) for frame in (*frames, *decoded)]
        return contact_sheet(rows, columns=len(frames), title="input, reconstruction")

    return paint


def paint_image(
    models: Models, samples: list[ClipSample], conditions: Conditions, sampler: SamplerConfig, policy: LabelPolicy
) -> Painter:
    """The first frame of each clip: sampled, sampled with boxes, reference with boxes."""

    def paint(device: torch.device) -> Bytes:
        models.codec.to(device)
        first = conditions.frames(slice(0, 1)).to(device)
        latents = generate_latents_image(models, first, _seeds(samples), sampler)
        frames = decode_frames(models, latents).numpy()
        columns = []
        for clip, sample in enumerate(samples):
            frame = _enlarged(frames[clip, 0])
            labels = sample.labels[0]
            columns.append((frame, _boxed(frame, labels, policy), _boxed(_enlarged(sample.frames[0]), labels, policy)))
        rows = [image for row in zip(*columns, strict=True) for image in row]
        return contact_sheet(rows, columns=len(samples), title="sampled, sampled with boxes, reference with boxes")

    return paint


def paint_video(
    models: Models,
    samples: list[ClipSample],
    conditions: Conditions,
    latents: Tensor,
    sampler: SamplerConfig,
    policy: LabelPolicy,
) -> Painter:
    """Each clip as three rows: sampled from its first frame, the same with boxes, reference with boxes.

    The short video shows the sampled clips above the reference.
    """

    def paint(device: torch.device) -> Painting:
        models.codec.to(device)
        drawn = predict(models, conditions.to(device), latents[:, :1].to(device), _seeds(samples), sampler)
        frames = decode_frames(models, drawn).numpy()
        rows: list[Bytes] = []
        videos: tuple[list[list[Bytes]], list[list[Bytes]]] = ([], [])
        for clip, sample in enumerate(samples):
            plain = [_enlarged(frame) for frame in frames[clip]]
            rows += plain
            rows += [_boxed(frame, labels, policy) for frame, labels in zip(plain, sample.labels, strict=True)]
            reference = [_enlarged(frame) for frame in sample.frames]
            rows += [_boxed(frame, labels, policy) for frame, labels in zip(reference, sample.labels, strict=True)]
            videos[0].append(plain)
            videos[1].append(reference)
        title = "per clip: sampled from the first frame, with boxes, reference with boxes"
        sheet = contact_sheet(rows, columns=frames.shape[1], title=title)
        return Painting(sheet, side_by_side(videos), samples[0].fps)

    return paint


def side_by_side(rows: Sequence[Sequence[Sequence[Bytes]]]) -> Bytes:
    """Videos in rows, as one video (T, H, W, 3): rows of clips of T frames (h, w, 3) each."""
    length = min(len(clip) for row in rows for clip in row)
    columns = max(len(row) for row in rows)
    return np.stack([contact_sheet([c[t] for row in rows for c in row], columns=columns) for t in range(length)])


def preview_sampler(steps: int, guidance_scale: float) -> SamplerConfig:
    """A quick sampler for previews."""
    terms = (GuidanceTerm(without=PARTS, scale=guidance_scale),) if guidance_scale != 1.0 else ()
    return SamplerConfig(name="euler", num_inference_steps=steps, guidance=terms)


class Pictures(pl.Callback):
    """Writes pictures to TensorBoard and to `folder/step-*.png`, short videos to `folder/step-*.webp`.

    Args:
        painter: draws them.
        folder: where the PNG files go.
        every: steps between pictures; 0: at the end only.
    """

    def __init__(self, painter: Painter, folder: Path, every: int) -> None:
        self.painter, self.folder, self.every = painter, folder, every
        self._latest = -1

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Draw now and then."""
        if self.every and trainer.global_step % self.every == 0:
            self._draw(trainer, pl_module)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw once more."""
        if not was_interrupted(trainer):
            self._draw(trainer, pl_module)

    @torch.no_grad()
    def _draw(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        step = trainer.global_step
        if not trainer.is_global_zero or step == self._latest or not isinstance(pl_module, StageModule):
            return
        self._latest = step
        pl_module.eval()
        with pl_module.ema.applied(), trainer.precision_plugin.forward_context():
            painted = self.painter(pl_module.device)
        pl_module.train()
        picture = painted.sheet if isinstance(painted, Painting) else painted
        write_png(self.folder / f"step-{step:06d}.png", picture)
        if isinstance(painted, Painting):
            write_animation(self.folder / f"step-{step:06d}.webp", painted.frames, painted.fps)
        logger = trainer.logger
        experiment = getattr(logger, "experiment", None)
        add_image: Callable[..., None] | None = getattr(experiment, "add_image", None)
        if add_image is not None:
            add_image("samples", picture, global_step=step, dataformats="HWC")


def _seeds(samples: list[ClipSample]) -> list[int]:
    return [_SEED + number for number in range(len(samples))]


def _enlarged(frame: Bytes) -> Bytes:
    factor = max(1, -(-_MIN_WIDTH_PX // frame.shape[1]))
    return enlarge(np.ascontiguousarray(frame), factor)


def _boxed(frame: Bytes, labels: FrameLabels, policy: LabelPolicy) -> Bytes:
    """A frame of any size with its boxes."""
    camera = labels.camera.resize((frame.shape[0], frame.shape[1]))
    return draw_boxes(frame, recamera(labels, camera, policy))
