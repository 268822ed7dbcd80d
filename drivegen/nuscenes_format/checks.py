"""Everything that can be wrong with a root's tables.

The devkit takes sound tables for granted (a dangling token ends in a KeyError); these checks run before it. Each looks
at a whole column at once first, and at single rows only where the column is not sound: tables have a million rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import numpy as np

from drivegen.core import DataError
from drivegen.core.arrays import Booleans, Floats
from drivegen.nuscenes_format.files import RootPaths, leaves_root, unsafe_name
from drivegen.nuscenes_format.names import TABLES
from drivegen.nuscenes_format.tables import OPTIONAL, REFERENCES, TOKEN_LISTS, Problem, Row, Tables, load_tables

# Other fields that are read, with what they must be.
_TYPES: Final[dict[str, dict[str, type]]] = {
    "category": {"name": str},
    "attribute": {"name": str},
    "sensor": {"channel": str, "modality": str},
    "calibrated_sensor": {"camera_intrinsic": list},
    "scene": {"name": str, "description": str},
    "sample": {"timestamp": int},
    "sample_data": {"timestamp": int, "is_key_frame": bool, "filename": str, "height": int, "width": int},
    "map": {"filename": str},
}
# Numbers that a pose needs: without them nothing of the frame can be placed.
_VECTORS: Final[dict[str, dict[str, int]]] = {
    "calibrated_sensor": {"translation": 3, "rotation": 4},
    "ego_pose": {"translation": 3, "rotation": 4},
}
_ANNOTATION_VECTORS: Final[dict[str, int]] = {"translation": 3, "size": 3, "rotation": 4}


def table_problems(tables: Tables, folder: str) -> Iterator[Problem]:
    """What is wrong inside tables that are all there.

    Args:
        folder: name of the version's folder, for the messages.
    """
    sound = True
    for name in TABLES:
        for problem in _token_problems(tables[name], f"{folder}/{name}.json"):
            sound = False
            yield problem
    if not sound:
        return
    known = {name: {row["token"] for row in tables[name]} for name in TABLES}
    for name, fields in REFERENCES.items():
        for field, target in fields.items():
            yield from _reference_problems(tables[name], f"{folder}/{name}.json", field, (target, known[target]))
    for name, types in _TYPES.items():
        for field, kind in types.items():
            yield from _type_problems(tables[name], f"{folder}/{name}.json", field, kind)
    for name, vectors in _VECTORS.items():
        for field, width in vectors.items():
            for row, message in bad_vectors(tables[name], field, width):
                yield Problem(f"{folder}/{name}.json", row, field, message)
    yield from _name_problems(tables, folder)


def annotation_problems(rows: Sequence[Row], file: str) -> list[Problem]:
    """Annotations whose box is impossible: not numbers, NaN, zero size, no rotation; at most one problem a row."""
    found: dict[int, Problem] = {}
    for field, width in _ANNOTATION_VECTORS.items():
        for row, message in bad_vectors(rows, field, width):
            found.setdefault(row, Problem(file, row, field, message, fatal=False))
    return [found[row] for row in sorted(found)]


def intrinsics_problem(value: Any) -> str | None:
    """What is wrong with a camera's `camera_intrinsic`, or None."""
    matrix = _as_array(value, (3, 3))
    if matrix is None:
        return f"camera without intrinsics: expected 3 x 3 numbers, got {_short(value)}"
    if not np.isfinite(matrix).all() or matrix[0, 0] <= 0 or matrix[1, 1] <= 0:
        return f"camera without usable intrinsics: focal lengths must be positive, got {_short(value)}"
    return None


def check_tables(root: Path, version: str) -> list[Problem]:
    """Everything that is wrong with a root, image files excepted; empty for a sound one.

    Args:
        root: the root's folder.
        version: name of its tables' folder.
    """
    folder = Path(root) / version
    if unsafe_name(version) or not folder.is_dir():
        return [Problem(str(folder), None, None, "no such folder of tables")]
    tables, problems = load_tables(folder)
    if problems:
        return problems
    problems = list(table_problems(tables, version))
    if problems:
        return problems
    problems = annotation_problems(tables["sample_annotation"], f"{version}/sample_annotation.json")
    cameras = {row["token"] for row in tables["sensor"] if row["modality"] == "camera"}
    for index, row in enumerate(tables["calibrated_sensor"]):
        message = intrinsics_problem(row["camera_intrinsic"]) if row["sensor_token"] in cameras else None
        if message is not None:
            file = f"{version}/calibrated_sensor.json"
            problems.append(Problem(file, index, "camera_intrinsic", message, fatal=False))
    return problems + list(file_problems(tables, RootPaths(Path(root)), version))


def file_problems(
    tables: Tables, paths: RootPaths, folder: str, names: Sequence[str] = ("map", "sample_data")
) -> Iterator[Problem]:
    """File names that a link leads out of the root, and maps that are not there (the devkit wants to see them)."""
    for name in names:
        for index, row in enumerate(tables[name]):
            file = f"{folder}/{name}.json"
            try:
                path = paths.path(row["filename"], f"{file} row {index} field filename")
            except DataError as error:
                yield Problem(file, index, "filename", f"{error.what}: {error.got}")
                continue
            if name == "map" and not path.is_file():
                yield Problem(file, index, "filename", f"map image is missing: {row['filename']}")


