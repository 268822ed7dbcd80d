"""Temporal layers of an autoencoder's decoder: frames are decoded together, so that they do not flicker.

Blattmann et al. 2023 (arXiv 2304.08818), section 3.1.1 and table 8: the encoder stays, the decoder gets residual blocks
of 3x3x3 convolutions and is tuned on video. Ours normalise every frame by itself, where the published code normalises
over time as well: a frame then depends on `radius` neighbours at most, and a long clip decoded in windows that overlap
by as many is the same as the clip decoded at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from einops import rearrange
from torch import Tensor, nn

from drivegen.core.errors import ConfigError
from drivegen.models.autoencoder import LightAutoencoder, ResidualBlock
from drivegen.models.vector_quantised import QuantisedAutoencoder

GROUPS = 8


@dataclass(frozen=True)
class TemporalDecoderConfig:
    """Shape of the temporal layers of a decoder."""

    kernel: int = 3
    """Frames that a convolution sees at once; odd."""
    bottleneck: int = 2
    """The temporal blocks work at 1/bottleneck of the channels around them; 1 as in the paper."""
    initial_spatial_weight: float = 0.5
    """alpha of a fresh block: how much of its output is the frame decoder's. At 1 nothing would ever be learned."""

    def __post_init__(self) -> None:
        if self.kernel < 1 or self.kernel % 2 == 0 or self.bottleneck < 1:
            raise ConfigError(
                "out of range",
                where="kernel, bottleneck",
                expected="positive, kernel odd",
                got=(self.kernel, self.bottleneck),
            )
        if not 0 < self.initial_spatial_weight < 1:
            raise ConfigError(
                "out of range",
                where="initial_spatial_weight",
                expected="between 0 and 1, exclusive",
                got=self.initial_spatial_weight,
            )


class TemporalConvBlock(nn.Module):
    """Two 3x3x3 convolutions around a shortcut, blended with what went in by one learned alpha; fresh: the identity.

    out = alpha * x + (1 - alpha) * (x + residual), written as x + (1 - alpha) * residual, so that a residual of zero
    gives x bit for bit.
    """

    def __init__(self, channels: int, config: TemporalDecoderConfig) -> None:
        super().__init__()
        inner = max(1, channels // config.bottleneck)
        kernel, padding = (config.kernel, 3, 3), (config.kernel // 2, 1, 1)
        self.norm1 = nn.GroupNorm(math.gcd(channels, GROUPS), channels)
        self.conv1 = nn.Conv3d(channels, inner, kernel, padding=padding)
        self.norm2 = nn.GroupNorm(math.gcd(inner, GROUPS), inner)
        self.conv2 = nn.Conv3d(inner, channels, kernel, padding=padding)
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)
        self.alpha_logit = nn.Parameter(torch.tensor(config.initial_spatial_weight).logit())

    def forward(self, x: Tensor, frames: int) -> Tensor:
        """Features (B*T, C, h, w) of clips of T frames => the same shape."""
        h = _over_time(self.conv1, F.silu(self.norm1(x)), frames)
        residual = _over_time(self.conv2, F.silu(self.norm2(h)), frames)
        return x + (1.0 - self.alpha_logit.sigmoid()) * residual


class TemporalDecoder(nn.Module):
    """An autoencoder's decoder with a temporal block after each of its residual blocks.

    Args:
        autoencoder: what `build_autoencoder` builds; its weights belong to it and are changed by who trains it only.
        config: shape of the temporal blocks.

    Attributes:
        temporal: the temporal blocks alone, which a model folder keeps in a file of their own.
        radius: frames on each side that a decoded frame depends on, at most.

    Raises:
        ConfigError: the autoencoder has no residual blocks to put them behind.
    """

    def __init__(self, autoencoder: nn.Module, config: TemporalDecoderConfig) -> None:
        super().__init__()
        self.config = config
        self.autoencoder = autoencoder
        widths = [width for _, width in decoder_steps(autoencoder) if width is not None]
        if not widths:
            raise ConfigError(
                "an autoencoder without residual blocks takes no temporal layers",
                where="decoder",
                expected="an autoencoder of kind light or kl",
                got=type(autoencoder).__name__,
            )
        self.temporal = nn.ModuleList(TemporalConvBlock(width, config) for width in widths)
        self.radius = len(widths) * 2 * (config.kernel // 2)

    def decode(self, latents: Tensor) -> Tensor:
        """Unscaled latents (B, T, C, h, w) to video (B, T, 3, H, W), about [-1, 1] (not clamped).

        A single frame has no neighbours: it is decoded as the frame decoder does.
        """
        frames = latents.shape[1]
        # Contiguous: latents of frames whose channels came last keep that layout, and on the CPU the backward pass of
        # torch 2.13 through frozen layers then crashes.
        x = rearrange(latents, "b t c h w -> (b t) c h w").contiguous()
        blocks = iter(self.temporal)
        for step, width in decoder_steps(self.autoencoder):
            x = step(x)
            if width is not None:
                block = next(blocks)
                x = block(x, frames) if frames > 1 else x
        return rearrange(x, "(b t) c h w -> b t c h w", t=frames)


Step = tuple[Callable[[Tensor], Tensor], int | None]


def decoder_steps(autoencoder: nn.Module) -> list[Step]:
    """From unscaled latents (N, C, h, w) to images, step by step: what to call, and its channels behind a block.

    Run one after another they are `autoencoder.decode`.
    """
    if isinstance(autoencoder, QuantisedAutoencoder):
        return [(autoencoder.quantised, None), *decoder_steps(autoencoder.base)]
    if isinstance(autoencoder, LightAutoencoder):
        return [
            (layer, layer.norm1.num_channels if isinstance(layer, ResidualBlock) else None)
            for layer in autoencoder.decoder
        ]
    if isinstance(autoencoder, AutoencoderKL):
        return _kl_steps(autoencoder)
    return []


def _kl_steps(autoencoder: AutoencoderKL) -> list[Step]:
    """As `diffusers.models.autoencoders.vae.Decoder.forward` goes."""
    decoder, steps = autoencoder.decoder, list[Step]()
    if autoencoder.post_quant_conv is not None:
        steps.append((autoencoder.post_quant_conv, None))
    steps.append((decoder.conv_in, None))
    steps.append(_resnet(decoder.mid_block.resnets[0]))
    for attention, resnet in zip(decoder.mid_block.attentions, decoder.mid_block.resnets[1:], strict=True):
        steps += [] if attention is None else [(attention, None)]
        steps.append(_resnet(resnet))
    for block in decoder.up_blocks:
        steps += [_resnet(resnet) for resnet in block.resnets]
        steps += [(upsampler, None) for upsampler in block.upsamplers or ()]
    return [*steps, (decoder.conv_norm_out, None), (decoder.conv_act, None), (decoder.conv_out, None)]


def _resnet(resnet: nn.Module) -> Step:
    def call(x: Tensor) -> Tensor:
        # It asks for a timestep embedding, which autoencoders have none of.
        return torch.as_tensor(resnet(x, None))

    return call, resnet.conv2.out_channels


def _over_time(conv: nn.Conv3d, x: Tensor, frames: int) -> Tensor:
    clips = rearrange(x, "(b t) c h w -> b c t h w", t=frames)
    return rearrange(conv(clips), "b c t h w -> (b t) c h w")
