"""conf/*.yaml: composes, decodes, equals the dataclasses' defaults, and names no code."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import re
import typing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from drivegen.cli.composition import compose
from drivegen.cli.main import COMMANDS
from drivegen.core import decode, encode
from drivegen.experiments.recipe_config import TrainCommand
from drivegen.training.config import Stage

ROOT = Path(__file__).resolve().parents[3]
CONF = ROOT / "conf"
RECIPES = sorted(path.stem for path in (CONF / "recipe").glob("*.yaml"))

# What a user has to give, so that the rest can be decoded.
REQUIRED: dict[str, list[str]] = {
    "world": [],
    "train": ["stage=autoencoder", "data.roots=[some/root]", "out=out/train"],
    "sample": [],
    "verify": ["store=some/store"],
    "export": ["store=some/store"],
    "audit": ["store=some/store"],
    "evaluate": ["store=some/store", "reference=some/reference"],
    "prove": ["store=some/store", "reference=some/reference", "test=some/test"],
    "doctor": [],
}


@pytest.fixture(scope="module")
def write_conf() -> ModuleType:
    """tools/write_conf.py, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("write_conf", ROOT / "tools" / "write_conf.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _config_class(command: str) -> type[Any]:
    return importlib.import_module(f"drivegen.cli.{command}").config_class()  # type: ignore[no-any-return]


def _given_only(overrides: list[str]) -> dict[str, Any]:
    """The mapping that holds what the overrides give and nothing else."""
    mapping: dict[str, Any] = {}
    for override in overrides:
        key, _, text = override.partition("=")
        *path, last = key.split(".")
        place = mapping
        for name in path:
            place = place.setdefault(name, {})
        place[last] = text[1:-1].split(",") if text.startswith("[") else text
    return mapping


@pytest.mark.parametrize("command", COMMANDS)
def test_yaml_defaults_are_the_dataclasses_defaults(command: str) -> None:
    cls, required = _config_class(command), REQUIRED[command]
    composed = decode(cls, compose(command, required))
    assert composed == decode(cls, _given_only(required))


@pytest.mark.parametrize("command", COMMANDS)
def test_yaml_has_every_key(command: str) -> None:
    cls = _config_class(command)
    composed = compose(command, REQUIRED[command])
    assert set(composed) == {field.name for field in dataclasses.fields(cls)}
    # Nested keys too: what was decoded, encoded again, has the same keys.
    encoded = encode(decode(cls, composed))
    assert _keys(encoded) == _keys(composed)


def _keys(values: Any, prefix: str = "") -> set[str]:
    if not isinstance(values, dict):
        return set()
    return {prefix + key for key in values}.union(*(_keys(v, f"{prefix}{key}.") for key, v in values.items()))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_files_are_up_to_date(command: str, write_conf: ModuleType) -> None:
    written = (CONF / f"{command}.yaml").read_text(encoding="utf-8")
    assert written == write_conf.render(command), f"run: python tools/write_conf.py {command}"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_key_is_explained(command: str) -> None:
    lines = (CONF / f"{command}.yaml").read_text(encoding="utf-8").splitlines()
    silent = []
    for above, line in zip(["", *lines], lines, strict=False):
        is_key = re.match(r"\s*\w+:", line) and not line.startswith("defaults:")
        if is_key and "#" not in line and not above.lstrip().startswith("#"):
            silent.append(line.strip())
    assert not silent


def test_every_file_belongs_to_a_command() -> None:
    assert {path.stem for path in CONF.glob("*.yaml")} == {*COMMANDS, "common"}
    # Folders hold what may be chosen for a setting: recipe=release is conf/recipe/release.yaml.
    assert {path.parent.name for path in CONF.glob("*/*.yaml")} <= {key for c in COMMANDS for key in _fields(c)}


def _fields(command: str) -> set[str]:
    return {field.name for field in dataclasses.fields(_config_class(command))}


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_names_every_stage(name: str) -> None:
    composed = compose("train", [f"recipe={name}", "recipe.minutes=5"])
    command = decode(TrainCommand, composed)
    assert command.recipe is not None and command.recipe.minutes == 5
    # The nets that judge are trained apart from what they judge.
    stages = {step.stage for step in command.step_configs().values()}
    assert stages == set(typing.get_args(Stage)) - {"perception"}


def test_no_yaml_names_code() -> None:
    assert not [path for path in CONF.rglob("*.yaml") if "_target_" in path.read_text(encoding="utf-8")]


def test_no_field_is_a_bare_any() -> None:
    # A setting of type Any would be decoded without a check.
    for command in COMMANDS:
        hints = typing.get_type_hints(_config_class(command))
        assert Any not in hints.values()
