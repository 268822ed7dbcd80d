"""Caches hold what computing directly gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
import torch

from drivegen.conditions import ConditionConfig, conditions_of, to_arrays
from drivegen.data import ClipDataset, ClipIndex, DataConfig
from drivegen.models import ModelInfo, build_models
from drivegen.training.batches import ClipSource
from drivegen.training.cache_folder import ensure_folder
from drivegen.training.clip_cache import ClipCache, open_clip_cache
from drivegen.training.latent_cache import frames_to_video, open_latent_cache

SIZES = ConditionConfig(image_size=(32, 64), max_boxes=6)


@pytest.fixture(scope="module")
def index(data: DataConfig) -> ClipIndex:
    return ClipIndex.from_config(data)


@pytest.fixture(scope="module")
def cache(index: ClipIndex, tmp_path_factory: pytest.TempPathFactory) -> ClipCache:
    return open_clip_cache(index, tmp_path_factory.mktemp("cache"), conditions=SIZES)


def test_equals_direct_computation(index: ClipIndex, cache: ClipCache) -> None:
    for row, sample in ((0, ClipDataset(index)[0]), (len(index) - 1, ClipDataset(index)[len(index) - 1])):
        assert np.array_equal(cache.frames[cache.clip_frames[row]], sample.frames)
        direct = conditions_of(list(sample.labels), sample.ambience, sample.road_map, sample.fps, SIZES)
        for name, value in to_arrays(direct.pad_boxes(SIZES.max_boxes)).items():
            assert np.array_equal(cache.conditions[name][row], value[0], equal_nan=True), name


def test_processes_give_the_same(index: ClipIndex, cache: ClipCache, tmp_path: Path) -> None:
    other = open_clip_cache(index, tmp_path, conditions=SIZES, workers=2)
    assert other.folder.name == cache.folder.name
    assert np.array_equal(other.frames, cache.frames)
    assert all(np.array_equal(other.conditions[name], value) for name, value in cache.conditions.items())


def test_single_frames_are_frames_of_clips(cache: ClipCache) -> None:
    latents = np.random.default_rng(0).normal(size=(len(cache.frames), 4, 4, 8)).astype(np.float16)
    clips = cache.usable_clips()
    whole = ClipSource(latents, cache.clip_frames, cache.conditions, clips=clips, single_frames=False)
    single = ClipSource(latents, cache.clip_frames, cache.conditions, clips=clips, single_frames=True)
    assert len(single) == len(whole) * 4
    z, conditions = single.fetch(np.array([6]))
    z_clip, conditions_clip = whole.fetch(np.array([1]))
    assert torch.equal(z[:, 0], z_clip[:, 2])
    assert torch.equal(conditions.raster[:, 0], conditions_clip.raster[:, 2])
    assert torch.equal(conditions.boxes, conditions_clip.frame(2).boxes)
    assert torch.equal(conditions.crowdedness, conditions_clip.crowdedness)


def test_latents_equal_the_codec(cache: ClipCache, tmp_path: Path) -> None:
    codec = build_models(ModelInfo("test", (32, 64))).codec.eval()
    latents = open_latent_cache(cache, codec, tmp_path)
    direct = codec.encode(frames_to_video(cache.frames[:3])[None])[0]
    assert torch.allclose(torch.from_numpy(latents[:3].astype(np.float32)), direct, atol=2e-3, rtol=2e-3)


def test_unreadable_frames_drop_their_clips(root: Path, data: DataConfig, tmp_path: Path) -> None:
    copy = Path(copytree(root, tmp_path / "root"))
    index = ClipIndex.from_config(replace(data, roots=(copy,)))
    broken = index.roots[0].frame_refs("drive-0", "CAM_FRONT")[3].path
    broken.write_bytes(broken.read_bytes()[:100])
    cache = open_clip_cache(index, tmp_path / "cache", conditions=SIZES)
    assert len(cache.skipped) == 1
    assert broken.name in cache.skipped[0].where
    dropped = {w.frame_indices for i, w in enumerate(index.windows) if i not in set(cache.usable_clips())}
    assert dropped == {(0, 1, 2, 3), (2, 3, 4, 5)}


def test_an_interrupted_build_leaves_nothing(tmp_path: Path) -> None:
    def fails(partial: Path) -> dict[str, int]:
        (partial / "half").write_text("")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ensure_folder(tmp_path / "cache", fails)
    assert not (tmp_path / "cache").exists()
    assert ensure_folder(tmp_path / "cache", lambda partial: {"n": 1}) == {"n": 1}
    assert ensure_folder(tmp_path / "cache", fails) == {"n": 1}
    assert not (tmp_path / "cache" / "half").exists()
