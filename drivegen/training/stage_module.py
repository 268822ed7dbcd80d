"""What the stages share as Lightning modules: optimiser, average of the weights, named random streams."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from drivegen.core import derive_seed
from drivegen.training.config import OptimConfig
from drivegen.training.ema import Ema

# Every validation draws the same noise and timesteps, so that its losses compare.
_VALIDATION_SEED = 0


class StageModule(pl.LightningModule):
    """One stage of training.

    Sub-classes give `losses`. The moving average `ema` covers what has gradients; `callbacks.EmaCallback` updates and
    stores it.

    Args:
        net: the network.
        optim: optimiser settings.
        seed: seed of the run.
    """

    def __init__(self, net: nn.Module, optim: OptimConfig, seed: int) -> None:
        super().__init__()
        self.net, self.optim, self.seed = net, optim, seed
        self.ema = Ema(net, optim.ema_decay)

    def losses(self, batch: Any, generator: torch.Generator) -> dict[str, Tensor]:
        """Losses of a batch by name; `loss` is what is minimised. Random draws come from `generator` alone."""
        raise NotImplementedError

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """One step; what it draws depends on the seed, the step and the process alone."""
        losses = self.training_losses(batch, self.generator("train", self.global_step, self.global_rank))
        self.log_dict({f"train/{name}": value.detach() for name, value in losses.items()}, batch_size=1)
        return losses["loss"]

    def training_losses(self, batch: Any, generator: torch.Generator) -> dict[str, Tensor]:
        """Losses of a training step; a stage with an opponent lets it learn here too."""
        return self.losses(batch, generator)

    @torch.no_grad()
    def validation_losses(self, batches: list[Any]) -> dict[str, float]:
        """Mean losses of some batches, by name; the same noise at every call."""
        totals: dict[str, float] = {}
        for number, batch in enumerate(batches):
            moved = self.transfer_batch_to_device(batch, self.device, 0)
            generator = torch.Generator(self.device).manual_seed(derive_seed(_VALIDATION_SEED, "validation", number))
            for name, value in self.losses(moved, generator).items():
                totals[name] = totals.get(name, 0.0) + float(value) / len(batches)
        return totals

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW over what has gradients; `callbacks.RunClock` sets the learning rate at every step."""
        parameters = [p for p in self.net.parameters() if p.requires_grad]
        return torch.optim.AdamW(
            parameters,
            lr=self.optim.lr,
            betas=self.optim.betas,
            weight_decay=self.optim.weight_decay,
            foreach=True,
        )

    def generator(self, *names: str | int) -> torch.Generator:
        """The random stream of these names, on the module's device."""
        return torch.Generator(self.device).manual_seed(derive_seed(self.seed, *names))
