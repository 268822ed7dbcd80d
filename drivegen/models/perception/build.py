"""Perception nets by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from torch import nn

from drivegen.models.perception.config import PerceptionConfig, PerceptionKind
from drivegen.models.perception.net import PerceptionNet
from drivegen.models.perception.residual_trunk import ResidualTrunk
from drivegen.models.perception.transformer_trunk import TransformerTrunk

TRUNKS: Mapping[PerceptionKind, Callable[[PerceptionConfig], nn.Module]] = {
    "residual": ResidualTrunk,
    "transformer": TransformerTrunk,
}


def build_perception(config: PerceptionConfig) -> PerceptionNet:
    """A perception net with fresh weights."""
    return PerceptionNet(config, TRUNKS[config.kind](config))


def enlarging(net: PerceptionNet, enlarged: float) -> PerceptionNet:
    """The same weights for frames enlarged `enlarged` times, to be trained further.

    Raises:
        ConfigError: sides that the net cannot look at; see `PerceptionConfig.enlarged`.
    """
    other = build_perception(replace(net.config, enlarged=enlarged))
    other.load_state_dict(net.state_dict())
    return other.train(net.training)


def with_regions(net: PerceptionNet, width: int) -> PerceptionNet:
    """The same weights and a region branch of `width` channels: its own if it has one of that width, else a fresh one.

    Raises:
        ConfigError: see `PerceptionConfig.region_width`.
    """
    other = build_perception(replace(net.config, region_width=width))
    for name in ("frame_branch", "clip_branch"):
        getattr(other, name).load_state_dict(getattr(net, name).state_dict())
    if other.region_branch is not None and net.region_branch is not None and net.config.region_width == width:
        other.region_branch.load_state_dict(net.region_branch.state_dict())
    return other.train(net.training)
