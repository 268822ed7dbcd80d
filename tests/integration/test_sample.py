"""From settings to a store on disk: rendered, recorded and generated clips; same bytes, interruption, bad input."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from drivegen.conditions import ConditionConfig
from drivegen.core import ConfigError, DataError, FrameKind, TimeOfDay, Weather, mean_road_users
from drivegen.generation import SampleAuditConfig, SampleConfig, SamplerConfig, sample
from drivegen.models import (
    AutoencoderConfig,
    ImageLDMConfig,
    ModelInfo,
    TemporalConfig,
    build_models,
    save_model,
)
from drivegen.models.image_config import EncoderConfig
from drivegen.nuscenes_format import NuScenesWriter
from drivegen.store import StoreReader, verify_store
from drivegen.world import WorldConfig, make_scene, render_frame

SIZE = (32, 64)
# Who judges is another test's matter; this one is quick.
FRAMES = SampleAuditConfig(kind="frames")
REFERENCE = SampleConfig(clips=3, frames=2, generator="reference", image_size=SIZE, batch=2, threads=1, audit=FRAMES)
FAST = SamplerConfig(num_inference_steps=2)


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with every part and random weights."""
    image = ImageLDMConfig(
        conditions=ConditionConfig(image_size=SIZE, max_boxes=6),
        latent_channels=4,
        block_out_channels=(16, 32),
        attention_levels=(False, True),
        layers_per_block=1,
        attention_head_dim=8,
        norm_num_groups=8,
        token_dim=16,
        encoder=EncoderConfig(layers=1, head_dim=8, frequencies=2),
    )
    autoencoder = AutoencoderConfig(
        latent_channels=4, width=16, coarse_width=16, encoder_blocks=(1, 1), decoder_blocks=(1, 1)
    )
    temporal = TemporalConfig(max_frames=4, context_channels=8, embedding_dim=16, head_dim=8)
    info = ModelInfo("random", SIZE, 4, 3.0, autoencoder=autoencoder, image=image, temporal=temporal)
    folder = tmp_path_factory.mktemp("models") / "random"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        save_model(folder, build_models(info))
    return folder


