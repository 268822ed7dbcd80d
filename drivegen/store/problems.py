"""What verification finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a store.

    Attributes:
        file: path of the file, within the store.
        row: which row, in words; empty for the whole file.
        field: the column or setting; empty where it is not about one.
        message: what is wrong.
    """

    file: str
    row: str
    field: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.row, self.field, self.message) if part)
