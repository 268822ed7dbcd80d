"""Tiny real perception nets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from drivegen.models.perception import PerceptionConfig, PerceptionNet, build_perception

SIZE = (64, 128)
BuildNet = Callable[..., PerceptionNet]


@pytest.fixture(params=["residual", "transformer"])
def config(request: pytest.FixtureRequest) -> PerceptionConfig:
    """Both kinds, small."""
    return PerceptionConfig(
        kind=request.param,
        image_size=SIZE,
        width=16,
        identity_dim=6,
        feature_dim=12,
        clip_size=(32, 64),
        clip_width=8,
        clip_feature_dim=10,
    )


@pytest.fixture
def build() -> BuildNet:
    """Builds nets in which nothing is zero: fresh residual blocks are the identity."""

    def make(config: PerceptionConfig, seed: int = 0) -> PerceptionNet:
        torch.manual_seed(seed)
        net = build_perception(config)
        with torch.no_grad():
            for name, parameter in net.named_parameters():
                if name.endswith("conv2.weight"):
                    parameter.normal_(std=0.05)
        return net.eval()

    return make


@pytest.fixture
def net(config: PerceptionConfig, build: BuildNet) -> PerceptionNet:
    return build(config)
