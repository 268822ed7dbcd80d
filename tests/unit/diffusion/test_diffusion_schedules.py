"""Schedules agree with diffusers' and their two directions with one another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler, EDMEulerScheduler, EulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler

from drivegen.core import ConfigError, decode, encode
from drivegen.diffusion import Schedule
from drivegen.models import ModelInfo, ScheduleInfo


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
        "zero_terminal_snr": False,
        "sigma_range": [0.002, 80.0],
        "shift": 1.0,
    }
    assert decode(Schedule, encode(schedule)) == schedule


@pytest.mark.parametrize("kind", ["linear", "scaled_linear"])
def test_zero_terminal_snr_is_that_of_diffusers(kind: Any) -> None:
    theirs = EulerDiscreteScheduler(
        beta_schedule=kind,
        beta_start=0.0015,
        beta_end=0.0195,
        timestep_spacing="trailing",
        rescale_betas_zero_snr=True,
        prediction_type="v_prediction",
    )
    schedule = Schedule(kind, zero_terminal_snr=True)
    # Theirs goes through single-precision betas, which costs digits where hardly any signal is left.
    torch.testing.assert_close(schedule.alphas_cumprod[:990].float(), theirs.alphas_cumprod[:990], rtol=2e-3, atol=1e-6)
    theirs.set_timesteps(10)
    # Both stand for infinity at the beginning.
    np.testing.assert_allclose(schedule.sampling_sigmas(10)[1:].numpy(), theirs.sigmas[1:].numpy(), rtol=2e-3)
    assert schedule.sigma_max >= float(theirs.sigmas[0]) - 1.0
    assert schedule.sigmas[0] == pytest.approx(Schedule(kind).sigmas[0])


def test_karras_levels_of_edm_are_those_of_diffusers() -> None:
    theirs = EDMEulerScheduler(sigma_min=0.01, sigma_max=50.0)
    theirs.set_timesteps(12)
    ours = Schedule("edm", sigma_range=(0.01, 50.0)).sampling_sigmas(12, "karras")
    np.testing.assert_allclose(ours.numpy(), theirs.sigmas.numpy(), rtol=1e-5)


@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_times_of_flow_are_those_of_diffusers(shift: float) -> None:
    theirs = FlowMatchEulerDiscreteScheduler(shift=shift)
    theirs.set_timesteps(sigmas=np.linspace(1.0, 0.1, 10).tolist())
    levels = Schedule("flow", shift=shift).sampling_sigmas(10)
    np.testing.assert_allclose((levels / (1.0 + levels)).numpy(), theirs.sigmas.numpy(), atol=3e-4)


@pytest.mark.parametrize(
    ("kind", "zero"),
    [("linear", False), ("linear", True), ("scaled_linear", False), ("scaled_linear", True), ("edm", False),
     ("flow", False)],
)  # fmt: skip
def test_every_kind_is_a_finite_rising_table_and_shifts_as_a_whole(kind: Any, zero: bool) -> None:
    schedule, shifted = (Schedule(kind, zero_terminal_snr=zero, shift=shift) for shift in (1.0, 2.0))
    assert schedule.sigmas.shape == (1000,)
    assert (schedule.sigmas.diff() > 0).all()
    assert schedule.sigmas.isfinite().all()
    torch.testing.assert_close(shifted.sigmas, 2.0 * schedule.sigmas)
    timesteps = torch.linspace(0.0, 999.0, 301, dtype=torch.float64)
    torch.testing.assert_close(shifted.timestep_from_sigma(shifted.sigma_from_timestep(timesteps)), timesteps)


def test_models_tell_a_schedule_in_the_same_words() -> None:
    assert encode(ScheduleInfo()) == encode(Schedule())
    told = ScheduleInfo("edm", sigma_range=(0.01, 300.0), shift=1.5)
    assert decode(Schedule, encode(told)) == Schedule("edm", sigma_range=(0.01, 300.0), shift=1.5)


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"kind": "flow", "zero_terminal_snr": True}, "zero_terminal_snr: kind=flow has no betas"),
        ({"sigma_range": [1.0, 0.5]}, "sigma_range"),
        ({"shift": 0.0}, "shift: must be positive"),
    ],
)
def test_settings_that_contradict_one_another_are_refused(settings: dict[str, Any], match: str) -> None:
    for cls in (Schedule, ScheduleInfo):
        with pytest.raises(ConfigError, match=match):
            decode(cls, settings)


def test_the_noise_cannot_be_predicted_from_nothing_but_noise() -> None:
    for schedule in (ScheduleInfo(zero_terminal_snr=True), ScheduleInfo("flow")):
        with pytest.raises(ConfigError, match=r"prediction_type: .*expected v_prediction.*got epsilon"):
            ModelInfo("model", prediction_type="epsilon", schedule=schedule)
    assert ModelInfo("model", prediction_type="epsilon").schedule == ScheduleInfo()


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match="kind"):
        decode(Schedule, {"kind": "cosine"})
    with pytest.raises(ConfigError, match="beta_start"):
        Schedule(beta_start=0.0)
    with pytest.raises(ConfigError, match=r"1\.\.1000"):
        Schedule().sampling_sigmas(0)
    with pytest.raises(ConfigError, match="spacing"):
        Schedule().sampling_sigmas(5, "even")  # type: ignore[arg-type]
