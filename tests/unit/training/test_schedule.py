"""The learning rate over a run."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import pytorch_lightning as pl

from drivegen.data import DataConfig
from drivegen.training import OptimConfig, TrainConfig
from drivegen.training.callbacks import RunClock
from drivegen.training.schedule import lr_scale, run_fraction

OPTIM = OptimConfig(warmup=10, decay_from=0.5, final_lr_scale=0.01)


def test_whichever_is_further_counts() -> None:
    assert run_fraction(50, 100, 10.0, None) == 0.5
    assert run_fraction(50, 100, 45.0, 1.0) == 0.75
    assert run_fraction(50, 100, 3.0, 1.0) == 0.5
    assert run_fraction(500, 100, 0.0, None) == 1.0


def test_rises_stays_and_falls() -> None:
    assert lr_scale(0, 0.0, OPTIM) == pytest.approx(0.1)
    assert lr_scale(9, 0.1, OPTIM) == 1.0
    assert lr_scale(100, 0.5, OPTIM) == 1.0
    assert lr_scale(100, 0.75, OPTIM) == pytest.approx(0.505)
    assert lr_scale(100, 1.0, OPTIM) == pytest.approx(0.01)


def test_never_rises_again() -> None:
    scales = [lr_scale(1000, i / 100, OPTIM) for i in range(101)]
    assert all(later <= earlier for earlier, later in itertools.pairwise(scales))


def test_a_run_that_goes_on_knows_how_far_it_is(tmp_path: Path) -> None:
    clock = RunClock(
        TrainConfig(stage="autoencoder", data=DataConfig(roots=(tmp_path,)), minutes=1.0, steps=100, out=tmp_path)
    )
    clock.load_state_dict({"elapsed_s": 30.0})
    clock.on_train_start(pl.Trainer(logger=False, accelerator="cpu"), pl.LightningModule())
    clock.on_train_end(pl.Trainer(logger=False, accelerator="cpu"), pl.LightningModule())
    assert clock.fraction == pytest.approx(0.5, abs=0.1)
