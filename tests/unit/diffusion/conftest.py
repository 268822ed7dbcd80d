"""Conditions of a given shape without any scenario, and a denoiser whose answer is known."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from drivegen.conditions import Conditions


def make_conditions(batch: int, frames: int = 1, boxes: int = 2) -> Conditions:
    yes = torch.ones(batch, dtype=torch.bool)
    return Conditions(
        weather=torch.arange(batch) % 5,
        time_of_day=torch.zeros(batch, dtype=torch.long),
        crowdedness=torch.ones(batch),
        crowdedness_known=yes,
        camera=torch.ones(batch, 6),
        camera_known=yes,
        boxes=torch.ones(batch, frames, boxes, 8, 3),
        box_category=torch.zeros(batch, frames, boxes, dtype=torch.long),
        box_heading=torch.ones(batch, frames, boxes, 2),
        box_appearance=torch.ones(batch, frames, boxes, 3),
        box_appearance_known=torch.ones(batch, frames, boxes, dtype=torch.bool),
        box_mask=torch.ones(batch, frames, boxes, dtype=torch.bool),
        raster=torch.ones(batch, frames, 21, 4, 8),
        objects_known=yes,
        map_known=yes,
        ego_motion=torch.ones(batch, frames, 4),
        ego_known=yes,
        frame_interval_s=torch.full((batch,), 0.1),
    )


def gaussian(mean: float, std: float) -> Callable[[Tensor, Tensor], Tensor]:
    """The exact denoiser of data that is normal with this mean and standard deviation in every element."""

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        level = sigma.to(x.dtype).view(-1, *[1] * (x.ndim - 1))
        return mean + std**2 / (std**2 + level**2) * (x - mean)

    return denoise


@pytest.fixture
def conditions() -> Callable[..., Conditions]:
    return make_conditions


@pytest.fixture
def gaussian_denoiser() -> Callable[[float, float], Callable[[Tensor, Tensor], Tensor]]:
    return gaussian
