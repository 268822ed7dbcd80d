"""Training of the image model on single frames and of the temporal layers on clips."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from drivegen.conditions import Conditions, drop_conditions
from drivegen.diffusion import Schedule, diffusion_loss
from drivegen.models import Context, ImageLDM, VideoLDM
from drivegen.training.config import ImageStage, VideoStage
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
        loss = diffusion_loss(self.net, self.schedule, kind, latents, conditions, None, generator=generator)
        return {"loss": loss.mean()}


class VideoModule(StageModule):
    """Trains the temporal layers on clips; the image model inside is frozen (paper, section 3.1).

    The first 0, 1 or 2 frames of a clip are known: given as context, and left out of the loss.

    Args:
        net: the video model.
        schedule: noise schedule.
        config: context, dropout and optimiser.
        seed: seed of the run.
    """

    net: VideoLDM

    def __init__(self, net: VideoLDM, schedule: Schedule, config: VideoStage, seed: int) -> None:
        net.image.requires_grad_(False)
        super().__init__(net, config.optim, seed)
        self.schedule, self.config = schedule, config

    def losses(self, batch: tuple[Tensor, Conditions], generator: torch.Generator) -> dict[str, Tensor]:
        """Losses of scaled latents (B, T, C, h, w) and their conditions."""
        latents, conditions = batch
        if self.training:
            conditions = drop_conditions(conditions, self.config.dropout, generator)
        known = draw_known_frames(latents, self.config.context_probabilities, generator)
        loss = diffusion_loss(
            self.net,
            self.schedule,
            self.net.image.config.prediction_type,
            latents,
            conditions,
            Context.masked(latents, known),
            generator=generator,
            weight_mask=(~known).to(latents.dtype),
        )
        return {"loss": loss.mean()}


def draw_known_frames(latents: Tensor, probabilities: Sequence[float], generator: torch.Generator) -> Tensor:
    """Which frames of clips (B, T, ...) are known: the first S, with S drawn from `probabilities`; (B, T) bool.

    At least one frame of each clip stays unknown.
    """
    batch, frames = latents.shape[:2]
    weights = torch.tensor(probabilities, device=generator.device)
    counts = torch.multinomial(weights, batch, replacement=True, generator=generator).clamp(max=frames - 1)
    times = torch.arange(frames, device=latents.device)
    return times[None, :] < counts.to(latents.device)[:, None]
