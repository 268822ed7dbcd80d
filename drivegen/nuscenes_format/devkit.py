"""The one place that imports nuscenes-devkit: a root that has passed our checks, loaded and indexed by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from drivegen.core import DataError
from drivegen.nuscenes_format.checks import annotation_problems, file_problems, table_problems
from drivegen.nuscenes_format.files import RootPaths, unsafe_name
from drivegen.nuscenes_format.tables import Problem, Tables, load_tables


def choose_version(root: Path, version: str | None) -> str:
    """The name of the tables' folder: the asked one, or the only `v1.0-*` there is.

    Raises:
        DataError: there is no such root or version, or several to choose from.
    """
    if not root.is_dir():
        raise DataError("no such nuScenes root", where=root, expected="a folder that holds v1.0-*")
    found = versions(root)
    names = ", ".join(found)
    if version is not None:
        if unsafe_name(version) or not (root / version).is_dir():
            raise DataError("no such version", where=root, expected=names or "a folder v1.0-*", got=version)
        return version
    if not found:
        raise DataError("no tables in this nuScenes root", where=root, expected="a folder v1.0-*")
    if len(found) > 1:
        raise DataError("several versions in one root", where=root, got=names, remedy="name one as version")
    return found[0]


def versions(root: Path) -> list[str]:
    """Names of the `v1.0-*` folders in a folder."""
    return sorted(path.name for path in root.glob("v1.0-*") if path.is_dir())


def load_devkit(root: Path, version: str, paths: RootPaths) -> tuple[Any, list[Problem]]:
    """Check a root's tables and load them.

    Returns:
        The devkit's NuScenes object, and the annotations whose boxes are unusable.

    Raises:
        DataError: the first thing that keeps the root from being read, and how many more there are.
    """
    tables, problems = load_tables(root / version)
    problems = problems or list(table_problems(tables, version))
    problems = problems or [p for p in file_problems(tables, paths, version, ("map",)) if p.fatal]
    if problems:
        first, more = problems[0], len(problems) - 1
        raise DataError(
            first.message,
            where=f"{root}: {first.where}",
            remedy=f"and {more} more problems like this (drivegen verify root=... lists them)" if more else None,
        )
    unusable = annotation_problems(tables["sample_annotation"], f"{version}/sample_annotation.json")
    return _open(root, version, tables), unusable


def _open(root: Path, version: str, tables: Tables) -> Any:
    from nuscenes.nuscenes import NuScenes

    class Checked(NuScenes):
        """The devkit on tables that are parsed already: a large root's take half a minute to parse again."""

        def __load_table__(self, table_name: str) -> Any:
            return tables[table_name] if table_name in tables else super().__load_table__(table_name)

    try:
        return Checked(version=version, dataroot=str(root), verbose=False)
    except (AssertionError, LookupError, OSError, TypeError, ValueError) as error:
        got = f"{type(error).__name__}: {error}"
        raise DataError("nuscenes-devkit cannot load the tables", where=root / version, got=got) from error


def official_splits() -> dict[str, tuple[str, ...]]:
    """Scene names of nuScenes' own splits (train, val, test, mini_train, ...)."""
    from nuscenes.utils.splits import create_splits_scenes

    return {split: tuple(names) for split, names in create_splits_scenes().items()}
