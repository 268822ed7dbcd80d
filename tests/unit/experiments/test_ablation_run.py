"""An ablation of tiny networks: trained, drawn, compared, resumed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from drivegen.conditions import ConditionConfig
from drivegen.core import (
    Ambience,
    ClipObservation,
    ConfigError,
    DataError,
    Detections,
    FrameObservation,
    Observer,
    Scenario,
    TimeOfDay,
    Track,
    Trajectory,
    Weather,
    forward_camera,
)
from drivegen.core.arrays import Bytes, Floats
from drivegen.data import DataConfig
from drivegen.experiments.ablation import ablate, sampler_of
from drivegen.experiments.ablation_arms import Arm, Run
from drivegen.experiments.ablation_config import AblationConfig, EvaluateCommand
from drivegen.experiments.ablation_training import Trainings
from drivegen.experiments.machine import Machine
from drivegen.generation.sampler import SamplerConfig
from drivegen.models import (
    AutoencoderConfig,
    EncoderConfig,
    ImageLDMConfig,
    ModelInfo,
    TemporalConfig,
    build_models,
    load_model,
    save_model,
)
from drivegen.models.temporal import TemporalAttention, TemporalResBlock
from drivegen.nuscenes_format import NuScenesWriter
from drivegen.training import ImageStage, OptimConfig, VideoStage

SIZE = (16, 32)
FRAMES = 6
STEP_US = 250_000
SPLITS = {"train": ["drive-0", "drive-1"], "test": ["drive-2", "drive-3", "drive-4"]}

MakeCommand = Callable[..., EvaluateCommand]


class SmallEyes(Observer):
    """A judge whose features are a frame's mean colours and contrast."""

    @property
    def sha256(self) -> str:
        return "small-eyes"

    def observe(
        self, frames: Bytes, boxes_px: Sequence[Floats], fps: float, window_frames: int = 16
    ) -> ClipObservation:
        values = frames.reshape(len(frames), -1, 3) / 255.0
        features = np.concatenate([values.mean(axis=1), values.std(axis=1)], axis=1).astype(np.float32)
        nothing, nobody = np.full(1, np.nan), Detections.empty()
        seen = tuple(FrameObservation(nobody, nothing, nothing, 0.0, row) for row in features)
        change = np.abs(np.diff(features, axis=0)).mean(axis=0)[None]
        return ClipObservation(seen, (), np.zeros(0), np.zeros(0), np.zeros(1), change, window_frames)


def _drive(name: str, speed_mps: float) -> Scenario:
    """Behind a car on a straight road."""
    times = np.arange(FRAMES, dtype=np.int64) * STEP_US
    upright = np.tile([1.0, 0.0, 0.0, 0.0], (FRAMES, 1))
    forward = np.stack([times / 1e6 * speed_mps, 0 * times, 0 * times], axis=1)
    size = np.tile([4.5, 1.9, 1.6], (FRAMES, 1))
    car = Track("car", "car", Trajectory(times, forward + np.array([12.0, -2.0, 0.8]), upright), size)
    camera = forward_camera("CAM_FRONT", SIZE, 1.2, 1.5)
    ambience = Ambience(Weather.CLEAR, TimeOfDay.DAY)
    ego = Trajectory(times, forward, upright)
    return Scenario(name, ego, {"CAM_FRONT": camera}, {"CAM_FRONT": times}, (car,), ambience, license="CC0-1.0")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root of five drives in two splits."""
    folder = tmp_path_factory.mktemp("ablation") / "root"
    rows, columns = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    with NuScenesWriter(folder, image_format="png") as writer:
        for number in range(5):
            frames = [
                np.stack(
                    [127 + 100 * np.sin(rows / 5 + number + k + columns / 9 + time / 3) for k in range(3)], axis=-1
                )
                for time in range(FRAMES)
            ]
            writer.add_scene(
                _drive(f"drive-{number}", 3.0 + number), {"CAM_FRONT": [f.astype(np.uint8) for f in frames]}
            )
        writer.close(SPLITS)
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with an autoencoder."""
    torch.manual_seed(0)
    net = AutoencoderConfig(latent_channels=4, width=16, coarse_width=16, encoder_blocks=(1, 1), decoder_blocks=(1, 1))
    folder = tmp_path_factory.mktemp("base") / "model"
    save_model(folder, build_models(ModelInfo("base", SIZE, autoencoder=net)), dtype="float32")
    return folder


