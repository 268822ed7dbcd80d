"""Stops a run whose loss or gradient is not finite, before that reaches the weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor

from drivegen.core import DataError
from drivegen.training.datamodule import StageData

# More names than this do not help.
_MOST_NAMES = 64


class FiniteGuard(pl.Callback):
    """Raises where a loss or gradient is not finite, with the names of the batch's clips.

    The weights, their average and every checkpoint are then those of the last good step. With several processes the
    gradient is what they share: it is not finite in all of them at once, and all of them stop.

    Args:
        data: tells which items a step sees.
        checkpoint: where the last good state is, for the message.
    """

    def __init__(self, data: StageData, checkpoint: Path) -> None:
        self.data, self.checkpoint = data, checkpoint
        self._batch = data.first_step
        self._loss: Tensor | None = None

    def on_before_backward(self, trainer: pl.Trainer, pl_module: pl.LightningModule, loss: Tensor) -> None:
        """Keep the loss; looking at it here would make the processes of a run disagree on whether to stop."""
        self._loss = loss.detach()

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        """Look at loss and gradient, once per update."""
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        finite = torch.stack([norm.float() for norm in torch._foreach_norm(gradients)]).isfinite().all()
        if self._loss is not None and trainer.world_size == 1:
            finite = finite & self._loss.isfinite()
        if not bool(finite):
            self._refuse(trainer)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Count batches; an optimiser's steps would count several times where there are several optimisers."""
        self._batch += 1

    def _refuse(self, trainer: pl.Trainer) -> None:
        own = self._loss if self._loss is not None else torch.tensor(float("nan"))
        losses = trainer.strategy.all_gather(own.float()).flatten().tolist()
        bad = [rank for rank, loss in enumerate(losses) if not np.isfinite(loss)] or list(range(len(losses)))
        names = [name for rank in bad for name in self.data.names(self._batch, rank, trainer.world_size)]
        shown = ", ".join(names[:_MOST_NAMES]) + (", ..." if len(names) > _MOST_NAMES else "")
        kept = f"{self.checkpoint} holds the last good checkpoint; " if self.checkpoint.is_file() else ""
        raise DataError(
            "the loss or its gradient is not finite, the run stops before its weights are touched",
            where=f"step {self._batch}",
            got=f"loss {', '.join(f'{losses[rank]:g}' for rank in bad)} from the clips {shown}",
            remedy=f"{kept}look at these clips, or choose precision=float32 or a smaller learning rate (another out)",
        )
