"""Write conf/<command>.yaml from the commands' dataclasses: values are their defaults, comments their docstrings.

Usage: python tools/write_conf.py [command ...]. A test holds the files to what this writes.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import importlib
import inspect
import itertools
import json
import re
import sys
import textwrap
import types
import typing
from pathlib import Path
from typing import Any

from drivegen.cli.main import COMMANDS
from drivegen.core import encode

CONF = Path(__file__).resolve().parents[1] / "conf"
LINE_LENGTH = 120
# Hydra's sign for a value that the user has to give.
REQUIRED = "???"

# For fields whose dataclass leaves them unexplained, because the name says it to whoever reads the code.
GLOSSARY: dict[str, str] = {
    "betas": "AdamW's decay of the two moments",
    "DropoutConfig.camera": "Probability that it is unknown",
    "checkpoint_minutes": "Minutes between checkpoints",
    "SampleConfig.crowdedness": "As for weather",
    "SampleConfig.time_of_day": "As for weather",
    "crowded": "From this mean on: crowded",
    "DropoutConfig.crowdedness": "Probability that it is unknown",
    "devices": "Processes that train together, one per device",
    "DropoutConfig.ego_motion": "Probability that it is unknown",
    "ema_decay": "Share of the moving average that a step keeps",
    "edge_scales": "Pixels over which differences are taken",
    "first_frame": "First recorded frame of each drive to use; null: the drive's first",
    "fps": "Frames per second",
    "frames": "Frames per clip",
    "head_dim": "Channels of each attention head",
    "holdout_fraction": "Share of the clips that is held out where there is no validation set",
    "last_frame": "Last recorded frame of each drive to use, included; null: the drive's last",
    "latent_channels": "Channels of a latent",
    "layers_per_block": "Residual blocks per level",
    "log_every": "Steps between log entries",
    "lr": "Largest learning rate",
    "DropoutConfig.map": "Probability that it is unknown",
    "moderate": "From this mean on: moderate",
    "norm_num_groups": "Groups of each GroupNorm",
    "num_inference_steps": "Denoising steps",
    "out": "Folder that is written",
    "resume": "Go on from the checkpoint in `out`, where there is one",
    "sample_clips": "Clips of those pictures",
    "sample_guidance": "Guidance scale of those pictures",
    "seed": "Seed of everything random",
    "sparse": "From this mean on: sparse",
    "steps": "Optimiser steps",
    "stride": "Recorded frames from one frame of a clip to the next",
    "DropoutConfig.time_of_day": "Probability that it is unknown",
    "validate_every": "Steps between validations",
    "validation_batches": "Batches of a validation",
    "DropoutConfig.weather": "Probability that it is unknown",
    "weight_decay": "Weight decay of AdamW",
}

HEADER = """\
# drivegen {command}: {purpose}.
# Written by tools/write_conf.py from the dataclasses that hold the defaults; ??? has to be given.
defaults:
  - common
  - _self_
{groups}  - override hydra/job_logging: none
  - override hydra/hydra_logging: none

"""


def render(command: str) -> str:
    """The text of a command's YAML file."""
    config_class = importlib.import_module(f"drivegen.cli.{command}").config_class()
    # A folder of the name of a field holds what may be chosen for it, written by hand: conf/recipe/release.yaml.
    chosen = [field.name for field in dataclasses.fields(config_class) if (CONF / field.name).is_dir()]
    groups = "".join(f"  - {name}: null\n" for name in chosen)
    header = HEADER.format(command=command, purpose=COMMANDS[command], groups=groups)
    return header + "\n".join(_class_lines(config_class)) + "\n"


ABLATION_HEADER = """\
# @package _global_
# drivegen evaluate ablation=tiny: arms of Video LDM's ablation (paper, table 1, right), for CPU cores.
# Written by tools/write_conf.py from AblationConfig; ??? has to be given.
out: out/ablation  # Folder of trainings, trials and report; what is finished is not done again
ablation:
"""


def render_ablation() -> str:
    """The text of conf/ablation/tiny.yaml: every setting of an ablation, which the other files there change."""
    from drivegen.experiments.ablation_config import AblationConfig

    return ABLATION_HEADER + "\n".join(_class_lines(AblationConfig, indent=2)) + "\n"