@pytest.fixture
def make_command(root: Path, base: Path, tmp_path: Path) -> MakeCommand:
    """Builds the command of a tiny ablation in the test's folder."""
    optim = OptimConfig(batch=2, lr=2e-3, warmup=1, ema_decay=0.5)
    net = ImageLDMConfig(
        conditions=ConditionConfig(image_size=SIZE, max_boxes=2),
        block_out_channels=(16, 32),
        attention_levels=(False, True),
        attention_head_dim=16,
        norm_num_groups=8,
        token_dim=16,
        encoder=EncoderConfig(layers=1, head_dim=16, frequencies=1),
    )
    temporal = TemporalConfig(max_frames=3, context_channels=4, embedding_dim=16, head_dim=16)

    def make(**settings: Any) -> EvaluateCommand:
        config = AblationConfig(
            data=DataConfig(roots=(root,), image_size=SIZE, frames=3),
            model=base,
            image=ImageStage(net=net, optim=optim),
            video=VideoStage(net=temporal, optim=optim),
            image_steps=1,
            video_steps=1,
            pixel_downsampling=2,
            sampler=SamplerConfig(name="euler", num_inference_steps=1),
        )
        return EvaluateCommand(
            out=tmp_path / "ablation",
            threads=1,
            device="cpu",
            frechet_resamples=20,
            ablation=replace(config, **settings),
        )

    return make


@pytest.fixture
def trainings(make_command: MakeCommand, base: Path, tmp_path: Path) -> Trainings:
    """The trainings of an ablation."""
    config = make_command().ablation
    assert config is not None
    return Trainings(config, base, tmp_path / "trainings", 1, Machine(torch.device("cpu"), 1))


def test_arms_differ_where_they_should(trainings: Trainings, base: Path) -> None:
    models = {run: load_model(trainings.model_of(run, 0), ("video",)) for run in (Run.VIDEO, Run.ATTENTION_ONLY)}
    ours, attention = (models[run].video for run in (Run.VIDEO, Run.ATTENTION_ONLY))
    assert ours is not None
    assert attention is not None
    shared = ours.image.state_dict()
    assert all(torch.equal(value, shared[name]) for name, value in attention.image.state_dict().items())
    assert any(isinstance(layer, TemporalResBlock) for layer in ours.temporal.layers)
    assert all(isinstance(layer, TemporalAttention) for layer in attention.temporal.layers)
    steps = [trainings.facts(arm, 0)["frames_seen"] for arm in (Arm.OURS, Arm.ATTENTION_ONLY)]
    assert steps == [2 + 2 * 3] * 2


def test_end_to_end_learns_every_weight_on_clips(trainings: Trainings) -> None:
    folder = trainings.model_of(Run.END_TO_END, 0)
    start = load_model(trainings.out / "starts" / "fresh-0", ("image",)).image
    end = load_model(folder, ("video",)).image
    assert start is not None
    assert end is not None
    before, after = start.unet.state_dict(), end.unet.state_dict()
    changed = [name for name in before if not torch.allclose(before[name], after[name], atol=1e-4)]
    assert len(changed) > len(before) / 2
    assert trainings.settings(Run.END_TO_END, 0).steps == 1 + round(2 / (2 * 3))
    # As many frames as ours sees in both of its trainings, to within a step.
    many = replace(trainings, config=replace(trainings.config, image_steps=90, video_steps=40))
    assert many.settings(Run.END_TO_END, 0).steps * 2 * 3 == 90 * 2 + 40 * 2 * 3


def test_minutes_are_shared_out(trainings: Trainings) -> None:
    timed = replace(trainings, config=replace(trainings.config, minutes=10.0, image_share=0.3))
    runs = (Run.IMAGE, Run.VIDEO, Run.END_TO_END, Run.PIXEL_IMAGE, Run.PIXEL_VIDEO)
    minutes = [timed.settings(run, 0).minutes for run in runs]
    assert minutes == pytest.approx([3.0, 7.0, 10.0, 3.0, 7.0])
    assert all(timed.settings(run, 0).steps > 10**6 for run in runs)


