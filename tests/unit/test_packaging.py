"""What is installed is what is in the repository."""

from __future__ import annotations

import configparser
from importlib.resources import files
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_setup_cfg_lists_every_package() -> None:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    listed = parser["options"]["packages"].split()
    folders = sorted((ROOT / "drivegen").rglob("__init__.py"))
    found = {".".join(path.parent.relative_to(ROOT).parts) for path in folders}
    assert listed == sorted(listed)
    assert set(listed) == found | {"drivegen.conf"}


def test_the_configuration_is_a_package() -> None:
    names = {path.name for path in files("drivegen.conf").iterdir()}
    assert {"common.yaml", "sample.yaml", "train.yaml", "world.yaml"} <= names


def test_datasets_is_a_place_not_a_package() -> None:
    # A module named `datasets` in the working directory would shadow Hugging Face's.
    assert not list((ROOT / "datasets").rglob("*.py"))
