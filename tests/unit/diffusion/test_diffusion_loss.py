"""The loss is the mean squared error of the prediction, per clip, on the frames that count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from drivegen.conditions import Conditions
from drivegen.core import ConfigError
from drivegen.diffusion import Schedule, clip_noise, diffusion_loss, step_noise
from drivegen.diffusion.loss import min_snr_weight

SCHEDULE = Schedule()
MakeConditions = Callable[..., Conditions]


def zero(sample: Tensor, timestep: Tensor, conditions: Conditions, context: Any) -> Tensor:
    return torch.zeros_like(sample)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_predicting_nothing_costs_the_noise_s_variance(conditions: MakeConditions) -> None:
    latents = torch.randn(4, 2, 4, 16, 16, generator=generator(1))
    loss = diffusion_loss(zero, SCHEDULE, "epsilon", latents, conditions(4, 2), generator=generator())
    assert loss.shape == (4,)
    assert loss == pytest.approx(torch.ones(4), abs=0.15)


@pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction", "sample"])
def test_a_perfect_network_has_no_loss(conditions: MakeConditions, prediction_type: str) -> None:
    latents = torch.randn(3, 2, 4, 4, 4, generator=generator(1))

    def perfect(sample: Tensor, timestep: Tensor, c: Conditions, context: Any) -> Tensor:
        sigma = SCHEDULE.sigma_from_timestep(timestep).view(-1, 1, 1, 1, 1)
        alpha = 1.0 / torch.sqrt(1.0 + sigma**2)
        noise = (sample / alpha - latents) / sigma
        return {"epsilon": noise, "sample": latents, "v_prediction": alpha * (noise - sigma * latents)}[prediction_type]

    loss = diffusion_loss(perfect, SCHEDULE, prediction_type, latents, conditions(3, 2), generator=generator())  # type: ignore[arg-type]
    assert float(loss.max()) < 1e-5


def test_known_frames_do_not_count(conditions: MakeConditions) -> None:
    latents = torch.zeros(2, 3, 4, 8, 8)

    def wrong_first_frame(sample: Tensor, timestep: Tensor, c: Conditions, context: Any) -> Tensor:
        prediction = torch.zeros_like(sample)
        prediction[:, 0] = 100.0
        return prediction

    weight = torch.tensor([[0.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    loss = diffusion_loss(
        wrong_first_frame, SCHEDULE, "sample", latents, conditions(2, 3), generator=generator(), weight_mask=weight
    )
    assert loss.tolist() == [0.0, 0.0]


def test_timesteps_are_uniform_and_shared_by_the_frames_of_a_clip(conditions: MakeConditions) -> None:
    seen: list[Tensor] = []

    def net(sample: Tensor, timestep: Tensor, c: Conditions, context: Any) -> Tensor:
        seen.append(timestep)
        return torch.zeros_like(sample)

    diffusion_loss(net, SCHEDULE, "epsilon", torch.zeros(2000, 1, 1, 1, 1), conditions(2000), generator=generator())
    assert seen[0].shape == (2000,)
    assert 0 <= float(seen[0].min()) < 10
    assert 989 < float(seen[0].max()) <= 999
    assert float(seen[0].mean()) == pytest.approx(499.5, abs=25)


def test_asked_timesteps_are_used(conditions: MakeConditions) -> None:
    def net(sample: Tensor, timestep: Tensor, c: Conditions, context: Any) -> Tensor:
        assert timestep.tolist() == [0.0, 999.0]
        return sample

    latents = torch.ones(2, 1, 4, 8, 8)
    timesteps = torch.tensor([0.0, 999.0])
    loss = diffusion_loss(net, SCHEDULE, "sample", latents, conditions(2), generator=generator(), timesteps=timesteps)
    # With hardly any noise the sample is the answer, with nothing but noise it is not.
    assert loss[0] < 0.01
    assert loss[1] > 1.0


def test_the_generator_decides(conditions: MakeConditions) -> None:
    latents = torch.randn(2, 1, 4, 4, 4, generator=generator(1))

    def loss(seed: int) -> list[float]:
        return diffusion_loss(zero, SCHEDULE, "epsilon", latents, conditions(2), generator=generator(seed)).tolist()

    assert loss(0) == loss(0) != loss(1)


def test_gradients_reach_the_network(conditions: MakeConditions) -> None:
    layer = nn.Linear(4, 4)

    def net(sample: Tensor, timestep: Tensor, c: Conditions, context: Any) -> Tensor:
        return layer(sample)

    latents = torch.randn(2, 1, 4, 4, 4, generator=generator(1))
    diffusion_loss(net, SCHEDULE, "v_prediction", latents, conditions(2), generator=generator()).mean().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.abs().sum() > 0


def test_min_snr_weighs_the_clean_sample_alike_for_every_prediction() -> None:
    sigma, gamma = torch.tensor([0.05, 0.5, 5.0, 50.0]), 5.0
    on_x0 = min_snr_weight(sigma, "sample", gamma)
    assert on_x0[0] == on_x0.max() == gamma
    # An error e of x0 is an error e / sigma of epsilon and e * sqrt(1 + sigma^2) / sigma of v.
    torch.testing.assert_close(min_snr_weight(sigma, "epsilon", gamma) / sigma**2, on_x0)
    torch.testing.assert_close(min_snr_weight(sigma, "v_prediction", gamma) * (1 + sigma**2) / sigma**2, on_x0)
    with pytest.raises(ConfigError, match="min_snr_gamma"):
        min_snr_weight(sigma, "sample", 0.0)


def test_noise_of_a_clip_depends_on_its_seed_alone() -> None:
    together, alone = clip_noise([5, 6, 7], (3, 4, 2, 2)), clip_noise([6], (3, 4, 2, 2))
    assert torch.equal(together[1], alone[0])
    assert not torch.equal(together[0], together[1])
    large = clip_noise([2**63 - 1], (1, 4, 64, 64))
    assert float(large.std()) == pytest.approx(1.0, abs=0.05)


def test_step_noise_differs_between_steps_and_clips() -> None:
    like = torch.zeros(2, 1, 4, 2, 2, dtype=torch.float64)
    draw = step_noise([5, 6])
    first, second = draw(0, like), draw(1, like)
    assert first.dtype == torch.float64
    assert torch.equal(first, step_noise([5, 6])(0, like))
    assert not torch.equal(first, second)
    assert not torch.equal(first[0], first[1])
    assert torch.equal(step_noise([6])(0, like[:1])[0], first[1])


def test_no_clips_have_no_noise() -> None:
    assert clip_noise([], (1, 4, 2, 2)).shape == (0, 1, 4, 2, 2)
