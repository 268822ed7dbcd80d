"""The samplers take diffusers' steps, and put known frames back to the bit."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EDMEulerScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    HeunDiscreteScheduler,
)
from torch import Tensor

from drivegen.core import ConfigError
from drivegen.diffusion import SAMPLERS, Schedule, clip_noise, ddim, dpmpp_2m, euler, heun, keep_known, start_sample
from drivegen.diffusion.noise import step_noise
from drivegen.diffusion.parameterisation import network_input, x0_from_prediction

SCHEDULE = Schedule()
BETAS: dict[str, Any] = {"beta_schedule": "scaled_linear", "beta_start": 0.0015, "beta_end": 0.0195}
SHAPE = (2, 3, 4, 2, 2)


def denoise(x: Tensor, sigma: Tensor) -> Tensor:
    """Smooth and far from linear, so that wrong steps show."""
    level = sigma.to(x.dtype).view(-1, 1, 1, 1, 1)
    return torch.tanh(x / (1.0 + level)) * 0.7 + 0.1 * torch.sin(3.0 * x / (1.0 + level**2))


@pytest.fixture
def x() -> Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * SCHEDULE.sigma_max


def run_ve(scheduler: Any, x: Tensor, steps: int) -> Tensor:
    """One of diffusers' schedulers in the form x0 + sigma * noise, driven by `denoise` through epsilon."""
    scheduler.set_timesteps(steps)
    for t in scheduler.timesteps:
        scheduler.scale_model_input(x, t)
        sigma = scheduler.sigmas[scheduler.step_index].double()
        epsilon = (x - denoise(x, sigma.expand(len(x)))) / sigma
        x = scheduler.step(epsilon, t, x).prev_sample.double()
    return x


def run_vp(scheduler: Any, x: Tensor, steps: int, **options: Any) -> Tensor:
    """One of diffusers' schedulers in the variance-preserving form, by rescaling."""
    scheduler.set_timesteps(steps)
    levels = SCHEDULE.sampling_sigmas(steps)
    sample = x / math.sqrt(1.0 + float(levels[0]) ** 2)
    for t, sigma in zip(scheduler.timesteps, levels[:-1], strict=True):
        scaled = sample * torch.sqrt(1.0 + sigma**2)
        epsilon = (scaled - denoise(scaled, sigma.expand(len(x)))) / sigma
        sample = scheduler.step(epsilon, t, sample, **options).prev_sample.double()
    return sample


