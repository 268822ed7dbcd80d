"""Counting parameters."""

from __future__ import annotations

from torch import nn

from drivegen.models import count_parameters


def test_count() -> None:
    module = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    assert count_parameters(module) == 3 * 4 + 4 + 2 * 4
    module[0].requires_grad_(False)
    assert count_parameters(module, trainable_only=True) == 2 * 4
    shared = nn.ModuleList([module, module])
    assert count_parameters(shared) == count_parameters(module)
