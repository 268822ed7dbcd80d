"""What the sampler's settings accept, and what they say about what they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drivegen.core import ConfigError, Crowdedness, Weather, decode, encode
from drivegen.generation import SampleConfig


def test_defaults_decode_and_come_back() -> None:
    assert decode(SampleConfig, {}) == SampleConfig()
    assert decode(SampleConfig, encode(SampleConfig())) == SampleConfig()


def test_one_value_or_several() -> None:
    one = decode(SampleConfig, {"weather": "rain"})
    several = decode(SampleConfig, {"weather": ["rain", "snow"], "crowdedness": ["crowded"]})
    assert one.weathers == (Weather.RAIN,)
    assert several.weathers == (Weather.RAIN, Weather.SNOW)
    assert several.levels == (Crowdedness.CROWDED,)
    assert several.times_of_day == (None,)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"weather": "hail"}, "weather: unknown value; expected one of clear, cloudy, rain, snow, fog; got hail"),
        ({"weather": ["rain", "snwo"]}, r"weather\[1\].*did you mean snow"),
        ({"wether": "rain"}, "unknown key.*did you mean wether|did you mean weather"),
        ({"weather": []}, "weather: empty list"),
        ({"clips": 0}, "clips.*>= 1"),
        ({"frames": 0}, "frames.*>= 1"),
        ({"batch": 0}, "batch.*>= 1"),
        ({"threads": 0}, "threads.*>= 1"),
        ({"fps": 0}, "fps: out of range"),
        ({"image_size": [4, 128]}, "image_size: image is too small"),
        ({"scenarios": "nuscenes"}, "root: scenarios=nuscenes needs it"),
        ({"scenarios": "nuscenes", "root": "/nowhere/at/all"}, "root: no such file or folder.*/nowhere/at/all"),
        ({"scenarios": "file"}, "file: scenarios=file needs it"),
        ({"generator": "reference", "model": "m"}, "model: generator=reference does not read it"),
        ({"root": "/nowhere"}, "root: scenarios=world does not read it.*scenarios=nuscenes"),
        ({"sampler": {"num_inference_steps": 0}}, r"sampler\.num_inference_steps"),
        ({"sampler": {"eta": 0.5}}, r"sampler\.eta.*name=ddim"),
        ({"sampler": {"guidance": [{"without": ["colour"], "scale": 2}]}}, r"sampler\.guidance\[0\].*colour"),
        ({"clip": {"length_s": 0}}, r"clip\.length_s: out of range"),
        ({"clip": {"length_s": 301}}, r"clip\.length_s: clips are longer than a scene.*at most 300 s.*301 s"),
        ({"frames": 1000}, "frames: clips are longer than a scene"),
        ({"futures": 0}, "futures.*>= 1"),
        ({"interpolate": 3}, "interpolate"),
        ({"interpolate": 1, "generator": "image_ldm"}, "interpolate: generator=image_ldm does not do it"),
        ({"upsample": True, "generator": "reference"}, "upsample: generator=reference does not do it"),
        ({"upsampling": {"overlap_frames": 8}}, r"upsampling\.overlap_frames"),
        ({"generator": "magic"}, "generator: unknown value; expected one of video_ldm, image_ldm, reference"),
    ],
)
def test_bad_values_name_their_path(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        decode(SampleConfig, values)


def test_seconds_take_the_place_of_frames() -> None:
    assert decode(SampleConfig, {"frames": 5}).num_frames == 5
    assert decode(SampleConfig, {"frames": 5, "clip": {"length_s": 60}}).num_frames == 180
    assert decode(SampleConfig, {"fps": 12, "clip": {"length_s": 300}}).num_frames == 3600
    assert decode(SampleConfig, {"clip": {"length_s": 0.01}}).num_frames == 1


def test_a_root_that_is_there_is_taken(tmp_path: Path) -> None:
    assert decode(SampleConfig, {"scenarios": "nuscenes", "root": str(tmp_path)}).root == tmp_path
