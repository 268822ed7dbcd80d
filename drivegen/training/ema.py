"""Exponential moving average of the weights that are trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from drivegen.core import DataError

# The average starts fast, so that it does not remember the random start: decay (1 + n) / (10 + n) until that exceeds
# the asked one (as in the TensorFlow and diffusers implementations).
_WARM_UP = 10


class Ema:
    """Averages the trainable parameters of a module, in float32.

    Args:
        module: what is trained; parameters without gradient are left alone.
        decay: share of the average that each update keeps, once warmed up.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self._parameters = {name: p for name, p in module.named_parameters() if p.requires_grad}
        self.average = {name: p.detach().clone().float() for name, p in self._parameters.items()}

    def current_decay(self) -> float:
        """The decay of the next update."""
        return min(self.decay, (1 + self.updates) / (_WARM_UP + self.updates))

    @torch.no_grad()
    def update(self) -> None:
        """average <- decay * average + (1 - decay) * parameter."""
        weight = 1.0 - self.current_decay()
        averages = list(self.average.values())
        torch._foreach_lerp_(averages, [p.float() for p in self._parameters.values()], weight)
        self.updates += 1

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The module holds the averages inside the block, and its own values again after it."""
        own = {name: p.detach().clone() for name, p in self._parameters.items()}
        self.copy_to_module()
        try:
            yield
        finally:
            with torch.no_grad():
                for name, parameter in self._parameters.items():
                    parameter.copy_(own[name])

    @torch.no_grad()
    def copy_to_module(self) -> None:
        """Give the module the averages for good."""
        for name, parameter in self._parameters.items():
            parameter.copy_(self.average[name])

    def state_dict(self) -> dict[str, object]:
        """Averages and number of updates, as tensors and numbers only."""
        return {"updates": self.updates, "average": dict(self.average)}

    def load_state_dict(self, state: Mapping[str, object]) -> None:
        """Take up an average where it was left.

        Raises:
            DataError: the state belongs to another module.
        """
        average: dict[str, Tensor] = state["average"]  # type: ignore[assignment]
        if average.keys() != self.average.keys():
            raise DataError("checkpoint belongs to another network", where="ema", remedy="start a new run: another out")
        for name, value in average.items():
            self.average[name].copy_(value)
        self.updates = int(state["updates"])  # type: ignore[call-overload]

    def to(self, device: torch.device) -> None:
        """Move the averages to a device."""
        self.average = {name: value.to(device) for name, value in self.average.items()}
