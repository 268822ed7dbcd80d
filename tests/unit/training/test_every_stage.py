"""What holds for every stage: a signal in the middle changes nothing of what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from drivegen.models import (
    DiscriminatorConfig,
    TemporalConfig,
    TemporalDecoderConfig,
    UpsamplerConfig,
    build_models,
    save_model,
)
from drivegen.training import OptimConfig, TrainConfig, train
from drivegen.training.adversarial_config import AdversarialConfig
from drivegen.training.callbacks import RunClock
from drivegen.training.config import Stage
from drivegen.training.decoder_config import DecoderStage
from drivegen.training.interpolation_config import InterpolationStage
from drivegen.training.perception_config import PerceptionStage
from drivegen.training.starting_point import fitted_image_config, starting_models
from drivegen.training.upsampler_config import UpsamplerStage

TEMPORAL = TemporalConfig(max_frames=6, context_channels=8, embedding_dim=32, head_dim=16)
OPTIM = OptimConfig(batch=2, lr=2e-3, warmup=1, ema_decay=0.9)
STEPS, STOPPED_AFTER = 3, 2


@pytest.fixture
def config_of(
    make_config: Callable[..., TrainConfig], perception_stage: PerceptionStage, tmp_path: Path
) -> Callable[[Stage], TrainConfig]:
    """A tiny run of a stage, from a folder with fresh weights of all the parts that it builds on."""

    def make(stage: Stage) -> TrainConfig:
        base = make_config("autoencoder", steps=STEPS, sample_clips=1, sample_steps=1)
        if stage == "upsampler":
            # The recorded frames are twice as large as those that it enlarges.
            height, width = base.data.image_size
            base = replace(base, data=replace(base.data, image_size=(height // 2, width // 2)))
        settings: dict[str, Any] = {
            "perception": perception_stage,
            "decoder": DecoderStage(
                net=TemporalDecoderConfig(bottleneck=4),
                optim=OPTIM,
                adversarial=AdversarialConfig(weight=0.1, from_step=1, net=DiscriminatorConfig(width=4, layers=2)),
            ),
            "interpolation": InterpolationStage(net=TEMPORAL, optim=OPTIM, regimes=(2, 1)),
            "upsampler": UpsamplerStage(
                net=UpsamplerConfig(block_out_channels=(16, 16), attention_head_dim=8, norm_num_groups=4, level_dim=8),
                optim=OPTIM,
                patch=(16, 16),
            ),
            "model": None if stage in ("autoencoder", "perception") else _start(base, tmp_path / "start"),
        }
        return replace(base, stage=stage, out=tmp_path / "whole", **settings)

    return make


def _start(config: TrainConfig, folder: Path) -> Path:
    torch.manual_seed(0)
    info = starting_models(config).info
    models = build_models(replace(info, image=fitted_image_config(config.image.net, info), temporal=TEMPORAL))
    for network in (models.image, models.video):
        for parameter in network.parameters() if network is not None else ():
            nn.init.normal_(parameter, std=0.02)
    save_model(folder, models)
    return folder


def interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal that comes after some steps."""
    ordinary = RunClock.on_train_batch_end

    def stopping(self: RunClock, trainer: pl.Trainer, *arguments: Any) -> None:
        self.interrupted = self.interrupted or trainer.global_step >= STOPPED_AFTER
        ordinary(self, trainer, *arguments)

    monkeypatch.setattr(RunClock, "on_train_batch_end", stopping)


def first_difference(one: Any, other: Any, path: str = "") -> str | None:
    """Where two nested values differ; tensors have to be equal bit by bit."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        found = (first_difference(one[key], other[key], f"{path}.{key}") for key in one)
        return next((place for place in found if place is not None), None)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        found = (first_difference(a, b, f"{path}[{i}]") for i, (a, b) in enumerate(zip(one, other, strict=True)))
        return next((place for place in found if place is not None), None)
    same = torch.equal(one, other) if isinstance(one, Tensor) and isinstance(other, Tensor) else one == other
    return None if same else path


def learnt(out: Path) -> dict[str, Any]:
    """Weights, their average and the memory of the optimisers, as the last checkpoint has them."""
    checkpoint = torch.load(out / "checkpoints" / "last.ckpt", weights_only=True)
    return {
        "weights": checkpoint["state_dict"],
        "average": checkpoint["callbacks"]["EmaCallback"],
        "optimizers": checkpoint["optimizer_states"],
        "opponent": checkpoint.get("adversary"),
        "step": checkpoint["global_step"],
    }


@pytest.mark.parametrize("stage", get_args(Stage))
def test_resumed_is_uninterrupted(
    stage: Stage, config_of: Callable[[Stage], TrainConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of(stage)
    train(config)
    stopped = replace(config, out=config.out.with_name("stopped"))
    interrupt(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        train(stopped)
    assert learnt(stopped.out)["step"] == STOPPED_AFTER
    assert not stopped.out.joinpath("model").exists()
    monkeypatch.undo()
    train(stopped)
    assert learnt(config.out)["step"] == STEPS
    assert first_difference(learnt(config.out), learnt(stopped.out)) is None
    assert list((config.out / "samples").glob("step-000003.png"))
    if stage in ("video", "interpolation", "decoder"):
        assert list((config.out / "samples").glob("step-000003.webp"))
