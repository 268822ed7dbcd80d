"""Walking the blocks of a UNet2DConditionModel one layer at a time, so that others can be put in between.

`walk` computes what `UNet2DConditionModel.forward` computes (a test holds it to equality), for the closed set of blocks
in `diffusers_config`, and hands the features after every residual and attention block to a function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn

from drivegen.core.errors import DataError
from drivegen.models.diffusers_config import DOWN_BLOCK_TYPES, MID_BLOCK_TYPES, UP_BLOCK_TYPES

# (index of the site, features (N, C, h, w)) -> features to go on with.
AfterSite = Callable[[int, Tensor], Tensor]


@dataclass(frozen=True)
class Site:
    """A place where a layer can be put in: after a residual or an attention block.

    Attributes:
        kind: what stands before it.
        channels: C of the features there.
        level: how often the features have been halved, 0 at the resolution of the latents.
    """

    kind: Literal["resnet", "attention"]
    channels: int
    level: int


def sites(unet: UNet2DConditionModel) -> list[Site]:
    """All sites in the order in which `walk` meets them.

    Raises:
        DataError: a block of a type that we do not know.
    """
    check_blocks(unet)
    result: list[Site] = []
    for level, block in enumerate(unet.down_blocks):
        result += _block_sites(block, level)
    last = len(unet.down_blocks) - 1
    result += _sites_of([unet.mid_block.resnets[0]], last)
    for attention, resnet in zip(unet.mid_block.attentions, unet.mid_block.resnets[1:], strict=True):
        result += [Site("attention", attention.out_channels, last), *_sites_of([resnet], last)]
    for index, block in enumerate(unet.up_blocks):
        result += _block_sites(block, last - index)
    return result


def check_blocks(unet: UNet2DConditionModel) -> None:
    """Refuse a UNet that has a block of a type that we do not know.

    Raises:
        DataError: naming the block and its type.
    """
    mid = [] if unet.mid_block is None else [unet.mid_block]
    named = (("down_blocks", unet.down_blocks, DOWN_BLOCK_TYPES), ("up_blocks", unet.up_blocks, UP_BLOCK_TYPES))
    for name, blocks, known in (*named, ("mid_block", mid, MID_BLOCK_TYPES)):
        for index, block in enumerate(blocks):
            if type(block).__name__ not in known:
                raise DataError(
                    "unknown block type",
                    where=f"unet.{name}[{index}]",
                    expected="one of " + ", ".join(known),
                    got=type(block).__name__,
                )
    if unet.mid_block is None:
        raise DataError("no middle block", where="unet.mid_block", expected=MID_BLOCK_TYPES[0])


def walk(
    unet: UNet2DConditionModel,
    sample: Tensor,
    timestep: Tensor,
    *,
    tokens: Tensor,
    token_mask: Tensor,
    after_site: AfterSite,
) -> Tensor:
    """The forward pass of the UNet with `after_site` called at every site.

    Args:
        unet: one that `check_blocks` accepts.
        sample: (N, C, h, w).
        timestep: (N,).
        tokens: (N, L, D), what the attention blocks attend to.
        token_mask: (N, L) bool, True where a token is real.
        after_site: gets the index into `sites(unet)` and the features; gives the features to go on with.

    Returns:
        The prediction (N, C_out, h, w).
    """
    embedding = unet.time_embedding(unet.get_time_embed(sample=sample, timestep=timestep))
    # The additive bias that diffusers makes of a mask.
    bias = ((1 - token_mask.to(sample.dtype)) * -10000.0).unsqueeze(1)
    step = _Step(embedding, {"encoder_hidden_states": tokens, "encoder_attention_mask": bias}, after_site)
    hidden = unet.conv_in(sample)
    skips = [hidden]
    for block in unet.down_blocks:
        for layer in _layers(block):
            hidden = step(hidden, *layer)
            skips.append(hidden)
        for downsampler in block.downsamplers or ():
            hidden = downsampler(hidden)
            skips.append(hidden)
    hidden = step(hidden, unet.mid_block.resnets[0], None)
    for attention, resnet in zip(unet.mid_block.attentions, unet.mid_block.resnets[1:], strict=True):
        hidden = step(step.attend(hidden, attention), resnet, None)
    for block in unet.up_blocks:
        for layer in _layers(block):
            hidden = step(torch.cat([hidden, skips.pop()], dim=1), *layer)
        for upsampler in block.upsamplers or ():
            # Odd sizes lose a row on the way down; the next skip says how large to become again.
            hidden = upsampler(hidden, skips[-1].shape[2:])
    if unet.conv_norm_out is not None:
        hidden = unet.conv_act(unet.conv_norm_out(hidden))
    return unet.conv_out(hidden)


class _Step:
    """A residual block and, where there is one, its attention block, each followed by its site."""

    def __init__(self, embedding: Tensor, attention_inputs: dict[str, Any], after_site: AfterSite) -> None:
        self.embedding = embedding
        self.attention_inputs = attention_inputs
        self.after_site = after_site
        self.index = 0

    def __call__(self, hidden: Tensor, resnet: nn.Module, attention: nn.Module | None) -> Tensor:
        hidden = self._site(resnet(hidden, self.embedding))
        return hidden if attention is None else self.attend(hidden, attention)

    def attend(self, hidden: Tensor, attention: nn.Module) -> Tensor:
        return self._site(attention(hidden, **self.attention_inputs, return_dict=False)[0])

    def _site(self, hidden: Tensor) -> Tensor:
        hidden = self.after_site(self.index, hidden)
        self.index += 1
        return hidden


def _layers(block: nn.Module) -> Iterator[tuple[nn.Module, nn.Module | None]]:
    attentions = getattr(block, "attentions", None)
    return zip(block.resnets, attentions if attentions is not None else [None] * len(block.resnets), strict=True)


def _block_sites(block: nn.Module, level: int) -> list[Site]:
    return [site for layer in _layers(block) for site in _sites_of(layer, level)]


def _sites_of(layer: Any, level: int) -> list[Site]:
    kinds: tuple[Literal["resnet", "attention"], ...] = ("resnet", "attention")
    present = [(kind, module) for kind, module in zip(kinds, layer, strict=False) if module is not None]
    return [Site(kind, module.out_channels, level) for kind, module in present]
