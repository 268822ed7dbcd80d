"""The moving average of the weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from drivegen.core import DataError
from drivegen.training.ema import Ema


def test_equals_its_closed_form() -> None:
    module = nn.Linear(1, 1, bias=False)
    values = [0.5, -1.0, 2.0, 3.0, -0.25]
    with torch.no_grad():
        module.weight.fill_(1.0)
    ema = Ema(module, decay=0.3)
    expected = 1.0
    for number, value in enumerate(values):
        with torch.no_grad():
            module.weight.fill_(value)
        decay = min(0.3, (1 + number) / (10 + number))
        assert ema.current_decay() == pytest.approx(decay)
        ema.update()
        expected = decay * expected + (1 - decay) * value
    assert ema.average["weight"].item() == pytest.approx(expected, rel=1e-6)


def test_only_what_is_trained_is_averaged() -> None:
    module = nn.Linear(2, 2)
    module.bias.requires_grad_(False)
    assert set(Ema(module, 0.9).average) == {"weight"}


def test_applied_gives_the_weights_back() -> None:
    module = nn.Linear(2, 2)
    ema = Ema(module, 0.9)
    own = module.weight.detach().clone() + 1.0
    with torch.no_grad():
        module.weight.copy_(own)
    with ema.applied():
        assert torch.equal(module.weight, ema.average["weight"])
    assert torch.equal(module.weight, own)


def test_state_survives() -> None:
    module = nn.Linear(2, 2)
    ema = Ema(module, 0.9)
    ema.update()
    other = Ema(nn.Linear(2, 2), 0.9)
    other.load_state_dict(ema.state_dict())
    assert other.updates == 1
    assert torch.equal(other.average["weight"], ema.average["weight"])


def test_foreign_state_is_refused() -> None:
    with pytest.raises(DataError, match="another network"):
        Ema(nn.Linear(2, 2), 0.9).load_state_dict({"updates": 0, "average": {}})
