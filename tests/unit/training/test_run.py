"""Runs of the three stages from frames to a model folder: export, resume, refusal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from drivegen.core import ConfigError, DataError
from drivegen.models import load_model
from drivegen.training import TrainConfig, train

MakeConfig = Callable[..., TrainConfig]


def facts(folder: Path) -> dict[str, object]:
    return json.loads((folder.parent / "train.json").read_text())


@pytest.fixture
def autoencoder(make_config: MakeConfig) -> Path:
    return train(make_config("autoencoder"))


def test_three_stages(make_config: MakeConfig, autoencoder: Path) -> None:
    assert facts(autoencoder)["steps"] == 3
    assert (autoencoder.parent / "samples" / "step-000003.png").is_file()
    image = train(make_config("image", model=autoencoder))
    video = train(make_config("video", model=image))
    for folder in (autoencoder, image, video):
        held_out = facts(folder)["held_out"]
        assert isinstance(held_out, dict)
        assert 0 < held_out["loss"] < 100
    before, after = load_model(image, ("image",)), load_model(video)
    assert before.image is not None
    assert after.image is not None
    own = after.image.state_dict()
    # The image model is frozen while the temporal layers are trained.
    assert all(torch.equal(value, own[name]) for name, value in before.image.state_dict().items())
    assert after.info.frames == 4
    assert after.info.fps == 4.0
    assert after.info.license == "CC0-1.0"
    assert set(after.info.trained) == {"autoencoder", "image", "video"}


def test_a_frozen_encoder_keeps_latents_and_later_parts(make_config: MakeConfig, autoencoder: Path) -> None:
    image = train(make_config("image", model=autoencoder))
    config = make_config("autoencoder", model=image)
    stage = replace(config.autoencoder, freeze_encoder=True)
    folder = train(replace(config, autoencoder=stage, out=config.out.with_name("decoder")))
    before, after = load_model(image, ("image",)), load_model(folder, ("image",))
    assert before.image is not None
    assert after.image is not None
    kept = after.image.state_dict()
    assert all(torch.equal(value, kept[name]) for name, value in before.image.state_dict().items())
    old, new = before.codec.state_dict(), after.codec.state_dict()
    changed = {name for name, value in old.items() if not torch.equal(value, new[name])}
    assert changed
    assert all("decoder" in name for name in changed), changed


def test_the_folder_predicts_as_the_average_does(make_config: MakeConfig, autoencoder: Path) -> None:
    config = make_config("image", model=autoencoder)
    folder = train(config)
    checkpoint = torch.load(config.out / "checkpoints" / "last.ckpt", weights_only=True)
    average = checkpoint["callbacks"]["EmaCallback"]["average"]
    loaded = load_model(folder, ("image",)).image
    assert loaded is not None
    for name, value in loaded.state_dict().items():
        assert torch.allclose(value, average[name], atol=1e-3, rtol=1e-3), name


def test_resume_goes_on_counting(make_config: MakeConfig) -> None:
    config = make_config("autoencoder", steps=2)
    whole = train(replace(make_config("autoencoder", steps=4), out=config.out.with_name("whole")))
    # As if the run of four steps had been stopped after two: its folder holds a checkpoint and no facts.
    train(config)
    (config.out / "train.json").unlink()
    settings = json.loads((config.out / "config.json").read_text())
    (config.out / "config.json").write_text(json.dumps({**settings, "steps": 4}))
    folder = train(replace(config, steps=4))
    assert facts(folder)["steps"] == 4
    ema = torch.load(config.out / "checkpoints" / "last.ckpt", weights_only=True)["callbacks"]["EmaCallback"]
    assert ema["updates"] == 4
    assert load_model(whole, ("autoencoder",)).info.trained["autoencoder"]["steps"] == 4


def test_a_finished_run_stays_as_it_is(make_config: MakeConfig, autoencoder: Path) -> None:
    before = (autoencoder / "model.json").stat().st_mtime_ns
    assert train(make_config("autoencoder")) == autoencoder
    assert (autoencoder / "model.json").stat().st_mtime_ns == before


def test_other_settings_are_refused(make_config: MakeConfig, autoencoder: Path) -> None:
    with pytest.raises(ConfigError, match=r"seed=0.*seed=7.*choose another out"):
        train(make_config("autoencoder", seed=7))


def test_a_damaged_checkpoint_is_refused(make_config: MakeConfig, autoencoder: Path) -> None:
    config = make_config("autoencoder")
    (config.out / "train.json").unlink()
    (config.out / "checkpoints" / "last.ckpt").write_bytes(b"nothing")
    with pytest.raises(DataError, match="checkpoint cannot be read"):
        train(config)


def test_time_ends_a_run(make_config: MakeConfig) -> None:
    folder = train(make_config("autoencoder", steps=1_000_000, minutes=0.02))
    steps = facts(folder)["steps"]
    assert isinstance(steps, int)
    assert 0 < steps < 100_000


def test_the_first_stage_is_needed(make_config: MakeConfig) -> None:
    with pytest.raises(ConfigError, match="no model to start from"):
        make_config("image")
