"""The shape of the upsampler."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from drivegen.core.errors import ConfigError
from drivegen.models.image_config import PredictionType
from drivegen.models.schedule_info import ScheduleInfo
from drivegen.models.temporal import TemporalConfig


def _schedule() -> ScheduleInfo:
    """That of the paper's pixel upsampler (table 6)."""
    return ScheduleInfo(kind="linear", beta_start=1e-4, beta_end=2e-2)


@dataclass(frozen=True)
class UpsamplerConfig:
    """Shape of the upsampler; the defaults are the tiny model's (64x128 to 128x256)."""

    factor: Literal[2, 4] = 2
    """How many times higher and wider frames become (the paper: 4)."""
    fold: int = 4
    """Squares of fold x fold pixels of the large frame are folded into channels: no layer runs at full resolution."""
    block_out_channels: tuple[int, ...] = (64, 96, 128)
    """Channels per level; each level halves the resolution of the one above."""
    layers_per_block: int = 1
    attention_head_dim: int = 32
    """Channels of each head of the middle block's attention."""
    norm_num_groups: int = 16
    level_dim: int = 128
    """Width of the token that tells how noisy the small frames are (the paper: 768)."""
    max_augmentation: float = 0.5
    """Largest standard deviation of the noise that the small frames are shown with in training, where frames lie in
    [-1, 1] (the paper: 250 of 1000 steps, which is 0.96)."""
    prediction_type: PredictionType = "sample"
    """What the network gives: the residual itself. Most of it is nothing, which a small network says at once; with
    velocities, as in the paper, it has to repeat the noise of every pixel first (docs/decisions/0011)."""
    schedule: ScheduleInfo = field(default_factory=_schedule)
    temporal: TemporalConfig | None = None
    """Absent while frames are enlarged one by one (phase=image)."""

    def __post_init__(self) -> None:
        self.schedule.check_prediction(self.prediction_type)
        if self.factor not in (2, 4):
            raise ConfigError("unknown value", where="factor", expected="2 or 4", got=self.factor)
        if self.fold < 1 or self.layers_per_block < 1 or self.level_dim < 2 or self.level_dim % 2:
            raise ConfigError(
                "out of range",
                where="fold, layers_per_block, level_dim",
                expected="positive, level_dim even",
                got=(self.fold, self.layers_per_block, self.level_dim),
            )
        if not self.block_out_channels or self.max_augmentation < 0:
            raise ConfigError(
                "out of range",
                where="block_out_channels, max_augmentation",
                expected="a level or more, and no negative noise",
                got=(self.block_out_channels, self.max_augmentation),
            )
        if any(channels % self.norm_num_groups for channels in self.block_out_channels):
            raise ConfigError(
                "must divide every level",
                where="norm_num_groups",
                expected=self.block_out_channels,
                got=self.norm_num_groups,
            )
        if self.block_out_channels[-1] % self.attention_head_dim:
            raise ConfigError(
                "must divide the last level",
                where="attention_head_dim",
                expected=self.block_out_channels[-1],
                got=self.attention_head_dim,
            )

    @property
    def folded_channels(self) -> int:
        """Channels of a folded RGB frame."""
        return 3 * self.fold**2

    @property
    def unit(self) -> int:
        """Pixels of the large frame per cell of the coarsest level, along each side."""
        return self.fold * 2 ** (len(self.block_out_channels) - 1)

    @property
    def heads(self) -> int:
        """Heads of the middle block's attention."""
        return self.block_out_channels[-1] // self.attention_head_dim

    def large_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """(H, W) of the large frames for small ones of (h, w)."""
        return self.factor * size[0], self.factor * size[1]

    def unet_arguments(self) -> dict[str, Any]:
        """Arguments of UNet2DConditionModel."""
        levels = len(self.block_out_channels)
        return {
            "in_channels": 2 * self.folded_channels,
            "out_channels": self.folded_channels,
            "down_block_types": ("DownBlock2D",) * levels,
            "mid_block_type": "UNetMidBlock2DCrossAttn",
            "up_block_types": ("UpBlock2D",) * levels,
            "block_out_channels": self.block_out_channels,
            "layers_per_block": self.layers_per_block,
            "cross_attention_dim": self.level_dim,
            # Here diffusers means the number of heads, whatever the name says (its issue 2011).
            "attention_head_dim": self.heads,
            "norm_num_groups": self.norm_num_groups,
            "use_linear_projection": True,
        }
