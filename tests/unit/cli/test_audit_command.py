"""drivegen audit: what it wants to know, what it prints, and the index of training clips that it writes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drivegen.audit import (
    RELIABILITY_FILE,
    AuditConfig,
    PerceptionAuditConfig,
    PerceptionAuditor,
    Reliability,
    TrainingIndex,
    make_auditor,
    make_observer,
)
from drivegen.cli.audit import AuditCommand, TrainingClips, job, verdict_table
from drivegen.core import ConfigError, DataError, FrameKind, Scenario, Trajectory, Verdict, forward_camera
from drivegen.generation import SampleConfig, sample
from drivegen.generation.config import SampleAuditConfig
from drivegen.models.perception import PerceptionConfig, PerceptionInfo, build_perception, save_perception
from drivegen.nuscenes_format import NuScenesWriter
from drivegen.store import StoreConfig, StoreReader, StoreWriter

SIZE = (32, 64)
TINY = PerceptionConfig(
    image_size=(32, 64), width=8, identity_dim=4, feature_dim=8, clip_size=(32, 64), clip_width=8, clip_feature_dim=8
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two empty drives of eight frames; the second is held out."""
    times = np.arange(8, dtype=np.int64) * 100_000
    still = Trajectory(times, np.zeros((8, 3)), np.tile([1.0, 0.0, 0.0, 0.0], (8, 1)))
    camera = forward_camera("CAM_FRONT", SIZE, 1.2, 1.5)
    with NuScenesWriter(tmp_path / "root", image_format="png") as writer:
        for number, name in enumerate(("a", "b")):
            scenario = Scenario(name, still, {"CAM_FRONT": camera}, {"CAM_FRONT": times}, ())
            writer.add_scene(scenario, {"CAM_FRONT": [np.full((*SIZE, 3), 80 * number, np.uint8)] * 8})
        writer.close(splits={"train": ["a"], "val": ["b"]})
    return tmp_path / "root"


@pytest.fixture
def audit(tmp_path: Path) -> AuditConfig:
    """The audit of a net that has learnt nothing."""
    save_perception(tmp_path / "net", build_perception(TINY), PerceptionInfo("tiny", TINY, role="audit"))
    return AuditConfig(perception=PerceptionAuditConfig(net=tmp_path / "net", device="cpu"))


def test_training_clips_become_an_index(
    root: Path, audit: AuditConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "model" / "training_clips.safetensors"
    clips = TrainingClips(roots=(root,), image_size=SIZE, frames=4)
    job(AuditCommand(audit=audit, training=clips, out=out))
    index = TrainingIndex.load(out)
    assert index.ids == ("0/a/CAM_FRONT/0x4@1", "0/a/CAM_FRONT/4x4@1")
    assert "2 training clips" in capsys.readouterr().out


def test_a_judge_is_measured_on_reference_clips_alone(audit: AuditConfig, tmp_path: Path) -> None:
    sampling = SampleConfig(
        clips=1, frames=2, seed=2, generator="reference", image_size=SIZE, threads=1,
        audit=SampleAuditConfig(kind="none"), out=tmp_path / "reference",
    )  # fmt: skip
    sample(sampling)
    out = tmp_path / "net" / RELIABILITY_FILE
    job(AuditCommand(store=tmp_path / "reference", audit=audit, out=out))
    known = Reliability.load(out)
    assert known.observer_sha256 == make_observer(audit).sha256
    scored = sum(
        int(frame.scored.sum()) for clip in StoreReader(tmp_path / "reference").clips() for frame in clip.labels
    )
    assert known.evidence.sum() == scored > 0
    # Of several stores all clips count.
    job(AuditCommand(store=(tmp_path / "reference", tmp_path / "reference"), audit=audit, out=out))
    assert Reliability.load(out).evidence.sum() == 2 * scored
    with pytest.raises(DataError):
        job(AuditCommand(store=(tmp_path / "reference", tmp_path / "nowhere"), audit=audit, out=tmp_path / "none.json"))
    # What an earlier version knew is no hindrance.
    out.write_text(json.dumps({**json.loads(out.read_text()), "format": "drivegen-reliability-0"}))
    job(AuditCommand(store=tmp_path / "reference", audit=audit, out=out))
    assert Reliability.load(out).evidence.sum() == scored
    # From now on it counts.
    auditor = make_auditor(audit)
    assert isinstance(auditor, PerceptionAuditor) and auditor.reliability.evidence.sum() == scored
    save_perception(tmp_path / "net", build_perception(TINY), PerceptionInfo("other", TINY, role="audit"))
    other = make_auditor(audit)
    assert isinstance(other, PerceptionAuditor) and not other.reliability.evidence.any()
    with StoreWriter(tmp_path / "drawn", StoreConfig(), {"seed": 0}) as writer:
        for clip in StoreReader(tmp_path / "reference").clips():
            writer.write(replace(clip, provenance=replace(clip.provenance, kind=FrameKind.GENERATED)))
    with pytest.raises(DataError, match="reference clips"):
        job(AuditCommand(store=tmp_path / "drawn", audit=audit, out=out))


def test_a_split_that_is_not_there(root: Path, audit: AuditConfig, tmp_path: Path) -> None:
    clips = TrainingClips(roots=(root,), split="test", image_size=SIZE, frames=4)
    with pytest.raises(DataError, match="no such split"):
        job(AuditCommand(audit=audit, training=clips, out=tmp_path / "index"))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "nothing to do"),
        ({"store": Path("s"), "training": TrainingClips(roots=(Path("r"),))}, "nothing to do"),
        ({"training": TrainingClips(roots=(Path("r"),))}, "out: missing key"),
    ],
)
def test_what_it_wants_to_know(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        AuditCommand(**values)  # type: ignore[arg-type]


def test_reasons_are_printed_and_counted() -> None:
    verdicts = [
        ("a", Verdict("perception", True, {"disorder": 0.1})),
        ("b", Verdict("perception", False, {"disorder": 0.9}, ("missed_share", "disorder"))),
        ("c", Verdict("perception", False, {}, ("disorder",))),
    ]
    assert verdict_table(verdicts).splitlines() == [
        "clip_id  verdict  disorder  reasons",
        "a        passed   0.1",
        "b        failed   0.9       missed_share,disorder",
        "c        failed   -         disorder",
        "2 failed disorder",
        "1 failed missed_share",
        "3 clips: 1 passed, 2 failed, 0 not judged",
    ]


def test_several_stores_are_judged_in_one_table(
    audit: AuditConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in (2, 3):
        sampling = SampleConfig(
            clips=1, frames=2, seed=seed, generator="reference", image_size=SIZE, threads=1,
            audit=SampleAuditConfig(kind="none"), out=tmp_path / str(seed),
        )  # fmt: skip
        sample(sampling)
    ids = [clip_id for seed in ("3", "2") for clip_id in StoreReader(tmp_path / seed).clip_ids]
    capsys.readouterr()
    job(AuditCommand(store=(tmp_path / "3", tmp_path / "2"), audit=audit))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.split()[0] in ids] == ids
    assert lines[-1].startswith("2 clips: ")
