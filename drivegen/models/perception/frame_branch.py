"""The frame branch: what a net sees in single frames."""

from __future__ import annotations

import math
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from drivegen.core.ambience import TimeOfDay, Weather
from drivegen.core.categories import CATEGORIES
from drivegen.models.perception.config import STRIDE, PerceptionConfig
from drivegen.models.perception.layers import ResidualBlock
from drivegen.models.perception.outputs import FrameOutputs

PRIOR = 0.02
"""Confidence of a fresh net in every cell: near the share of cells that hold an object, so that training does not start
with a flood of false alarms (Lin et al. 2017, arXiv:1708.02002, section 3.3)."""
FRESH_DISTANCE_PX = 8.0
FRESH_DEPTH_M = 25.0
FRESH_ROAD_USERS = 5.0
WIDEST = 6.0
"""Boxes reach at most STRIDE * exp(WIDEST) pixels from a cell: beyond any frame, and finite."""


class Trunk(Protocol):
    """Frames (B, 3, H, W) to features (B, C, H / 4, W / 4) and a summary (B, S)."""

    detail_channels: int
    summary_channels: int

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]: ...


class FrameBranch(nn.Module):
    """A trunk, and heads on its features at stride 4 (as in CenterNet, Zhou et al. 2019, arXiv:1904.07850)."""

    def __init__(self, config: PerceptionConfig, trunk: nn.Module) -> None:
        super().__init__()
        self.trunk = trunk
        width, summary = int(trunk.detail_channels), int(trunk.summary_channels)
        self.tower = ResidualBlock(width)
        self.norm = nn.GroupNorm(8, width)
        # In cells of frames that are not enlarged, so that a net counts the same when it goes on with larger ones.
        self.cell_area = config.enlarged**-2
        # class, box, log depth, alpha, identity, density of road users
        self.parts = (len(CATEGORIES), 4, 1, 2, config.identity_dim, 1)
        self.cells = nn.Conv2d(width, sum(self.parts), 1)
        self.feature = nn.Sequential(
            nn.LayerNorm(summary), nn.Linear(summary, config.feature_dim), nn.SiLU(),
            nn.Linear(config.feature_dim, config.feature_dim),
        )  # fmt: skip
        self.ambience = nn.Linear(config.feature_dim, len(Weather) + len(TimeOfDay))
        self._start(config)

    def forward(self, images: Tensor) -> FrameOutputs:
        """Images (B, 3, H, W) in [-1, 1]; all answers in single precision."""
        detail, summary = self.trunk(images)
        cells = self.cells(F.silu(self.norm(self.tower(detail)))).float()
        classes, box, depth, alpha, identity, density = cells.split(self.parts, dim=1)
        feature = self.feature(summary)
        weather, time = self.ambience(F.silu(feature)).float().split((len(Weather), len(TimeOfDay)), dim=1)
        return FrameOutputs(
            class_logits=classes,
            box_ltrb=STRIDE * torch.exp(box.clamp(-WIDEST, WIDEST)),
            log_depth=depth[:, 0],
            alpha=alpha,
            identity=identity,
            weather_logits=weather,
            time_logits=time,
            # A count is a sum over places, so that crowds denser than any seen in training still count.
            log_road_users=torch.log1p(self.cell_area * F.softplus(density).sum(dim=(1, 2, 3))),
            feature=feature.float(),
        )

    @torch.no_grad()
    def _start(self, config: PerceptionConfig) -> None:
        """Sensible answers of a fresh net: rare objects of common size at common distance."""
        rows, columns = config.grid
        nn.init.normal_(self.cells.weight, std=0.01)
        start = [-math.log(1 / PRIOR - 1)] * self.parts[0] + [math.log(FRESH_DISTANCE_PX / STRIDE)] * self.parts[1]
        start += [math.log(FRESH_DEPTH_M)] + [0.0] * (self.parts[3] + self.parts[4])
        start += [math.log(math.expm1(FRESH_ROAD_USERS / (rows * columns * self.cell_area)))]
        self.cells.bias.copy_(torch.tensor(start))
        # Directions compare; of vectors that start near zero they would be noise.
        identity = slice(sum(self.parts[:4]), sum(self.parts[:5]))
        nn.init.normal_(self.cells.weight[identity], std=self.cells.in_channels**-0.5)
