"""A checkpoint that does not belong to the run is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from drivegen.core import DataError
from drivegen.training import TrainConfig
from drivegen.training.autoencoder_module import AutoencoderModule
from drivegen.training.checkpoint import stamp, starting_step
from drivegen.training.starting_point import starting_models

STAGE = "autoencoder"


@pytest.fixture
def module(make_config: Callable[..., TrainConfig]) -> AutoencoderModule:
    config = make_config(STAGE)
    return AutoencoderModule(starting_models(config).codec.autoencoder, config.autoencoder, seed=0)


@pytest.fixture
def checkpoint(module: AutoencoderModule) -> dict[str, Any]:
    """What a run of seven steps would have saved."""
    content: dict[str, Any] = {
        "state_dict": dict(module.state_dict()),
        "optimizer_states": [],
        "callbacks": {"EmaCallback": module.ema.state_dict()},
        "global_step": 7,
    }
    stamp(content, STAGE)
    return content


def _saved(path: Path, content: object) -> Path:
    torch.save(content, path / "last.ckpt")
    return path / "last.ckpt"


def test_one_that_fits_gives_its_step(module: AutoencoderModule, checkpoint: dict[str, Any], tmp_path: Path) -> None:
    assert starting_step(None, module, STAGE) == 0
    assert starting_step(_saved(tmp_path, checkpoint), module, STAGE) == 7
    # Those of before there was a stamp.
    del checkpoint["drivegen"]
    assert starting_step(_saved(tmp_path, checkpoint), module, STAGE) == 7


def _first(module: AutoencoderModule) -> str:
    return next(iter(module.state_dict()))


def test_tensors_are_refused_by_name(module: AutoencoderModule, checkpoint: dict[str, Any], tmp_path: Path) -> None:
    name, state = _first(module), checkpoint["state_dict"]
    wanted = state[name]
    cases = {
        rf"{name}: .*expected \[\d.*got \[5\].*resume=false": {**state, name: torch.zeros(5)},
        rf"{name}: .*got nothing": {key: value for key, value in state.items() if key != name},
        r"net\.more: .*expected no such tensor": {**state, "net.more": wanted},
    }
    for message, tensors in cases.items():
        path = _saved(tmp_path, {**checkpoint, "state_dict": tensors})
        with pytest.raises(DataError, match=message):
            starting_step(path, module, STAGE)


def test_an_average_of_another_shape_is_refused(
    module: AutoencoderModule, checkpoint: dict[str, Any], tmp_path: Path
) -> None:
    average = {**module.ema.average, next(iter(module.ema.average)): torch.zeros(3)}
    callbacks = {"EmaCallback": {"updates": 7, "average": average}}
    with pytest.raises(DataError, match=r"average of .*does not fit the network"):
        starting_step(_saved(tmp_path, {**checkpoint, "callbacks": callbacks}), module, STAGE)


def test_another_schema_is_refused(module: AutoencoderModule, checkpoint: dict[str, Any], tmp_path: Path) -> None:
    cases = {
        "not a checkpoint of a run.*expected state_dict": {"weights": torch.zeros(1)},
        "another kind.*'format': 1.*'format': 99": {**checkpoint, "drivegen": {"format": 99, "stage": STAGE}},
        "another kind.*'stage': 'video'": {**checkpoint, "drivegen": {"format": 1, "stage": "video"}},
    }
    for message, content in cases.items():
        with pytest.raises(DataError, match=message):
            starting_step(_saved(tmp_path, content), module, STAGE)
