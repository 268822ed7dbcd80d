"""A recipe: render the data, cache it, run every stage in its order and time, write one model folder."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from drivegen.core import ConfigError, DataError, encode
from drivegen.experiments.experiment_folder import read_json
from drivegen.experiments.hardware import hardware
from drivegen.experiments.recipe_card import write_card
from drivegen.experiments.recipe_config import RecipeConfig, TrainCommand
from drivegen.experiments.recipe_files import RecipeFolder
from drivegen.training import TrainConfig, build_caches, train
from drivegen.training.cache_folder import local_rank
from drivegen.training.progress import reporting, say
from drivegen.training.run_folder import FREE_SETTINGS
from drivegen.world import WorldConfig, write_world

# A part of the work gets at least this share of what it was promised, however long the ones before it took.
_LEAST_SHARE = 0.25


def run_recipe(command: TrainCommand) -> Path:
    """For each world: render; for each step: cache, train; then put the model folder together.

    What an earlier start finished is not done again; a stage that was interrupted goes on from its checkpoint. With
    several processes the first one renders, caches and decides; the others train with it. What is done next is said on
    stderr.

    Returns:
        The model folder, `out/model`.

    Raises:
        ConfigError: `out` holds another recipe; a step has a setting or a stage that does not exist.
        DataError: data or a model cannot be read; see `training.train`.
        KeyboardInterrupt: SIGINT or SIGTERM came; what is done is kept.
    """
    recipe = command.recipe
    if recipe is None:
        raise ConfigError("no recipe", where="recipe")
    steps = command.step_configs()
    folder = RecipeFolder(command.out, _settings(command), resume=command.resume)
    if folder.finished:
        return folder.model
    if recipe.data == "worlds" and local_rank() == 0:
        for name, world in recipe.worlds.items():
            workers = command.workers or world.world.workers
            _render(folder, recipe, name, replace(world.world, workers=workers))
    for name, config in steps.items():
        minutes = _minutes(folder, recipe, name, config)
        if local_rank() == 0:
            say(f"recipe: {name}, {minutes:.2f} minutes of training")
        _train(folder, name, replace(config, minutes=minutes))
    if local_rank() == 0:
        _put_together(folder, command, recipe, steps)
    return folder.model


def _settings(command: TrainCommand) -> dict[str, Any]:
    """What decides the result."""
    return {key: value for key, value in encode(command).items() if key not in FREE_SETTINGS}


def _render(folder: RecipeFolder, recipe: RecipeConfig, name: str, world: WorldConfig) -> None:
    """Write the roots that fit into the world's share of the time."""
    part = f"world {name}"
    if folder.fact(part) is not None:
        return
    out = folder.path / "worlds" / name
    done = sum(1 for _ in out.glob("root-*/v1.0-*"))
    seconds = _seconds_for(folder, recipe, part)
    say(f"recipe: world {name}, {seconds / 60.0:.2f} minutes")
    with folder.timing(part), reporting(f"recipe: world {name} (scenes)") as report:
        limit = RootLimit(seconds - folder.spent_s(part), begun=done)
        written = write_world(world, out, report, limit)
    # All roots but the last are full.
    scenes = min(world.scenes, len(written) * world.scenes_per_root)
    frames = scenes * world.frames * len(world.cameras)
    folder.keep(part, {"scenes": scenes, "frames": frames, "settings": encode(world)})


class RootLimit:
    """Says whether another root of a world would be done in time, judged by the one before.

    Args:
        seconds: what is left for the world.
        begun: roots that are there already; without any the first is always made.
    """

    def __init__(self, seconds: float, *, begun: int) -> None:
        self.seconds, self.begun = seconds, begun
        self._start = self._last = time.monotonic()

    def __call__(self) -> bool:
        """Asked before each root."""
        now = time.monotonic()
        latest, self._last = now - self._last, now
        self.begun += 1
        return self.begun == 1 or now - self._start + latest < self.seconds


def _minutes(folder: RecipeFolder, recipe: RecipeConfig, name: str, config: TrainConfig) -> float:
    """The training minutes of a step: its share of what is left, less its caches; decided once."""
    part = f"minutes of {name}"
    if local_rank() > 0:
        return float(folder.wait_for(part))
    decided = folder.fact(part)
    if decided is None:
        with folder.timing(name):
            build_caches(config)
        seconds = _seconds_for(folder, recipe, name)
        decided = max(_LEAST_SHARE * seconds, seconds - folder.spent_s(name)) / 60.0
        folder.keep(part, decided)
    return float(decided)


def _seconds_for(folder: RecipeFolder, recipe: RecipeConfig, part: str) -> float:
    """What a part of the work gets: of the time that the parts before it left, its share among those still to come."""
    shares = recipe.shares()
    parts = list(shares)
    before = parts[: parts.index(part)]
    left = 60.0 * recipe.minutes - sum(folder.spent_s(earlier) for earlier in before)
    open_share = 1.0 - sum(shares[earlier] for earlier in before)
    promised = 60.0 * recipe.minutes * shares[part]
    return max(_LEAST_SHARE * promised, left * shares[part] / open_share)


def _train(folder: RecipeFolder, name: str, config: TrainConfig) -> None:
    if local_rank() > 0:
        train(config)
        return
    with folder.timing(name):
        train(config)


def _put_together(
    folder: RecipeFolder, command: TrainCommand, recipe: RecipeConfig, steps: dict[str, TrainConfig]
) -> None:
    """Copy the last step's model, put card and short videos beside it, and make it appear at once."""
    last = list(steps.values())[-1].out / "model"
    work = folder.model.with_name(".model.partial")
    shutil.rmtree(work, ignore_errors=True)
    try:
        shutil.copytree(last, work)
    except OSError as error:
        raise DataError("model folder cannot be written", where=folder.model, got=error) from error
    for name, config in steps.items():
        videos = sorted((config.out / "samples").glob("step-*.webp"))
        if videos:
            shutil.copy2(videos[-1], work / f"{name}.webp")
    trained = {name: read_json(config.out / "train.json") for name, config in steps.items()}
    worlds = {name: fact for name in recipe.worlds if (fact := folder.fact(f"world {name}")) is not None}
    spent = {part: folder.spent_s(part) for part in recipe.shares()}
    write_card(work, command, trained, worlds, spent, hardware())
    shutil.rmtree(folder.model, ignore_errors=True)
    work.rename(folder.model)
    folder.finish()
