"""A loss or gradient that is not finite stops a run before it does harm, and says which clips it came from."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import Tensor

from drivegen.core import DataError
from drivegen.training import TrainConfig, train
from drivegen.training.autoencoder_module import AutoencoderModule

MakeConfig = Callable[..., TrainConfig]
BAD_STEP = 3


@pytest.fixture
def conftest() -> ModuleType:
    """The pictures that the root holds."""
    spec = importlib.util.spec_from_file_location("training_conftest", Path(__file__).with_name("conftest.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def stopped(make_config: MakeConfig) -> TrainConfig:
    """A run of six steps that was stopped after two, with a checkpoint."""
    config = make_config("autoencoder", steps=2)
    train(config)
    (config.out / "train.json").unlink()
    settings = json.loads((config.out / "config.json").read_text())
    (config.out / "config.json").write_text(json.dumps({**settings, "steps": 6}))
    return replace(config, steps=6)


@pytest.mark.parametrize("where", ["loss", "gradient"])
def test_the_run_stops_with_the_names_and_the_checkpoint_stays(
    where: str, stopped: TrainConfig, conftest: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, seen = AutoencoderModule.training_losses, []

    def bad(self: AutoencoderModule, batch: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        losses = good(self, batch, generator)
        if self.global_step == BAD_STEP:
            seen.append(batch.numpy().copy())
            # The square root's slope at 0 is infinite, its value is not.
            poison = (next(self.net.parameters()).sum() * 0.0).sqrt() if where == "gradient" else float("nan")
            losses["loss"] = losses["loss"] + poison
        return losses

    monkeypatch.setattr(AutoencoderModule, "training_losses", bad)
    checkpoint = stopped.out / "checkpoints" / "last.ckpt"
    before = checkpoint.read_bytes()
    with pytest.raises(DataError, match=f"step {BAD_STEP}: .*not finite.*holds the last good checkpoint") as caught:
        train(stopped)
    assert ("nan" in str(caught.value)) == (where == "loss")
    assert checkpoint.read_bytes() == before
    assert not (stopped.out / "train.json").exists()
    # The names are those of the frames that the step really saw.
    named = re.findall(r"drive-(\d)/CAM_FRONT/(\d+)", str(caught.value))
    pictures = [conftest.frames(int(drive))[int(index)] for drive, index in named]
    assert len(seen) == 1
    assert np.array_equal(np.stack(pictures), seen[0])
    # With what was wrong put right, the same command goes on.
    monkeypatch.undo()
    assert train(stopped).is_dir()
