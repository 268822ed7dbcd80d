"""`drivegen doctor`: show versions, devices, free disk and the shipped weights, and say what is wrong."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from drivegen.cli.run import run
from drivegen.core import DataError, DrivegenError


@dataclass(frozen=True)
class DoctorCommand:
    """Where to look."""

    out: Path = Path("out")
    """Folder whose disk is measured; it need not exist."""
    min_free_gb: float = 1.0
    """Less free disk than this (GB) is a problem."""


@dataclass(frozen=True)
class Finding:
    """One line of the report, and whether it is a problem."""

    text: str
    problem: bool = False

    def __str__(self) -> str:
        return f"{'PROBLEM' if self.problem else 'ok':<8} {self.text}"


def config_class() -> type[DoctorCommand]:
    """The command's configuration."""
    return DoctorCommand


def job(config: DoctorCommand) -> None:
    """Print the findings.

    Raises:
        DataError: there are problems.
    """
    problems = 0
    for finding in examine(config):
        print(finding)
        problems += finding.problem
    if problems:
        raise DataError("not in order", where="doctor", got=f"{problems} problems")


def examine(config: DoctorCommand) -> Iterator[Finding]:
    """Every finding; a check that itself fails is a problem, not an end."""
    checks: list[Callable[[], Iterator[Finding]]] = [_python, _packages, _torch, lambda: _disk(config), _weights]
    for check in checks:
        try:
            yield from check()
        except DrivegenError as error:
            yield Finding(str(error), problem=True)
        except Exception as error:
            yield Finding(f"{type(error).__name__}: {error}", problem=True)


def _python() -> Iterator[Finding]:
    yield Finding(f"drivegen {importlib.metadata.version('drivegen')}, python {platform.python_version()}")
    yield Finding(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores")


def _packages() -> Iterator[Finding]:
    requirements = importlib.metadata.requires("drivegen") or []
    for requirement in requirements:
        match = re.match(r"[\w.-]+", requirement)
        if match is None or "extra ==" in requirement:
            continue
        name = match.group()
        try:
            yield Finding(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            yield Finding(f"{name} is not installed; make setup installs it", problem=True)


def _torch() -> Iterator[Finding]:
    import torch

    yield Finding(f"device cpu: {torch.get_num_threads()} threads")
    if not torch.cuda.is_available():
        yield Finding("device cuda: none")
    for index in range(torch.cuda.device_count()):
        memory_gb = torch.cuda.get_device_properties(index).total_memory / 1e9
        yield Finding(f"device cuda:{index}: {torch.cuda.get_device_name(index)}, {memory_gb:.0f} GB")


def _disk(config: DoctorCommand) -> Iterator[Finding]:
    folder = config.out.absolute()
    while not folder.exists():
        folder = folder.parent
    free_gb = shutil.disk_usage(folder).free / 1e9
    yield Finding(f"disk at {folder}: {free_gb:.1f} GB free", problem=free_gb < config.min_free_gb)


def _weights() -> Iterator[Finding]:
    from drivegen.models import available_parts, default_model_folder, load_model

    folder = default_model_folder()
    parts = available_parts(folder)
    # Loading compares every file's hash with the one that the folder states.
    models = load_model(folder, parts)
    yield Finding(f"shipped model {models.info.name} ({', '.join(parts)}): sha256 {models.sha256[:16]}, files intact")
    if "video" not in parts:
        yield Finding(f"shipped model has no video part: {folder}", problem=True)


if __name__ == "__main__":
    run("doctor", config_class, job)
