"""What `drivegen train` can be told: one stage, or a recipe that runs all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from drivegen.core import ConfigError, decode, encode
from drivegen.training import TrainConfig
from drivegen.world import WorldConfig

# What a recipe decides for each of its steps.
_OWN = frozenset({"stage", "model", "out", "name", "minutes", "resume", "cache"})


@dataclass(frozen=True)
class RecipeWorld:
    """A world that is rendered for the training."""

    world: WorldConfig = field(default_factory=WorldConfig)
    """`scenes` is the most; they come in roots of `scenes_per_root`."""
    share: float = 0.1
    """Share of the minutes for it: no further root is begun that would not be done in time. One always is."""


@dataclass(frozen=True)
class RecipeStep:
    """One stage of training, from the model folder of the step before."""

    stage: str
    """As in `drivegen train stage=`."""
    share: float
    """Share of the minutes, caches and pictures of the stage included."""
    world: str | None = None
    """Name in `worlds`; None: the first."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Settings of `drivegen train` that differ for this step."""


@dataclass(frozen=True)
class RecipeConfig:
    """Data and stages in their order, and the share of the time that each gets.

    Raises:
        ConfigError: shares of more than everything, a step on a world that is not there, nothing to train.
    """

    minutes: float
    """Wall-clock minutes of it all, whatever runs it takes. What a share leaves goes to what comes after."""
    steps: dict[str, RecipeStep]
    worlds: dict[str, RecipeWorld] = field(default_factory=dict)
    data: Literal["worlds", "roots"] = "worlds"
    """worlds: render `worlds` and train on them; roots: train every step on `data.roots`, which are there."""

    def __post_init__(self) -> None:
        if self.minutes <= 0:
            raise ConfigError("must be positive", where="minutes", got=self.minutes)
        if not self.steps or (self.data == "worlds" and not self.worlds):
            missing = "worlds" if self.steps else "steps"
            raise ConfigError("nothing to train on" if self.steps else "nothing to train", where=missing)
        shares = self.shares()
        if min(shares.values()) <= 0 or sum(shares.values()) > 1.0 + 1e-9:
            raise ConfigError(
                "shares of the minutes must be positive and at most 1 together", where="steps, worlds", got=shares
            )
        for name, step in self.steps.items():
            if self.data == "worlds" and step.world is not None and step.world not in self.worlds:
                known = ", ".join(self.worlds)
                raise ConfigError("no such world", where=f"steps.{name}.world", expected=known, got=step.world)
            own = sorted(_OWN & step.settings.keys())
            if own:
                raise ConfigError("the recipe decides this itself", where=f"steps.{name}.settings.{own[0]}")

    def shares(self) -> dict[str, float]:
        """Share of the minutes of each part of the work, in the order in which it is done."""
        worlds = self.worlds if self.data == "worlds" else {}
        return {
            **{f"world {name}": world.share for name, world in worlds.items()},
            **{name: step.share for name, step in self.steps.items()},
        }


@dataclass(frozen=True)
class TrainCommand(TrainConfig):
    """Settings of `drivegen train`."""

    recipe: RecipeConfig | None = None
    """recipe=release|release_cpu renders a world and runs every stage in its order within `recipe.minutes`; `stage`
    and `data.roots` are then left out."""

    def __post_init__(self) -> None:
        if self.recipe is not None:
            self._check_recipe(self.recipe)
        super().__post_init__()

    def _check_recipe(self, recipe: RecipeConfig) -> None:
        """Refuse what a recipe would pass over."""
        first = next(iter(recipe.steps.values())).stage
        if self.stage != first:
            raise ConfigError(
                "a recipe runs all its stages", where="stage", got=self.stage, remedy="leave stage or recipe out"
            )
        if self.minutes is not None:
            raise ConfigError("the stages share the recipe's minutes", where="minutes", remedy="set recipe.minutes")
        if recipe.data == "worlds" and self.data.roots != (self.worlds_folder,):
            raise ConfigError(
                "the recipe renders its own data",
                where="data.roots",
                got=[str(root) for root in self.data.roots],
                remedy="recipe.data=roots trains on them instead",
            )

    @property
    def worlds_folder(self) -> Path:
        """Where a recipe's worlds are."""
        return self.out / "worlds"

    def stage_config(self) -> TrainConfig:
        """The settings of a single stage."""
        return TrainConfig(**{item.name: getattr(self, item.name) for item in fields(TrainConfig)})

    def step_configs(self) -> dict[str, TrainConfig]:
        """Every step of the recipe as a training run of its own, in order, without its minutes.

        Raises:
            ConfigError: a setting that no stage has, or a stage that is not there.
        """
        recipe, model = self.recipe, self.model
        if recipe is None:
            return {}
        base, configs = encode(self.stage_config()), {}
        for number, (name, step) in enumerate(recipe.steps.items(), start=1):
            out = self.out / f"{number:02d}-{name}"
            own = {
                "stage": step.stage,
                "model": None if model is None else str(model),
                "out": str(out),
                "name": self.name or self.out.resolve().name,
                "cache": str(self.cache_root),
            }
            values = merged(base, {**own, "data": {"roots": self._roots(recipe, step)}})
            configs[name] = decode(TrainConfig, merged(values, step.settings), f"recipe.steps.{name}")
            model = out / "model"
        return configs

    def _roots(self, recipe: RecipeConfig, step: RecipeStep) -> list[str]:
        if recipe.data == "roots":
            return [str(root) for root in self.data.roots]
        return [str(self.worlds_folder / (step.world or next(iter(recipe.worlds))))]


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """A nested mapping with the values of another put over it; lists are replaced."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            result[key] = merged(below, value)
        else:
            result[key] = value
    return result
