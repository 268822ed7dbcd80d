"""Schedules agree with diffusers' and their two directions with one another."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler, EulerDiscreteScheduler

from drivegen.core import ConfigError, decode, encode
from drivegen.diffusion import Schedule


@pytest.mark.parametrize("kind", ["linear", "scaled_linear"])
def test_alphas_are_those_of_diffusers(kind: str) -> None:
    schedule = Schedule(kind)  # type: ignore[arg-type]
    theirs = DDPMScheduler(beta_schedule=kind, beta_start=0.0015, beta_end=0.0195).alphas_cumprod
    torch.testing.assert_close(schedule.alphas_cumprod.float(), theirs, rtol=1e-3, atol=1e-6)


def test_sigmas_rise_from_little_noise_to_nearly_nothing_but_noise() -> None:
    sigmas = Schedule().sigmas
    assert (sigmas.diff() > 0).all()
    assert sigmas[0] < 0.05
    assert sigmas[-1] > 50


def test_whole_timesteps_are_the_grid() -> None:
    schedule = Schedule()
    steps = torch.arange(1000)
    torch.testing.assert_close(schedule.sigma_from_timestep(steps.double()), schedule.sigmas)
    torch.testing.assert_close(schedule.timestep_from_sigma(schedule.sigmas), steps.double())


def test_between_timesteps_log_sigma_is_linear() -> None:
    schedule = Schedule()
    middle = schedule.sigma_from_timestep(torch.tensor([10.5], dtype=torch.float64))
    torch.testing.assert_close(middle[0] ** 2, schedule.sigmas[10] * schedule.sigmas[11])


def test_levels_beyond_the_ends_are_clamped() -> None:
    schedule = Schedule()
    assert schedule.timestep_from_sigma(torch.tensor([1e-6, 1e6])).tolist() == [0.0, 999.0]
    assert schedule.sigma_from_timestep(torch.tensor([-5.0])) == pytest.approx(float(schedule.sigmas[0]))


@pytest.mark.parametrize("steps", [1, 7, 10, 50])
def test_uniform_levels_are_diffusers_trailing_ones(steps: int) -> None:
    theirs = EulerDiscreteScheduler(
        beta_schedule="scaled_linear", beta_start=0.0015, beta_end=0.0195, timestep_spacing="trailing"
    )
    theirs.set_timesteps(steps)
    ours = Schedule().sampling_sigmas(steps)
    np.testing.assert_allclose(ours.numpy(), theirs.sigmas.numpy(), rtol=2e-4)


def test_karras_levels_are_those_of_diffusers() -> None:
    theirs = EulerDiscreteScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.0015,
        beta_end=0.0195,
        timestep_spacing="linspace",
        use_karras_sigmas=True,
    )
    theirs.set_timesteps(12)
    ours = Schedule().sampling_sigmas(12, "karras")
    np.testing.assert_allclose(ours.numpy(), theirs.sigmas.numpy(), rtol=2e-4)


def test_a_schedule_is_a_configuration() -> None:
    schedule = Schedule("linear", beta_end=0.02, num_train_timesteps=200)
    assert encode(schedule) == {
        "kind": "linear",
        "beta_start": 0.0015,
        "beta_end": 0.02,
        "num_train_timesteps": 200,
    }
    assert decode(Schedule, encode(schedule)) == schedule


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match="kind"):
        decode(Schedule, {"kind": "cosine"})
    with pytest.raises(ConfigError, match="beta_start"):
        Schedule(beta_start=0.0)
    with pytest.raises(ConfigError, match=r"1\.\.1000"):
        Schedule().sampling_sigmas(0)
    with pytest.raises(ConfigError, match="spacing"):
        Schedule().sampling_sigmas(5, "even")  # type: ignore[arg-type]
