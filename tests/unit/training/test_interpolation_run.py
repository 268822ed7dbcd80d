"""Runs of stage=interpolation, and of stage=video with every weight or with both tasks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from drivegen.models import Models, TemporalConfig, build_models, load_model, save_model
from drivegen.training import TrainConfig, train
from drivegen.training.interpolation_config import InterpolationStage
from drivegen.training.starting_point import fitted_image_config, starting_models

MakeConfig = Callable[..., TrainConfig]
NET = TemporalConfig(max_frames=6, context_channels=8, embedding_dim=32, head_dim=16)


@pytest.fixture
def start(make_config: MakeConfig, tmp_path: Path) -> Path:
    """A folder with autoencoder, image model and temporal layers, none of them trained."""
    torch.manual_seed(0)
    config = make_config("autoencoder")
    info = starting_models(config).info
    image = fitted_image_config(config.image.net, info)
    models = build_models(replace(info, image=image, temporal=NET))
    for parameter in models.video.temporal.parameters() if models.video is not None else ():
        nn.init.normal_(parameter, std=0.02)
    save_model(tmp_path / "start", models, dtype="float32")
    return tmp_path / "start"


@pytest.fixture
def make(make_config: MakeConfig, start: Path) -> MakeConfig:
    def stage(name: str, **settings: object) -> TrainConfig:
        base = make_config(name, model=start, steps=2, sample_clips=1)
        between = InterpolationStage(net=NET, optim=replace(base.video.optim, batch=2), regimes=(2, 1))
        return replace(base, interpolation=between, **settings)

    return stage


def equal(a: nn.Module | None, b: nn.Module | None) -> bool:
    assert a is not None and b is not None
    mine, other = a.state_dict(), b.state_dict()
    return mine.keys() == other.keys() and all(torch.equal(mine[key].half(), other[key].half()) for key in mine)


def test_interpolation_gets_layers_of_its_own(make: MakeConfig, start: Path) -> None:
    config = make("interpolation")
    before, after = load_model(start), load_model(train(config))
    assert after.interpolation is not None and after.video is not None
    assert after.interpolation.image is after.image
    assert equal(before.image, after.image)
    assert equal(before.video.temporal if before.video else None, after.video.temporal)
    assert not equal(after.interpolation.temporal, after.video.temporal)
    assert after.info.interpolation is not None
    assert after.info.interpolation.intervals_s == (0.5, 0.25)
    assert (after.info.frames, after.info.fps) == (before.info.frames, before.info.fps)
    assert (config.out / "samples" / "step-000002.png").is_file()
    # A further run goes on with these layers; predictions trained anew leave them alone.
    again = starting_models(replace(config, model=config.out / "model", out=config.out / "again"))
    assert again.interpolation is not None
    assert equal(again.interpolation, after.interpolation)
    video = starting_models(replace(make("video"), model=config.out / "model"))
    assert video.interpolation is not None


def test_a_resumed_run_ends_as_an_uninterrupted_one(make: MakeConfig) -> None:
    config = make("interpolation")
    # A rate that does not fall, because it falls with the share of the run that is done.
    steady = replace(config.interpolation, optim=replace(config.interpolation.optim, decay_from=1.0))
    config = replace(config, interpolation=steady, steps=1)
    whole = train(replace(config, steps=3, out=config.out.with_name("whole")))
    train(config)
    # As if a run of three steps had been stopped after one.
    (config.out / "train.json").unlink()
    settings = json.loads((config.out / "config.json").read_text())
    (config.out / "config.json").write_text(json.dumps({**settings, "steps": 3}))
    resumed = train(replace(config, steps=3))
    one, other = load_model(whole).interpolation, load_model(resumed).interpolation
    assert one is not None and other is not None
    assert equal(one.temporal, other.temporal)


def test_every_weight_may_learn_without_changing_what_others_use(make: MakeConfig, start: Path) -> None:
    config = make("interpolation")
    folder = train(replace(config, interpolation=replace(config.interpolation, train="all")))
    before, after = load_model(start), load_model(folder)
    assert after.interpolation is not None and after.info.interpolation is not None
    assert after.info.interpolation.own_image
    assert equal(before.image, after.image)
    assert not equal(after.interpolation.image, after.image)


def test_a_video_model_may_learn_with_its_image_model(make: MakeConfig, start: Path) -> None:
    config = make("video")
    folder = train(replace(config, video=replace(config.video, train="all")))
    before, after = load_model(start), load_model(folder)
    assert not equal(before.image, after.image)
    assert after.video is not None and after.video.image is after.image
    losses = json.loads((config.out / "train.json").read_text())["held_out"]
    assert set(losses) == {"loss", "image"}


def test_one_set_may_learn_both_tasks(make: MakeConfig) -> None:
    config = make("video")
    folder = train(replace(config, video=replace(config.video, interpolation_probability=0.5)))
    after = load_model(folder)
    assert after.interpolation is None and after.info.interpolation is not None
    assert after.info.interpolation.shared
    assert after.info.interpolation.intervals_s == (0.5, 0.25)
    losses = json.loads((config.out / "train.json").read_text())["held_out"]
    assert {"prediction", "interpolation"} <= set(losses)
    # Prediction alone makes the layers unfit for interpolation; a set of its own takes their place.
    assert starting_models(replace(config, model=folder)).info.interpolation is None
    own = starting_models(replace(make("interpolation"), model=folder))
    assert own.interpolation is not None and own.info.interpolation is not None
    assert not own.info.interpolation.shared


def test_what_stands_on_a_changed_model_goes(make: MakeConfig, start: Path, tmp_path: Path) -> None:
    models: Models = starting_models(make("interpolation"))
    save_model(tmp_path / "whole", models)
    config = make("video")
    everything = replace(config, model=tmp_path / "whole", video=replace(config.video, train="all"))
    for changed in (everything, make("image", model=tmp_path / "whole")):
        left = starting_models(changed)
        assert left.interpolation is None and left.info.interpolation is None


def test_layers_start_fresh_when_asked(make: MakeConfig) -> None:
    config = make("interpolation")
    fresh = starting_models(replace(config, interpolation=replace(config.interpolation, from_prediction=False)))
    kept = starting_models(config)
    assert fresh.interpolation is not None and kept.interpolation is not None and kept.video is not None
    assert equal(kept.interpolation.temporal, kept.video.temporal)
    assert not fresh.interpolation.temporal.layers[0].conv2.weight.any()
