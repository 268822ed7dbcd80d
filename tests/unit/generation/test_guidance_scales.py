"""Scales of guidance for labels, boxes and context on the command line."""

from __future__ import annotations

import pytest

from drivegen.conditions import PARTS
from drivegen.core import ConfigError, decode
from drivegen.diffusion import GuidanceTerm
from drivegen.generation import SamplerConfig


def test_nothing_asked_is_the_one_term_of_old() -> None:
    assert SamplerConfig().terms == (GuidanceTerm(PARTS, 1.5),)


def test_each_scale_is_a_term_of_its_own() -> None:
    config = decode(
        SamplerConfig, {"guidance": [], "guidance_labels": 2, "guidance_boxes": 3.0, "guidance_context": [1, 2.5]}
    )
    assert config.terms == (
        GuidanceTerm(("weather", "time_of_day", "crowdedness"), 2.0),
        GuidanceTerm(("boxes", "raster_objects"), 3.0),
        GuidanceTerm(("context",), (1.0, 2.5)),
    )


def test_they_add_to_what_is_there() -> None:
    config = SamplerConfig(guidance_boxes=2.0)
    assert config.terms == (*SamplerConfig().guidance, GuidanceTerm(("boxes", "raster_objects"), 2.0))


@pytest.mark.parametrize("value", [-1.0, [1.0, -0.5]])
def test_negative_scales_are_refused(value: object) -> None:
    with pytest.raises(ConfigError, match=r"sampler\.guidance_boxes: must not be negative"):
        decode(SamplerConfig, {"guidance_boxes": value}, "sampler")
