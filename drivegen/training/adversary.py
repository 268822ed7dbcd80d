"""The discriminators of a stage with their own optimiser.

They are kept beside the Lightning module, not in it: Lightning then optimises the stage itself as it does every other
(with two optimisers it would count every step twice, and batches, learning rate and length of the run would shift), and
the average of the weights, the exported folder and gradient clipping see the stage alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from drivegen.core import DataError
from drivegen.models import hinge_loss
from drivegen.training.adversarial_config import AdversarialConfig

# Bounds of the adaptive weight (Esser et al. 2021, arXiv 2012.09841, equation 7).
_SMALLEST_GRADIENT = 1e-8
_LARGEST_BALANCE = 1e4
_GRADIENT_CLIP = 1.0


@dataclass(frozen=True, eq=False)
class Verdict:
    """What the discriminators say of an output.

    Attributes:
        loss: to be added to the other losses; already weighted.
        adversarial: minus the mean logit of the output's patches.
        balance: the other losses' gradient at the output over that of `adversarial`.
        discriminator: what the discriminators minimise.
    """

    loss: Tensor
    adversarial: Tensor
    balance: Tensor
    discriminator: Tensor


class Adversary:
    """Discriminators that learn from each batch and then judge it.

    Args:
        discriminators: networks from video (B, T, 3, H, W) to logits; together they are one opponent.
        config: weight and learning rate.
    """

    def __init__(self, discriminators: Sequence[nn.Module], config: AdversarialConfig) -> None:
        self.config = config
        self.nets = nn.ModuleList(discriminators)
        self.optimizer = torch.optim.AdamW(
            self.nets.parameters(), lr=config.lr, betas=(0.5, 0.9), weight_decay=0.0, foreach=True
        )

    def play(self, target: Tensor, output: Tensor, loss: Tensor, lr_scale: float) -> Verdict:
        """One step of the discriminators, then their verdict on the output.

        Args:
            target: recorded video (B, T, 3, H, W).
            output: what was decoded, with its graph.
            loss: the other losses of `output`.
            lr_scale: share of the learning rate at this step.
        """
        discriminator = self._learn(target, output.detach(), lr_scale)
        self.nets.requires_grad_(False)
        adversarial = -sum((net(output).float().mean() for net in self.nets), torch.zeros((), device=output.device))
        self.nets.requires_grad_(True)
        balance = _gradient_norm(loss, output) / _gradient_norm(adversarial, output).clamp_min(_SMALLEST_GRADIENT)
        balance = balance.clamp_max(_LARGEST_BALANCE).detach()
        return Verdict(self.config.weight * balance * adversarial, adversarial, balance, discriminator)

    def to(self, device: torch.device) -> None:
        """Move the networks and what their optimiser remembers."""
        self.nets.to(device)
        # Loading brings the optimiser's tensors to where its parameters are.
        self.optimizer.load_state_dict(self.optimizer.state_dict())

    def state_dict(self) -> dict[str, Any]:
        """Tensors and plain values only."""
        return {"nets": self.nets.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any] | None) -> None:
        """Take up where a checkpoint left.

        Raises:
            DataError: the checkpoint holds no discriminators, or others.
        """
        try:
            if state is None:
                raise KeyError("adversary")
            self.nets.load_state_dict(state["nets"])
            self.optimizer.load_state_dict(state["optimizer"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise DataError(
                "checkpoint belongs to another run",
                where="discriminator",
                got=error,
                remedy="start a new run: another out, or resume=false",
            ) from error

    def _learn(self, real: Tensor, fake: Tensor, lr_scale: float) -> Tensor:
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.lr * lr_scale
        losses = [hinge_loss(net(real).float(), net(fake).float()) for net in self.nets]
        loss = torch.stack(losses).sum()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        _average_over_processes(self.nets)
        torch.nn.utils.clip_grad_norm_(self.nets.parameters(), _GRADIENT_CLIP)
        self.optimizer.step()
        return loss.detach()


def _gradient_norm(loss: Tensor, output: Tensor) -> Tensor:
    return torch.autograd.grad(loss, output, retain_graph=True)[0].float().norm()


def _average_over_processes(module: nn.Module) -> None:
    if not (dist.is_available() and dist.is_initialized()):
        return
    for parameter in module.parameters():
        if parameter.grad is not None:
            dist.all_reduce(parameter.grad)
            parameter.grad /= dist.get_world_size()
