"""conf/ablation/*.yaml: what `drivegen evaluate ablation=...` starts from."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from drivegen.cli.composition import compose
from drivegen.core import ConfigError, decode
from drivegen.data import DataConfig
from drivegen.experiments.ablation_config import AblationConfig, EvaluateCommand

ROOT = Path(__file__).resolve().parents[3]
ROOTS = "ablation.data.roots=[some/root]"


def test_tiny_is_the_defaults() -> None:
    command = decode(EvaluateCommand, compose("evaluate", ["ablation=tiny", ROOTS]))
    assert command.ablation == AblationConfig(DataConfig(roots=(Path("some/root"),)))
    assert command.out == Path("out/ablation")


def test_the_file_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("write_conf", ROOT / "tools" / "write_conf.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (ROOT / "conf" / "ablation" / "tiny.yaml").read_text(encoding="utf-8")
    assert written == module.render_ablation(), "run: python tools/write_conf.py evaluate"


def test_the_same_command_runs_larger() -> None:
    overrides = ["ablation=large", ROOTS, "ablation.video_steps=7", "ablation.arms=[ours,pixel]", "seed=3"]
    command = decode(EvaluateCommand, compose("evaluate", overrides))
    tiny = decode(EvaluateCommand, compose("evaluate", ["ablation=tiny", ROOTS]))
    assert command.ablation is not None
    assert tiny.ablation is not None
    assert command.ablation.image_steps > 5 * tiny.ablation.image_steps
    assert command.ablation.video_steps == 7
    assert command.ablation.precision == "bf16"
    assert [arm.value for arm in command.ablation.compared] == ["ours", "pixel"]
    assert command.ablation.image.net == tiny.ablation.image.net
    assert command.seed == 3


def test_an_ablation_makes_its_own_clips() -> None:
    with pytest.raises(ConfigError, match="makes its own clips"):
        decode(EvaluateCommand, compose("evaluate", ["ablation=tiny", ROOTS, "store=some/store"]))
