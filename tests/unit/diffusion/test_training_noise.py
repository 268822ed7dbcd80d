"""Training draws the noise levels that it was told to."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from drivegen.conditions import Conditions
from drivegen.core import ConfigError
from drivegen.diffusion import Schedule, TrainingNoise, diffusion_loss
from drivegen.diffusion.loss import min_snr_weight

COUNT = 20_000


def levels(noise: TrainingNoise, schedule: Schedule) -> Tensor:
    """Logarithms of drawn noise levels."""
    timesteps = noise.draw(schedule, COUNT, torch.Generator().manual_seed(0)).double()
    assert timesteps.min() >= 0
    assert timesteps.max() <= schedule.num_train_timesteps - 1
    return schedule.sigma_from_timestep(timesteps).log()


def test_the_papers_schedule_is_drawn_uniformly_as_ever() -> None:
    drawn = TrainingNoise().draw(Schedule(), COUNT, torch.Generator().manual_seed(3))
    assert torch.equal(drawn, torch.rand(COUNT, generator=torch.Generator().manual_seed(3)) * 999)


@pytest.mark.parametrize("kind", ["linear", "scaled_linear"])
def test_zero_terminal_snr_is_drawn_uniformly_to_its_end(kind: Any) -> None:
    drawn = TrainingNoise().draw(Schedule(kind, zero_terminal_snr=True), COUNT, torch.Generator().manual_seed(0))
    assert drawn.isfinite().all()
    assert 998 < float(drawn.max()) <= 999


@pytest.mark.parametrize(
    ("schedule", "noise", "mean", "std"),
    [
        (Schedule("edm"), TrainingNoise(), -1.2 + math.log(2), 1.2),
        (Schedule("flow"), TrainingNoise(), 0.0, 1.0),
        (Schedule("edm", shift=3.0), TrainingNoise(), -1.2 + math.log(6), 1.2),
        (Schedule("flow"), TrainingNoise(shift=2.0), math.log(2), 1.0),
        # Fine-tuning a model of another schedule as Stable Video Diffusion does.
        (Schedule(zero_terminal_snr=True), TrainingNoise("lognormal", mean=1.0, std=0.7), 1.0, 0.7),
        (Schedule(), TrainingNoise(mean=0.5, std=0.4), 0.5, 0.4),
    ],
)
def test_log_sigma_is_normal(schedule: Schedule, noise: TrainingNoise, mean: float, std: float) -> None:
    drawn = levels(noise, schedule)
    assert float(drawn.mean()) == pytest.approx(mean, abs=0.03)
    assert float(drawn.std()) == pytest.approx(std, abs=0.03)


def test_flow_can_be_drawn_uniformly() -> None:
    sigma = levels(TrainingNoise("uniform"), Schedule("flow")).exp()
    time = (sigma / (1.0 + sigma)).sort().values
    torch.testing.assert_close(time, torch.linspace(0, 1, COUNT, dtype=time.dtype), atol=0.02, rtol=0)


@pytest.mark.parametrize("shift", [0.5, 3.0])
def test_a_shift_multiplies_levels_and_heaps_none_at_the_ends(shift: float) -> None:
    schedule = Schedule()
    drawn, plain = levels(TrainingNoise(shift=shift), schedule), levels(TrainingNoise(), schedule)
    ends = schedule.sigmas[[0, -1]].log()
    assert (((drawn - ends[0]).abs() < 1e-6) | ((drawn - ends[1]).abs() < 1e-6)).float().mean() < 0.01
    # What the shift leaves within the range, shifted.
    kept = plain + math.log(shift)
    kept = kept[(kept > ends[0]) & (kept < ends[1])]
    quantiles = torch.linspace(0.1, 0.9, 9, dtype=torch.float64)
    torch.testing.assert_close(drawn.quantile(quantiles), kept.quantile(quantiles), atol=0.05, rtol=0)


def test_the_loss_draws_what_it_is_told(conditions: Callable[..., Conditions]) -> None:
    seen: list[Tensor] = []

    def net(sample: Tensor, timestep: Tensor, c: Conditions, context: Any) -> Tensor:
        seen.append(timestep)
        return torch.zeros_like(sample)

    schedule = Schedule("flow")
    latents = torch.randn(500, 1, 1, 2, 2, generator=torch.Generator().manual_seed(1))
    noise = TrainingNoise(mean=2.0, std=0.1)
    loss = diffusion_loss(
        net, schedule, "flow_prediction", latents, conditions(500), generator=torch.Generator().manual_seed(0),
        training_noise=noise,
    )  # fmt: skip
    assert float(schedule.sigma_from_timestep(seen[0]).log().mean()) == pytest.approx(2.0, abs=0.05)
    # The velocity of unit data and unit noise has variance 2.
    assert float(loss.mean()) == pytest.approx(2.0, abs=0.3)


@pytest.mark.parametrize("kind", ["flow", "scaled_linear"])
def test_training_at_the_very_end_is_finite(kind: Any, conditions: Callable[..., Conditions]) -> None:
    schedule = Schedule(kind, zero_terminal_snr=kind != "flow")
    prediction: Any = "flow_prediction" if kind == "flow" else "v_prediction"
    shown: list[Tensor] = []

    def net(sample: Tensor, timestep: Tensor, c: Conditions, context: Any) -> Tensor:
        shown.append(sample)
        return torch.zeros_like(sample)

    latents = 3.0 * torch.ones(2, 1, 4, 16, 16)
    last = torch.full((2,), 999.0)
    loss = diffusion_loss(
        net, schedule, prediction, latents, conditions(2), generator=torch.Generator().manual_seed(0), timesteps=last
    )
    assert loss.isfinite().all()
    # Nothing of the data, which is 3 everywhere, can be seen.
    assert abs(float(shown[0].mean())) < 0.1
    assert float(shown[0].std()) == pytest.approx(1.0, abs=0.1)


def test_min_snr_weighs_flow_like_the_others() -> None:
    sigma, gamma = torch.tensor([0.05, 0.5, 5.0, 50.0]), 5.0
    # An error e of x0 is an error e * (1 + sigma) / sigma of the flow.
    weight = min_snr_weight(sigma, "flow_prediction", gamma) * ((1 + sigma) / sigma) ** 2
    torch.testing.assert_close(weight, min_snr_weight(sigma, "sample", gamma))


@pytest.mark.parametrize("settings", [{"shift": 0.0}, {"std": -1.0}, {"kind": "uniform", "mean": 1.0}])
def test_impossible_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        TrainingNoise(**settings)
