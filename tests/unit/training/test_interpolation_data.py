"""Gaps: which frames they are of, which are held out, how batches mix them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from drivegen.core import ConfigError, DataError
from drivegen.data import ClipIndex, DataConfig, hold_out
from drivegen.models import TemporalConfig
from drivegen.nuscenes_format import NuScenesWriter
from drivegen.training.batches import ClipSource
from drivegen.training.clip_cache import ClipCache
from drivegen.training.interpolation_config import InterpolationStage
from drivegen.training.interpolation_data import JointSource, balanced_rows, gap_data, gap_frames, known_ends
from drivegen.training.training_data import TrainingData

from . import conftest

REGIMES = (4, 1)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> ClipIndex:
    """Clips of eight frames of two drives of sixty."""
    folder = tmp_path_factory.mktemp("gaps") / "root"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conftest, "FRAMES", 60)
        with NuScenesWriter(folder) as writer:
            for number in range(2):
                drive = conftest.scenario(f"drive-{number}", 4.0 + number)
                writer.add_scene(drive, {"CAM_FRONT": conftest.frames(number)})
            writer.close()
    return ClipIndex.from_config(DataConfig(roots=(folder,), image_size=conftest.SIZE, frames=5, stride=4))


def source(index: ClipIndex, rows: np.ndarray) -> ClipSource:
    """A source whose latents are the numbers of their clips."""
    latents = np.repeat(np.arange(len(index), dtype=np.float32), 5)[:, None, None, None]
    clip_frames = np.arange(5 * len(index)).reshape(-1, 5)
    return ClipSource(latents, clip_frames, {}, clips=rows, single_frames=False)


def cache(index: ClipIndex, valid: np.ndarray) -> ClipCache:
    clip_frames = np.arange(5 * len(index)).reshape(-1, 5)
    return ClipCache(Path(), np.zeros(0), valid, clip_frames, {}, ())


def test_gaps_have_every_rate_and_lie_side_by_side(index: ClipIndex) -> None:
    gaps = gap_data(TrainingData(index, index, is_held_out=False), REGIMES)
    found = {regime: [w for w in gaps.training.windows if gap_frames(w) == regime] for regime in REGIMES}
    assert [w.frame_indices for w in found[4][:2]] == [(0, 4, 8, 12, 16), (16, 20, 24, 28, 32)]
    assert [w.frame_indices for w in found[1][:2]] == [(0, 1, 2, 3, 4), (4, 5, 6, 7, 8)]
    assert {gap_frames(w) for w in gaps.held_out.windows} == set(REGIMES)


def test_no_regime_trains_on_what_another_is_measured_by(index: ClipIndex) -> None:
    training, held_out = hold_out(index, 0.3)
    assert len(held_out)
    gaps = gap_data(TrainingData(training, held_out, is_held_out=True), REGIMES)
    seen = {(*w.drive, frame) for w in gaps.training.windows for frame in w.frame_indices}
    kept_apart = {(*w.drive, frame) for w in gaps.held_out.windows for frame in w.frame_indices}
    assert gaps.is_held_out and seen and kept_apart
    assert not seen & kept_apart
    for part in (gaps.training, gaps.held_out):
        assert {gap_frames(w) for w in part.windows} == set(REGIMES)


def test_drives_too_short_for_a_regime_are_named(index: ClipIndex) -> None:
    with pytest.raises(DataError, match=r"no clip fits.*interpolation.regimes"):
        gap_data(TrainingData(index, index, is_held_out=False), (20, 1))


def test_regimes_come_equally_often_and_unreadable_gaps_never(index: ClipIndex) -> None:
    gaps = gap_data(TrainingData(index, index, is_held_out=False), REGIMES).training
    valid = np.ones(5 * len(gaps), dtype=bool)
    valid[2] = False
    rows = balanced_rows(gaps, cache(gaps, valid))
    counts = Counter(gap_frames(gaps.windows[row]) for row in rows)
    assert 0 not in rows
    assert 0.8 < counts[4] / counts[1] < 1.25


def test_both_ends_are_known_or_neither() -> None:
    known = known_ends(torch.zeros(2000, 5, 1), 0.25, torch.Generator().manual_seed(0))
    told = known[:, 0]
    assert abs(told.float().mean().item() - 0.75) < 0.04
    assert torch.equal(known[:, -1], told)
    assert not known[:, 1:-1].any()


@pytest.mark.parametrize(("share", "gaps"), [(0.5, 2), (0.01, 1), (0.99, 3)])
def test_batches_mix_clips_and_gaps(index: ClipIndex, share: float, gaps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivegen.training.batches.from_arrays", lambda arrays: None)
    rows = np.arange(len(index))
    joint = JointSource(source(index, rows), source(index, rows), share)
    items = np.array([3, 0, 2, 1])
    clips, _, between, _ = joint.fetch(items)
    assert (len(clips), len(between)) == (4 - gaps, gaps)
    assert clips[:, 0].flatten().tolist() == items[: 4 - gaps].tolist()
    again = joint.fetch(items)[2]
    assert torch.equal(between, again), "a batch follows from its items"
    drawn = {int(joint.fetch(np.array([0, 1, 2, number]))[2][0, 0]) for number in range(3, 40)}
    assert len(drawn) > 1
    assert len(joint.names(items)) == 4


@pytest.mark.parametrize(
    "changes",
    [{"regimes": ()}, {"regimes": (4, 4)}, {"regimes": (0,)}, {"context_dropout": 1.0}, {"net": TemporalConfig(4)}],
)
def test_configuration_is_checked(changes: dict) -> None:
    with pytest.raises(ConfigError):
        InterpolationStage(**changes)
