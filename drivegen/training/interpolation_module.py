"""Training of the temporal layers that draw the frames between two known ones."""

from __future__ import annotations

import torch
from torch import Tensor

from drivegen.conditions import Conditions, drop_conditions
from drivegen.diffusion import Schedule
from drivegen.models import VideoLDM
from drivegen.training.diffusion_modules import unknown_frames_loss
from drivegen.training.interpolation_config import InterpolationStage
from drivegen.training.interpolation_data import told_of_gaps
from drivegen.training.stage_module import StageModule


class InterpolationModule(StageModule):
    """Trains on gaps: first and last frame known and left out of the loss (paper, section 3.2).

    Args:
        net: the interpolation model.
        schedule: noise schedule.
        config: dropout, optimiser and what is trained.
        seed: seed of the run.
    """

    net: VideoLDM

    def __init__(self, net: VideoLDM, schedule: Schedule, config: InterpolationStage, seed: int) -> None:
        net.train_image(config.train == "all")
        super().__init__(net, config.optim, seed)
        self.schedule, self.config = schedule, config

    def losses(self, batch: tuple[Tensor, Conditions], generator: torch.Generator) -> dict[str, Tensor]:
        """Losses of scaled latents (B, 5, C, h, w) and their conditions."""
        latents, conditions = batch
        if self.training:
            conditions = drop_conditions(conditions, self.config.dropout, generator)
        told = told_of_gaps(latents, self.config, generator, training=self.training)
        noise = self.config.noise
        loss = unknown_frames_loss(self.net, self.schedule, latents, conditions, told, generator, noise)
        return {"loss": loss.mean()}
