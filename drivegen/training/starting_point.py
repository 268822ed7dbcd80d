"""The networks that a run starts from: those of a model folder, of a public pipeline, or fresh ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from drivegen.core import ConfigError, DataError
from drivegen.models import (
    AutoencoderConfig,
    ImageLDM,
    ImageLDMConfig,
    ModelInfo,
    Models,
    Part,
    TemporalDecoder,
    Upsampler,
    VideoLDM,
    available_parts,
    build_models,
    load_model,
    load_public_image_ldm,
)
from drivegen.training.config import TrainConfig, VideoStage
from drivegen.training.starting_interpolation import interpolation_models


def starting_models(config: TrainConfig) -> Models:
    """The models that this run will train and write, with only the parts that it keeps or trains.

    A part that was trained on top of the one that is about to change is dropped: an image model does not fit another
    autoencoder, nor temporal layers another image model. A frozen encoder changes nothing for them: all is kept but
    the decoder's own temporal layers. Decoder and upsampler know nothing of the image model and stay when it goes.
    """
    if config.stage == "autoencoder":
        models = _autoencoder(config)
    elif config.stage == "image":
        models = _with_schedule(_image(config), config)
    elif config.stage == "decoder":
        models = _decoder(config)
    elif config.stage == "interpolation":
        models = interpolation_models(config)
    elif config.stage == "upsampler":
        models = _upsampler(config)
    else:
        models = _video(config)
    _check_size(models.info, config)
    models.info = replace(models.info, name=config.name or config.out.resolve().name or "model")
    return models


def _autoencoder(config: TrainConfig) -> Models:
    if config.autoencoder.freeze_encoder:
        folder = _folder(config)
        kept = load_model(folder, [part for part in available_parts(folder) if part != "decoder"])
        return replace(kept, info=replace(kept.info, decoder=None))
    if config.model is None:
        _check_learns(config.autoencoder.net, "autoencoder.net.kind")
        return build_models(ModelInfo("new", config.data.image_size, autoencoder=config.autoencoder.net))
    loaded = load_model(config.model, ("autoencoder",))
    _check_learns(loaded.info.autoencoder, config.model)
    info = replace(loaded.info, image=None, temporal=None, decoder=None, interpolation=None, upsampler=None)
    return Models(loaded.codec, None, None, info)


def _check_learns(net: AutoencoderConfig, where: str | Path) -> None:
    if net.kind == "pixel":
        raise ConfigError(
            "folded pixels have nothing to learn",
            where=where,
            expected="light or kl",
            got=net.kind,
            remedy="train stage=image on it right away; drivegen evaluate ablation=tiny has an arm that does",
        )


def _image(config: TrainConfig) -> Models:
    if config.public_image_ldm is not None:
        net = config.image.net
        sizes = replace(net.conditions, image_size=config.data.image_size)
        return load_public_image_ldm(config.public_image_ldm, sizes, token_dim=net.token_dim, text=config.image.text)
    folder = _folder(config)
    if config.start_from is not None:
        return _transplanted_image(folder, config.start_from)
    if "image" in available_parts(folder):
        loaded = load_model(folder, ("image", *_pixel_parts(folder)))
        return replace(loaded, info=replace(loaded.info, temporal=None, interpolation=None))
    loaded = load_model(folder, ("autoencoder", *_pixel_parts(folder)))
    net = fitted_image_config(config.image.net, loaded.info)
    info = replace(loaded.info, image=net, temporal=None, interpolation=None, prediction_type=net.prediction_type)
    return replace(loaded, image=ImageLDM(net), info=info)


def _decoder(config: TrainConfig) -> Models:
    """All that the folder holds: a frozen encoder changes nothing for the parts that work on latents."""
    folder = _folder(config)
    models = load_model(folder, available_parts(folder))
    if models.decoder is not None:
        return models
    decoder = TemporalDecoder(models.codec.autoencoder, config.decoder.net)
    return replace(models, decoder=decoder, info=replace(models.info, decoder=config.decoder.net))


def _upsampler(config: TrainConfig) -> Models:
    """All that the folder holds; phase=image begins without temporal layers, phase=video adds them where they lack."""
    folder, stage = _folder(config), config.upsampler
    models = load_model(folder, available_parts(folder))
    net = models.upsampler
    if stage.phase == "image":
        net = Upsampler(replace(stage.net, temporal=None)) if net is None else net
        net.drop_temporal()
    elif net is None:
        raise DataError(
            "no upsampler of single frames",
            where=folder,
            remedy="train it first: drivegen train stage=upsampler upsampler.phase=image",
        )
    elif net.temporal is None:
        net.add_temporal(stage.temporal)
        # This phase will write facts of its own under the stage's name.
        trained = dict(models.info.trained)
        trained |= {"upsampler_image": trained.pop("upsampler")} if "upsampler" in trained else {}
        models.info = replace(models.info, trained=trained)
    return replace(models, upsampler=net, info=replace(models.info, upsampler=net.config))


def _pixel_parts(folder: Path) -> tuple[Part, ...]:
    """The parts of a folder that stand behind the latents: they do not mind another image model."""
    return tuple(part for part in available_parts(folder) if part in ("decoder", "upsampler"))


def _video(config: TrainConfig) -> Models:
    folder = _folder(config)
    if config.start_from is not None:
        return _transplanted_video(folder, config.start_from)
    models = load_model(folder, ("image", *available_parts(folder)))
    if models.image is None:
        raise DataError("no image model", where=folder, remedy="train it: drivegen train stage=image")
    if models.video is None:
        video = VideoLDM(models.image, config.video.net)
        models = replace(models, video=video, info=replace(models.info, temporal=config.video.net))
    return _with_fitting_interpolation(models, config.video)


def _with_fitting_interpolation(models: Models, stage: VideoStage) -> Models:
    """The models, without interpolation where this stage changes what it stands on, or takes its place."""
    told = models.info.interpolation
    if told is not None and not told.shared and stage.train == "temporal" and stage.interpolation_probability == 0:
        return models
    return replace(models, interpolation=None, info=replace(models.info, interpolation=None))


def _with_schedule(models: Models, config: TrainConfig) -> Models:
    """The same networks, trained from now on with the schedule that was asked for."""
    if config.image.schedule is None:
        return models
    return replace(models, info=replace(models.info, schedule=config.image.schedule))


def _transplanted_image(folder: Path, donor_folder: Path) -> Models:
    """The autoencoder of one folder and the image model of another."""
    base, donor = load_model(folder, ("autoencoder", *_pixel_parts(folder))), load_model(donor_folder, ("image",))
    if donor.image is None:
        raise DataError("no image model", where=donor_folder, remedy="name a folder that stage=image has written")
    _same_shape(donor.info, fitted_image_config(donor.image.config, base.info), donor.image.config, donor_folder)
    info = replace(
        base.info,
        image=donor.info.image,
        temporal=None,
        interpolation=None,
        prediction_type=donor.info.prediction_type,
        schedule=donor.info.schedule,
    )
    return replace(base, image=donor.image, info=info)


def _transplanted_video(folder: Path, donor_folder: Path) -> Models:
    """Autoencoder and image model of one folder, temporal layers of another (paper, section 3.1.2)."""
    base, donor = load_model(folder, ("image", *_pixel_parts(folder))), load_model(donor_folder, ("video",))
    if base.image is None:
        raise DataError("no image model", where=folder, remedy="train it: drivegen train stage=image")
    if donor.video is None:
        raise DataError("no temporal layers", where=donor_folder, remedy="name a folder that stage=video has written")
    _same_shape(donor.info, base.image.config, donor.video.image.config, donor_folder)
    if donor.info.schedule != base.info.schedule:
        raise DataError(
            f"the model {donor.info.name} knows other noise levels",
            where=donor_folder,
            expected=base.info.schedule,
            got=donor.info.schedule,
            remedy="leave start_from out: the stage then starts fresh",
        )
    video = VideoLDM(base.image, donor.video.config)
    video.temporal.load_state_dict(donor.video.temporal.state_dict())
    info = replace(base.info, temporal=donor.video.config, interpolation=None)
    return replace(base, video=video, info=info)


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
