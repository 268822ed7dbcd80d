"""The weights that ship: they load, they sample, and what they draw is the scenario that was asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drivegen.core import Clip, TimeOfDay, Weather
from drivegen.core.arrays import Bytes
from drivegen.generation import SampleConfig, plan, sample
from drivegen.generation.sampler import SamplerConfig
from drivegen.models import available_parts, default_model_folder, load_model
from drivegen.store import StoreReader, verify_store

MAX_MB = 90


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips of unlike scenarios in the same weather and light, with fewer steps than usual."""
    out = tmp_path_factory.mktemp("shipped") / "store"
    sample(_config(out))
    return out


def _config(out: Path) -> SampleConfig:
    return SampleConfig(
        clips=2,
        seed=4,
        batch=2,
        weather=Weather.CLEAR,
        time_of_day=TimeOfDay.DAY,
        sampler=SamplerConfig(num_inference_steps=6),
        threads=1,
        out=out,
    )


def test_all_parts_ship_within_bounds() -> None:
    folder = default_model_folder()
    chain = {"autoencoder", "image", "video", "decoder", "interpolation", "upsampler"}
    assert set(available_parts(folder)) == chain
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < MAX_MB * 1e6
    assert load_model(folder).info.license == "Apache-2.0"


def test_what_they_make_verifies(store: Path) -> None:
    assert verify_store(store) == []


def test_the_whole_chain_draws_large_frames_at_twelve_per_second(tmp_path: Path) -> None:
    config = replace(_config(tmp_path / "large"), clips=1, batch=1, frames=9, fps=12.0, interpolate=1, upsample=True)
    sample(replace(config, sampler=SamplerConfig(num_inference_steps=2)))
    assert verify_store(config.out) == []
    clip = next(iter(StoreReader(config.out).clips()))
    assert clip.frames.shape == (9, 128, 256, 3)
    assert clip.fps == 12.0


def test_clips_show_their_own_scenario(store: Path) -> None:
    reader = StoreReader(store)
    clips: list[Clip] = [reader.clip(clip_id) for clip_id in reader.clip_ids]
    rendered = [request.reference.read((64, 128))[1] for request in plan(_config(store))]
    for index, clip in enumerate(clips):
        assert _distance(clip.frames, rendered[index]) < _distance(clip.frames, rendered[1 - index])


def _distance(a: Bytes, b: Bytes) -> float:
    return float(np.abs(a.astype(np.int16) - b.astype(np.int16)).mean())
