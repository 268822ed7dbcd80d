"""The manifest of a model folder, `model.json`: what the models are, and the sha256 of every file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from drivegen.core.config import decode, encode
from drivegen.core.errors import ConfigError, DataError
from drivegen.models.info import ModelInfo
from drivegen.models.tensor_files import sha256_of

FORMAT_VERSION = 1
INFO_FILE = "model.json"

Part = Literal["autoencoder", "image", "video", "decoder", "interpolation", "upsampler"]
PARTS: tuple[Part, ...] = ("autoencoder", "image", "video", "decoder", "interpolation", "upsampler")
PART_FILES: dict[Part, str] = {
    "autoencoder": "autoencoder.safetensors",
    "image": "image.safetensors",
    "video": "temporal.safetensors",
    "decoder": "decoder.safetensors",
    "interpolation": "interpolation.safetensors",
    "upsampler": "upsampler.safetensors",
}


def write_manifest(folder: Path, info: ModelInfo, hashes: Mapping[str, str]) -> None:
    """Write `model.json` for the files {name: sha256} of a folder."""
    manifest = {"format_version": FORMAT_VERSION, **encode(info), "files": dict(hashes)}
    # `trained` is free-form: a fact that JSON cannot hold (a numpy number) is kept as text rather than losing a model.
    text = json.dumps(manifest, indent=2, default=str)
    (folder / INFO_FILE).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> tuple[ModelInfo, dict[str, str]]:
    """What `model.json` says: the models, and the listed files {name: sha256}.

    Raises:
        DataError: no such folder, not a model folder, another format version, or a key that we do not know.
    """
    path = folder / INFO_FILE
    manifest = _read_json(folder, path)
    version = manifest.pop("format_version", None)
    if version != FORMAT_VERSION:
        raise DataError(
            "unknown format version",
            where=path,
            expected=FORMAT_VERSION,
            got=version,
            remedy="use the version of drivegen that wrote it",
        )
    listed = _listed_files(manifest.pop("files", None), path)
    try:
        return decode(ModelInfo, manifest), listed
    except ConfigError as error:
        # The user typed nothing wrong: a file is.
        raise DataError(
            error.what, where=f"{path}: {error.where}", expected=error.expected, got=error.got, remedy=error.remedy
        ) from error


def check_hash(path: Path, expected: str) -> None:
    """Refuse a file that is absent or that has another sha256.

    Raises:
        DataError: naming the file.
    """
    if not path.is_file():
        raise DataError("file of the model is missing", where=path, remedy="copy the model folder again")
    found = sha256_of(path)
    if found != expected:
        raise DataError(
            "file of the model is damaged",
            where=path,
            expected=f"sha256 {expected}",
            got=found,
            remedy="copy the model folder again",
        )


def hash_of_files(files: Mapping[str, str]) -> str:
    """One sha256 for a set of files {relative path: sha256}, whatever their order."""
    text = "\n".join(f"{digest}  {name}" for name, digest in sorted(files.items()))
    return hashlib.sha256(text.encode()).hexdigest()


def _read_json(folder: Path, path: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise DataError("no such model folder", where=folder, remedy="train one: drivegen train")
    if not path.is_file():
        raise DataError("not a model folder", where=folder, expected=f"a {INFO_FILE} in it")
    try:
        manifest: Any = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError("not JSON", where=path, got=str(error)) from error
    if not isinstance(manifest, dict):
        raise DataError("wrong type", where=path, expected="a mapping", got=type(manifest).__name__)
    return manifest


def _listed_files(listed: Any, path: Path) -> dict[str, str]:
    known = set(PART_FILES.values())
    if not isinstance(listed, dict) or not all(isinstance(v, str) for v in listed.values()):
        raise DataError("wrong type", where=f"{path}: files", expected="a mapping of names to sha256", got=listed)
    for name in listed:
        if name not in known:
            raise DataError(
                "unknown file", where=f"{path}: files.{name}", expected="one of " + ", ".join(sorted(known))
            )
    return listed
