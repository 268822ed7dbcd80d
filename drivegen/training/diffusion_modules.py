"""Training of the image model on single frames and of the temporal layers on clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from drivegen.conditions import Conditions, drop_conditions
from drivegen.diffusion import Schedule, TrainingNoise, diffusion_loss
from drivegen.models import Context, ImageLDM, VideoLDM
from drivegen.training.config import ImageStage, VideoStage
from drivegen.training.interpolation_config import InterpolationStage
from drivegen.training.interpolation_data import told_of_gaps
from drivegen.training.stage_module import StageModule


class ImageModule(StageModule):
    """Predicts the velocity (or noise) of single frames from their conditions.

    Args:
        net: the image model.
        schedule: noise schedule.
        config: dropout and optimiser.
        seed: seed of the run.
    """

    net: ImageLDM

    def __init__(self, net: ImageLDM, schedule: Schedule, config: ImageStage, seed: int) -> None:
        super().__init__(net, config.optim, seed)
        self.schedule, self.config = schedule, config

    def losses(self, batch: tuple[Tensor, Conditions], generator: torch.Generator) -> dict[str, Tensor]:
        """Losses of scaled latents (B, 1, C, h, w) and their conditions."""
        latents, conditions = batch
        if self.training:
            conditions = drop_conditions(conditions, self.config.dropout, generator)
        kind = self.net.config.prediction_type
        noise = self.config.noise
        loss = diffusion_loss(
            self.net, self.schedule, kind, latents, conditions, None, generator=generator, training_noise=noise
        )
        return {"loss": loss.mean()}


class VideoModule(StageModule):
    """Trains the temporal layers on clips; the image model inside is frozen (paper, section 3.1), or learns with them.

    The first 0, 1 or 2 frames of a clip are known: given as context, and left out of the loss. Batches may bring gaps
    along, of which both ends are known.

    Args:
        net: the video model.
        schedule: noise schedule.
        config: context, dropout and optimiser.
        seed: seed of the run.
        gaps: what gaps are told.
    """

    net: VideoLDM

    def __init__(
        self,
        net: VideoLDM,
        schedule: Schedule,
        config: VideoStage,
        seed: int,
        gaps: InterpolationStage | None = None,
    ) -> None:
        net.train_image(config.train == "all")
        super().__init__(net, config.optim, seed)
        self.schedule, self.config, self.gaps = schedule, config, gaps or InterpolationStage()

    def losses(self, batch: tuple[Any, ...], generator: torch.Generator) -> dict[str, Tensor]:
        """Losses of scaled latents (B, T, C, h, w) and their conditions, and of gaps (K, 5, C, h, w) and theirs."""
        latents, conditions, *gaps = batch
        conditions = self._dropped(conditions, generator)
        told = Context.masked(latents, draw_known_frames(latents, self.config.context_probabilities, generator))
        per_clip = unknown_frames_loss(self.net, self.schedule, latents, conditions, told, generator, self.config.noise)
        losses = {"loss": per_clip.mean()}
        if gaps:
            between, theirs = gaps[0], self._dropped(gaps[1], generator)
            told = told_of_gaps(between, self.gaps, generator, training=self.training)
            per_gap = unknown_frames_loss(self.net, self.schedule, between, theirs, told, generator, self.config.noise)
            losses |= {"prediction": per_clip.mean(), "interpolation": per_gap.mean()}
            losses["loss"] = torch.cat([per_clip, per_gap]).mean()
        if self.config.train == "all" and self.config.image_loss_weight > 0:
            losses["image"] = self._image_loss(latents, conditions, generator)
            losses["loss"] = losses["loss"] + self.config.image_loss_weight * losses["image"]
        return losses

    def _dropped(self, conditions: Conditions, generator: torch.Generator) -> Conditions:
        return drop_conditions(conditions, self.config.dropout, generator) if self.training else conditions

    def _image_loss(self, latents: Tensor, conditions: Conditions, generator: torch.Generator) -> Tensor:
        """Loss of one frame of each clip, drawn by the image model alone."""
        time = int(torch.randint(latents.shape[1], (), generator=generator, device=generator.device))
        kind, frame = self.net.image.config.prediction_type, latents[:, time : time + 1]
        theirs, noise = conditions.frame(time), self.config.noise
        loss = diffusion_loss(
            self.net, self.schedule, kind, frame, theirs, None, generator=generator, training_noise=noise
        )
        return loss.mean()


def unknown_frames_loss(
    net: VideoLDM,
    schedule: Schedule,
    latents: Tensor,
    conditions: Conditions,
    context: Context,
    generator: torch.Generator,
    noise: TrainingNoise,
) -> Tensor:
    """Loss per clip (B,) of the frames of latents (B, T, C, h, w) that the context does not know.

    Known frames are put back at every step of sampling, so what the model makes of them does not matter.
    """
    return diffusion_loss(
        net,
        schedule,
        net.image.config.prediction_type,
        latents,
        conditions,
        context,
        generator=generator,
        weight_mask=(~context.mask).to(latents.dtype),
        training_noise=noise,
    )


def draw_known_frames(latents: Tensor, probabilities: Sequence[float], generator: torch.Generator) -> Tensor:
    """Which frames of clips (B, T, ...) are known: the first S, with S drawn from `probabilities`; (B, T) bool.

    At least one frame of each clip stays unknown.
    """
    batch, frames = latents.shape[:2]
    weights = torch.tensor(probabilities, device=generator.device)
    counts = torch.multinomial(weights, batch, replacement=True, generator=generator).clamp(max=frames - 1)
    times = torch.arange(frames, device=latents.device)
    return times[None, :] < counts.to(latents.device)[:, None]
