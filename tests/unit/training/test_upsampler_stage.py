"""The stage that trains the upsampler: on frames, then on clips."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from drivegen.core import ConfigError, DataError
from drivegen.data import DataConfig
from drivegen.diffusion import Schedule
from drivegen.models import (
    LatentCodec,
    TemporalConfig,
    Upsampler,
    UpsamplerConfig,
    load_model,
    save_model,
)
from drivegen.training import OptimConfig, TrainConfig, train
from drivegen.training.starting_point import starting_models
from drivegen.training.upsampler_config import UpsamplerStage
from drivegen.training.upsampler_module import UpsamplerModule, draw_patches, shrink

MakeConfig = Callable[..., TrainConfig]
# Half of what is recorded.
SMALL = (16, 32)
STAGE = UpsamplerStage(
    net=UpsamplerConfig(fold=2, block_out_channels=(8, 16), attention_head_dim=8, norm_num_groups=4, level_dim=16),
    temporal=TemporalConfig(max_frames=4, context_channels=4, embedding_dim=16, head_dim=8),
    # The rate stays where it is, whatever the length of the run.
    optim=OptimConfig(batch=2, lr=2e-3, warmup=1, decay_from=1.0, ema_decay=0.5),
    patch=(16, 16),
)
VIDEO = replace(STAGE, phase="video")


@pytest.fixture
def make(make_config: MakeConfig, data: DataConfig, tmp_path: Path) -> MakeConfig:
    """Configurations of this stage, behind an autoencoder with random weights."""
    first = make_config("autoencoder", data=replace(data, image_size=SMALL))
    torch.manual_seed(0)
    save_model(tmp_path / "autoencoder", starting_models(first), dtype="float32")

    def config(model: str, stage: UpsamplerStage, **settings: Any) -> TrainConfig:
        out = tmp_path / f"{stage.phase}-run"
        base = replace(first, stage="upsampler", model=tmp_path / model, upsampler=stage, out=out)
        return replace(base, **settings)

    return config


def test_frames_first_then_clips(make: MakeConfig, tmp_path: Path) -> None:
    image = train(make("autoencoder", STAGE))
    video = train(make("image-run/model", VIDEO))
    one, two = (load_model(folder, ("upsampler",)) for folder in (image, video))
    assert one.upsampler is not None
    assert two.upsampler is not None
    assert one.upsampler.temporal is None
    assert two.upsampler.temporal is not None
    assert two.info.upsampler == replace(STAGE.net, temporal=STAGE.temporal)
    after = two.upsampler.state_dict()
    # The image upsampler is frozen while its temporal layers learn.
    assert all(torch.equal(value, after[name]) for name, value in one.upsampler.state_dict().items())
    assert any("conv2" in name and bool(value.any()) for name, value in two.upsampler.temporal.state_dict().items())
    assert 0.001 < float(one.upsampler.residual_std) < 1.0
    assert set(two.info.trained) == {"upsampler_image", "upsampler"}
    assert (video.parent / "samples" / "step-000003.png").is_file()
    again = starting_models(make("video-run/model", STAGE))
    assert again.upsampler is not None
    assert again.upsampler.temporal is None, "they were trained around other weights"


def test_resumed_is_uninterrupted(make: MakeConfig, tmp_path: Path) -> None:
    models = starting_models(make("autoencoder", STAGE))
    save_model(tmp_path / "image", models, dtype="float32")
    whole = make("image", VIDEO, steps=4)
    train(whole)
    stopped = replace(whole, out=whole.out.with_name("stopped"), steps=2)
    train(stopped)
    # As if the run of four steps had been stopped after two: its folder holds a checkpoint and no facts.
    (stopped.out / "train.json").unlink()
    settings = json.loads((stopped.out / "config.json").read_text())
    (stopped.out / "config.json").write_text(json.dumps({**settings, "steps": 4}))
    train(replace(stopped, steps=4))
    one, two = (
        torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
        for folder in (whole.out, stopped.out)
    )
    assert all(torch.equal(value, two[name]) for name, value in one.items())


def test_it_learns_a_batch(make: MakeConfig) -> None:
    models = starting_models(make("autoencoder", STAGE))
    net = models.upsampler
    assert net is not None
    generator = torch.Generator().manual_seed(0)
    batch = torch.randint(0, 256, (4, 1, 16, 16, 3), dtype=torch.uint8, generator=generator)
    large = batch.movedim(-1, 2).float() / 127.5 - 1
    net.measure_residual(large, shrink(large, 2))
    module = UpsamplerModule(net, models.codec, Schedule(kind="linear"), replace(STAGE, decoded=0.0), seed=0)
    optimizer = module.configure_optimizers()
    losses = []
    for _ in range(30):
        loss = module.losses(batch, torch.Generator().manual_seed(1))["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(1.0, abs=0.2), "a fresh one predicts zero of a unit"
    assert losses[-1] < 0.8 * losses[0]


def test_known_frames_are_left_out_of_the_loss() -> None:
    torch.manual_seed(0)
    net = Upsampler(replace(STAGE.net, temporal=STAGE.temporal))
    stage = replace(VIDEO, context_probabilities=(0.0, 0.0, 1.0), decoded=0.0)
    module = UpsamplerModule(net, LatentCodec(torch.nn.Identity(), 4), Schedule(), stage, seed=0).eval()
    told = []
    net.register_forward_pre_hook(lambda _, arguments: told.append(arguments[3].known))
    batch = torch.randint(0, 256, (2, 4, 16, 16, 3), dtype=torch.uint8)
    batch[:, 1:] = 128
    # All that a fresh one misses of grey frames is their noise: nothing is asked of the first, which is known.
    loss = module.losses(batch, torch.Generator().manual_seed(0))["loss"]
    batch[:, 0] = 128
    assert loss == module.losses(batch, torch.Generator().manual_seed(0))["loss"]
    assert all(context.mask.tolist() == [[True, True, False, False]] * 2 for context in told)
    assert told[0].latents[:, 0].any()
    assert not told[0].latents[:, 2:].any()


def test_patches_are_whole_and_the_same_in_all_frames() -> None:
    rows, columns = torch.meshgrid(torch.arange(20), torch.arange(40), indexing="ij")
    frames = torch.stack([rows, columns, rows], dim=-1).to(torch.uint8).expand(64, 3, 20, 40, 3)
    patches = draw_patches(frames, (8, 16), 4, torch.Generator().manual_seed(0))
    assert patches.shape == (64, 3, 8, 16, 3)
    assert torch.equal(patches[:, 0], patches[:, 2])
    top, left = patches[:, 0, 0, 0, 0], patches[:, 0, 0, 0, 1]
    assert set(top.tolist()) == {0, 4, 8, 12}
    assert set(left.tolist()) == {0, 4, 8, 12, 16, 20, 24}
    assert torch.equal(patches[:, 0, -1, -1, 0] - top, torch.full_like(top, 7))


def test_what_cannot_be_trained_is_refused(make: MakeConfig, data: DataConfig) -> None:
    with pytest.raises(DataError, match=r"no upsampler of single frames.*phase=image"):
        train(make("autoencoder", VIDEO))
    large = replace(STAGE, net=replace(STAGE.net, factor=4), patch=(32, 32))
    with pytest.raises(DataError, match=r"too small.*64 x 128.*32 x 64.*drivegen world size=\[64,128\]"):
        train(make("autoencoder", large, out=data.roots[0].with_name("large")))
    with pytest.raises(ConfigError, match=r"upsampler\.patch.*multiples of 16"):
        train(make("autoencoder", replace(STAGE, patch=(24, 24)), out=data.roots[0].with_name("patch")))
    with pytest.raises(ConfigError, match="must sum to 1"):
        replace(STAGE, context_probabilities=(0.5, 0.2))
