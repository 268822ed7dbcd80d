"""Guidance adds the corrections of all subsets in one evaluation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from drivegen.conditions import WEATHER_NULL, Conditions
from drivegen.core import ConfigError, decode
from drivegen.diffusion import GuidanceTerm, Schedule, guided, make_denoise

SCHEDULE = Schedule()
MakeConditions = Callable[..., Conditions]


@dataclass
class Known:
    """A context in small: known latents and which frames they are."""

    latents: Tensor
    mask: Tensor

    @staticmethod
    def cat(parts: list[Known]) -> Known:
        return Known(torch.cat([p.latents for p in parts]), torch.cat([p.mask for p in parts]))

    @staticmethod
    def none_like(other: Known) -> Known:
        return Known(torch.zeros_like(other.latents), torch.zeros_like(other.mask))


class Net:
    """Answers with a sum of what it is told, and counts its calls."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def __call__(self, sample: Tensor, timestep: Tensor, conditions: Conditions, context: Known | None) -> Tensor:
        self.calls.append(len(sample))
        assert len(sample) == len(timestep) == conditions.batch_size
        told = (conditions.weather != WEATHER_NULL).float() + 2.0 * conditions.map_known + 0.1 * conditions.weather
        if context is not None:
            told = told + 4.0 * context.mask.float().mean(dim=1)
        return sample * 0.1 + told.view(-1, 1, 1, 1, 1)


@pytest.fixture
def x() -> Tensor:
    return torch.randn(2, 1, 4, 2, 2, generator=torch.Generator().manual_seed(0))


SIGMA = torch.tensor([2.0, 2.0])


def test_scale_one_is_plain_and_costs_nothing_more(x: Tensor, conditions: MakeConditions) -> None:
    net, c = Net(), conditions(2)
    denoise = guided(net, SCHEDULE, "sample", c, None, [GuidanceTerm(("weather",), 1.0)])
    assert torch.equal(denoise(x, SIGMA), make_denoise(net, SCHEDULE, "sample", c)(x, SIGMA))
    assert net.calls == [2, 2]


def test_all_terms_are_evaluated_in_one_batch(x: Tensor, conditions: MakeConditions) -> None:
    net, c = Net(), conditions(2)
    terms = [GuidanceTerm(("weather",), 2.0), GuidanceTerm(("raster_map", "boxes"), 3.0)]
    guided(net, SCHEDULE, "sample", c, None, terms)(x, SIGMA)
    assert net.calls == [6]


@pytest.mark.parametrize("prediction_type", ["sample", "epsilon", "v_prediction"])
def test_the_rule_is_the_sum_of_corrections(x: Tensor, conditions: MakeConditions, prediction_type: str) -> None:
    c = conditions(2)

    def x0(variant: Conditions) -> Tensor:
        return make_denoise(Net(), SCHEDULE, prediction_type, variant)(x, SIGMA)  # type: ignore[arg-type]

    terms = [GuidanceTerm(("weather",), 2.5), GuidanceTerm(("raster_map",), 1.5)]
    result = guided(Net(), SCHEDULE, prediction_type, c, None, terms)(x, SIGMA)  # type: ignore[arg-type]
    full = x0(c)
    expected = full + 1.5 * (full - x0(c.without("weather"))) + 0.5 * (full - x0(c.without("raster_map")))
    torch.testing.assert_close(result, expected)


def test_scale_zero_is_the_model_without_that_part(x: Tensor, conditions: MakeConditions) -> None:
    c = conditions(2)
    result = guided(Net(), SCHEDULE, "sample", c, None, [GuidanceTerm(("weather",), 0.0)])(x, SIGMA)
    torch.testing.assert_close(result, make_denoise(Net(), SCHEDULE, "sample", c.without("weather"))(x, SIGMA))


def test_context_can_be_left_out(x: Tensor, conditions: MakeConditions) -> None:
    c, context = conditions(2), Known(torch.ones(2, 1, 4, 2, 2), torch.ones(2, 1, dtype=torch.bool))
    plain = make_denoise(Net(), SCHEDULE, "sample", c, context)(x, SIGMA)
    result = guided(Net(), SCHEDULE, "sample", c, context, [GuidanceTerm(("context",), 2.0)])(x, SIGMA)
    torch.testing.assert_close(result, plain + 4.0)


def test_without_context_its_guidance_has_nothing_to_do(x: Tensor, conditions: MakeConditions) -> None:
    net, c = Net(), conditions(2)
    guided(net, SCHEDULE, "sample", c, None, [GuidanceTerm(("context",), 2.0)])(x, SIGMA)
    assert net.calls == [2]


def test_a_scale_can_rise_over_the_frames(conditions: MakeConditions) -> None:
    x, c = torch.randn(2, 3, 4, 2, 2, generator=torch.Generator().manual_seed(0)), conditions(2, 3)
    rising = guided(Net(), SCHEDULE, "sample", c, None, [GuidanceTerm(("weather",), (1.0, 3.0))])(x, SIGMA)
    for frame, scale in enumerate((1.0, 2.0, 3.0)):
        level = guided(Net(), SCHEDULE, "sample", c, None, [GuidanceTerm(("weather",), scale)])(x, SIGMA)
        torch.testing.assert_close(rising[:, frame], level[:, frame])
    # A single frame, such as the image model's, is the first one.
    alone = guided(Net(), SCHEDULE, "sample", c.frame(0), None, [GuidanceTerm(("weather",), (2.0, 3.0))])(
        x[:, :1], SIGMA
    )
    level = guided(Net(), SCHEDULE, "sample", c.frame(0), None, [GuidanceTerm(("weather",), 2.0)])(x[:, :1], SIGMA)
    torch.testing.assert_close(alone, level)


def test_unknown_parts_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"guidance\.without"):
        decode(GuidanceTerm, {"without": ["wether"], "scale": 2.0}, "guidance")
    with pytest.raises(ConfigError, match="without"):
        GuidanceTerm((), 2.0)
    with pytest.raises(ConfigError, match="scale"):
        GuidanceTerm(("weather",), -1.0)
    with pytest.raises(ConfigError, match="scale"):
        GuidanceTerm(("weather",), (1.0, -1.0))
    assert decode(GuidanceTerm, {"without": ["weather"], "scale": [1, 2.5]}).ends == (1.0, 2.5)


def test_the_network_sees_unit_variance_and_its_timestep(conditions: MakeConditions) -> None:
    seen: dict[str, Tensor] = {}

    def net(sample: Tensor, timestep: Tensor, c: Conditions, context: None) -> Tensor:
        seen.update(sample=sample, timestep=timestep)
        return torch.zeros_like(sample)

    sigma = SCHEDULE.sigmas[[100, 900]].float()
    x = torch.randn(2, 1, 4, 64, 64) * torch.sqrt(1.0 + sigma**2).view(-1, 1, 1, 1, 1)
    make_denoise(net, SCHEDULE, "v_prediction", conditions(2))(x, sigma)
    torch.testing.assert_close(seen["timestep"], torch.tensor([100.0, 900.0]), atol=1e-2, rtol=0)
    assert seen["sample"].std(dim=(1, 2, 3, 4)) == pytest.approx(torch.ones(2), abs=0.05)
