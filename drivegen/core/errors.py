"""Errors that tell a user in one line what went wrong and what to do about it."""

from __future__ import annotations

EXIT_FAILED = 1
EXIT_USAGE = 2


class DrivegenError(Exception):
    """A failure that a user can act on: what, where, expected, got, remedy, in one line.

    Args:
        what: what went wrong, as a short clause.
        where: the file, table, row or field that it went wrong in.
        expected: what would have been accepted.
        got: what was found instead.
        remedy: what the user can do now.
    """

    exit_code = EXIT_FAILED

    def __init__(
        self,
        what: str,
        *,
        where: object = None,
        expected: object = None,
        got: object = None,
        remedy: str | None = None,
    ) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.expected = None if expected is None else str(expected)
        self.got = None if got is None else str(got)
        self.remedy = remedy
        super().__init__(self._line())

    def _line(self) -> str:
        parts = [self.what if self.where is None else f"{self.where}: {self.what}"]
        if self.expected is not None:
            parts.append(f"expected {self.expected}")
        if self.got is not None:
            parts.append(f"got {self.got}")
        if self.remedy is not None:
            parts.append(self.remedy)
        # Values may carry line breaks; the promise is one line.
        return " ".join("; ".join(parts).split())


class ConfigError(DrivegenError):
    """A setting that the user typed is wrong: bad usage."""

    exit_code = EXIT_USAGE


class DataError(DrivegenError):
    """Input data (tables, images, annotations, a store, a model folder) is missing or wrong."""


class GeometryError(DrivegenError):
    """A pose, camera or box has an impossible shape or value."""
