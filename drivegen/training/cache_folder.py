"""Folders of arrays that are built once, appear finished or not at all, and are found again by what they hold."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drivegen.core import DataError
from drivegen.nuscenes_format import NuScenesRoot

_DONE = "done.json"
_POLL_S = 0.5
# A second process waits this long for the first one to build what both need.
_WAIT_S = 6 * 3600.0


def content_key(**parts: Any) -> str:
    """Sixteen hexadecimal digits of the hash of JSON-able values."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def root_fingerprint(root: NuScenesRoot) -> str:
    """Hash of a root's tables: what they say is what the caches hold."""
    digest = hashlib.sha256()
    for path in sorted(root.root.glob("v1.0-*/*.json")) + sorted(root.root.glob("*.json")):
        digest.update(str(path.relative_to(root.root)).encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def local_rank() -> int:
    """Number of this process on its machine; Lightning and torchrun set it for every process but a lone one."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def ensure_folder(folder: Path, build: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """The facts of a finished folder, which `build` makes if it is not there.

    `build` fills a folder under another name, which is renamed when it is done. Of several processes on a machine the
    first builds and the others wait.

    Args:
        build: fills the folder that it is given and returns JSON-able facts about it.

    Raises:
        DataError: the first process did not finish.
    """
    if (folder / _DONE).is_file():
        return json.loads((folder / _DONE).read_text())
    if local_rank() > 0:
        return _wait_for(folder)
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    facts = build(partial)
    (partial / _DONE).write_text(json.dumps(facts))
    partial.rename(folder)
    return facts


def _wait_for(folder: Path) -> dict[str, Any]:
    deadline = time.monotonic() + _WAIT_S
    while time.monotonic() < deadline:
        if (folder / _DONE).is_file():
            return json.loads((folder / _DONE).read_text())
        time.sleep(_POLL_S)
    raise DataError("cache was not finished by the first process", where=folder, remedy="run the command again")
