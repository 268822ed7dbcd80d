"""Weights of one stage put on the earlier stages of another model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from drivegen.core import ConfigError, DataError
from drivegen.models import (
    AutoencoderConfig,
    ImageLDM,
    ModelInfo,
    Models,
    ScheduleInfo,
    TemporalConfig,
    VideoLDM,
    build_models,
    save_model,
)
from drivegen.training import TrainConfig
from drivegen.training.starting_point import fitted_image_config, starting_models

MakeConfig = Callable[..., TrainConfig]


def _whole(make_config: MakeConfig, folder: Path, seed: int, temporal: TemporalConfig | None = None) -> Models:
    """A model folder with all parts, fresh weights."""
    torch.manual_seed(seed)
    config = make_config("autoencoder")
    info = starting_models(config).info
    image = fitted_image_config(config.image.net, info)
    models = build_models(replace(info, image=image, temporal=temporal or config.video.net))
    for network in (models.image, models.video):
        for parameter in network.parameters() if network is not None else ():
            nn.init.normal_(parameter, std=0.02)
    save_model(folder, models, dtype="float32")
    return models


def _equal(a: nn.Module, b: nn.Module) -> bool:
    mine, other = a.state_dict(), b.state_dict()
    return mine.keys() == other.keys() and all(torch.equal(mine[key], other[key]) for key in mine)


def test_an_image_model_goes_on_with_another_autoencoder(make_config: MakeConfig, tmp_path: Path) -> None:
    base, donor = _whole(make_config, tmp_path / "base", 1), _whole(make_config, tmp_path / "donor", 2)
    config = replace(make_config("autoencoder"), stage="image", model=tmp_path / "base", start_from=tmp_path / "donor")
    models = starting_models(config)
    assert isinstance(models.image, ImageLDM) and isinstance(donor.image, ImageLDM)
    assert _equal(models.codec.autoencoder, base.codec.autoencoder)
    assert _equal(models.image, donor.image)
    assert models.video is None


def test_temporal_layers_go_onto_another_image_model(make_config: MakeConfig, tmp_path: Path) -> None:
    base, donor = _whole(make_config, tmp_path / "base", 1), _whole(make_config, tmp_path / "donor", 2)
    config = replace(make_config("autoencoder"), stage="video", model=tmp_path / "base", start_from=tmp_path / "donor")
    models = starting_models(config)
    assert isinstance(models.video, VideoLDM) and isinstance(donor.video, VideoLDM) and isinstance(base.image, ImageLDM)
    assert _equal(models.video.temporal, donor.video.temporal)
    assert _equal(models.video.image, base.image)
    assert not _equal(models.video.image, donor.video.image)


def test_another_shape_is_refused(make_config: MakeConfig, tmp_path: Path) -> None:
    _whole(make_config, tmp_path / "base", 1)
    config = make_config("autoencoder")
    wider = replace(config.image.net, token_dim=2 * config.image.net.token_dim)
    _whole(lambda stage: replace(make_config(stage), image=replace(config.image, net=wider)), tmp_path / "donor", 2)
    asked = replace(config, stage="video", model=tmp_path / "base", start_from=tmp_path / "donor")
    with pytest.raises(DataError, match="another shape"):
        starting_models(asked)


def test_temporal_layers_of_other_noise_levels_are_refused(make_config: MakeConfig, tmp_path: Path) -> None:
    _whole(make_config, tmp_path / "base", 1)
    donor = _whole(make_config, tmp_path / "donor", 2)
    donor.info = replace(donor.info, schedule=ScheduleInfo(kind="edm"))
    save_model(tmp_path / "donor", donor, dtype="float32")
    asked = replace(make_config("autoencoder"), stage="video", model=tmp_path / "base", start_from=tmp_path / "donor")
    with pytest.raises(DataError, match="other noise levels"):
        starting_models(asked)


def test_folded_pixels_are_no_autoencoder_to_train(make_config: MakeConfig, tmp_path: Path) -> None:
    config = make_config("autoencoder")
    net = AutoencoderConfig(kind="pixel", downsampling=2, latent_channels=12)
    pixels = replace(config, autoencoder=replace(config.autoencoder, net=net))
    with pytest.raises(ConfigError, match="nothing to learn"):
        starting_models(pixels)
    size = config.data.image_size
    save_model(tmp_path / "pixels", build_models(ModelInfo("pixels", size, autoencoder=net)))
    with pytest.raises(ConfigError, match="nothing to learn"):
        starting_models(replace(config, model=tmp_path / "pixels"))


def test_the_autoencoder_has_nothing_to_take(make_config: MakeConfig, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="start_from"):
        replace(make_config("autoencoder"), start_from=tmp_path)
