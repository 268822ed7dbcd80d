"""The audit that looks: a net or a user's own judge sees every clip, and compares it with the training clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from drivegen.audit import INDEX_FILE, build_training_index
from drivegen.core import Ambience, ConfigError, DataError, TimeOfDay, Weather
from drivegen.generation import SampleAuditConfig, SampleConfig, SamplerConfig, sample
from drivegen.generation.judging import Judge
from drivegen.models import Models, save_model
from drivegen.models.perception import (
    PerceptionConfig,
    PerceptionInfo,
    PerceptionNet,
    PerceptionObserver,
    build_perception,
    load_observer,
    save_perception,
)
from drivegen.store import StoreReader, verify_store

from .conftest import HZ, WriteRoot, drive

CLEAR = Ambience(Weather.CLEAR, TimeOfDay.DAY)
NET = PerceptionConfig(
    image_size=(32, 64), width=8, identity_dim=8, feature_dim=8, clip_size=(16, 32), clip_width=8, clip_feature_dim=8
)


def net_of(seed: int) -> PerceptionNet:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return build_perception(NET)


@pytest.fixture
def config(tmp_path: Path, write_root: WriteRoot, tiny_models: Models) -> SampleConfig:
    """Two clips of a tiny model with random weights, judged by a tiny net with random weights."""
    save_model(tmp_path / "model", tiny_models)
    save_perception(tmp_path / "net", net_of(1), PerceptionInfo("random", NET))
    audit = SampleAuditConfig()
    return SampleConfig(
        clips=2,
        frames=3,
        fps=HZ,
        scenarios="nuscenes",
        root=write_root(drive("a", 3, CLEAR)),
        generator="image_ldm",
        model=tmp_path / "model",
        sampler=SamplerConfig(num_inference_steps=1),
        batch=2,
        threads=1,
        audit=replace(audit, perception=replace(audit.perception, net=tmp_path / "net")),
        sheet_clips=1,
        out=tmp_path / "out",
    )


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def write_index(config: SampleConfig, path: Path, net: str = "net") -> None:
    rng = np.random.default_rng(0)
    clips = [(f"train-{i}", rng.integers(0, 256, (3, 32, 64, 3), dtype=np.uint8), HZ) for i in range(3)]
    build_training_index(load_observer(config.out.with_name(net)), clips).save(path)


def test_the_net_judges_every_clip(config: SampleConfig) -> None:
    sample(config)
    assert verify_store(config.out) == []
    for clip in StoreReader(config.out).clips():
        verdict = clip.verdict
        assert verdict.auditor == "perception" and verdict.scores and (verdict.passed or verdict.reasons)
        assert verdict.achieved.weather is not None and verdict.achieved.crowdedness is not None
        assert verdict.nearest_training_clip is None
        for found, labels in zip(verdict.objects, clip.labels, strict=True):
            np.testing.assert_array_equal(~np.isnan(found.detected), labels.scored)
    card = (config.out / "README.md").read_text()
    assert load_observer(config.out.with_name("net")).sha256 in card


def test_the_net_is_known_by_its_content_not_by_its_place(config: SampleConfig, tmp_path: Path) -> None:
    sample(config)
    before = files(config.out)
    assert str(tmp_path).encode() not in before["manifest.json"] + before["README.md"]
    moved = (tmp_path / "net").rename(tmp_path / "elsewhere")
    there = replace(config, audit=replace(config.audit, perception=replace(config.audit.perception, net=moved)))
    assert sample(there).tally.made == 0
    assert sample(replace(there, out=tmp_path / "again")).tally.made == 2
    assert files(tmp_path / "again") == before
    save_perception(tmp_path / "other", net_of(2), PerceptionInfo("other", NET))
    other = replace(config.audit.perception, net=tmp_path / "other")
    with pytest.raises(DataError, match=r"other settings.*judge.observer_sha256"):
        sample(replace(config, audit=replace(config.audit, perception=other)))


def test_a_judge_of_the_users_own(config: SampleConfig) -> None:
    plain = replace(config, audit=SampleAuditConfig())
    sample(plain, observer=PerceptionObserver(net_of(3), "cd" * 32))
    card = (config.out / "README.md").read_text()
    assert "cd" * 32 in card
    assert {clip.verdict.auditor for clip in StoreReader(config.out).clips()} == {"perception"}
    with pytest.raises(ConfigError, match=r"audit\.kind: does not look.*frames"):
        sample(replace(config, audit=SampleAuditConfig(kind="frames")), observer=PerceptionObserver(net_of(3), "cd"))


def test_clips_are_compared_with_those_that_the_model_was_trained_on(config: SampleConfig) -> None:
    write_index(config, config.out.with_name("model") / INDEX_FILE)
    assert sample(config).notes == ()
    names = {clip.verdict.nearest_training_clip for clip in StoreReader(config.out).clips()}
    assert names and names <= {"train-0", "train-1", "train-2"}
    assert all("nearest_training_ratio" in clip.verdict.scores for clip in StoreReader(config.out).clips())
    assert "The training clips that they were compared with" in (config.out / "README.md").read_text()


def test_an_index_of_another_judge(config: SampleConfig, tmp_path: Path) -> None:
    """The model's own is passed over and told of; one that was asked for is an error."""
    save_perception(tmp_path / "other", net_of(2), PerceptionInfo("other", NET))
    write_index(config, tmp_path / "model" / INDEX_FILE, net="other")
    report = sample(config)
    assert "not compared with training clips" in str(report) and "another judge" in str(report)
    assert {clip.verdict.nearest_training_clip for clip in StoreReader(config.out).clips()} == {None}
    named = replace(config.audit.perception, training_index=tmp_path / "model" / INDEX_FILE)
    with pytest.raises(DataError, match="made by another judge"):
        Judge(replace(config, audit=replace(config.audit, perception=named)))


def test_an_audit_without_its_net_says_what_to_do(config: SampleConfig, tmp_path: Path) -> None:
    gone = replace(config.audit.perception, net=tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"audit\.kind=frames"):
        sample(replace(config, audit=replace(config.audit, perception=gone)))
    assert not (config.out / "manifest.json").exists()
