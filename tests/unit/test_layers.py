"""Imports run downwards only (the layers below), and heavy packages stay where they belong."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "drivegen"

LAYERS: dict[str, int] = {
    "core": 0,
    "nuscenes_format": 1,
    "store": 1,
    "drawing": 1,
    "execution": 1,
    "world": 2,
    "data": 2,
    "conditions": 2,
    "models": 3,
    "diffusion": 3,
    "audit": 4,
    "generation": 5,
    "training": 6,
    "evaluation": 6,
    "export": 6,
    "experiments": 7,
    "cli": 8,
}

# Third-party packages that only some of ours may import, at any level of a file.
ALLOWED: dict[str, set[str]] = {
    "torch": {"conditions", "models", "diffusion", "audit", "generation", "data", "training", "evaluation"}
    | {"experiments", "cli"},
    "diffusers": {"models", "diffusion", "training", "experiments"},
    "pytorch_lightning": {"training"},
    "lightning": {"training"},
    "hydra": {"cli"},
    "omegaconf": {"cli"},
    "nuscenes": {"nuscenes_format"},
    "ray": {"execution"},
    "matplotlib": {"evaluation", "experiments"},
}

# What must work without torch (making a world, reading a store, verifying, exporting), and the light entry point.
TORCH_FREE = ("core", "nuscenes_format", "store", "drawing", "execution", "world", "export", "audit", "cli.main")


class Import(NamedTuple):
    """One import of one file: the dotted name of what it imports."""

    file: Path
    line: int
    name: str
    top_level: bool

    @property
    def part(self) -> str:
        """Our package that the file belongs to."""
        return self.file.relative_to(PACKAGE).parts[0].removesuffix(".py")

    def __str__(self) -> str:
        return f"{self.file.relative_to(PACKAGE.parent)}:{self.line} imports {self.name}"


def _imports(file: Path) -> list[Import]:
    """Every import of a file, those inside functions too; `from drivegen import x` counts as drivegen.x."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body}
    found = []
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = ["drivegen", *file.relative_to(PACKAGE).parts[: -node.level]]
                base = ".".join([*package, base]).rstrip(".")
            names = [f"{base}.{alias.name}" for alias in node.names]
        found += [Import(file, node.lineno, name, id(node) in top) for name in names]  # type: ignore[attr-defined]
    return found


IMPORTS = [found for file in sorted(PACKAGE.rglob("*.py")) for found in _imports(file)]


def test_the_parser_sees_imports() -> None:
    assert any(found.name.startswith("drivegen.core.") and found.part == "core" for found in IMPORTS)


def test_every_package_has_a_layer() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages <= set(LAYERS)


def test_imports_run_downwards_and_never_between_peers() -> None:
    wrong = []
    for found in IMPORTS:
        words = found.name.split(".")
        if words[0] != "drivegen" or found.part == "__init__":
            continue
        target = words[1] if len(words) > 1 else ""
        if target == found.part:
            continue
        if target not in LAYERS or LAYERS[target] >= LAYERS[found.part]:
            wrong.append(str(found))
    assert not wrong, "\n".join(wrong)


def test_heavy_packages_stay_where_they_belong() -> None:
    wrong = [
        str(found)
        for found in IMPORTS
        if (allowed := ALLOWED.get(found.name.split(".")[0])) is not None and found.part not in allowed
    ]
    assert not wrong, "\n".join(wrong)


def test_no_pickle() -> None:
    wrong = [str(found) for found in IMPORTS if found.name.split(".")[0] in ("pickle", "dill", "cloudpickle", "joblib")]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", [name for name in TORCH_FREE if any(PACKAGE.glob(f"{name.replace('.', '/')}*"))])
def test_importing_it_does_not_import_torch(name: str) -> None:
    code = (
        f"import sys, drivegen.{name}\n"
        "print([m for m in ('torch', 'diffusers', 'pytorch_lightning', 'ray', 'nuscenes') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_command_starts_light() -> None:
    code = "import sys, drivegen.cli.main\nprint([m for m in ('hydra', 'numpy', 'cv2', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
