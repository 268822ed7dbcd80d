"""A public image latent diffusion model, as a diffusers pipeline folder, as the start of ours.

Read are `unet/`, `vae/` and `scheduler/`, and, where it is there, the text encoder: a prompt made of weather, time of
day and crowdedness feeds the UNet as it did before, and our condition tokens come beside it, through a fresh linear
layer where the widths differ. Our tokens and the layout mean nothing to such a model until it has been fine-tuned.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn

from drivegen.conditions import ConditionConfig
from drivegen.core.config import decode, encode
from drivegen.core.errors import ConfigError, DataError
from drivegen.models.autoencoder import AutoencoderConfig, build_autoencoder
from drivegen.models.codec import LatentCodec
from drivegen.models.diffusers_config import autoencoder_arguments, unet_arguments
from drivegen.models.folders import Models
from drivegen.models.image_config import ImageLDMConfig, PredictionType, TextConfig
from drivegen.models.image_ldm import ImageLDM
from drivegen.models.info import ModelInfo, ScheduleInfo
from drivegen.models.parameters import load_tensors
from drivegen.models.prompts import all_prompts
from drivegen.models.tensor_files import read_tensors
from drivegen.models.text_tower import encode_prompts, has_text_tower

WEIGHT_FILES = ("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors")
# Names that diffusers gave to the attention of its autoencoders before version 0.17; many public files have them.
OLD_ATTENTION_NAMES = {".query.": ".to_q.", ".key.": ".to_k.", ".value.": ".to_v.", ".proj_attn.": ".to_out.0."}
DEFAULT_SCALING_FACTOR = 0.18215
SHOWN_PROBLEMS = 6


def load_public_image_ldm(
    folder: Path, conditions: ConditionConfig | None = None, *, token_dim: int = 128, text: bool = True
) -> Models:
    """Load a local diffusers folder as an image model that does not know our conditions yet.

    The layout raster enters through input channels whose weights are zero: at first the model's output is that of the
    public UNet for the same tokens. With a text encoder those are the prompt's tokens and ours.

    Args:
        folder: holds unet/, vae/ and scheduler/, each with its JSON file; weights as safetensors. text_encoder/ (CLIP)
            and tokenizer/ are optional.
        conditions: sizes of image and raster; None takes the defaults.
        token_dim: width of our condition tokens.
        text: whether to use the text encoder of a folder that has one; this alone needs the package transformers.

    Returns:
        Models without video, on the CPU, in evaluation mode; their info tells prediction type and noise schedule.

    Raises:
        DataError: a file is missing, only pickled weights are there, tensors do not fit, or the models are of a kind
            that we do not know.
        ConfigError: there is a text encoder, and transformers is not installed.
    """
    if not folder.is_dir():
        raise DataError("no such folder", where=folder, expected="a diffusers folder with unet/, vae/ and scheduler/")
    autoencoder, codec = _load_autoencoder(folder / "vae")
    conditions = conditions or ConditionConfig(latent_downsampling=autoencoder.downsampling)
    if conditions.latent_downsampling != autoencoder.downsampling:
        raise DataError(
            "conditions are for another autoencoder",
            where="conditions.latent_downsampling",
            expected=autoencoder.downsampling,
            got=conditions.latent_downsampling,
        )
    schedule, prediction_type = _read_scheduler(folder / "scheduler" / "scheduler_config.json")
    answers = encode_prompts(folder, all_prompts()) if text and has_text_tower(folder) else None
    config = ImageLDMConfig(
        conditions=conditions,
        latent_channels=autoencoder.latent_channels,
        token_dim=token_dim,
        prediction_type=prediction_type,
        text=None if answers is None else TextConfig(tokens=answers.shape[1]),
    )
    image = ImageLDM.from_unet(_load_unet(folder / "unet"), config).eval()
    if image.prompts is not None and answers is not None:
        image.prompts.fill(answers)
    info = ModelInfo(
        name=folder.resolve().name,
        image_size=conditions.image_size,
        prediction_type=prediction_type,
        schedule=schedule,
        autoencoder=autoencoder,
        image=image.config,
    )
    return Models(codec, image, None, info)


def _load_unet(folder: Path) -> UNet2DConditionModel:
    unet = UNet2DConditionModel(**unet_arguments(_read_json(folder / "config.json"), where=str(folder / "config.json")))
    path = _weights(folder)
    _load_named(unet, read_tensors(path), path)
    return unet


def _load_autoencoder(folder: Path) -> tuple[AutoencoderConfig, LatentCodec]:
    given = _read_json(folder / "config.json")
    arguments = autoencoder_arguments(given, where=str(folder / "config.json"))
    if "block_out_channels" not in arguments or "latent_channels" not in arguments:
        raise DataError(
            "key is missing", where=folder / "config.json", expected="block_out_channels and latent_channels"
        )
    config = AutoencoderConfig(
        kind="kl",
        downsampling=2 ** (len(arguments["block_out_channels"]) - 1),
        latent_channels=arguments["latent_channels"],
        kl=encode(arguments),
    )
    codec = LatentCodec(build_autoencoder(config), config.latent_channels)
    path = _weights(folder)
    _load_named(codec.autoencoder, _with_new_names(read_tensors(path)), path)
    # diffusers: scaled = (z - shift_factor) * scaling_factor.
    ones = torch.ones(config.latent_channels)
    shift = float(given.get("shift_factor") or 0.0)
    codec.set_statistics(shift * ones, ones / float(given.get("scaling_factor", DEFAULT_SCALING_FACTOR)))
    return config, codec.eval()


def _read_scheduler(path: Path) -> tuple[ScheduleInfo, PredictionType]:
    given = _read_json(path)
    if given.get("trained_betas"):
        raise DataError("not supported", where=f"{path}: trained_betas", expected="absent or null", got="set")
    prediction_type = given.get("prediction_type", "epsilon")
    if prediction_type not in get_args(PredictionType):
        raise DataError(
            "unknown prediction type",
            where=f"{path}: prediction_type",
            expected="one of " + ", ".join(get_args(PredictionType)),
            got=prediction_type,
        )
    # diffusers' own defaults for what the file leaves out.
    schedule = {
        "kind": given.get("beta_schedule", "linear"),
        "beta_start": given.get("beta_start", 0.0001),
        "beta_end": given.get("beta_end", 0.02),
        "num_train_timesteps": given.get("num_train_timesteps", 1000),
        "zero_terminal_snr": bool(given.get("rescale_betas_zero_snr")),
    }
    try:
        info = decode(ScheduleInfo, schedule)
        info.check_prediction(prediction_type)
        return info, prediction_type
    except ConfigError as error:
        raise DataError(error.what, where=f"{path}: {error.where}", expected=error.expected, got=error.got) from error


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise DataError("no such file", where=path, remedy="give a folder that diffusers' save_pretrained wrote")
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError("not JSON", where=path, got=str(error)) from error
    if not isinstance(value, dict):
        raise DataError("wrong type", where=path, expected="a mapping", got=type(value).__name__)
    return value


def _weights(folder: Path) -> Path:
    for name in WEIGHT_FILES:
        if (folder / name).is_file():
            return folder / name
    pickled = sorted(path.name for pattern in ("*.bin", "*.pt", "*.ckpt") for path in folder.glob(pattern))
    raise DataError(
        "no safetensors weights",
        where=folder,
        expected=" or ".join(WEIGHT_FILES),
        got=", ".join(pickled) if pickled else "none",
        remedy="save it again with safe_serialization=True: pickled files can run code and are never loaded",
    )


def _load_named(module: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Load weights of a public file; those that do not fit are all counted, and the first ones named."""
    own = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    theirs = {name: tuple(value.shape) for name, value in tensors.items()}
    problems = [f"{name} is missing" for name in own if name not in theirs]
    problems += [f"{name} is unknown" for name in theirs if name not in own]
    problems += [
        f"{name} has shape {theirs[name]} instead of {shape}"
        for name, shape in own.items()
        if name in theirs and theirs[name] != shape
    ]
    if problems:
        shown = "; ".join(problems[:SHOWN_PROBLEMS])
        raise DataError(
            f"{len(problems)} tensors do not fit the configuration",
            where=path,
            got=shown + ("; ..." if len(problems) > SHOWN_PROBLEMS else ""),
            remedy="take weights and config.json from the same place",
        )
    load_tensors(module, tensors, where=str(path))


def _with_new_names(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {_new_name(name) if ".attentions." in name else name: value for name, value in tensors.items()}


def _new_name(name: str) -> str:
    for old, new in OLD_ATTENTION_NAMES.items():
        name = name.replace(old, new)
    return name
