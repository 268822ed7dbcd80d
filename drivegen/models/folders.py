"""Model folders: `model.json` and one safetensors file per part.

    model.json                 format version, ModelInfo, sha256 of every other file
    autoencoder.safetensors    the autoencoder and the statistics of its latents
    image.safetensors          the image model with its condition encoder
    temporal.safetensors       the temporal layers, which make the image model a video model
    decoder.safetensors        the temporal layers of the autoencoder's decoder
    interpolation.safetensors  temporal layers of their own for the frames between two known ones
    upsampler.safetensors      the upsampler, with its own temporal layers

Nothing in it names code: configurations are decoded into our own dataclasses, which refuse unknown keys.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from torch import Tensor, nn

from drivegen.core.errors import ConfigError, DataError
from drivegen.models.autoencoder import build_autoencoder
from drivegen.models.codec import LatentCodec
from drivegen.models.image_ldm import ImageLDM
from drivegen.models.info import ModelInfo
from drivegen.models.interpolation import InterpolationConfig, build_interpolation
from drivegen.models.manifest import (
    INFO_FILE,
    PART_FILES,
    PARTS,
    Part,
    check_hash,
    hash_of_files,
    read_manifest,
    write_manifest,
)
from drivegen.models.parameters import load_tensors
from drivegen.models.temporal_decoder import TemporalDecoder
from drivegen.models.tensor_files import StoredDtype, read_tensors, sha256_of, write_tensors
from drivegen.models.upsampler import Upsampler
from drivegen.models.video_ldm import VideoLDM

SHIPPED_NAME = "tiny"
# What it takes to draw a clip: missing parts of these are an error where nobody says which parts are wanted.
_CHAIN: tuple[Part, ...] = ("autoencoder", "image", "video")


@dataclass(eq=False)
class Models:
    """Networks that belong together; in evaluation mode when loaded.

    Attributes:
        codec: frames <-> scaled latents.
        image: None when the folder has none or it was not asked for.
        video: likewise; its `image` is the image model.
        info: what they are.
        sha256: hash of the folder they were loaded from; empty when fresh.
        decoder: None decodes frame by frame; its `autoencoder` is the codec's.
        interpolation: None when there is none, or when `video` serves as one (`info.interpolation.shared`); its `image`
            is the image model, unless it has its own.
        upsampler: None leaves frames as small as they are decoded.
    """

    codec: LatentCodec
    image: ImageLDM | None
    video: VideoLDM | None
    info: ModelInfo
    sha256: str = ""
    decoder: TemporalDecoder | None = None
    interpolation: VideoLDM | None = None
    upsampler: Upsampler | None = None


def build_models(info: ModelInfo) -> Models:
    """All the networks that the info describes, with fresh weights."""
    codec = LatentCodec(build_autoencoder(info.autoencoder), info.autoencoder.latent_channels)
    image = None if info.image is None else ImageLDM(info.image)
    video = None if image is None or info.temporal is None else VideoLDM(image, info.temporal)
    decoder = None if info.decoder is None else TemporalDecoder(codec.autoencoder, info.decoder)
    between = None
    if image is not None and info.interpolation is not None:
        between = build_interpolation(image, info.interpolation)
    upsampler = None if info.upsampler is None else Upsampler(info.upsampler)
    return Models(codec, image, video, info, decoder=decoder, interpolation=between, upsampler=upsampler)


def default_model_folder() -> Path:
    """Where the weights that ship with the package are."""
    return Path(str(files("drivegen"))) / "weights" / SHIPPED_NAME


def available_parts(folder: Path) -> tuple[Part, ...]:
    """The parts that a model folder holds."""
    listed = read_manifest(folder)[1]
    return tuple(part for part in PARTS if PART_FILES[part] in listed)


def read_info(folder: Path) -> ModelInfo:
    """What a model folder says about itself, without reading weights.

    Raises:
        DataError: not a model folder, or one of another format version, or with a key that we do not know.
    """
    return read_manifest(folder)[0]


def model_sha256(folder: Path) -> str:
    """One hash for all the weights of a folder, as its `model.json` states them."""
    return hash_of_files(read_manifest(folder)[1])


def load_model(folder: Path, parts: Iterable[Part] | None = None) -> Models:
    """Load the asked parts of a model folder; their files' hashes are checked.

    Args:
        folder: written by `save_model`.
        parts: autoencoder is always loaded; video and interpolation bring image with them; shared interpolation is
            video. None: image and video, which then have to be there, and every further part that the folder holds.

    Raises:
        DataError: a part that is not there, a file whose hash differs, or tensors that do not fit; what and where.
    """
    info, listed = read_manifest(folder)
    if parts is None:
        parts = [part for part in PARTS if part in _CHAIN or PART_FILES[part] in listed]
    wanted = {"autoencoder", *parts}
    if "interpolation" in wanted and info.interpolation is not None and info.interpolation.shared:
        wanted = wanted - {"interpolation"} | {"video"}
    wanted |= {"image"} if wanted & {"video", "interpolation"} else set()
    missing = [part for part in PARTS if part in wanted and PART_FILES[part] not in listed]
    if missing:
        raise DataError(
            "model folder has no such part",
            where=folder,
            expected=", ".join(part for part in PARTS if part in wanted),
            got=", ".join(part for part in PARTS if PART_FILES[part] in listed) or "nothing",
            remedy=f"train it first: drivegen train stage={missing[0]}",
        )
    needed = replace(
        info,
        image=info.image if "image" in wanted else None,
        temporal=info.temporal if "video" in wanted else None,
        decoder=info.decoder if "decoder" in wanted else None,
        interpolation=info.interpolation if "interpolation" in wanted else None,
        upsampler=info.upsampler if "upsampler" in wanted else None,
    )
    models = _build(needed, folder)
    if set(_modules(models)) != wanted:
        raise DataError("weights without a configuration", where=folder / INFO_FILE, expected=sorted(wanted))
    for part, module in _modules(models).items():
        path = folder / PART_FILES[part]
        check_hash(path, listed[path.name])
        load_tensors(module, read_tensors(path), where=str(path))
    for network in (models.codec, models.image, models.video, models.decoder, models.interpolation, models.upsampler):
        if network is not None:
            network.eval()
    return replace(models, info=info, sha256=hash_of_files(listed))


def _build(info: ModelInfo, folder: Path) -> Models:
    try:
        return build_models(info)
    except (ValueError, TypeError, KeyError, IndexError, ZeroDivisionError, ConfigError) as error:
        raise DataError(
            "models cannot be built from this description", where=folder / INFO_FILE, got=str(error)
        ) from error


def save_model(folder: Path, models: Models, info: ModelInfo | None = None, dtype: StoredDtype = "float16") -> str:
    """Write a model folder, all of it or nothing; the models of a folder that is there are replaced.

    Args:
        models: parts that are None are left out.
        info: None takes `models.info`; the configurations of the parts are always those of the networks.

    Returns:
        The hash of the weights, as `model_sha256` gives it.

    Raises:
        DataError: the folder holds something that is not a model.
    """
    info = _described(models, models.info if info is None else info)
    if folder.exists() and not (folder.is_dir() and ((folder / INFO_FILE).is_file() or not any(folder.iterdir()))):
        raise DataError("not a model folder", where=folder, remedy="choose another folder for the model")
    folder = folder.resolve()
    # Beside the folder, so that it is on the same file system and the rename is atomic.
    work = folder.parent / f".{folder.name}-{os.getpid()}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        hashes = {}
        for part, module in _modules(models).items():
            path = work / PART_FILES[part]
            write_tensors(path, module.state_dict(), dtype)
            hashes[path.name] = sha256_of(path)
        write_manifest(work, info, hashes)
        _put_in_place(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return hash_of_files(hashes)


def temporal_tensors(folder: Path) -> dict[str, Tensor]:
    """The temporal layers of a folder, for `VideoLDM.load_temporal` on another image model of the same shape."""
    listed = read_manifest(folder)[1]
    name = PART_FILES["video"]
    if name not in listed:
        raise DataError("model folder has no temporal layers", where=folder)
    check_hash(folder / name, listed[name])
    return read_tensors(folder / name)


def _modules(models: Models) -> dict[Part, nn.Module]:
    modules: dict[Part, nn.Module] = {"autoencoder": models.codec}
    if models.image is not None:
        modules["image"] = models.image
    if models.video is not None:
        modules["video"] = models.video.temporal
    if models.decoder is not None:
        modules["decoder"] = models.decoder.temporal
    if models.interpolation is not None:
        own_image = models.interpolation.image is not models.image
        modules["interpolation"] = models.interpolation if own_image else models.interpolation.temporal
    if models.upsampler is not None:
        modules["upsampler"] = models.upsampler
    return modules


def _described(models: Models, info: ModelInfo) -> ModelInfo:
    """The info with the configurations that the networks were really built with."""
    image = None if models.image is None else models.image.config
    temporal = None if models.video is None else models.video.config
    decoder = None if models.decoder is None else models.decoder.config
    upsampler = None if models.upsampler is None else models.upsampler.config
    between = _interpolation(models, info)
    return replace(info, image=image, temporal=temporal, decoder=decoder, interpolation=between, upsampler=upsampler)


def _interpolation(models: Models, info: ModelInfo) -> InterpolationConfig | None:
    """What the info says about interpolation, as far as the networks bear it out."""
    told, network = info.interpolation, models.interpolation
    if network is None:
        return told if told is not None and told.shared and models.video is not None else None
    own_image = network.image is not models.image
    return replace(told or InterpolationConfig(), net=network.config, shared=False, own_image=own_image)


def _put_in_place(work: Path, folder: Path) -> None:
    """Rename `work` to `folder`; what was there goes only once the new folder is complete."""
    if not folder.exists():
        work.rename(folder)
        return
    old = folder.parent / f"{work.name}-old"
    # What others put beside the models, such as a model card, stays.
    for entry in folder.iterdir():
        if entry.is_file() and entry.name not in (INFO_FILE, *PART_FILES.values()):
            shutil.copy2(entry, work / entry.name)
    folder.rename(old)
    work.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
