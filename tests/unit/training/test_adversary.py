"""The discriminators that play against a stage."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from drivegen.core import ConfigError, DataError
from drivegen.models import DiscriminatorConfig, PatchDiscriminator
from drivegen.training import TrainConfig
from drivegen.training.adversarial_config import AdversarialConfig
from drivegen.training.adversary import Adversary
from drivegen.training.autoencoder_module import AutoencoderModule
from drivegen.training.random_features import RandomFeatures
from drivegen.training.starting_point import starting_models

TINY = DiscriminatorConfig(width=4, layers=2)
MakeConfig = Callable[..., TrainConfig]


def adversary(weight: float = 0.5) -> Adversary:
    torch.manual_seed(0)
    return Adversary([PatchDiscriminator(TINY, over_time=True)], AdversarialConfig(weight=weight, net=TINY, lr=1e-2))


def videos(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """A target, and an output of its size with a graph."""
    g = torch.Generator().manual_seed(seed)
    target = torch.rand(2, 3, 3, 16, 16, generator=g) * 2 - 1
    return target, (0.5 * target + 0.1).requires_grad_()


def test_the_weight_balances_gradients_at_the_output() -> None:
    target, output = videos()
    loss = (output - target).abs().mean()
    verdict = adversary(weight=0.5).play(target, output, loss, lr_scale=1.0)
    own, opposed = (torch.autograd.grad(x, output, retain_graph=True)[0].norm() for x in (loss, verdict.loss))
    torch.testing.assert_close(opposed, 0.5 * own, rtol=1e-3, atol=0)


def test_learning_leaves_no_trace_in_the_stage() -> None:
    target, output = videos()
    opponent = adversary()
    before = [p.detach().clone() for p in opponent.nets.parameters()]
    verdict = opponent.play(target, output, (output - target).square().mean(), lr_scale=1.0)
    assert any(not torch.equal(a, b) for a, b in zip(before, opponent.nets.parameters(), strict=True))
    assert output.grad is None
    learnt = [None if p.grad is None else p.grad.clone() for p in opponent.nets.parameters()]
    verdict.loss.backward()
    assert output.grad is not None
    assert all(torch.equal(a, p.grad) for a, p in zip(learnt, opponent.nets.parameters(), strict=True))


def test_it_learns_to_tell_outputs_from_data() -> None:
    opponent, (target, output) = adversary(), videos()
    found = [
        opponent.play(target, output, (output - target).abs().mean(), lr_scale=1.0).discriminator for _ in range(25)
    ]
    assert found[-1] < 0.5 * found[0]


def test_state_goes_on_where_it_was() -> None:
    first, again = adversary(), Adversary([PatchDiscriminator(TINY, over_time=True)], adversary().config)
    target, output = videos()
    loss = (output - target).abs().mean()
    first.play(target, output, loss, 1.0)
    again.load_state_dict(deepcopy(first.state_dict()))
    again.to(torch.device("cpu"))
    for _ in range(2):
        verdicts = [opponent.play(target, output, loss, 1.0) for opponent in (first, again)]
        assert torch.equal(verdicts[0].loss, verdicts[1].loss)


def test_another_state_is_refused() -> None:
    with pytest.raises(DataError, match="discriminator: checkpoint belongs to another run"):
        adversary().load_state_dict(None)
    other = Adversary([PatchDiscriminator(replace(TINY, width=6), over_time=True)], AdversarialConfig())
    with pytest.raises(DataError, match="checkpoint belongs to another run"):
        adversary().load_state_dict(other.state_dict())


def test_configuration_is_checked() -> None:
    with pytest.raises(ConfigError, match="weight, from_step, lr: out of range"):
        AdversarialConfig(weight=-1.0)


def test_the_stage_itself_stays_as_it_was(make_config: MakeConfig) -> None:
    config = make_config("autoencoder")
    torch.manual_seed(0)
    net = starting_models(config).codec.autoencoder
    stage = replace(config.autoencoder, adversarial=AdversarialConfig(weight=0.1, from_step=0, net=TINY))
    plain, played = (AutoencoderModule(net, settings, seed=0) for settings in (config.autoencoder, stage))
    assert plain.adversary is None
    # Optimiser, average and exported weights see the network alone.
    assert played.ema.average.keys() == plain.ema.average.keys()
    assert played.state_dict().keys() == plain.state_dict().keys()
    batch = torch.randint(0, 256, (2, 16, 32, 3), dtype=torch.uint8)
    losses = [m.losses(batch, torch.Generator().manual_seed(0)) for m in (plain, played)]
    assert losses[0].keys() == losses[1].keys() == {"loss", "l1", "edges", "kl", "psnr_db"}
    assert torch.equal(losses[0]["loss"], losses[1]["loss"])
    # The opponent weighs itself by the gradient at what it is shown, which the losses have to be made of.
    made = played.reconstruct(batch, torch.Generator().manual_seed(0))
    assert played.adversary is not None
    verdict = played.adversary.play(made.target, made.output, made.losses["loss"], 1.0)
    assert verdict.balance > 0


def test_a_quantised_autoencoder_learns_one_batch(make_config: MakeConfig) -> None:
    config = make_config("autoencoder")
    shape = replace(config.autoencoder.net, regulariser="vq", codebook_size=32, codebook_decay=0.8)
    stage = replace(config.autoencoder, net=shape, perceptual_weight=0.1)
    torch.manual_seed(0)
    net = starting_models(replace(config, autoencoder=stage)).codec.autoencoder
    module = AutoencoderModule(net, stage, seed=0)
    batch = torch.randint(0, 256, (2, 4, 4, 3), dtype=torch.uint8).repeat_interleave(8, 1).repeat_interleave(8, 2)
    optimizer, generator, losses = module.configure_optimizers(), torch.Generator().manual_seed(0), []
    for _ in range(40):
        found = module.losses(batch, generator)
        optimizer.zero_grad()
        found["loss"].backward()
        optimizer.step()
        losses.append(found["l1"].item())
    assert losses[-1] < 0.6 * losses[0]
    assert found["codes_used"] > 0.2
    codes = net.codebook.codes.clone()
    module.eval()
    module.losses(batch, generator)
    assert torch.equal(net.codebook.codes, codes), "validation teaches the codebook nothing"


def test_features_tell_blur_from_a_shift_of_brightness() -> None:
    features, g = RandomFeatures(), torch.Generator().manual_seed(0)
    image = torch.rand(1, 3, 32, 32, generator=g) * 2 - 1
    blurred = torch.nn.functional.avg_pool2d(image, 5, stride=1, padding=2)
    brighter = image + (blurred - image).abs().mean()
    assert features(image, image) == 0
    assert features(brighter, image) < 0.4 * features(blurred, image)
    assert features.state_dict() == {}
    assert torch.equal(features(blurred, image), RandomFeatures()(blurred, image)), "the same in every run"
