"""Configuration of the image latent diffusion model and the arguments of its UNet that follow from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from drivegen.conditions import RASTER_CHANNELS, ConditionConfig
from drivegen.core.crowdedness import CrowdednessLevels
from drivegen.core.errors import ConfigError
from drivegen.models.diffusers_config import unet_arguments

PredictionType = Literal["epsilon", "v_prediction", "sample", "flow_prediction"]


@dataclass(frozen=True)
class EncoderConfig:
    """Shape of the condition encoder."""

    layers: int = 2
    """Transformer blocks that let the tokens see one another."""
    head_dim: int = 32
    frequencies: int = 6
    """Fourier frequencies per coordinate of a box corner: pi, 2 pi, 4 pi, ..."""

    def __post_init__(self) -> None:
        if self.layers < 0 or self.frequencies < 1:
            raise ConfigError("out of range", where="layers, frequencies", got=(self.layers, self.frequencies))


@dataclass(frozen=True)
class TextConfig:
    """A public model's own answer to a prompt of weather, time of day and crowdedness (see `prompts.PromptTable`)."""

    tokens: int = 77
    """Tokens of its text encoder."""
    levels: CrowdednessLevels = field(default_factory=CrowdednessLevels)
    """Crowdedness, which is a number, enters the prompt as a level."""

    def __post_init__(self) -> None:
        if self.tokens < 1:
            raise ConfigError("must be at least 1", where="tokens", got=self.tokens)


@dataclass(frozen=True)
class ImageLDMConfig:
    """Shape of the image latent diffusion model; the defaults are the tiny model's."""

    conditions: ConditionConfig = field(default_factory=ConditionConfig)
    latent_channels: int = 16
    block_out_channels: tuple[int, ...] = (128, 128, 160)
    """Channels per level; each level halves the resolution of the one above."""
    attention_levels: tuple[bool, ...] = (False, True, True)
    """Which levels cross-attend to the condition tokens (the middle block always does)."""
    layers_per_block: int = 1
    attention_head_dim: int = 32
    """Channels of each attention head."""
    norm_num_groups: int = 32
    token_dim: int = 128
    """Width of the condition tokens."""
    prediction_type: PredictionType = "v_prediction"
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    unet: dict[str, Any] = field(default_factory=dict)
    """Arguments of UNet2DConditionModel that replace all of the above, when the start was a public UNet."""
    text: TextConfig | None = None
    """Prompts beside our tokens, when the start was a public model with a text encoder."""

    def __post_init__(self) -> None:
        if len(self.attention_levels) != len(self.block_out_channels):
            raise ConfigError(
                "one flag per level",
                where="attention_levels",
                expected=len(self.block_out_channels),
                got=len(self.attention_levels),
            )
        for name, divisor in (
            ("attention_head_dim", self.attention_head_dim),
            ("norm_num_groups", self.norm_num_groups),
        ):
            if not self.unet and any(channels % divisor for channels in self.block_out_channels):
                raise ConfigError("must divide every level", where=name, expected=self.block_out_channels, got=divisor)

    @property
    def raster_channels(self) -> int:
        """Channels of the layout raster once it is folded to the size of the latents."""
        return len(RASTER_CHANNELS) * self.conditions.unshuffle**2

    @property
    def cross_attention_dim(self) -> int:
        """Width of the tokens as the UNet attends to them."""
        return int(self.unet.get("cross_attention_dim", self.token_dim))

    def unet_arguments(self) -> dict[str, Any]:
        """Arguments of UNet2DConditionModel.

        Raises:
            DataError: `unet` names an argument or a block type outside the closed lists.
        """
        if self.unet:
            return unet_arguments(self.unet, where="unet")
        down = ["CrossAttnDownBlock2D" if attends else "DownBlock2D" for attends in self.attention_levels]
        up = ["CrossAttnUpBlock2D" if attends else "UpBlock2D" for attends in reversed(self.attention_levels)]
        return {
            "sample_size": self.conditions.latent_size,
            "in_channels": self.latent_channels + self.raster_channels,
            "out_channels": self.latent_channels,
            "down_block_types": tuple(down),
            "mid_block_type": "UNetMidBlock2DCrossAttn",
            "up_block_types": tuple(up),
            "block_out_channels": self.block_out_channels,
            "layers_per_block": self.layers_per_block,
            "cross_attention_dim": self.token_dim,
            # Here diffusers means the number of heads, whatever the name says (its issue 2011).
            "attention_head_dim": tuple(channels // self.attention_head_dim for channels in self.block_out_channels),
            "norm_num_groups": self.norm_num_groups,
            "use_linear_projection": True,
        }
