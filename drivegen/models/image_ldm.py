"""The image latent diffusion model: a UNet2DConditionModel that knows the scenario."""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from diffusers import UNet2DConditionModel
from einops import rearrange, repeat
from torch import Tensor, nn

from drivegen.conditions import Conditions
from drivegen.core.config import encode
from drivegen.core.errors import DataError
from drivegen.models.condition_encoder import ConditionEncoder
from drivegen.models.context import Context
from drivegen.models.diffusers_config import unet_arguments
from drivegen.models.image_config import ImageLDMConfig
from drivegen.models.prompts import PromptTable


class ImageLDM(nn.Module):
    """Predicts the noise (or velocity, or image) of each frame on its own.

    Args:
        config: its shape.
        unet: the UNet to use; None builds one with fresh weights.
    """

    def __init__(self, config: ImageLDMConfig, unet: UNet2DConditionModel | None = None) -> None:
        super().__init__()
        self.config = config
        self.unet = UNet2DConditionModel(**config.unet_arguments()) if unet is None else unet
        self.encoder = ConditionEncoder(config)
        same_width = config.cross_attention_dim == config.token_dim
        self.token_projection = nn.Identity() if same_width else nn.Linear(config.token_dim, config.cross_attention_dim)
        self.prompts = None if config.text is None else PromptTable(config.text, config.cross_attention_dim)

    @staticmethod
    def from_unet(unet: UNet2DConditionModel, config: ImageLDMConfig) -> ImageLDM:
        """Start from a public UNet: the raster enters through new columns of `conv_in` that are zero.

        A fresh model therefore gives what the UNet alone gives for the same tokens, whatever the raster shows.

        Args:
            unet: its `conv_in` takes the latents only; it is changed in place.
            config: conditions, widths and prediction type; its `unet` field is filled in from the UNet.

        Raises:
            DataError: the UNet's channels do not fit, or it has a block or an input that we do not know.
        """
        arguments = unet_arguments(unet.config, where="unet")
        if (unet.config.in_channels, unet.config.out_channels) != (config.latent_channels, config.latent_channels):
            raise DataError(
                "UNet does not fit the latents",
                where="unet.in_channels, unet.out_channels",
                expected=(config.latent_channels, config.latent_channels),
                got=(unet.config.in_channels, unet.config.out_channels),
            )
        if not isinstance(arguments.get("cross_attention_dim"), int):
            raise DataError("not supported", where="unet.cross_attention_dim", expected="one integer for all levels")
        unet.conv_in = _widened(unet.conv_in, config.raster_channels)
        arguments["in_channels"] = config.latent_channels + config.raster_channels
        unet.register_to_config(in_channels=arguments["in_channels"])
        return ImageLDM(replace(config, unet=encode(arguments)), unet)

    def forward(
        self, sample: Tensor, timestep: Tensor, conditions: Conditions, context: Context | None = None
    ) -> Tensor:
        """Predict, frames independent of one another.

        Args:
            sample: (B, T, C, h, w) noised scaled latents (variance preserving).
            timestep: (B,) in [0, 1000), may be fractional.
            conditions: of the same B clips and T frames.
            context: ignored; image and video models share one signature.

        Returns:
            The prediction, shaped like `sample`.
        """
        tokens, mask, raster = self.encode_conditions(sample, conditions)
        prediction = self.unet(
            unet_input(sample, raster),
            repeat(timestep, "b -> (b t)", t=sample.shape[1]),
            encoder_hidden_states=tokens,
            encoder_attention_mask=mask,
        ).sample
        return rearrange(prediction, "(b t) c h w -> b t c h w", b=sample.shape[0])

    def encode_conditions(self, sample: Tensor, conditions: Conditions) -> tuple[Tensor, Tensor, Tensor]:
        """Tokens (B*T, L, D) as the UNet attends to them, their mask (B*T, L) and the raster (B*T, R, h, w).

        Raises:
            DataError: the conditions are of other clips, frames or image size than `sample`.
        """
        found = (conditions.batch_size, conditions.num_frames)
        if found != tuple(sample.shape[:2]):
            raise DataError(
                "conditions do not fit the sample", where="clips, frames", expected=tuple(sample.shape[:2]), got=found
            )
        tokens, mask, raster = self.encoder(conditions)
        if raster.shape[-2:] != sample.shape[-2:]:
            raise DataError(
                "conditions do not fit the sample",
                where="raster folded to the latents",
                expected=tuple(sample.shape[-2:]),
                got=tuple(raster.shape[-2:]),
            )
        tokens = self.token_projection(tokens)
        if self.prompts is not None:
            prompt = repeat(self.prompts(conditions).to(tokens.dtype), "b l d -> (b t) l d", t=conditions.num_frames)
            tokens, mask = torch.cat([prompt, tokens], dim=1), F.pad(mask, (prompt.shape[1], 0), value=True)
        return tokens, mask, raster


def unet_input(sample: Tensor, raster: Tensor) -> Tensor:
    """What `conv_in` sees: latents (B, T, C, h, w) and raster (B*T, R, h, w) => (B*T, C + R, h, w)."""
    return torch.cat([rearrange(sample, "b t c h w -> (b t) c h w"), raster.to(sample.dtype)], dim=1)


def _widened(conv: nn.Conv2d, extra_channels: int) -> nn.Conv2d:
    """The same convolution with `extra_channels` more input channels, whose weights are zero."""
    wide = nn.Conv2d(
        conv.in_channels + extra_channels, conv.out_channels, conv.kernel_size, stride=conv.stride, padding=conv.padding
    )
    with torch.no_grad():
        wide.weight.zero_()
        wide.weight[:, : conv.in_channels] = conv.weight
        if conv.bias is not None and wide.bias is not None:
            wide.bias.copy_(conv.bias)
    return wide.to(device=conv.weight.device, dtype=conv.weight.dtype)
