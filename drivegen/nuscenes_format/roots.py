"""Several roots at once: worlds come as folders of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from drivegen.core import DataError
from drivegen.nuscenes_format.devkit import versions
from drivegen.nuscenes_format.reader import NuScenesRoot


def open_roots(paths: Sequence[Path], version: str | None = None) -> tuple[NuScenesRoot, ...]:
    """Open roots and folders of roots.

    Args:
        paths: each a root, or a folder whose sub-folders are roots (taken in the order of their names).
        version: as for `NuScenesRoot`; sub-folders without it are passed over.

    Raises:
        DataError: a path holds no root, or a root cannot be read.
    """
    roots = []
    for path in map(Path, paths):
        if not path.is_dir() or versions(path) or (version is not None and (path / version).is_dir()):
            roots.append(NuScenesRoot(path, version))
            continue
        folders = [folder for folder in sorted(path.iterdir()) if folder.is_dir()]
        below = [folder for folder in folders if (versions(folder) if version is None else (folder / version).is_dir())]
        if not below:
            expected = f"a folder {version or 'v1.0-*'}, or sub-folders that hold one"
            raise DataError("no nuScenes root here", where=path, expected=expected)
        roots += [NuScenesRoot(folder, version) for folder in below]
    return tuple(roots)