def bad_vectors(rows: Sequence[Row], field: str, width: int) -> Iterator[tuple[int, str]]:
    """Rows whose field is not `width` finite numbers; sizes must be positive and rotations not zero."""
    values = [row.get(field) for row in rows]
    if not values:
        return
    array = _as_array(values, (len(rows), width))
    if array is not None and _sound(array, field).all():
        return
    for index, value in enumerate(values):
        vector = _as_array(value, (width,))
        if vector is None:
            yield index, f"expected {width} numbers, got {_short(value)}"
        elif not np.isfinite(vector).all():
            yield index, f"value is not finite: {_short(value)}"
        elif not _sound(vector[None], field)[0]:
            what = "box size must be positive" if field == "size" else "rotation of length zero"
            yield index, f"{what}: {_short(value)}"


def _sound(array: Floats, field: str) -> Booleans:
    """Whether each row (N, width) is usable."""
    good = np.isfinite(array).all(axis=1)
    if field == "size":
        good &= (array > 0).all(axis=1)
    if field == "rotation":
        good &= np.linalg.norm(np.where(np.isfinite(array), array, 0.0), axis=1) > 1e-6
    return good


def _as_array(value: Any, shape: tuple[int, ...]) -> Floats | None:
    """Numbers of a shape, or None; text that looks like a number is none."""
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return array.astype(np.float64) if array.dtype.kind in "fiu" and array.shape == shape else None


def _token_problems(rows: Sequence[Row], file: str) -> Iterator[Problem]:
    tokens = [row.get("token") for row in rows]
    if all(isinstance(token, str) and token for token in tokens) and len(set(tokens)) == len(tokens):
        return
    seen: dict[str, int] = {}
    for index, token in enumerate(tokens):
        if not isinstance(token, str) or not token:
            yield Problem(file, index, "token", f"not a token: {_short(token)}")
        elif token in seen:
            yield Problem(file, index, "token", f"duplicate token {token}, also in row {seen[token]}")
        else:
            seen[token] = index


def _reference_problems(rows: Sequence[Row], file: str, field: str, target: tuple[str, set[str]]) -> Iterator[Problem]:
    table, known = target
    allowed = known | {""} if field in OPTIONAL else known
    if field not in TOKEN_LISTS and _column_within(rows, field, allowed):
        return

    def dangling(value: Any) -> str | None:
        values = value if field in TOKEN_LISTS else [value]
        if not isinstance(values, list):
            return f"expected a list of tokens, got {_short(value)}"
        for token in values:
            if not isinstance(token, str):
                return f"not a token: {_short(token)}"
            if token not in allowed:
                return f"dangling token {token!r}: no such row in {table}.json"
        return None

    yield from _field_problems(rows, file, field, dangling)


def _type_problems(rows: Sequence[Row], file: str, field: str, kind: type) -> Iterator[Problem]:
    def wrong(value: Any) -> str | None:
        # type() and not isinstance(): True is no timestamp.
        return None if type(value) is kind else f"expected {kind.__name__}, got {_short(value)}"

    if all(type(row.get(field)) is kind for row in rows):
        return
    yield from _field_problems(rows, file, field, wrong)


def _column_within(rows: Sequence[Row], field: str, allowed: set[str]) -> bool:
    """Whether every row has the field and all values are allowed."""
    try:
        return set(map(itemgetter(field), rows)) <= allowed
    except (KeyError, TypeError):
        return False


def _field_problems(
    rows: Sequence[Row], file: str, field: str, wrong: Callable[[Any], str | None]
) -> Iterator[Problem]:
    for index, row in enumerate(rows):
        message = wrong(row[field]) if field in row else "field is missing"
        if message is not None:
            yield Problem(file, index, field, message)


def _name_problems(tables: Tables, folder: str) -> Iterator[Problem]:
    """File names that leave the root by their text, names unfit for files, repeated scenes, logs without a map."""
    for name in ("map", "sample_data"):
        for index, row in enumerate(tables[name]):
            if leaves_root(row.get("filename")):
                message = f"file name leaves the root: {_short(row.get('filename'))}"
                yield Problem(f"{folder}/{name}.json", index, "filename", message)
    for name, field in (("scene", "name"), ("sensor", "channel")):
        for index, row in enumerate(tables[name]):
            if unsafe_name(row.get(field)):
                message = f"name cannot be part of a file name: {_short(row.get(field))}"
                yield Problem(f"{folder}/{name}.json", index, field, message)
    names = [row.get("name") for row in tables["scene"]]
    for index, scene in enumerate(names):
        if scene in names[:index]:
            yield Problem(f"{folder}/scene.json", index, "name", f"scene name repeats: {_short(scene)}")
    logs = [row["log_tokens"] for row in tables["map"] if isinstance(row.get("log_tokens"), list)]
    mapped = {token for tokens in logs for token in tokens if isinstance(token, str)}
    for index, row in enumerate(tables["log"]):
        if row["token"] not in mapped:
            yield Problem(f"{folder}/log.json", index, "token", "no row of map.json names this log")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
