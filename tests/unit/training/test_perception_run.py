"""Perception nets learn what is painted, and whole runs end in a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from drivegen.core import ConfigError, box_iou
from drivegen.models.perception import build_perception, detections_of, load_perception
from drivegen.training import TrainConfig, train
from drivegen.training.batches import BatchStream
from drivegen.training.perception_arrays import PerceptionArrays
from drivegen.training.perception_batches import to_images
from drivegen.training.perception_config import PerceptionStage
from drivegen.training.perception_module import PerceptionModule
from drivegen.training.perception_pictures import paint_perception
from drivegen.training.perception_scores import held_out_scores
from drivegen.training.perception_source import PerceptionSource

MakeConfig = Callable[..., TrainConfig]
MakeArrays = Callable[..., PerceptionArrays]
MakePerception = Callable[..., TrainConfig]


@pytest.fixture
def make_perception(make_config: MakeConfig, perception_stage: PerceptionStage) -> MakePerception:
    """Builds a configuration of a tiny perception run."""

    def make(**settings: object) -> TrainConfig:
        return make_config("perception", **{"perception": perception_stage, **settings})

    return make


def test_a_painted_box_is_found(painted: MakeArrays, perception_stage: PerceptionStage) -> None:
    torch.manual_seed(0)
    training, held_out = painted(), painted(seed=9)
    stage = replace(perception_stage, degraded=0.2, zoomed=0.0)
    net = build_perception(stage.net)
    module = PerceptionModule(net, stage, 0)
    optimiser = torch.optim.AdamW(net.parameters(), lr=5e-3)
    before = module.eval().validation_losses([PerceptionSource(held_out, stage, 0).fetch(np.arange(6))])
    module.train()
    for step, batch in zip(range(80), BatchStream(PerceptionSource(training, stage, 0), 6, 0), strict=False):
        optimiser.zero_grad()
        module.losses(batch, module.generator("train", step))["loss"].backward()
        optimiser.step()
    after = module.eval().validation_losses([PerceptionSource(held_out, stage, 0).fetch(np.arange(6))])
    for name in ("loss", "classes", "boxes", "depth", "weather", "time_of_day", "identity", "speed", "road_users"):
        assert after[name] < 0.7 * before[name], (name, before[name], after[name])
    assert set(after) >= {"heading", "yaw_rate", "order", "clip_weather", "clip_time_of_day", "clip_road_users"}
    row = 1
    found = detections_of(net.forward_frames(to_images(held_out.frames[[row]])), 0, (32, 64), min_score=0.3)
    overlap = box_iou(held_out.boxes_px[row, :2].astype(np.float64), found.boxes_px)
    assert overlap.max(axis=1).min() > 0.5
    assert found.category_ids[overlap.argmax(axis=1)].tolist() == [0, 1]
    scores = held_out_scores(net, held_out)
    assert scores["recall"] > 0.8
    assert scores["precision"] > 0.8
    assert scores["recall_car"] > 0.7
    assert scores["weather_agreement"] > 0.8
    assert scores["scored_objects"] == 48
    assert paint_perception(net, held_out, np.array([0, 1]))(torch.device("cpu")).ndim == 3


def test_a_run_writes_a_folder(make_perception: MakePerception, perception_stage: PerceptionStage) -> None:
    stage = replace(perception_stage, role="audit")
    folder = train(make_perception(perception=stage, name="judge"))
    loaded = load_perception(folder)
    assert loaded.info.name == "judge"
    assert loaded.info.role == "audit"
    assert loaded.info.license == "CC0-1.0"
    assert loaded.info.config == stage.net
    assert loaded.info.trained["steps"] == 3
    assert loaded.info.trained["data"]["training_frames"] > 0
    assert set(loaded.info.trained["held_out"]) >= {"loss", "classes", "clip_weather", "order"}
    assert "recall" in loaded.info.scores
    assert json.loads((folder.parent / "train.json").read_text())["model_sha256"] == loaded.sha256
    assert (folder.parent / "samples" / "step-000003.png").is_file()
    average = torch.load(folder.parent / "checkpoints" / "last.ckpt", weights_only=True)["callbacks"]["EmaCallback"]
    for name, value in loaded.net.named_parameters():
        assert torch.allclose(value, average["average"][name], atol=1e-3, rtol=1e-3), name


def test_a_folder_is_trained_further(make_perception: MakePerception) -> None:
    config = make_perception()
    first = train(config)
    further = train(make_perception(model=first, out=config.out.with_name("further")))
    before, after = load_perception(first), load_perception(further)
    assert after.info.trained["started_from"]["sha256"] == before.sha256
    change = [
        (a - b).abs().max() for a, b in zip(before.net.parameters(), after.net.parameters(), strict=True) if a.ndim > 1
    ]
    assert 0 < max(change) < 0.1


def test_a_folder_goes_on_with_enlarged_frames(
    make_perception: MakePerception, perception_stage: PerceptionStage
) -> None:
    config = make_perception()
    stage = replace(perception_stage, enlarged=2.0)
    further = train(make_perception(model=train(config), out=config.out.with_name("further"), perception=stage))
    assert load_perception(further).info.config == replace(stage.net, enlarged=2.0)
    assert load_perception(further).info.scores["scored_objects"] > 0


def test_the_frame_branch_is_trained_alone(make_perception: MakePerception, perception_stage: PerceptionStage) -> None:
    config = make_perception()
    first = train(config)
    alone = replace(perception_stage, trained=("frames",))
    further = train(make_perception(model=first, out=config.out.with_name("further"), perception=alone))
    before, after = load_perception(first).net, load_perception(further).net
    for name, value in before.clip_branch.state_dict().items():
        assert torch.equal(value, after.clip_branch.state_dict()[name]), name
    assert any(
        not torch.equal(value, after.frame_branch.state_dict()[name])
        for name, value in before.frame_branch.state_dict().items()
    )
    assert "speed" not in load_perception(further).info.trained["held_out"]


def test_a_region_branch_is_added_and_trained_alone(
    make_perception: MakePerception, perception_stage: PerceptionStage
) -> None:
    config = make_perception()
    first = train(config)
    alone = replace(perception_stage, region_width=8, trained=("regions",))
    further = train(make_perception(model=first, out=config.out.with_name("further"), perception=alone))
    alone = replace(alone, proposals=0)
    again = train(make_perception(model=further, out=config.out.with_name("again"), perception=alone))
    before, after, last = (load_perception(folder).net for folder in (first, further, again))
    for name, value in before.state_dict().items():
        assert torch.equal(value, after.state_dict()[name]), name
    assert after.region_branch is not None and last.region_branch is not None
    head = "head.3.weight"
    change = after.region_branch.state_dict()[head] - last.region_branch.state_dict()[head]
    assert 0 < float(change.abs().max()) < 0.1
    held_out = load_perception(further).info.trained["held_out"]
    assert "regions" in held_out and "classes" not in held_out


def test_branches_that_are_not_there_cannot_be_trained(
    make_perception: MakePerception, perception_stage: PerceptionStage
) -> None:
    with pytest.raises(ConfigError, match="no region branch"):
        train(make_perception(perception=replace(perception_stage, trained=("regions",))))
    with pytest.raises(ConfigError, match="proposals: must not be negative"):
        replace(perception_stage, proposals=-1)
    with pytest.raises(ConfigError, match="wrong branches"):
        replace(perception_stage, trained=())


def test_resumed_is_uninterrupted(make_perception: MakePerception) -> None:
    config = make_perception(steps=4)
    # As if the run of four steps had been stopped after two: its folder holds a checkpoint and no facts. The learning
    # rate must not know that it was to stop.
    optim = replace(config.perception.optim, decay_from=1.0)
    steady = replace(config, perception=replace(config.perception, optim=optim))
    whole = load_perception(train(replace(steady, out=config.out.with_name("steady"))))
    half = replace(steady, steps=2)
    train(half)
    (half.out / "train.json").unlink()
    settings = json.loads((half.out / "config.json").read_text())
    (half.out / "config.json").write_text(json.dumps({**settings, "steps": 4}))
    resumed = load_perception(train(steady))
    assert resumed.sha256 == whole.sha256


def test_clips_of_a_drive_can_be_limited(make_perception: MakePerception, perception_stage: PerceptionStage) -> None:
    folder = train(make_perception(perception=replace(perception_stage, clips_per_drive=1), steps=1))
    facts = json.loads((folder.parent / "train.json").read_text())
    assert facts["data"]["training_clips"] == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [({"clip_frames": 0}, "clip_frames"), ({"degraded": 1.5}, "degraded"), ({"temperature": 0.0}, "temperature")],
)
def test_settings_that_cannot_be_used(perception_stage: PerceptionStage, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        replace(perception_stage, **change)


def test_a_fresh_net_has_a_shape_of_its_own(make_perception: MakePerception, perception_stage: PerceptionStage) -> None:
    with pytest.raises(ConfigError, match=r"perception\.enlarged.*perception\.net\.enlarged"):
        make_perception(perception=replace(perception_stage, enlarged=2.0))


def test_start_from_is_for_models(make_perception: MakePerception, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="start_from"):
        make_perception(start_from=tmp_path)