@pytest.mark.parametrize("steps", [1, 2, 10, 25])
def test_euler_is_that_of_diffusers(x: Tensor, steps: int) -> None:
    theirs = run_ve(EulerDiscreteScheduler(**BETAS, timestep_spacing="trailing"), x, steps)
    ours = euler(denoise, x, SCHEDULE.sampling_sigmas(steps))
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("steps", [2, 10, 25])
def test_heun_is_that_of_diffusers(x: Tensor, steps: int) -> None:
    theirs = run_ve(HeunDiscreteScheduler(**BETAS, timestep_spacing="trailing"), x, steps)
    ours = heun(denoise, x, SCHEDULE.sampling_sigmas(steps))
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("steps", [2, 10, 25])
def test_dpmpp_2m_is_that_of_diffusers(x: Tensor, steps: int) -> None:
    scheduler = DPMSolverMultistepScheduler(
        **BETAS,
        timestep_spacing="trailing",
        algorithm_type="dpmsolver++",
        solver_order=2,
        solver_type="midpoint",
        final_sigmas_type="zero",
    )
    ours = dpmpp_2m(denoise, x, SCHEDULE.sampling_sigmas(steps))
    torch.testing.assert_close(ours, run_vp(scheduler, x, steps), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("steps", [2, 10, 25])
def test_ddim_is_that_of_diffusers(x: Tensor, steps: int) -> None:
    scheduler = DDIMScheduler(**BETAS, timestep_spacing="trailing", clip_sample=False)
    ours = ddim(denoise, x, SCHEDULE.sampling_sigmas(steps))
    torch.testing.assert_close(ours, run_vp(scheduler, x, steps), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ["euler", "ddim", "dpmpp_2m"])
def test_zero_terminal_snr_is_sampled_as_by_diffusers(x: Tensor, name: str) -> None:
    """The first step starts from nothing but noise; theirs is told a velocity, which is finite there."""
    schedule, steps = Schedule(zero_terminal_snr=True), 10
    options: dict[str, Any] = {
        **BETAS, "timestep_spacing": "trailing", "rescale_betas_zero_snr": True, "prediction_type": "v_prediction",
    }  # fmt: skip
    theirs: Any = {
        "euler": lambda: EulerDiscreteScheduler(**options),
        "ddim": lambda: DDIMScheduler(**options, clip_sample=False),
        "dpmpp_2m": lambda: DPMSolverMultistepScheduler(**options, final_sigmas_type="zero"),
    }[name]()
    theirs.set_timesteps(steps)
    levels = schedule.sampling_sigmas(steps)
    unit = x / SCHEDULE.sigma_max
    sample = unit * theirs.init_noise_sigma
    for t, sigma in zip(theirs.timesteps, levels[:-1], strict=True):
        vp = theirs.scale_model_input(sample, t).double()
        full = vp * torch.sqrt(1.0 + sigma**2)
        x0 = denoise(full, sigma.expand(len(x)))
        velocity = (vp - x0 * torch.sqrt(1.0 + sigma**2)) / sigma
        sample = theirs.step(velocity, t, sample).prev_sample.double()
    ours = SAMPLERS[name](denoise, unit * math.sqrt(1.0 + schedule.sigma_max**2), levels)
    assert ours.isfinite().all()
    torch.testing.assert_close(ours, sample, rtol=5e-3, atol=5e-3)


def test_edm_is_sampled_as_by_diffusers(x: Tensor) -> None:
    """For data of unit variance the preconditioning of EDM is our v_prediction."""
    theirs = EDMEulerScheduler(sigma_data=1.0, prediction_type="v_prediction")
    theirs.set_timesteps(12)
    schedule = Schedule("edm")

    def net(sample: Tensor, sigma: Tensor) -> Tensor:
        return torch.tanh(3.0 * sample) * 0.5 + 0.1 * sigma.view(-1, 1, 1, 1, 1).log()

    def edm(full: Tensor, sigma: Tensor) -> Tensor:
        prediction = net(network_input(full, sigma, "v_prediction"), sigma)
        return x0_from_prediction(full, sigma, prediction, "v_prediction")

    sample = x / SCHEDULE.sigma_max * schedule.sigma_max
    ours = euler(edm, sample, schedule.sampling_sigmas(12, "karras"))
    for t in theirs.timesteps:
        scaled = theirs.scale_model_input(sample, t)
        level = theirs.sigmas[theirs.step_index].double().expand(len(x))
        sample = theirs.step(net(scaled, level), t, sample).prev_sample.double()
    torch.testing.assert_close(ours, sample, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("shift", [1.0, 2.5])
def test_flow_is_sampled_as_by_diffusers(x: Tensor, shift: float) -> None:
    theirs = FlowMatchEulerDiscreteScheduler(shift=shift)
    theirs.set_timesteps(sigmas=[1.0 - step / 8 for step in range(8)])
    schedule = Schedule("flow", shift=shift)

    def net(sample: Tensor, time: Tensor) -> Tensor:
        return torch.tanh(2.0 * sample) + 0.3 * time.view(-1, 1, 1, 1, 1)

    def flow(full: Tensor, sigma: Tensor) -> Tensor:
        prediction = net(network_input(full, sigma, "flow_prediction"), sigma / (1.0 + sigma))
        return x0_from_prediction(full, sigma, prediction, "flow_prediction")

    unit = x / SCHEDULE.sigma_max
    ours = euler(flow, unit * math.sqrt(1.0 + schedule.sigma_max**2), schedule.sampling_sigmas(8))
    sample = unit
    for t, time in zip(theirs.timesteps, theirs.sigmas[:-1], strict=True):
        sample = theirs.step(net(sample, time.double().expand(len(x))), t, sample).prev_sample.double()
    torch.testing.assert_close(ours, sample, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("eta", [0.5, 1.0])
def test_stochastic_ddim_is_that_of_diffusers(x: Tensor, eta: float) -> None:
    steps, drawn = 10, torch.randn(SHAPE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    scheduler = DDIMScheduler(**BETAS, timestep_spacing="trailing", clip_sample=False)
    # The same noise at every step, so that both draw alike.
    theirs = run_vp(scheduler, x, steps, eta=eta, variance_noise=drawn)
    ours = ddim(denoise, x, SCHEDULE.sampling_sigmas(steps), eta=eta, noise=lambda step, like: drawn)
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)


def test_ddim_with_eta_one_is_ancestral_euler(x: Tensor) -> None:
    scheduler = EulerAncestralDiscreteScheduler(**BETAS, timestep_spacing="trailing")
    scheduler.set_timesteps(10)
    theirs, noises = x, []
    for t in scheduler.timesteps:
        scheduler.scale_model_input(theirs, t)
        sigma = scheduler.sigmas[scheduler.step_index].double()
        noises.append(torch.randn(SHAPE, generator=torch.Generator().manual_seed(int(t)), dtype=torch.float64))
        epsilon = (theirs - denoise(theirs, sigma.expand(len(x)))) / sigma
        step = scheduler.step(epsilon, t, theirs, generator=torch.Generator().manual_seed(int(t)))
        theirs = step.prev_sample.double()
    ours = ddim(denoise, x, SCHEDULE.sampling_sigmas(10), eta=1.0, noise=lambda step, like: noises[step])
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)


def test_ddim_without_noise_is_euler(x: Tensor) -> None:
    sigmas = SCHEDULE.sampling_sigmas(8)
    torch.testing.assert_close(ddim(denoise, x, sigmas), euler(denoise, x, sigmas))


def test_eta_needs_noise_and_a_range(x: Tensor) -> None:
    sigmas = SCHEDULE.sampling_sigmas(2)
    with pytest.raises(ConfigError, match="eta"):
        ddim(denoise, x, sigmas, eta=1.0)
    with pytest.raises(ConfigError, match="eta"):
        ddim(denoise, x, sigmas, eta=1.5, noise=step_noise([0, 1]))


@pytest.mark.parametrize("name", sorted(SAMPLERS))
def test_known_frames_come_out_to_the_bit(name: str) -> None:
    seeds = [3, 4]
    known = clip_noise([8, 9], SHAPE[1:])
    mask = torch.tensor([[True, True, False], [True, False, False]])
    sigmas = SCHEDULE.sampling_sigmas(6)
    start = start_sample(clip_noise(seeds, SHAPE[1:]), float(sigmas[0]), known, mask)
    options: dict[str, Any] = {"eta": 1.0, "noise": step_noise(seeds)} if name == "ddim" else {}
    result = SAMPLERS[name](denoise, start, sigmas, project=keep_known(known, mask), **options)
    assert torch.equal(result[mask], known[mask])
    assert not torch.isclose(result[~mask], known[~mask]).all()


@pytest.mark.parametrize("name", sorted(SAMPLERS))
def test_known_frames_are_noised_as_in_training_on_the_way(name: str) -> None:
    """What the network sees of a known frame is always known + sigma * the one noise."""
    known, noise = clip_noise([8], SHAPE[1:]).double(), clip_noise([3], SHAPE[1:]).double()
    mask = torch.tensor([[True, False, False]])
    sigmas = SCHEDULE.sampling_sigmas(6)
    seen: list[tuple[Tensor, float]] = []

    def watched(x: Tensor, sigma: Tensor) -> Tensor:
        seen.append((x[:, 0], float(sigma[0])))
        return denoise(x, sigma)

    start = start_sample(noise, float(sigmas[0]), known, mask)
    SAMPLERS[name](watched, start, sigmas, project=keep_known(known, mask))
    for sample, sigma in seen:
        torch.testing.assert_close(sample, known[:, 0] + sigma * noise[:, 0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("name", "calls"), [("euler", 6), ("heun", 11), ("dpmpp_2m", 6), ("ddim", 6)])
def test_the_denoiser_is_called_as_often_as_promised(x: Tensor, name: str, calls: int) -> None:
    levels: list[float] = []

    def counted(sample: Tensor, sigma: Tensor) -> Tensor:
        assert sigma.shape == (len(x),)
        levels.append(float(sigma[0]))
        return denoise(sample, sigma)

    steps: list[int] = []
    SAMPLERS[name](counted, x, SCHEDULE.sampling_sigmas(6), callback=lambda step, x0: steps.append(step))
    assert len(levels) == calls
    assert min(levels) > 0
    assert steps == list(range(6))


@pytest.mark.parametrize("name", sorted(SAMPLERS))
def test_a_clip_does_not_depend_on_its_batch_mates(name: str) -> None:
    sigmas = SCHEDULE.sampling_sigmas(4)

    def sample(seeds: list[int]) -> Tensor:
        options: dict[str, Any] = {"eta": 1.0, "noise": step_noise(seeds)} if name == "ddim" else {}
        return SAMPLERS[name](denoise, clip_noise(seeds, SHAPE[1:]) * float(sigmas[0]), sigmas, **options)

    together, alone = sample([1, 2, 3]), sample([2])
    torch.testing.assert_close(together[1], alone[0], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["heun", "dpmpp_2m"])
def test_second_order_beats_first_order_on_gaussian_data(
    x: Tensor, name: str, gaussian_denoiser: Callable[[float, float], Callable[[Tensor, Tensor], Tensor]]
) -> None:
    exact = gaussian_denoiser(0.5, 0.3)
    # The probability flow of normal data is linear: its end is known in closed form.
    end = 0.5 + 0.3 * (x - 0.5) / math.sqrt(0.3**2 + SCHEDULE.sigma_max**2)
    sigmas = SCHEDULE.sampling_sigmas(20, "karras")
    error = {n: float((SAMPLERS[n](exact, x, sigmas) - end).abs().max()) for n in (name, "euler")}
    assert error[name] < 0.5 * error["euler"]
