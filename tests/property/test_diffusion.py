"""What must hold for any noise level, any data spread and any number of steps."""

from __future__ import annotations

import math
from typing import Any, get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from drivegen.diffusion import (
    SAMPLERS,
    PredictionType,
    Schedule,
    clip_noise,
    prediction_target,
    step_noise,
    x0_from_prediction,
)
from drivegen.diffusion.parameterisation import network_input, noise_from_x0

SCHEDULE = Schedule()
LEVELS = st.floats(0.01, 200.0)
SEEDS = st.integers(0, 2**63 - 1)


@given(sigma=LEVELS, seed=SEEDS, kind=st.sampled_from(get_args(PredictionType)))
@settings(max_examples=60, deadline=None)
def test_prediction_and_clean_sample_are_inverse(sigma: float, seed: int, kind: PredictionType) -> None:
    x0, noise = clip_noise([seed, seed // 2], (2, 2, 3, 3)).double()
    level = torch.tensor([sigma, 0.5 * sigma], dtype=torch.float64)
    x = x0 + level.view(-1, 1, 1, 1) * noise
    prediction = prediction_target(x0, noise, level, kind)
    back = x0_from_prediction(x, level, prediction, kind)
    torch.testing.assert_close(back, x0, rtol=1e-8, atol=1e-8)
    torch.testing.assert_close(noise_from_x0(x, level, back), noise, rtol=1e-6, atol=1e-6)


@given(sigma=LEVELS)
@settings(max_examples=30, deadline=None)
def test_network_input_has_unit_variance(sigma: float) -> None:
    level = torch.tensor([sigma], dtype=torch.float64)
    x0, noise = clip_noise([1, 2], (1, 1, 64, 64)).double().split(1)
    assert float(network_input(x0 + sigma * noise, level).std()) == pytest.approx(1.0, abs=0.05)


@given(timestep=st.floats(0.0, 999.0))
@settings(max_examples=60, deadline=None)
def test_timestep_and_sigma_are_inverse(timestep: float) -> None:
    t = torch.tensor([timestep], dtype=torch.float64)
    torch.testing.assert_close(SCHEDULE.timestep_from_sigma(SCHEDULE.sigma_from_timestep(t)), t, atol=1e-6, rtol=0)


@given(steps=st.integers(1, 1000), spacing=st.sampled_from(["uniform", "karras"]))
@settings(max_examples=40, deadline=None)
def test_sampling_levels_fall_from_the_top_to_zero(steps: int, spacing: Any) -> None:
    sigmas = SCHEDULE.sampling_sigmas(steps, spacing)
    assert sigmas.shape == (steps + 1,)
    assert float(sigmas[0]) == pytest.approx(SCHEDULE.sigma_max)
    assert float(sigmas[-1]) == 0.0
    assert (sigmas.diff() < 0).all()


@given(name=st.sampled_from(sorted(SAMPLERS)), mean=st.floats(-1.0, 1.0), std=st.floats(0.3, 1.5), eta=st.booleans())
@settings(max_examples=25, deadline=None)
def test_samples_of_normal_data_have_its_mean_and_spread(name: str, mean: float, std: float, eta: bool) -> None:
    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        level = sigma.to(x.dtype).view(-1, 1, 1, 1, 1)
        return mean + std**2 / (std**2 + level**2) * (x - mean)

    options: dict[str, Any] = {"eta": 1.0, "noise": step_noise([1])} if name == "ddim" and eta else {}
    sigmas = SCHEDULE.sampling_sigmas(150, "karras")
    start = clip_noise([0], (1, 1, 64, 64)) * math.sqrt(1.0 + SCHEDULE.sigma_max**2)
    result = SAMPLERS[name](denoise, start, sigmas, **options)
    assert float(result.mean()) == pytest.approx(mean, abs=0.06)
    assert float(result.std()) == pytest.approx(std, rel=0.1)
