"""A recipe survives interruptions, keeps to its shares of the time, and refuses what it would pass over."""

from __future__ import annotations

import json
import re
import socket
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl

from drivegen.conditions import ConditionConfig
from drivegen.core import ConfigError
from drivegen.data import DataConfig
from drivegen.experiments import recipe as recipe_module
from drivegen.experiments.recipe import RootLimit, run_recipe
from drivegen.experiments.recipe_config import RecipeConfig, RecipeStep, RecipeWorld, TrainCommand, merged
from drivegen.experiments.recipe_files import RecipeFolder
from drivegen.models import AutoencoderConfig, EncoderConfig, ImageLDMConfig, load_model
from drivegen.training import AutoencoderStage, ImageStage, OptimConfig
from drivegen.training.callbacks import RunClock
from drivegen.world import WorldConfig

SIZE = (32, 64)
WORLD = WorldConfig(scenes=3, scenes_per_root=2, size=SIZE, duration_s=1.0, hz=4.0, supersample=1, workers=1)
OPTIM = OptimConfig(batch=2, warmup=1, ema_decay=0.9)
AUTOENCODER = AutoencoderConfig(
    latent_channels=4, width=16, coarse_width=16, encoder_blocks=(1, 1), decoder_blocks=(1, 1)
)
IMAGE = ImageLDMConfig(
    conditions=ConditionConfig(image_size=SIZE, max_boxes=6),
    latent_channels=4,
    block_out_channels=(32, 32),
    attention_levels=(False, True),
    attention_head_dim=16,
    norm_num_groups=8,
    token_dim=32,
    encoder=EncoderConfig(layers=1, head_dim=16, frequencies=2),
)
RECIPE = RecipeConfig(
    minutes=60.0,
    worlds={"drives": RecipeWorld(WORLD, 0.2)},
    steps={
        "autoencoder": RecipeStep("autoencoder", 0.3),
        "image": RecipeStep("image", 0.3, settings={"image": {"optim": {"lr": 2e-3}}}),
    },
)


def command(out: Path, recipe: RecipeConfig | None = RECIPE, **settings: Any) -> TrainCommand:
    """A recipe of a second or two."""
    values: dict[str, Any] = {
        "stage": "autoencoder",
        "data": DataConfig(roots=(out / "worlds",), image_size=SIZE, frames=2),
        "out": out,
        "name": "small",
        "steps": 2,
        "precision": "float32",
        "threads": 1,
        "workers": 1,
        "accelerator": "cpu",
        "sample_every": 0,
        "sample_clips": 1,
        "sample_steps": 1,
        "validation_batches": 1,
        "autoencoder": AutoencoderStage(net=AUTOENCODER, optim=OPTIM),
        "image": ImageStage(net=IMAGE, optim=OPTIM),
        "recipe": recipe,
    }
    return TrainCommand(**{**values, **settings})


def interrupt_world(monkeypatch: pytest.MonkeyPatch, scene: int) -> None:
    """A signal when so many scenes are drawn."""

    def stopping(done: int, total: int) -> None:
        if done == scene:
            raise KeyboardInterrupt

    monkeypatch.setattr(recipe_module, "reporting", lambda title: nullcontext(stopping))


