"""Stages that learn to decode images, with or without an opponent that tells their outputs from data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from drivegen.training.adversarial_config import AdversarialConfig
from drivegen.training.adversary import Adversary
from drivegen.training.optim_config import OptimConfig
from drivegen.training.stage_module import StageModule

_STATE = "adversary"


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """What a network made of a batch.

    Attributes:
        target: (B, T, 3, H, W) in [-1, 1].
        output: the same, decoded.
        losses: by name, without the opponent's; `loss` is their weighted sum.
    """

    target: Tensor
    output: Tensor
    losses: dict[str, Tensor]


class AdversarialModule(StageModule):
    """A stage that sub-classes describe by `reconstruct`.

    Validation losses leave the opponent out, so that they compare over time.

    Args:
        net: the network.
        optim: its optimiser.
        seed: seed of the run.
        adversarial: weight of the opponent.
        discriminators: what the opponent consists of; none: there is no opponent.
    """

    def __init__(
        self,
        net: nn.Module,
        optim: OptimConfig,
        seed: int,
        adversarial: AdversarialConfig,
        discriminators: Sequence[nn.Module] = (),
    ) -> None:
        super().__init__(net, optim, seed)
        self.from_step = adversarial.from_step
        self.adversary = Adversary(discriminators, adversarial) if discriminators else None

    def reconstruct(self, batch: Any, generator: torch.Generator) -> Reconstruction:
        """Decode a batch and compare it with what it should be; random draws come from `generator` alone."""
        raise NotImplementedError

    def losses(self, batch: Any, generator: torch.Generator) -> dict[str, Tensor]:
        """Losses of a batch by name, without the opponent's."""
        return self.reconstruct(batch, generator).losses

    def training_losses(self, batch: Any, generator: torch.Generator) -> dict[str, Tensor]:
        """The same, and from `from_step` on the opponent's."""
        made = self.reconstruct(batch, generator)
        if self.adversary is None or self.global_step < self.from_step:
            return made.losses
        verdict = self.adversary.play(made.target, made.output, made.losses["loss"], self._lr_scale())
        return {
            **made.losses,
            "loss": made.losses["loss"] + verdict.loss,
            "adversarial": verdict.adversarial,
            "adversarial_balance": verdict.balance,
            "discriminator": verdict.discriminator,
        }

    def on_fit_start(self) -> None:
        """Bring the opponent to where the network is."""
        if self.adversary is not None:
            self.adversary.to(self.device)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the opponent and its optimiser."""
        if self.adversary is not None:
            checkpoint[_STATE] = self.adversary.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the opponent up where it was left."""
        if self.adversary is not None:
            self.adversary.load_state_dict(checkpoint.get(_STATE))

    def _lr_scale(self) -> float:
        """Share of its learning rate that the stage uses at this step (`callbacks.RunClock` sets it)."""
        return float(self.trainer.optimizers[0].param_groups[0]["lr"]) / self.optim.lr
