"""Clips that the audit rejects: made again, kept with their reasons or left out; the same bytes whatever happens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drivegen.audit import FrameAuditConfig, PerceptionAuditConfig
from drivegen.core import Ambience, Clip, ConfigError, DataError, TimeOfDay, Verdict, Weather, decode
from drivegen.generation import Request, SampleAuditConfig, SampleConfig, SamplerConfig, plan, sample
from drivegen.generation.attempts import at_attempt, better, make_clips
from drivegen.generation.generators import make_generator
from drivegen.generation.judging import Judge
from drivegen.models import Models, save_model
from drivegen.nuscenes_format import NuScenesWriter
from drivegen.store import StoreReader, verify_store

from .conftest import HZ, drive, pictures

CLEAR = Ambience(Weather.CLEAR, TimeOfDay.DAY)
CLIPS = 5


class StopAfter:
    """A progress callback that presses Ctrl-C once so many clips are done."""

    def __init__(self, clips: int) -> None:
        self.clips = clips

    def __call__(self, done: int, total: int) -> None:
        if done >= self.clips:
            raise KeyboardInterrupt


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def judged_by(min_contrast: float, **values: object) -> SampleAuditConfig:
    """Frames below a contrast are rejected."""
    return SampleAuditConfig(kind="frames", frames=FrameAuditConfig(min_contrast=min_contrast), **values)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, tiny_models: Models) -> SampleConfig:
    """Five clips of the image part of a tiny model with random weights, in batches of two; already made."""
    place = tmp_path_factory.mktemp("attempts")
    with NuScenesWriter(place / "root", image_format="png") as writer:
        for scenario in (drive("a", 2, CLEAR), drive("b", 3, CLEAR)):
            writer.add_scene(scenario, {"CAM_FRONT": pictures(scenario, "CAM_FRONT")})
        writer.close()
    save_model(place / "model", tiny_models)
    config = SampleConfig(
        clips=CLIPS,
        frames=1,
        fps=HZ,
        scenarios="nuscenes",
        root=place / "root",
        generator="image_ldm",
        model=place / "model",
        sampler=SamplerConfig(num_inference_steps=1),
        batch=2,
        threads=1,
        audit=judged_by(0.0),
        sheet_clips=1,
        out=place / "plain",
    )
    sample(config)
    return config


@pytest.fixture
def config(plain: SampleConfig, tmp_path: Path) -> SampleConfig:
    """The same, to be made."""
    return replace(plain, out=tmp_path / "out")


@pytest.fixture
def strict(plain: SampleConfig, config: SampleConfig) -> SampleConfig:
    """Asks for a contrast that two of the five clips do not have at the first attempt."""
    contrasts = sorted(clip.verdict.scores["contrast_min_255"] for clip in StoreReader(plain.out).clips())
    assert contrasts[1] < contrasts[2], "the seeds have to make a difference"
    return replace(config, audit=judged_by((contrasts[1] + contrasts[2]) / 2))


def test_each_attempt_has_a_seed_of_its_own(config: SampleConfig) -> None:
    requests = list(plan(config))
    seeds = [at_attempt(request, attempt).seed for request in requests for attempt in range(4)]
    assert len(set(seeds)) == 4 * CLIPS
    assert at_attempt(requests[0], 0) is requests[0]
    assert at_attempt(requests[0], 2).seed == at_attempt(requests[0], 2).seed


def test_kept_is_what_passes_else_what_has_the_fewest_reasons_else_the_earliest(plain: SampleConfig) -> None:
    clip = next(StoreReader(plain.out).clips())

    def rejected(*reasons: str) -> Clip:
        return replace(clip, verdict=Verdict("x", False, reasons=reasons))

    passed = replace(clip, verdict=Verdict("x", True))
    assert better(None, rejected("a")).verdict.reasons == ("a",)
    assert better(rejected("a", "b"), rejected("c")).verdict.reasons == ("c",)
    assert better(rejected("a"), rejected("b")).verdict.reasons == ("a",)
    assert better(rejected("a"), passed) is passed


def test_a_rejected_clip_is_kept_with_its_reason(strict: SampleConfig) -> None:
    report = sample(strict)
    assert verify_store(strict.out) == []
    verdicts = [clip.verdict for clip in StoreReader(strict.out).clips()]
    assert sorted(verdict.passed for verdict in verdicts) == [False, False, True, True, True]
    assert {verdict.reasons for verdict in verdicts if not verdict.passed} == {("blank_frames",)}
    assert {verdict.attempts for verdict in verdicts} == {1}
    assert (report.tally.made, report.tally.failed, report.tally.remade) == (CLIPS, 2, 0)
    assert "2 clips are rejected and kept (blank_frames 2): see qc_reasons in clips" in str(report)


def test_a_rejected_clip_is_made_again(plain: SampleConfig, strict: SampleConfig) -> None:
    report = sample(replace(strict, audit=replace(strict.audit, retry=6)))
    assert verify_store(strict.out) == []
    before = {clip.clip_id: clip for clip in StoreReader(plain.out).clips()}
    remade = 0
    for clip in StoreReader(strict.out).clips():
        first = before[clip.clip_id]
        if clip.verdict.attempts == 1:
            np.testing.assert_array_equal(clip.frames, first.frames)
            assert clip.provenance.seed == first.provenance.seed
        else:
            remade += 1
            assert clip.verdict.passed and clip.verdict.attempts > 1
            assert clip.provenance.seed != first.provenance.seed
            assert not np.array_equal(clip.frames, first.frames)
    assert (report.tally.remade, report.tally.rescued, report.tally.failed) == (remade, remade, 0) == (2, 2, 0)
    assert f"2 clips were rejected at first and made again, {report.tally.remakes} times in all" in str(report)


def test_what_never_passes_is_kept_with_the_number_of_attempts(config: SampleConfig) -> None:
    report = sample(replace(config, clips=2, audit=judged_by(200.0, retry=2)))
    verdicts = [clip.verdict for clip in StoreReader(config.out).clips()]
    assert [(v.passed, v.attempts) for v in verdicts] == [(False, 3)] * 2
    assert (report.tally.remade, report.tally.remakes, report.tally.rescued) == (2, 4, 0)


def test_a_clip_depends_neither_on_who_is_wanted_nor_on_how_its_neighbour_fares(strict: SampleConfig) -> None:
    generator, requests = make_generator(strict), list(plan(strict))
    for batch in (requests[:2], requests[2:4], requests[4:]):
        together = _made(strict, batch, {request.clip_id for request in batch}, generator)
        for request in batch:
            alone = _made(strict, batch, {request.clip_id}, generator)
            assert list(alone) == [request.clip_id]
            np.testing.assert_array_equal(alone[request.clip_id].frames, together[request.clip_id].frames)
            assert alone[request.clip_id].verdict == together[request.clip_id].verdict


def _made(config: SampleConfig, batch: list[Request], wanted: set[str], generator: object) -> dict[str, Clip]:
    return {clip.clip_id: clip for clip in make_clips(batch, wanted, generator, Judge(config), retry=3)}


@pytest.mark.parametrize(("rejected", "retry"), [("keep", 1), ("drop", 1), ("drop", 0)])
def test_a_stopped_run_goes_on_to_the_same_bytes(strict: SampleConfig, rejected: str, retry: int) -> None:
    audit = replace(strict.audit, rejected=rejected, retry=retry)
    whole = replace(strict, audit=audit, out=strict.out.with_name("whole"))
    stopped = replace(whole, out=strict.out.with_name("stopped"))
    sample(whole)
    # In the middle of the second batch of two.
    with pytest.raises(KeyboardInterrupt):
        sample(stopped, StopAfter(3))
    sample(stopped)
    assert files(stopped.out) == files(whole.out)
    grown = replace(whole, out=strict.out.with_name("grown"))
    sample(replace(grown, clips=3))
    sample(grown)
    assert files(grown.out) == files(whole.out)


def test_what_is_left_out_is_counted_and_not_made_again(strict: SampleConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    config = replace(strict, audit=replace(strict.audit, rejected="drop"), out=strict.out.with_name("drop"))
    report = sample(config)
    assert verify_store(config.out) == []
    reader = StoreReader(config.out)
    assert len(reader.clip_ids) == 3 and all(clip.verdict.passed for clip in reader.clips())
    assert list(reader.manifest.dropped.values()) == [("blank_frames",)] * 2
    assert (report.tally.made, report.tally.left_out, report.tally.done) == (3, 2, CLIPS)
    assert "2 clips are rejected and left out (blank_frames 2)" in str(report)
    before = files(config.out)
    monkeypatch.setattr("drivegen.generation.model_generator.generate_image_frames", _never)
    again = sample(config)
    assert (again.tally.made, again.tally.kept, again.tally.left_out_before) == (0, 3, 2)
    assert "2 clips had been left out already" in str(again)
    assert files(config.out) == before


def _never(*arguments: object) -> None:
    raise AssertionError("nothing is to be drawn")


def test_a_run_without_a_single_good_clip_says_so(config: SampleConfig) -> None:
    hopeless = replace(config, clips=2, audit=judged_by(200.0, rejected="drop"))
    for _ in "12":
        with pytest.raises(DataError, match=r"every clip was rejected.*audit\.rejected=keep"):
            sample(hopeless)
    assert not (hopeless.out / "manifest.json").exists()


def test_time_of_the_audit_is_told(config: SampleConfig) -> None:
    report = sample(replace(config, clips=1))
    assert 0 < report.audit_seconds < report.seconds
    assert report.audit_share == pytest.approx(report.audit_seconds / (report.seconds - report.audit_seconds))
    assert "on top of making and writing" in str(report)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"audit": {"retry": -1}}, "audit.retry: out of range"),
        ({"audit": {"rejected": "burn"}}, "audit.rejected: unknown value; expected one of keep, drop"),
        ({"audit": {"kind": "none", "retry": 2}}, "audit.kind: kind=none rejects nothing"),
        ({"generator": "reference", "audit": {"retry": 1}}, "audit.retry: reference frames are the same"),
        ({"audit": {"perception": {"predictions": "p.parquet"}}}, "audit.perception.predictions: nobody has seen"),
    ],
)
def test_settings_that_contradict_one_another(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        decode(SampleConfig, values)


def test_retry_and_perception_decode() -> None:
    audit = decode(SampleConfig, {"audit": {"retry": 3, "rejected": "drop", "kind": "frames"}}).audit
    assert (audit.retry, audit.rejected, audit.kind) == (3, "drop", "frames")
    assert audit.perception == PerceptionAuditConfig()
