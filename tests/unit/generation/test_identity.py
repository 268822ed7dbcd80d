"""What decides the bytes of a run, and what does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from drivegen.generation import ClipConfig, SampleConfig, SamplerConfig
from drivegen.generation.identity import resolved_config, sampler_identity


def resolved(config: SampleConfig) -> dict[str, Any]:
    return resolved_config(config, layouts={}, compute={}, judge={})


def test_datasets_of_before_can_be_gone_on_with() -> None:
    """Settings that came later say nothing until they are used."""
    later = {"clip", "interpolate", "upsample", "upsampling", "futures", "start_frame"}
    assert not later & resolved(SampleConfig()).keys()
    names = {"name", "num_inference_steps", "spacing", "eta", "guidance"}
    assert sampler_identity(SamplerConfig()).keys() == names
    assert sampler_identity(SamplerConfig(guidance_boxes=2.0)).keys() == names | {"guidance_boxes"}


@pytest.mark.parametrize("change", [{"interpolate": 1}, {"upsample": True}, {"futures": 2}])
def test_what_is_used_counts(change: dict[str, Any]) -> None:
    ((name, value),) = change.items()
    assert resolved(replace(SampleConfig(), **change)) == resolved(SampleConfig()) | {name: value}


def test_a_length_counts_however_it_is_asked_for() -> None:
    assert resolved(SampleConfig(clip=ClipConfig(20.0))) == resolved(SampleConfig(frames=60))
