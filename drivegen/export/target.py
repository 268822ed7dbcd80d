"""The folder that an export writes to: it replaces its own earlier files and never anybody else's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from drivegen.core import DataError

LIST = "export.json"


def open_target(out: Path, names: Sequence[str]) -> None:
    """Make the folder and note which files the export owns, before the first is written.

    Raises:
        DataError: `out` is a file, or holds files that no export wrote.
    """
    if out.exists() and not out.is_dir():
        raise DataError("not a folder", where=out, remedy="choose another out")
    owned = _owned(out / LIST)
    foreign = sorted(p.name for p in out.iterdir() if p.name not in {*owned, LIST}) if out.is_dir() else []
    if foreign:
        shown = ", ".join(foreign[:3]) + (", ..." if len(foreign) > 3 else "")
        raise DataError("the folder holds other files", where=out, got=shown, remedy="choose another out")
    temporaries = [temporary_name(name) for name in names]
    try:
        out.mkdir(parents=True, exist_ok=True)
        _write_list(out, sorted({*owned, *names, *temporaries}))
    except OSError as error:
        raise DataError("cannot be written", where=out, got=error.strerror, remedy="choose another out") from error


def close_target(out: Path, names: Sequence[str]) -> None:
    """Remove what an earlier export left and this one did not write again."""
    for name in _owned(out / LIST) - set(names):
        (out / name).unlink(missing_ok=True)
    _write_list(out, sorted(names))


def temporary_name(name: str) -> str:
    """The name that a file has while it is written."""
    return f".{name}.tmp"


def _owned(path: Path) -> set[str]:
    if not path.is_file():
        return set()
    try:
        names = json.loads(path.read_text(encoding="utf-8"))["files"]
        # Plain names only: the list may come from anywhere, and files in it are removed.
        return {name for name in names if Path(name).name == name}
    except (ValueError, KeyError, TypeError) as error:
        raise DataError("not the list of an export", where=path, remedy="choose another out") from error


def _write_list(out: Path, names: Sequence[str]) -> None:
    temporary = out / f"{LIST}.tmp"
    temporary.write_text(json.dumps({"files": list(names)}, indent=1) + "\n", encoding="utf-8")
    temporary.replace(out / LIST)
