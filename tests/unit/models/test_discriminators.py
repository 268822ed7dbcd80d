"""Patch discriminators."""

from __future__ import annotations

import pytest
import torch

from drivegen.core import ConfigError
from drivegen.models import DiscriminatorConfig, PatchDiscriminator, hinge_loss

TINY = DiscriminatorConfig(width=4, layers=2)


def video() -> torch.Tensor:
    return torch.rand(2, 4, 3, 16, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.mark.parametrize("over_time", [False, True])
def test_a_verdict_per_patch(over_time: bool) -> None:
    assert PatchDiscriminator(TINY, over_time=over_time)(video()).shape == (2, 4, 4, 8)


def test_only_the_one_over_time_minds_the_order_of_frames() -> None:
    for over_time in (False, True):
        torch.manual_seed(0)
        net = PatchDiscriminator(TINY, over_time=over_time)
        order = torch.tensor([2, 0, 3, 1])
        shuffled = net(video()[:, order])
        same = torch.allclose(shuffled, net(video())[:, order], atol=1e-5)
        assert same is not over_time


def test_hinge_is_content_beyond_the_margin() -> None:
    assert hinge_loss(torch.tensor([1.5]), torch.tensor([-2.0])) == 0
    assert hinge_loss(torch.tensor([0.0]), torch.tensor([0.0])) == 1


def test_learns_to_tell_flicker() -> None:
    torch.manual_seed(0)
    net = PatchDiscriminator(TINY, over_time=True)
    still = video()[:, :1].expand(-1, 4, -1, -1, -1)
    flickering = still + 0.2 * torch.tensor([1.0, -1.0, 1.0, -1.0])[:, None, None, None]
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(40):
        loss = hinge_loss(net(still), net(flickering))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.5


def test_configuration_is_checked() -> None:
    with pytest.raises(ConfigError, match="width, layers: out of range"):
        DiscriminatorConfig(layers=0)
