"""Perception folders: `perception.json` and `perception.safetensors`.

    perception.json            format version, PerceptionInfo, sha256 of the weights
    perception.safetensors     the weights

Nothing in it names code: the configuration is decoded into our own dataclasses, which refuse unknown keys.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

from drivegen.core.config import decode, encode
from drivegen.core.errors import ConfigError, DataError
from drivegen.models.manifest import check_hash, hash_of_files
from drivegen.models.parameters import load_tensors
from drivegen.models.perception.build import build_perception
from drivegen.models.perception.config import PerceptionConfig
from drivegen.models.perception.net import PerceptionNet
from drivegen.models.perception.observer import PerceptionObserver
from drivegen.models.tensor_files import StoredDtype, read_tensors, sha256_of, write_tensors

FORMAT_VERSION: Final = 1
INFO_FILE: Final = "perception.json"
WEIGHTS_FILE: Final = "perception.safetensors"
REMEDY: Final = "train one: drivegen train stage=perception"

Role = Literal["audit", "evaluation", "other"]


@dataclass(frozen=True)
class PerceptionInfo:
    """What a perception net is, and all that is needed to build it again."""

    name: str
    config: PerceptionConfig = field(default_factory=PerceptionConfig)
    license: str = "unknown"
    """Licence of the weights (SPDX where there is one)."""
    role: Role = "other"
    """audit: ships and filters; evaluation: measures, and no loss, choice or filter may ever see it."""
    trained: dict[str, Any] = field(default_factory=dict)
    """Facts about the training: data, steps, minutes."""
    scores: dict[str, Any] = field(default_factory=dict)
    """How good it is on held-out reference frames, by name of the measure."""

    def __post_init__(self) -> None:
        if not self.name:
            raise ConfigError("must not be empty", where="name")


@dataclass(frozen=True, eq=False)
class LoadedPerception:
    """A net in evaluation mode, what it is, and the hash of its weights."""

    net: PerceptionNet
    info: PerceptionInfo
    sha256: str


def default_perception_folder(role: Role) -> Path:
    """Where the net of that role is that ships with the package.

    Raises:
        ConfigError: a role that nothing ships for.
    """
    if role not in ("audit", "evaluation"):
        raise ConfigError("no such net ships with the package", where="role", expected="audit or evaluation", got=role)
    return Path(str(files("drivegen"))) / "weights" / role


def save_perception(folder: Path, net: PerceptionNet, info: PerceptionInfo, dtype: StoredDtype = "float16") -> str:
    """Write a perception folder, all of it or nothing; a net that is there is replaced, other files stay.

    Args:
        info: its configuration is replaced by that of the net.

    Returns:
        The hash of the weights, as `load_perception` gives it.

    Raises:
        DataError: the folder holds something that is not a perception net, or a weight does not fit the dtype.
    """
    if folder.exists() and not (folder.is_dir() and ((folder / INFO_FILE).is_file() or not any(folder.iterdir()))):
        raise DataError("not a perception folder", where=folder, remedy="choose another folder for the net")
    folder = folder.resolve()
    # Beside the folder, so that it is on the same file system and the rename is atomic.
    work = folder.parent / f".{folder.name}-{os.getpid()}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        write_tensors(work / WEIGHTS_FILE, net.state_dict(), dtype)
        hashes = {WEIGHTS_FILE: sha256_of(work / WEIGHTS_FILE)}
        facts = {"format_version": FORMAT_VERSION, **encode(replace(info, config=net.config)), "files": hashes}
        # A fact that JSON cannot hold (a numpy number) is kept as text rather than losing a net.
        text = json.dumps(facts, indent=2, default=str)
        (work / INFO_FILE).write_text(text + "\n", encoding="utf-8")
        _put_in_place(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return hash_of_files(hashes)


def load_perception(folder: Path) -> LoadedPerception:
    """Load a perception folder; the hash of its weights is checked.

    Raises:
        DataError: absent, not a perception folder, another format version, a key that we do not know, a file whose hash
            differs, or tensors that do not fit; what and where.
    """
    info, digest = _read_info(folder)
    path = folder / WEIGHTS_FILE
    check_hash(path, digest)
    net = build_perception(info.config)
    load_tensors(net, read_tensors(path), where=str(path))
    return LoadedPerception(net.eval().requires_grad_(False), info, hash_of_files({WEIGHTS_FILE: digest}))


def load_observer(folder: Path, device: str = "cpu", remembered: int = 0) -> PerceptionObserver:
    """The net of a perception folder as a judge.

    Args:
        device, remembered: as `PerceptionObserver` takes them.

    Raises:
        DataError: as `load_perception`.
    """
    loaded = load_perception(folder)
    return PerceptionObserver(loaded.net, loaded.sha256, device, remembered=remembered)


def _read_info(folder: Path) -> tuple[PerceptionInfo, str]:
    """What `perception.json` says: the net, and the sha256 of its weights."""
    path = folder / INFO_FILE
    facts = _read_json(folder, path)
    version = facts.pop("format_version", None)
    if version != FORMAT_VERSION:
        raise DataError(
            "unknown format version",
            where=path,
            expected=FORMAT_VERSION,
            got=version,
            remedy="use the version of drivegen that wrote it",
        )
    listed = facts.pop("files", None)
    if not isinstance(listed, dict) or set(listed) != {WEIGHTS_FILE} or not isinstance(listed[WEIGHTS_FILE], str):
        raise DataError(
            "wrong list of files", where=f"{path}: files", expected=f"the sha256 of {WEIGHTS_FILE}", got=listed
        )
    try:
        return decode(PerceptionInfo, facts), listed[WEIGHTS_FILE]
    except ConfigError as error:
        # The user typed nothing wrong: a file is.
        raise DataError(
            error.what, where=f"{path}: {error.where}", expected=error.expected, got=error.got, remedy=error.remedy
        ) from error


def _read_json(folder: Path, path: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise DataError("no such perception folder", where=folder, remedy=REMEDY)
    if not path.is_file():
        raise DataError("not a perception folder", where=folder, expected=f"a {INFO_FILE} in it", remedy=REMEDY)
    try:
        facts: Any = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError("not JSON", where=path, got=str(error)) from error
    if not isinstance(facts, dict):
        raise DataError("wrong type", where=path, expected="a mapping", got=type(facts).__name__)
    return facts


def _put_in_place(work: Path, folder: Path) -> None:
    """Rename `work` to `folder`; what was there goes only once the new folder is complete."""
    if not folder.exists():
        work.rename(folder)
        return
    old = folder.parent / f"{work.name}-old"
    # What others put beside the net, such as a card or an index of training clips, stays.
    for entry in folder.iterdir():
        if entry.is_file() and entry.name not in (INFO_FILE, WEIGHTS_FILE):
            shutil.copy2(entry, work / entry.name)
    folder.rename(old)
    work.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
