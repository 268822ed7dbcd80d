"""Conditions -> tokens that the UNet attends to, and a layout raster that joins its input."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from torch import Tensor, nn

from drivegen.conditions import OBJECT_CHANNELS, Conditions
from drivegen.core.ambience import TimeOfDay, Weather
from drivegen.core.categories import CATEGORIES
from drivegen.core.errors import DataError
from drivegen.models.attention import SelfAttentionBlock
from drivegen.models.image_config import ImageLDMConfig

AMBIENCE_TOKENS = 4  # weather, time of day, crowdedness, camera
FRAME_TOKENS = AMBIENCE_TOKENS + 1  # and one that tells an empty road from an unknown layout
CAMERA_VALUES = 6
CORNER_VALUES = 8 * 3
# Brings ln(depth / m), about -0.7 to 4.4, to the range of the image coordinates.
LOG_DEPTH_SCALE = 0.25
# Crowdedness enters as log(1 + road users), in units of log(1 + 20).
CROWDEDNESS_SCALE = 1.0 / math.log1p(20.0)


class ConditionEncoder(nn.Module):
    """Encodes each frame's conditions on their own; every part has its learned null."""

    def __init__(self, config: ImageLDMConfig) -> None:
        super().__init__()
        dim, self.fold = config.token_dim, config.conditions.unshuffle
        self.weather = nn.Embedding(len(Weather) + 1, dim)
        self.time_of_day = nn.Embedding(len(TimeOfDay) + 1, dim)
        self.crowdedness = _mlp(1, dim)
        self.camera = _mlp(CAMERA_VALUES, dim)
        self.nulls = nn.Parameter(0.02 * torch.randn(2, dim))  # unknown crowdedness, unknown camera
        self.layout = nn.Embedding(2**3, dim)  # has boxes, objects known, map known
        self.category = nn.Embedding(len(CATEGORIES), dim)
        self.register_buffer("frequencies", math.pi * 2.0 ** torch.arange(config.encoder.frequencies), persistent=False)
        box_values = CORNER_VALUES * (1 + 2 * config.encoder.frequencies) + 2 + 3 + 1
        self.box = _mlp(box_values, dim)
        self.kind = nn.Parameter(0.02 * torch.randn(FRAME_TOKENS + 1, dim))  # what sort of token each one is
        self.blocks = nn.ModuleList(
            SelfAttentionBlock(dim, config.encoder.head_dim) for _ in range(config.encoder.layers)
        )
        self.norm = nn.LayerNorm(dim)

    def forward(self, conditions: Conditions) -> tuple[Tensor, Tensor, Tensor]:
        """Encode B clips of T frames with up to N boxes.

        Returns:
            Tokens (B*T, L, D) with L = 5 + N; which of them are real (B*T, L) bool; the raster folded to the size of
            the latents (B*T, 21*u*u, h, w).
        """
        boxes, box_mask = self._box_tokens(conditions)
        ambience = repeat(self._ambience_tokens(conditions), "b l d -> (b t) l d", t=conditions.num_frames)
        kinds = torch.cat([self.kind[:FRAME_TOKENS], self.kind[FRAME_TOKENS:].expand(boxes.shape[1], -1)])
        tokens = torch.cat([ambience, self._layout_token(conditions, box_mask), boxes], dim=1) + kinds
        mask = F.pad(box_mask, (FRAME_TOKENS, 0), value=True)
        for block in self.blocks:
            tokens = block(tokens, mask)
        return self.norm(tokens), mask, self._raster(conditions)

    def _ambience_tokens(self, conditions: Conditions) -> Tensor:
        """(B, 4, D)."""
        count = torch.log1p(conditions.crowdedness.clamp_min(0.0)).mul(CROWDEDNESS_SCALE)
        crowdedness = torch.where(
            conditions.crowdedness_known[:, None], self.crowdedness(count[:, None]), self.nulls[0]
        )
        camera = torch.where(conditions.camera_known[:, None], self.camera(conditions.camera), self.nulls[1])
        weather, time_of_day = self.weather(conditions.weather), self.time_of_day(conditions.time_of_day)
        return torch.stack([weather, time_of_day, crowdedness.to(weather.dtype), camera.to(weather.dtype)], dim=1)

    def _layout_token(self, conditions: Conditions, box_mask: Tensor) -> Tensor:
        """(B*T, 1, D): tells a layout that is unknown from one that is empty; raster and boxes look alike for both."""
        known = conditions.objects_known.long() + 2 * conditions.map_known.long()
        state = box_mask.any(dim=1).long() + 2 * repeat(known, "b -> (b t)", t=conditions.num_frames)
        return self.layout(state[:, None])

    def _box_tokens(self, conditions: Conditions) -> tuple[Tensor, Tensor]:
        """Tokens (B*T, N, D) and their mask (B*T, N)."""
        mask = rearrange(conditions.box_mask, "b t n -> (b t) n")
        scale = conditions.boxes.new_tensor([1.0, 1.0, LOG_DEPTH_SCALE])
        corners = rearrange(conditions.boxes * scale, "b t n corner xyz -> (b t) n (corner xyz)")
        known = rearrange(conditions.box_appearance_known, "b t n -> (b t) n 1").to(corners.dtype)
        appearance = rearrange(conditions.box_appearance, "b t n rgb -> (b t) n rgb") * known
        heading = rearrange(conditions.box_heading, "b t n xy -> (b t) n xy")
        values = torch.cat([self._fourier(corners), heading, appearance, known], dim=-1)
        tokens = self.box(values) + self.category(rearrange(conditions.box_category, "b t n -> (b t) n"))
        # Padding may hold anything; masked tokens must not carry it (not even a NaN) into a product with zero.
        return torch.where(mask[..., None], tokens, torch.zeros_like(tokens)), mask

    def _fourier(self, values: Tensor) -> Tensor:
        """(..., K) to (..., K * (1 + 2 F))."""
        angles = rearrange(values[..., None] * self.frequencies, "... k f -> ... (k f)")
        return torch.cat([values, angles.sin(), angles.cos()], dim=-1)

    def _raster(self, conditions: Conditions) -> Tensor:
        raster, objects = conditions.raster, len(OBJECT_CHANNELS)
        if raster.shape[-2] % self.fold or raster.shape[-1] % self.fold:
            raise DataError(
                "raster does not fold to the latents",
                where="Conditions.raster",
                expected=f"height and width that are multiples of {self.fold}",
                got=tuple(raster.shape[-2:]),
            )
        known = torch.cat(
            [
                repeat(conditions.objects_known, "b -> b c", c=objects),
                repeat(conditions.map_known, "b -> b c", c=raster.shape[2] - objects),
            ],
            dim=1,
        )
        kept = torch.where(known[:, None, :, None, None], raster, torch.zeros_like(raster))
        return F.pixel_unshuffle(rearrange(kept, "b t c h w -> (b t) c h w"), self.fold)


def _mlp(inputs: int, dim: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, dim), nn.SiLU(), nn.Linear(dim, dim))
