"""Files written so that a reader sees them whole or not at all, and file names that may not leave the root."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, TextIO

from drivegen.core import DataError

Row = Mapping[str, Any]


class TableFile:
    """A JSON list written row by row, one row a line, so that a large table never sits in memory.

    Args:
        path: the file; its folder exists. Nobody reads it before `close`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._file: TextIO = path.open("w", encoding="utf-8", newline="\n")
        self._file.write("[")

    def append(self, row: Row) -> None:
        """Add one row."""
        self.append_lines([dump_json(row)])

    def append_lines(self, lines: Sequence[str]) -> None:
        """Add rows that are JSON already, each without a line break."""
        if lines:
            self._file.write(("\n" if self.rows == 0 else ",\n") + ",\n".join(lines))
            self.rows += len(lines)

    def close(self) -> None:
        """End the list and put it on the disk."""
        self._file.write("\n]\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        """Let go of the file without ending it."""
        self._file.close()


def dump_json(value: Any) -> str:
    """Compact JSON; refuses NaN and infinity, which are not JSON."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def write_atomic(path: Path, data: bytes) -> None:
    """Write a whole file under a temporary name beside it, put it on the disk and rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def sync_folder(folder: Path) -> None:
    """Put a folder's entries on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def leaves_root(name: object) -> bool:
    """Whether a file name of a table is not a plain relative path that stays below the root (by its text alone)."""
    if not isinstance(name, str) or not name or "\0" in name:
        return True
    if name[0] not in "/\\" and ".." not in name and ":" not in name:
        return False
    windows, posix = PureWindowsPath(name), PurePosixPath(name)
    absolute = posix.is_absolute() or windows.is_absolute() or bool(windows.drive)
    return absolute or ".." in posix.parts or ".." in windows.parts


def unsafe_name(name: object) -> bool:
    """Whether a scene's or camera's name cannot be part of a file name."""
    return leaves_root(name) or any(c in str(name) for c in "/\\:") or not str(name).isprintable() or name == "."


class RootPaths:
    """Paths below a root, with links followed: whatever resolves to outside is refused.

    Args:
        root: the root; it may itself be a link.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._resolved = root.resolve()
        self._folders: dict[Path, bool] = {}

    def path(self, name: str, where: str) -> Path:
        """The path of a file name found at `where` (file, row and field).

        Raises:
            DataError: the name is absolute, climbs out with `..`, or passes through a link that leads out.
        """
        path = self.root / name if not leaves_root(name) else None
        if path is None or not self._inside(path):
            raise DataError(
                "file name leaves the root",
                where=where,
                expected=f"a path inside {self.root}",
                got=repr(name),
                remedy="if a folder of the root is a link to another disk, put the root itself there",
            )
        return path

    def _inside(self, path: Path) -> bool:
        # Folders are few and files many: resolve each folder once, and a file only when it is itself a link.
        parent = path.parent
        if parent not in self._folders:
            self._folders[parent] = parent.resolve().is_relative_to(self._resolved)
        return self._folders[parent] and (not path.is_symlink() or path.resolve().is_relative_to(self._resolved))
