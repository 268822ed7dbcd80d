"""The networks that a run starts from: those of a model folder, of a public pipeline, or fresh ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from drivegen.core import ConfigError, DataError
from drivegen.models import (
    ImageLDM,
    ImageLDMConfig,
    ModelInfo,
    Models,
    VideoLDM,
    available_parts,
    build_models,
    load_model,
    load_public_image_ldm,
)
from drivegen.training.config import TrainConfig


def starting_models(config: TrainConfig) -> Models:
    """The models that this run will train and write, with only the parts that it keeps or trains.

    A part that was trained on top of the one that is about to change is dropped: an image model does not fit another
    autoencoder, nor temporal layers another image model. A frozen encoder changes nothing for them: all is kept.
    """
    if config.stage == "autoencoder":
        models = _autoencoder(config)
    elif config.stage == "image":
        models = _image(config)
    else:
        models = _video(config)
    _check_size(models.info, config)
    models.info = replace(models.info, name=config.name or config.out.resolve().name or "model")
    return models


def _autoencoder(config: TrainConfig) -> Models:
    if config.autoencoder.freeze_encoder:
        folder = _folder(config)
        return load_model(folder, available_parts(folder))
    if config.model is None:
        return build_models(ModelInfo("new", config.data.image_size, autoencoder=config.autoencoder.net))
    loaded = load_model(config.model, ("autoencoder",))
    return Models(loaded.codec, None, None, replace(loaded.info, image=None, temporal=None))


def _image(config: TrainConfig) -> Models:
    if config.public_image_ldm is not None:
        net = config.image.net
        sizes = replace(net.conditions, image_size=config.data.image_size)
        return load_public_image_ldm(config.public_image_ldm, sizes, token_dim=net.token_dim)
    folder = _folder(config)
    if config.start_from is not None:
        return _transplanted_image(folder, config.start_from)
    if "image" in available_parts(folder):
        loaded = load_model(folder, ("image",))
        return Models(loaded.codec, loaded.image, None, replace(loaded.info, temporal=None))
    loaded = load_model(folder, ("autoencoder",))
    net = fitted_image_config(config.image.net, loaded.info)
    info = replace(loaded.info, image=net, temporal=None, prediction_type=net.prediction_type)
    return Models(loaded.codec, ImageLDM(net), None, info)


def _video(config: TrainConfig) -> Models:
    folder = _folder(config)
    if config.start_from is not None:
        return _transplanted_video(folder, config.start_from)
    if "video" in available_parts(folder):
        return load_model(folder)
    loaded = load_model(folder, ("image",))
    if loaded.image is None:
        raise DataError("no image model", where=folder, remedy="train it: drivegen train stage=image")
    video = VideoLDM(loaded.image, config.video.net)
    return Models(loaded.codec, loaded.image, video, replace(loaded.info, temporal=config.video.net))


def _transplanted_image(folder: Path, donor_folder: Path) -> Models:
    """The autoencoder of one folder and the image model of another."""
    base, donor = load_model(folder, ("autoencoder",)), load_model(donor_folder, ("image",))
    if donor.image is None:
        raise DataError("no image model", where=donor_folder, remedy="name a folder that stage=image has written")
    _same_shape(donor.info, fitted_image_config(donor.image.config, base.info), donor.image.config, donor_folder)
    info = replace(base.info, image=donor.info.image, temporal=None, prediction_type=donor.info.prediction_type)
    return Models(base.codec, donor.image, None, info)


def _transplanted_video(folder: Path, donor_folder: Path) -> Models:
    """Autoencoder and image model of one folder, temporal layers of another (paper, section 3.1.2)."""
    base, donor = load_model(folder, ("image",)), load_model(donor_folder)
    if base.image is None:
        raise DataError("no image model", where=folder, remedy="train it: drivegen train stage=image")
    if donor.video is None:
        raise DataError("no temporal layers", where=donor_folder, remedy="name a folder that stage=video has written")
    _same_shape(donor.info, base.image.config, donor.video.image.config, donor_folder)
    video = VideoLDM(base.image, donor.video.config)
    video.temporal.load_state_dict(donor.video.temporal.state_dict())
    return Models(base.codec, base.image, video, replace(base.info, temporal=donor.video.config))


def _same_shape(donor: ModelInfo, expected: ImageLDMConfig, got: ImageLDMConfig, where: Path) -> None:
    if expected != got:
        raise DataError(
            f"the model {donor.name} is of another shape",
            where=where,
            expected=expected,
            got=got,
            remedy="leave start_from out: the stage then starts fresh",
        )


def fitted_image_config(net: ImageLDMConfig, info: ModelInfo) -> ImageLDMConfig:
    """The image model's configuration with what the autoencoder decides: image size, latent grid and channels."""
    conditions = replace(net.conditions, image_size=info.image_size, latent_downsampling=info.autoencoder.downsampling)
    return replace(net, conditions=conditions, latent_channels=info.autoencoder.latent_channels)


def _folder(config: TrainConfig) -> Path:
    if config.model is None:
        raise ConfigError("no model to start from", where="model")
    return config.model


def _check_size(info: ModelInfo, config: TrainConfig) -> None:
    if tuple(info.image_size) != tuple(config.data.image_size):
        raise ConfigError(
            "the model is of another size",
            where="data.image_size",
            expected=list(info.image_size),
            got=list(config.data.image_size),
        )
