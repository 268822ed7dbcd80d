"""The interpolation model that a run starts from: the folder's own, prediction's layers, or fresh ones."""

from __future__ import annotations

import copy
from dataclasses import replace

from drivegen.core import ConfigError, DataError
from drivegen.models import (
    GAP_FRAMES,
    ImageLDM,
    InterpolationConfig,
    Models,
    VideoLDM,
    available_parts,
    load_model,
)
from drivegen.training.config import TrainConfig


def interpolation_models(config: TrainConfig) -> Models:
    """All parts of the folder, and the interpolation model that will be trained.

    Raises:
        DataError: the folder has no image model.
    """
    if config.model is None:
        raise ConfigError("no model to start from", where="model")
    models = load_model(config.model, ("image", *available_parts(config.model)))
    if models.image is None:
        raise DataError("no image model", where=config.model, remedy="train it: drivegen train stage=image")
    net = models.interpolation or _first_interpolation(models, models.image, config)
    if config.interpolation.train == "all" and net.image is models.image:
        net = _with_own_image(net)
    own_image = net.image is not models.image
    told = InterpolationConfig(net.config, fade=config.interpolation.fade, own_image=own_image)
    return replace(models, interpolation=net, info=replace(models.info, interpolation=told))


def _first_interpolation(models: Models, image: ImageLDM, config: TrainConfig) -> VideoLDM:
    """Temporal layers that start as prediction's, or fresh ones."""
    start = models.video if config.interpolation.from_prediction else None
    if start is None or start.config.max_frames < GAP_FRAMES:
        return VideoLDM(image, config.interpolation.net)
    net = VideoLDM(image, start.config)
    net.load_temporal(start.temporal_state_dict())
    return net


def _with_own_image(net: VideoLDM) -> VideoLDM:
    """The same model over a copy of its image model, so that training the copy leaves the other as it is."""
    own = VideoLDM(copy.deepcopy(net.image), net.config)
    own.load_temporal(net.temporal_state_dict())
    return own