def test_pixels_are_scaled_and_come_back(trainings: Trainings) -> None:
    trainings.model_of(Run.PIXEL_IMAGE, 0)
    codec = load_model(trainings.out / "starts" / "pixel", ("autoencoder",)).codec
    levels = torch.randint(0, 256, (1, 2, 3, *SIZE), generator=torch.Generator().manual_seed(0))
    video = levels / 127.5 - 1.0
    decoded = codec.decode(codec.encode(video))
    assert torch.equal(((decoded + 1.0) * 127.5).round().long(), levels)
    # Waves of amplitude 100 of 127.5 levels: as spread as that, in every channel.
    assert codec.std.tolist() == pytest.approx([100 / 127.5 / 2**0.5] * 12, rel=0.15)


def test_an_ablation_runs_and_goes_on(make_command: MakeCommand) -> None:
    command = make_command(arms=(Arm.CONTEXT_GUIDED, Arm.END_TO_END), clip_frames=5)
    counted: list[tuple[int, int]] = []
    report = ablate(command, lambda done, total: counted.append((done, total)), SmallEyes())
    assert counted[-1] == (9, 9)
    assert [row.arm for row in report.rows] == [Arm.OURS, Arm.CONTEXT_GUIDED, Arm.END_TO_END] * 2
    facts = json.loads((command.out / "ablation.json").read_text())
    assert facts["scenarios"] == 3
    assert facts["frames"] == 5
    assert all(len(row["by_seed"]) == 3 for row in facts["rows"])
    page = (command.out / "ablation.md").read_text()
    assert "end to end" in page
    assert "1155" in page
    for name in ("ablation.png", "ablation_clips.png"):
        assert cv2.imread(str(command.out / name)) is not None
    # What is done is not done again: files stay as they are, and one that is gone comes back as it was.
    before = {path: path.stat().st_mtime_ns for path in (command.out / "trials").iterdir()}
    gone = command.out / "trials" / "end_to_end-1.json"
    gone.unlink()
    arrays = dict(np.load(gone.with_suffix(".npz")))
    again = ablate(command, judge=SmallEyes())
    assert str(again) == str(report)
    after = {path: path.stat().st_mtime_ns for path in (command.out / "trials").iterdir()}
    assert {path.stem for path in before if before[path] != after[path]} == {"end_to_end-1"}
    renewed = np.load(gone.with_suffix(".npz"))
    assert all(np.array_equal(arrays[name], renewed[name]) for name in arrays)
    with pytest.raises(ConfigError, match="another experiment"):
        ablate(make_command(video_steps=2), judge=SmallEyes())


def test_context_guidance_is_all_that_a_sampling_arm_changes(make_command: MakeCommand) -> None:
    config = make_command().ablation
    assert config is not None
    plain, guided = sampler_of(config, Arm.OURS), sampler_of(config, Arm.CONTEXT_GUIDED)
    assert plain == sampler_of(config, Arm.PIXEL) == config.sampler
    assert replace(guided, guidance_context=plain.guidance_context) == plain
    assert guided.guidance_context == 2.0


def test_what_cannot_be_measured_is_refused(make_command: MakeCommand, tmp_path: Path) -> None:
    command = make_command()
    assert command.ablation is not None
    trained_on = replace(command, ablation=replace(command.ablation, split="train"))
    with pytest.raises(DataError, match="nothing is held out"):
        ablate(trained_on, judge=SmallEyes())
    larger = replace(command.ablation.data, image_size=(32, 64))
    with pytest.raises(ConfigError, match=r"data.image_size.*expected \[16, 32\]"):
        ablate(replace(command, ablation=replace(command.ablation, data=larger)), judge=SmallEyes())
    with pytest.raises(ConfigError, match="more channels than its network"):
        make_command(pixel_downsampling=4)
    with pytest.raises(ConfigError, match="must be at least 3"):
        make_command(seeds=2)
    with pytest.raises(ConfigError, match="makes its own clips"):
        replace(command, store=tmp_path)
    with pytest.raises(ConfigError, match="missing key"):
        EvaluateCommand()