def _class_lines(cls: type, instance: Any = None, indent: int = 0) -> list[str]:
    """The lines of a dataclass: of its defaults, or of an instance that a default is."""
    hints, docs = typing.get_type_hints(cls), field_docs(cls)
    lines: list[str] = []
    for field in dataclasses.fields(cls):
        if not field.init:
            continue
        value = getattr(instance, field.name) if instance is not None else _default(field)
        comment = _comment(docs.get(field.name) or _from_glossary(cls, field.name), hints[field.name])
        lines += _field_lines(field.name, hints[field.name], value, comment, indent)
    return lines


def _from_glossary(cls: type, name: str) -> str | None:
    return GLOSSARY.get(f"{cls.__name__}.{name}") or GLOSSARY.get(name)


def _field_lines(name: str, hint: Any, value: Any, comment: str, indent: int) -> list[str]:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        inner = _class_lines(hint, None if value == REQUIRED else value, indent + 2)
        return [*_commented(f"{' ' * indent}{name}:", comment or _summary(hint), indent), *inner]
    return _commented(f"{' ' * indent}{name}: {_scalar(value)}", comment, indent)


def _commented(line: str, comment: str, indent: int) -> list[str]:
    if not comment:
        return [line]
    if len(line) + 4 + len(comment) <= LINE_LENGTH:
        return [f"{line}  # {comment}"]
    wrapped = textwrap.wrap(comment, LINE_LENGTH - indent - 2, break_long_words=False, break_on_hyphens=False)
    return [*(f"{' ' * indent}# {part}" for part in wrapped), line]


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else REQUIRED


def _scalar(value: Any) -> str:
    """A value in YAML's flow style."""
    value = encode(value)
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, float):
        # YAML 1.1 takes an exponent for a number only behind a decimal point.
        text = repr(value)
        return text if "." in text or "e" not in text else text.replace("e", ".0e")
    if isinstance(value, str):
        plain = re.fullmatch(r"[A-Za-z_][\w./-]*|\?\?\?", value) and value.lower() not in ("true", "false", "null")
        return value if plain else json.dumps(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_scalar(v)}" for key, v in value.items()) + "}"
    return "[" + ", ".join(_scalar(v) for v in value) + "]"


def _comment(doc: str | None, hint: Any) -> str:
    choices = _choices(hint)
    # YAML's words for Python's.
    doc = re.sub(r"\b(None|True|False)\b", lambda m: {"None": "null"}.get(m.group(), m.group().lower()), doc or "")
    return " ".join(part for part in (doc, f"({' | '.join(choices)})" if choices else "") if part)


def _choices(hint: Any) -> list[str]:
    """The values that a closed type allows, looked up through unions and tuples."""
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return [str(member.value) for member in hint]
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is typing.Literal:
        return [str(a) for a in arguments]
    if typing.get_origin(hint) in (typing.Union, types.UnionType, tuple, list):
        return next((found for a in arguments if (found := _choices(a))), [])
    return []


def field_docs(cls: type) -> dict[str, str]:
    """One line for each documented field: the string below it, else its entry under `Attributes:` of the class."""
    docs: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if dataclasses.is_dataclass(base):
            docs |= _attribute_section(base) | _strings_below(base)
    return docs


def _strings_below(cls: type) -> dict[str, str]:
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0].body  # type: ignore[attr-defined]
    docs = {}
    for statement, below in itertools.pairwise(body):
        named = isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        if named and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            docs[statement.target.id] = _one_line(str(below.value.value))
    return docs


def _attribute_section(cls: type) -> dict[str, str]:
    _, _, section = (inspect.getdoc(cls) or "").partition("Attributes:\n")
    entries = re.findall(r"^    (\w+): ((?:.|\n(?!    \w+: |\n))*)", section, flags=re.MULTILINE)
    return {name: _one_line(text) for name, text in entries}


def _summary(cls: type) -> str:
    # A dataclass without a docstring has its signature as one.
    summary = (inspect.getdoc(cls) or "").split("\n\n")[0]
    return "" if summary.startswith(f"{cls.__name__}(") else _one_line(summary)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if line.endswith("...") else line.removesuffix(".")


def main() -> None:
    """Write the files of the commands named on the command line, or of all."""
    for command in sys.argv[1:] or COMMANDS:
        (CONF / f"{command}.yaml").write_text(render(command), encoding="utf-8")
        if command == "evaluate":
            (CONF / "ablation" / "tiny.yaml").write_text(render_ablation(), encoding="utf-8")


if __name__ == "__main__":
    main()