def interrupt(monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    """A signal after the first step of a stage."""
    ordinary = RunClock.on_train_batch_end

    def stopping(self: RunClock, trainer: pl.Trainer, *arguments: Any) -> None:
        self.interrupted = self.interrupted or self.config.stage == stage
        ordinary(self, trainer, *arguments)

    monkeypatch.setattr(RunClock, "on_train_batch_end", stopping)


def weights(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.safetensors"))}


def test_an_interrupted_recipe_ends_as_an_uninterrupted_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = run_recipe(command(tmp_path / "whole"))
    said = re.findall(r"^recipe: ([\w ]+),", capsys.readouterr().err, flags=re.MULTILINE)
    assert said == ["world drives", "autoencoder", "image"]
    broken = command(tmp_path / "broken")
    interrupt_world(monkeypatch, scene=3)
    with pytest.raises(KeyboardInterrupt):
        run_recipe(broken)
    monkeypatch.undo()
    interrupt(monkeypatch, "image")
    with pytest.raises(KeyboardInterrupt):
        run_recipe(broken)
    assert not (broken.out / "model").exists()
    assert (broken.out / "02-image" / "checkpoints" / "last.ckpt").is_file()
    monkeypatch.undo()
    model = run_recipe(broken)
    assert weights(model) == weights(whole)
    assert set(weights(model)) == {"autoencoder.safetensors", "image.safetensors"}
    assert load_model(model, ("image",)).info.name == "small"
    _check_card(model, tmp_path)
    # What is finished stays as it is.
    before = (model / "README.md").stat().st_mtime_ns
    assert run_recipe(broken) == model
    assert (model / "README.md").stat().st_mtime_ns == before
    with pytest.raises(ConfigError, match=r"recipe with other settings.*seed=0.*seed=7.*choose another out"):
        run_recipe(replace(broken, seed=7))


def _check_card(model: Path, private: Path) -> None:
    card, facts = (model / "README.md").read_text(), json.loads((model / "training.json").read_text())
    assert "3 scenes, 12 frames of 32 x 64 pixels at 4 Hz, seed 0" in card
    assert "| image | image |" in card
    assert set(facts["seconds"]) == {"world drives", "autoencoder", "image"}
    assert all(seconds > 0 for seconds in facts["seconds"].values())
    assert facts["steps"]["image"]["steps"] == 2
    # Neither the machine's name nor its folders.
    for text in (card, json.dumps(facts)):
        assert str(private) not in text
        assert socket.gethostname() not in text


def test_a_world_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(recipe_module.time, "monotonic", lambda: now[0])

    def roots_made(seconds: float, each_s: float, begun: int = 0) -> int:
        now[0], made = 0.0, 0
        limit = RootLimit(seconds, begun=begun)
        while limit() and made < 100:
            now[0], made = now[0] + each_s, made + 1
        return made

    assert roots_made(100.0, 30.0) == 3
    # One in any case, unless an earlier run has made it.
    assert roots_made(10.0, 30.0) == 1
    assert roots_made(0.0, 30.0, begun=1) == 0


def test_shares_of_what_is_left(tmp_path: Path) -> None:
    folder = RecipeFolder(tmp_path / "r", {}, resume=True)
    seconds = recipe_module._seconds_for
    assert seconds(folder, RECIPE, "world drives") == pytest.approx(0.2 * 3600)
    # The world was quick: what it left goes to everything after it, in proportion.
    folder._note("spent_s", {"world drives": 360.0})
    assert seconds(folder, RECIPE, "autoencoder") == pytest.approx(0.3 / 0.8 * 3240)
    # It took everything: a step still gets a quarter of what it was promised.
    folder._note("spent_s", {"world drives": 9000.0})
    assert seconds(folder, RECIPE, "image") == pytest.approx(0.25 * 0.3 * 3600)


def test_steps_build_on_one_another(tmp_path: Path) -> None:
    asked = command(tmp_path / "r")
    first, second = asked.step_configs().values()
    assert (first.model, second.model) == (None, first.out / "model")
    assert first.data.roots == second.data.roots == (tmp_path / "r" / "worlds" / "drives",)
    assert first.cache_root == second.cache_root
    assert (first.image.optim.lr, second.image.optim.lr) == (OPTIM.lr, 2e-3)
    assert second.image.net == IMAGE


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stage": "image"}, "stage: a recipe runs all its stages"),
        ({"minutes": 3.0}, "minutes: the stages share the recipe's minutes; set recipe.minutes"),
        ({"data": DataConfig(roots=(Path("mine"),))}, "data.roots: .*renders its own data.*recipe.data=roots"),
    ],
)
def test_what_a_recipe_would_pass_over(settings: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        command(tmp_path, **settings)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"minutes": 0.0}, "minutes: must be positive"),
        ({"steps": {}}, "steps: nothing to train"),
        ({"worlds": {}}, "worlds: nothing to train on"),
        ({"steps": {"a": RecipeStep("autoencoder", 0.9)}}, "at most 1 together"),
        ({"steps": {"a": RecipeStep("autoencoder", 0.1, world="b")}}, "steps.a.world: no such world; expected drives"),
        (
            {"steps": {"a": RecipeStep("autoencoder", 0.1, settings={"model": "x"})}},
            "steps.a.settings.model: the recipe decides",
        ),
    ],
)
def test_what_is_no_recipe(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        replace(RECIPE, **changes)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (RecipeStep("dancing", 0.1), r"recipe\.steps\.b\.stage: unknown value.*got dancing|recipe\.steps\.b\.stage"),
        (RecipeStep("image", 0.1, settings={"imagine": {}}), r"recipe\.steps\.b\.imagine: unknown key.*image"),
    ],
)
def test_a_stage_that_is_not_there_is_refused_before_anything_runs(
    step: RecipeStep, message: str, tmp_path: Path
) -> None:
    recipe = replace(RECIPE, steps={"a": RecipeStep("autoencoder", 0.1), "b": step})
    with pytest.raises(ConfigError, match=message):
        run_recipe(command(tmp_path / "r", recipe))
    assert not (tmp_path / "r").exists()


def test_merging_goes_as_deep_as_mappings_do() -> None:
    base = {"a": {"b": 1, "c": [1, 2]}, "d": None}
    assert merged(base, {"a": {"c": [3]}, "d": {"e": 1}}) == {"a": {"b": 1, "c": [3]}, "d": {"e": 1}}
    assert base == {"a": {"b": 1, "c": [1, 2]}, "d": None}
