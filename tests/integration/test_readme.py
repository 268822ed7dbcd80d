"""The README's commands exist, compose and decode; its links lead somewhere."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path

import pytest

from drivegen.cli.composition import compose
from drivegen.core import decode

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
LINES = [line for block in BLOCKS for line in block.replace("\\\n", " ").splitlines() if line.strip()]
COMMANDS = [line for line in LINES if line.startswith("drivegen ")]


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 8
    assert all(line.startswith(("drivegen ", "make ")) for line in LINES)


@pytest.mark.parametrize("line", COMMANDS)
def test_command_composes_and_decodes(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, command, *arguments = shlex.split(line)
    overrides = [argument for argument in arguments if not argument.startswith("--")]
    if "--multirun" in arguments:
        # One job of the sweep.
        overrides = [re.sub(r"^(\w+)=(\w+),.*", r"\1=\2", override) for override in overrides]
    monkeypatch.chdir(tmp_path)
    for override in overrides:
        key, _, value = override.partition("=")
        # The README's user has this data.
        if key in ("root", "model", "store"):
            Path(value).mkdir(parents=True)
    config_class = importlib.import_module(f"drivegen.cli.{command}").config_class()
    assert decode(config_class, compose(command, overrides)) is not None


def test_makefile_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {line.split()[-1] for line in LINES if line.startswith("make ")}
    assert targets >= {"sample", "test"}
    assert all(re.search(rf"^{target}:", makefile, flags=re.MULTILINE) for target in targets)


PAGES = ["README.md", "datasets/README.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    missing = [link for link in links if link and not ((ROOT / page).parent / link).exists()]
    assert not missing


def test_paths_named_in_code_style_exist() -> None:
    named = set(re.findall(r"`(drivegen/[\w/.]+)`", README))
    assert named
    assert not [path for path in named if not (ROOT / path).exists()]


TOUR = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`([\w/]+\.py)(?:: ([\w., ]+))?`", TOUR)


@pytest.mark.parametrize(("path", "names"), sorted(set(NAMED)))
def test_the_tour_names_what_is_there(path: str, names: str) -> None:
    file = next(p for p in (ROOT / "drivegen" / path, ROOT / path) if p.exists())
    text = file.read_text(encoding="utf-8")
    for name in filter(None, names.split(", ")):
        assert re.search(rf"^ *(def|class) {name.split('.')[-1]}\b", text, flags=re.MULTILINE), name
