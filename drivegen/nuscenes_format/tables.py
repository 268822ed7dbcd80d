"""The tables of a root as they lie on disk: parsing them, and which field points into which table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from drivegen.nuscenes_format.names import TABLES

Row = dict[str, Any]
Tables = dict[str, list[Row]]


@dataclass(frozen=True)
class Problem:
    """Something wrong in a root.

    Attributes:
        file: the file, relative to the root.
        row: index of the row in its table; None for the file as a whole.
        field: the row's field; None for the row as a whole.
        message: what is wrong, with the value.
        fatal: whether it keeps the root from being read; otherwise the row is skipped and counted.
    """

    file: str
    row: int | None
    field: str | None
    message: str
    fatal: bool = True

    @property
    def where(self) -> str:
        """File, row and field in one phrase."""
        row = "" if self.row is None else f" row {self.row}"
        return f"{self.file}{row}" + ("" if self.field is None else f" field {self.field}")

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


# Token fields: table -> field -> the table it points into. A field in OPTIONAL may be empty.
REFERENCES: Final[dict[str, dict[str, str]]] = {
    "instance": {
        "category_token": "category",
        "first_annotation_token": "sample_annotation",
        "last_annotation_token": "sample_annotation",
    },
    "calibrated_sensor": {"sensor_token": "sensor"},
    "scene": {"log_token": "log", "first_sample_token": "sample", "last_sample_token": "sample"},
    "sample": {"scene_token": "scene", "prev": "sample", "next": "sample"},
    "sample_data": {
        "sample_token": "sample",
        "ego_pose_token": "ego_pose",
        "calibrated_sensor_token": "calibrated_sensor",
        "prev": "sample_data",
        "next": "sample_data",
    },
    "sample_annotation": {
        "sample_token": "sample",
        "instance_token": "instance",
        "visibility_token": "visibility",
        "attribute_tokens": "attribute",
        "prev": "sample_annotation",
        "next": "sample_annotation",
    },
    "map": {"log_tokens": "log"},
}
OPTIONAL: Final = frozenset({"prev", "next", "visibility_token"})
TOKEN_LISTS: Final = frozenset({"attribute_tokens", "log_tokens"})


def load_tables(folder: Path) -> tuple[Tables, list[Problem]]:
    """Parse the thirteen tables of a version's folder.

    Returns:
        The tables (a table that is missing or no list of rows is empty) and what is wrong with the files.
    """
    tables: Tables = {}
    problems: list[Problem] = []
    for name in TABLES:
        file = f"{folder.name}/{name}.json"
        tables[name] = []
        try:
            rows = json.loads((folder / f"{name}.json").read_bytes())
        except FileNotFoundError:
            problems.append(Problem(file, None, None, "table is missing"))
            continue
        except (OSError, ValueError, RecursionError) as error:
            problems.append(Problem(file, None, None, f"table cannot be parsed: {error}"))
            continue
        if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
            tables[name] = rows
        else:
            problems.append(Problem(file, None, None, "table is not a list of rows"))
    return tables, problems