@pytest.fixture(scope="module")
def recorded_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root of two drives that passes for a recorded one."""
    root = tmp_path_factory.mktemp("roots") / "recorded"
    world = WorldConfig(seed=5, duration_s=1.2, hz=10.0, size=SIZE)
    with NuScenesWriter(root) as writer:
        for index in range(2):
            scene = make_scene(world, index)
            scenario = replace(scene.scenario, source="nuscenes:test")
            camera = scenario.cameras["CAM_FRONT"]
            times = scenario.frame_times_us["CAM_FRONT"]
            writer.add_scene(scenario, {"CAM_FRONT": [render_frame(scene, camera, int(t)) for t in times]})
        writer.close()
    return root


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


class StopAfter:
    """A progress callback that presses Ctrl-C once so many clips are done."""

    def __init__(self, clips: int) -> None:
        self.clips = clips

    def __call__(self, done: int, total: int) -> None:
        if done >= self.clips:
            raise KeyboardInterrupt


def test_rendered_clips_travel_the_whole_way(tmp_path: Path) -> None:
    config = replace(
        REFERENCE, out=tmp_path / "out", weather=Weather.RAIN, time_of_day=(TimeOfDay.DAY, TimeOfDay.NIGHT)
    )
    seen: list[tuple[int, int]] = []
    report = sample(config, lambda done, total: seen.append((done, total)))
    assert verify_store(config.out) == []
    clips = list(StoreReader(config.out).clips())
    assert len(clips) == 3
    assert {clip.ambience.weather for clip in clips} == {Weather.RAIN}
    assert {clip.ambience.time_of_day for clip in clips} == {TimeOfDay.DAY, TimeOfDay.NIGHT}
    assert all(clip.requested.time_of_day == clip.ambience.time_of_day for clip in clips)
    assert all(clip.frames.shape == (2, *SIZE, 3) for clip in clips)
    assert all(clip.provenance.kind is FrameKind.RENDERED for clip in clips)
    assert all(clip.provenance.generator == "reference" and clip.provenance.config_hash for clip in clips)
    assert all(clip.verdict.auditor == "frames" for clip in clips)
    assert seen[-1] == (3, 3)
    assert (report.tally.made, report.tally.kept, report.tally.frames) == (3, 0, 6)
    sheet = cv2.imread(str(report.contact_sheet))
    assert sheet is not None
    assert sheet.shape[1] > 2 * SIZE[1]
    for word in ("3 clips", str(report.contact_sheet), f"drivegen verify store={config.out}", "drivegen export"):
        assert word in str(report)


def test_the_same_settings_give_the_same_bytes(tmp_path: Path, model_folder: Path) -> None:
    drawn = SampleConfig(audit=FRAMES, clips=3, frames=4, model=model_folder, sampler=FAST, batch=2, threads=1)
    for config in (REFERENCE, drawn):
        for run in "12":
            sample(replace(config, out=tmp_path / config.generator / run))
        assert hashes(tmp_path / config.generator / "1") == hashes(tmp_path / config.generator / "2")


def test_clips_tell_their_frames(tmp_path: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivegen.generation.pipeline.SEGMENT_FRAMES", 4)
    seen: list[tuple[int, int]] = []
    config = SampleConfig(audit=FRAMES, clips=3, frames=9, model=model_folder, sampler=FAST, batch=2, out=tmp_path)
    sample(config, frames=lambda done, total: seen.append((done, total)))
    done = [frames for frames, _ in seen]
    assert {total for _, total in seen} == {3 * 9}
    assert done == sorted(done)
    assert done[-1] == 3 * 9
    # Within the first batch of two clips, too.
    assert any(0 < frames < 2 * 9 for frames in done)


@pytest.mark.parametrize("generator", ["reference", "video_ldm"])
def test_a_stopped_run_goes_on_to_the_same_bytes(tmp_path: Path, model_folder: Path, generator: str) -> None:
    config = replace(REFERENCE, clips=5, frames=2, generator=generator, sampler=FAST)
    if generator == "video_ldm":
        config = replace(config, model=model_folder)
    sample(replace(config, out=tmp_path / "whole"))
    stopped = replace(config, out=tmp_path / "stopped")
    # In the middle of the second batch of two.
    with pytest.raises(KeyboardInterrupt):
        sample(stopped, StopAfter(3))
    assert verify_store(stopped.out) == []
    report = sample(stopped)
    assert (report.tally.made, report.tally.kept) == (2, 3)
    assert hashes(tmp_path / "whole") == hashes(stopped.out)
    again = sample(stopped)
    assert (again.tally.made, again.tally.kept) == (0, 5)
    assert hashes(tmp_path / "whole") == hashes(stopped.out)


def test_asking_for_more_extends_a_dataset(tmp_path: Path, model_folder: Path) -> None:
    config = SampleConfig(audit=FRAMES, frames=2, model=model_folder, sampler=FAST, batch=2, threads=1)
    sample(replace(config, clips=5, out=tmp_path / "five"))
    sample(replace(config, clips=3, out=tmp_path / "grown"))
    report = sample(replace(config, clips=5, out=tmp_path / "grown"))
    assert (report.tally.made, report.tally.kept) == (2, 3)
    assert hashes(tmp_path / "grown") == hashes(tmp_path / "five")
    with pytest.raises(DataError, match="made with other settings"):
        sample(replace(config, clips=5, seed=1, out=tmp_path / "grown"))


def test_video_model_draws_longer_clips(tmp_path: Path, model_folder: Path) -> None:
    config = SampleConfig(
        audit=FRAMES, clips=1, frames=8, model=model_folder, sampler=FAST, batch=1, threads=1, out=tmp_path / "out"
    )
    sample(config)
    assert verify_store(config.out) == []
    clip = next(StoreReader(config.out).clips())
    assert len(clip.frames) == 8
    assert (clip.provenance.kind, clip.provenance.generator) == (FrameKind.GENERATED, "video_ldm")
    assert (clip.provenance.model_id, len(clip.provenance.model_sha256)) == ("random", 64)


def test_image_model_alone_says_so(tmp_path: Path, model_folder: Path) -> None:
    config = SampleConfig(
        audit=FRAMES, clips=1, frames=2, generator="image_ldm", model=model_folder, sampler=FAST, threads=1
    )
    sample(replace(config, out=tmp_path / "out"))
    assert next(StoreReader(tmp_path / "out").clips()).provenance.generator == "image_ldm"


def test_without_boxes_clips_are_marked_unlabelled(tmp_path: Path, model_folder: Path) -> None:
    config = SampleConfig(audit=FRAMES, clips=2, frames=2, model=model_folder, sampler=FAST, batch=2, threads=1)
    sample(replace(config, out=tmp_path / "boxes"))
    sample(replace(config, labels="none", out=tmp_path / "none"))
    assert verify_store(tmp_path / "none") == []
    pairs = zip(StoreReader(tmp_path / "boxes").clips(), StoreReader(tmp_path / "none").clips(), strict=True)
    for boxed, free in pairs:
        assert boxed.labelled
        assert not free.labelled
        assert mean_road_users(free.labels) == 0
        assert not np.array_equal(boxed.frames, free.frames)


def test_recorded_clips_travel_the_whole_way(tmp_path: Path, recorded_root: Path) -> None:
    config = replace(REFERENCE, scenarios="nuscenes", root=recorded_root, fps=10.0, out=tmp_path / "out")
    sample(config)
    assert verify_store(config.out) == []
    clips = list(StoreReader(config.out).clips())
    assert all(clip.provenance.kind is FrameKind.RECORDED for clip in clips)
    assert any(len(frame) for clip in clips for frame in clip.labels)
    assert str(recorded_root.parent) not in (config.out / "manifest.json").read_text()


def test_models_draw_recorded_scenarios_in_other_weather(
    tmp_path: Path, recorded_root: Path, model_folder: Path
) -> None:
    config = SampleConfig(audit=FRAMES, clips=2, frames=2, model=model_folder, sampler=FAST, batch=2, threads=1)
    config = replace(config, scenarios="nuscenes", root=recorded_root, weather=Weather.SNOW, out=tmp_path / "out")
    sample(config)
    clips = list(StoreReader(config.out).clips())
    assert {clip.ambience.weather for clip in clips} == {Weather.SNOW}
    assert all("recorded as" in clip.provenance.layout_source for clip in clips)


def test_a_damaged_image_costs_its_clip_and_is_reported(tmp_path: Path, recorded_root: Path) -> None:
    root = tmp_path / "root"
    for path in recorded_root.rglob("*"):
        if path.is_file():
            target = root / path.relative_to(recorded_root)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    damaged = sorted((root / "samples" / "CAM_FRONT").iterdir())[0]
    damaged.write_bytes(damaged.read_bytes()[:100])
    config = replace(REFERENCE, clips=4, frames=6, scenarios="nuscenes", root=root, fps=10.0, out=tmp_path / "out")
    report = sample(config)
    assert (report.tally.made, len(report.skipped)) == (3, 1)
    assert damaged.name in report.skipped[0]
    assert "skipped" in str(report)
    assert verify_store(config.out) == []


def test_pinned_scenarios_come_from_a_file(tmp_path: Path) -> None:
    catalogue = tmp_path / "two.json"
    pinned = [{"kind": "world", "seed": 4, "index": 9, "weather": "fog"}, {"kind": "world", "seed": 2, "index": 0}]
    catalogue.write_text(json.dumps({"format_version": 1, "scenarios": pinned}))
    config = replace(REFERENCE, scenarios="file", file=catalogue, out=tmp_path / "out")
    sample(config)
    clips = {clip.clip_id: clip for clip in StoreReader(config.out).clips()}
    assert sorted(clips) == [
        "world-2-00000-CAM_FRONT-00001",
        "world-4-00009-CAM_FRONT-00000",
        "world-4-00009-CAM_FRONT-00002",
    ]
    assert clips["world-4-00009-CAM_FRONT-00000"].ambience.weather is Weather.FOG


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a catalogue"),
        ('{"format_version": 1, "scenarios": []}', "no scenarios"),
        ('{"format_version": 2, "scenarios": []}', "format_version"),
        ('{"format_version": 1, "scenarios": [{"kind": "python", "seed": 1, "index": 1}]}', r"scenarios\[0\]\.kind"),
        ('{"format_version": 1, "scenarios": [{"kind": "world", "seed": 1, "indx": 1}]}', "did you mean .*index"),
    ],
)
def test_a_wrong_catalogue_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(content)
    with pytest.raises((ConfigError, DataError), match=message):
        sample(replace(REFERENCE, scenarios="file", file=path, out=tmp_path / "out"))
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_model_that_cannot_is_refused(tmp_path: Path, model_folder: Path) -> None:
    config = SampleConfig(audit=FRAMES, frames=2, threads=1, out=tmp_path / "out")
    with pytest.raises(ConfigError, match="model: no such model folder"):
        sample(replace(config, model=tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match=r"image_size: .*\[32, 64\]"):
        sample(replace(config, model=model_folder, image_size=(64, 128)))
    with pytest.raises(DataError, match="not a model folder"):
        sample(replace(config, model=tmp_path))
