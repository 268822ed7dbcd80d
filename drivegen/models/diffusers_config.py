"""What of a diffusers config.json we accept: closed lists, so that data never names code to run.

A model folder, ours or public, carries its networks' arguments as plain JSON. Names outside these lists are refused,
and so are block types that our own forward passes do not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivegen.core.errors import DataError

DOWN_BLOCK_TYPES = ("DownBlock2D", "CrossAttnDownBlock2D")
UP_BLOCK_TYPES = ("UpBlock2D", "CrossAttnUpBlock2D")
MID_BLOCK_TYPES = ("UNetMidBlock2DCrossAttn",)

# Arguments that may take any value that the network itself accepts.
UNET_ARGUMENTS = frozenset(
    {
        "sample_size",
        "in_channels",
        "out_channels",
        "flip_sin_to_cos",
        "freq_shift",
        "down_block_types",
        "mid_block_type",
        "up_block_types",
        "only_cross_attention",
        "block_out_channels",
        "layers_per_block",
        "downsample_padding",
        "mid_block_scale_factor",
        "dropout",
        "act_fn",
        "norm_num_groups",
        "norm_eps",
        "cross_attention_dim",
        "transformer_layers_per_block",
        "attention_head_dim",
        "dual_cross_attention",
        "use_linear_projection",
        "upcast_attention",
        "resnet_time_scale_shift",
        "resnet_skip_time_act",
        "resnet_out_scale_factor",
        "conv_in_kernel",
        "conv_out_kernel",
    }
)
# Arguments that switch on inputs or layers that we do not feed: accepted at their neutral value only.
UNET_NEUTRAL: Mapping[str, Any] = {
    "center_input_sample": False,
    "num_attention_heads": None,
    "reverse_transformer_layers_per_block": None,
    "encoder_hid_dim": None,
    "encoder_hid_dim_type": None,
    "class_embed_type": None,
    "addition_embed_type": None,
    "addition_time_embed_dim": None,
    "num_class_embeds": None,
    "time_embedding_type": "positional",
    "time_embedding_dim": None,
    "time_embedding_act_fn": None,
    "timestep_post_act": None,
    "time_cond_proj_dim": None,
    "projection_class_embeddings_input_dim": None,
    "attention_type": "default",
    "class_embeddings_concat": False,
    "mid_block_only_cross_attention": None,
    "cross_attention_norm": None,
    "addition_embed_type_num_heads": 64,
}
AUTOENCODER_ARGUMENTS = frozenset(
    {
        "down_block_types",
        "up_block_types",
        "block_out_channels",
        "layers_per_block",
        "act_fn",
        "latent_channels",
        "norm_num_groups",
        "sample_size",
        "scaling_factor",
        "shift_factor",
        "force_upcast",
        "use_quant_conv",
        "use_post_quant_conv",
        "mid_block_add_attention",
    }
)
AUTOENCODER_NEUTRAL: Mapping[str, Any] = {
    "in_channels": 3,
    "out_channels": 3,
    "latents_mean": None,
    "latents_std": None,
}


def unet_arguments(config: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The arguments of UNet2DConditionModel in a config.json's mapping.

    Raises:
        DataError: an unknown name, a block type that we cannot walk, or an input that we do not feed.
    """
    arguments = _checked(config, UNET_ARGUMENTS, UNET_NEUTRAL, where)
    for key, known in (("down_block_types", DOWN_BLOCK_TYPES), ("up_block_types", UP_BLOCK_TYPES)):
        for block in arguments.get(key, ()):
            _check_block(block, known, f"{where}.{key}")
    _check_block(arguments.get("mid_block_type", MID_BLOCK_TYPES[0]), MID_BLOCK_TYPES, f"{where}.mid_block_type")
    return arguments


def autoencoder_arguments(config: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The arguments of AutoencoderKL in a config.json's mapping.

    Raises:
        DataError: an unknown name, or a block type outside AutoencoderKL's own two.
    """
    arguments = _checked(config, AUTOENCODER_ARGUMENTS, AUTOENCODER_NEUTRAL, where)
    for block in arguments.get("down_block_types", ()):
        _check_block(block, ("DownEncoderBlock2D",), f"{where}.down_block_types")
    for block in arguments.get("up_block_types", ()):
        _check_block(block, ("UpDecoderBlock2D",), f"{where}.up_block_types")
    return arguments


def _checked(
    config: Mapping[str, Any], known: frozenset[str], neutral: Mapping[str, Any], where: str
) -> dict[str, Any]:
    arguments = {}
    for key, value in config.items():
        if key.startswith("_"):  # diffusers' own notes: class name, version, path it was saved from
            continue
        if key in neutral:
            if value != neutral[key]:
                raise DataError("not supported", where=f"{where}.{key}", expected=neutral[key], got=value)
            continue
        if key not in known:
            raise DataError("unknown key", where=f"{where}.{key}", expected="one of " + ", ".join(sorted(known)))
        arguments[key] = tuple(value) if isinstance(value, list) else value
    return arguments


def _check_block(block: object, known: tuple[str, ...], where: str) -> None:
    if block not in known:
        raise DataError("unknown block type", where=where, expected="one of " + ", ".join(known), got=block)
