"""The stage that trains the decoder's temporal layers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from drivegen.core import ConfigError
from drivegen.models import DiscriminatorConfig, TemporalDecoderConfig, available_parts, load_model
from drivegen.training import OptimConfig, TrainConfig, train
from drivegen.training.adversarial_config import AdversarialConfig
from drivegen.training.decoder_config import DecoderStage
from drivegen.training.decoder_module import DecoderModule
from drivegen.training.starting_point import starting_models

MakeConfig = Callable[..., TrainConfig]
# The rate stays where it is, whatever the length of the run.
OPTIM = OptimConfig(batch=2, lr=2e-3, warmup=1, decay_from=1.0, ema_decay=0.5)
STAGE = DecoderStage(
    net=TemporalDecoderConfig(bottleneck=4),
    optim=OPTIM,
    adversarial=AdversarialConfig(weight=0.1, from_step=1, net=DiscriminatorConfig(width=4, layers=2)),
    image_discriminator=True,
    perceptual_weight=0.1,
)


@pytest.fixture
def autoencoder(make_config: MakeConfig) -> Path:
    return train(make_config("autoencoder", steps=1))


def checkpoint(config: TrainConfig) -> dict[str, Any]:
    return torch.load(config.out / "checkpoints" / "last.ckpt", weights_only=True)


def test_only_temporal_layers_learn(make_config: MakeConfig, autoencoder: Path) -> None:
    folder = train(make_config("decoder", model=autoencoder, decoder=STAGE))
    assert available_parts(folder) == ("autoencoder", "decoder")
    before, after = load_model(autoencoder, ("autoencoder",)), load_model(folder, ("decoder",))
    kept = after.codec.state_dict()
    assert all(torch.equal(value, kept[name]) for name, value in before.codec.state_dict().items())
    assert after.decoder is not None
    assert after.decoder.config.bottleneck == 4
    assert any(block.conv2.weight.abs().max() > 0 for block in after.decoder.temporal)
    assert set(after.info.trained) == {"autoencoder", "decoder"}
    samples = folder.parent / "samples"
    assert (samples / "step-000003.png").is_file()


def test_training_all_keeps_the_latents(make_config: MakeConfig, autoencoder: Path) -> None:
    folder = train(make_config("decoder", model=autoencoder, decoder=replace(STAGE, train="all")))
    old, new = (load_model(f, ("autoencoder",)).codec.state_dict() for f in (autoencoder, folder))
    changed = {name for name, value in old.items() if not torch.equal(value, new[name])}
    assert changed
    assert all("decoder" in name for name in changed), changed


def test_resumed_is_uninterrupted(make_config: MakeConfig, autoencoder: Path) -> None:
    whole = make_config("decoder", model=autoencoder, decoder=STAGE, steps=4)
    train(whole)
    stopped = replace(whole, out=whole.out.with_name("stopped"), steps=2)
    train(stopped)
    # As if the run of four steps had been stopped after two: its folder holds a checkpoint and no facts.
    (stopped.out / "train.json").unlink()
    settings = json.loads((stopped.out / "config.json").read_text())
    (stopped.out / "config.json").write_text(json.dumps({**settings, "steps": 4}))
    train(replace(stopped, steps=4))
    one, two = checkpoint(whole), checkpoint(replace(stopped, steps=4))
    assert one["global_step"] == two["global_step"] == 4
    for part in ("state_dict", "adversary", "optimizer_states"):
        assert_equal(one[part], two[part], part)


def assert_equal(one: Any, two: Any, where: str) -> None:
    if isinstance(one, dict):
        assert one.keys() == two.keys(), where
        for key in one:
            assert_equal(one[key], two[key], f"{where}.{key}")
    elif isinstance(one, list | tuple):
        for number, (a, b) in enumerate(zip(one, two, strict=True)):
            assert_equal(a, b, f"{where}[{number}]")
    elif isinstance(one, torch.Tensor):
        assert torch.equal(one, two), where
    else:
        assert one == two, where


def test_one_step_of_two_optimisers_is_one_step(make_config: MakeConfig, autoencoder: Path) -> None:
    config = make_config("decoder", model=autoencoder, decoder=STAGE)
    train(config)
    kept = checkpoint(config)
    assert kept["global_step"] == 3
    assert kept["callbacks"]["EmaCallback"]["updates"] == 3
    # It joined at step 1 of 0, 1, 2.
    steps = {int(state["step"]) for state in kept["adversary"]["optimizer"]["state"].values()}
    assert steps == {2}


def test_a_new_frame_decoder_drops_it(make_config: MakeConfig, autoencoder: Path) -> None:
    folder = train(make_config("decoder", model=autoencoder, decoder=STAGE, steps=1))
    config = make_config("autoencoder", model=folder)
    frozen = replace(config, autoencoder=replace(config.autoencoder, freeze_encoder=True))
    for again in (config, frozen):
        models = starting_models(again)
        assert models.decoder is None
        assert models.info.decoder is None
    image = starting_models(make_config("image", model=folder))
    assert image.decoder is not None, "a decoder knows nothing of the image model"
    assert image.image is not None


def test_it_learns_to_calm_a_flickering_clip(make_config: MakeConfig, autoencoder: Path) -> None:
    stage = DecoderStage(optim=OPTIM, adversarial=AdversarialConfig())
    torch.manual_seed(0)
    models = starting_models(make_config("decoder", model=autoencoder, decoder=stage))
    assert models.decoder is not None
    module = DecoderModule(models.decoder, stage, seed=0)
    batch = torch.randint(0, 256, (2, 1, 4, 8, 3), dtype=torch.uint8).repeat_interleave(8, 2).repeat_interleave(8, 3)
    batch = batch.expand(-1, 4, -1, -1, -1)
    optimizer, losses = module.configure_optimizers(), []
    for _ in range(20):
        found = module.losses(batch, torch.Generator().manual_seed(0))
        optimizer.zero_grad()
        found["loss"].backward()
        optimizer.step()
        losses.append(found["loss"].item())
    assert losses[-1] < 0.9 * losses[0]


def test_clips_need_neighbours(make_config: MakeConfig, autoencoder: Path) -> None:
    config = make_config("decoder", model=autoencoder, decoder=STAGE)
    with pytest.raises(ConfigError, match=r"data\.frames: clips need neighbours"):
        train(replace(config, data=replace(config.data, frames=1)))


def test_an_image_discriminator_needs_a_weight() -> None:
    with pytest.raises(ConfigError, match="image_discriminator: no adversarial loss"):
        DecoderStage(adversarial=AdversarialConfig(), image_discriminator=True)
