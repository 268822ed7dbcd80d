"""The text encoder of a public image model, asked once; the only use of the package transformers, which is optional."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import torch
from torch import Tensor

from drivegen.core.errors import ConfigError, DataError

TEXT_FOLDER: Final = "text_encoder"
TOKENIZER_FOLDER: Final = "tokenizer"
ARCHITECTURE: Final = "CLIPTextModel"
WITHOUT_TEXT: Final = "image.text=false leaves the prompt out"
# Prompts that are encoded together.
BATCH: Final = 20


def has_text_tower(folder: Path) -> bool:
    """Whether a diffusers folder holds a text encoder."""
    return (folder / TEXT_FOLDER).is_dir()


@torch.no_grad()
def encode_prompts(folder: Path, prompts: Sequence[str]) -> Tensor:
    """What the text encoder of a diffusers folder says to prompts: its last hidden states (P, L, D), float32.

    Padded to its full length and without a mask, as Stable Diffusion was trained.

    Args:
        folder: holds text_encoder/ and tokenizer/ as diffusers' and transformers' save_pretrained write them.

    Raises:
        ConfigError: the package transformers is not installed.
        DataError: a file is missing or pickled, another kind of encoder, or weights that do not fit, by name.
    """
    transformers = _transformers(folder)
    _check_files(folder)
    tokenizer = _load(transformers.CLIPTokenizer, folder / TOKENIZER_FOLDER)
    encoder, found = _load(
        transformers.CLIPTextModel,
        folder / TEXT_FOLDER,
        use_safetensors=True,
        variant=None if (folder / TEXT_FOLDER / "model.safetensors").is_file() else "fp16",
        output_loading_info=True,
    )
    _check_names(found, folder / TEXT_FOLDER)
    encoder = encoder.float().eval()
    length = min(int(tokenizer.model_max_length), int(encoder.config.max_position_embeddings))
    tokens = tokenizer(list(prompts), padding="max_length", max_length=length, truncation=True, return_tensors="pt")
    return torch.cat([encoder(ids).last_hidden_state for ids in tokens.input_ids.split(BATCH)])


def _transformers(folder: Path) -> ModuleType:
    try:
        import transformers
    except ImportError as error:
        raise ConfigError(
            "a text encoder needs the package transformers",
            where=folder / TEXT_FOLDER,
            remedy=f"pip install 'drivegen[text]'; or {WITHOUT_TEXT}",
        ) from error
    return transformers


def _check_files(folder: Path) -> None:
    if not (folder / TOKENIZER_FOLDER).is_dir():
        raise DataError("text encoder without a tokenizer", where=folder / TOKENIZER_FOLDER, remedy=WITHOUT_TEXT)
    path = folder / TEXT_FOLDER / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError("cannot be read", where=path, got=error, remedy=WITHOUT_TEXT) from error
    kind = config.get("architectures") if isinstance(config, dict) else None
    if kind != [ARCHITECTURE]:
        raise DataError(
            "not supported", where=f"{path}: architectures", expected=[ARCHITECTURE], got=kind, remedy=WITHOUT_TEXT
        )
    if not any((folder / TEXT_FOLDER).glob("*.safetensors")):
        raise DataError(
            "no safetensors weights",
            where=folder / TEXT_FOLDER,
            remedy="save it again with safe_serialization=True: pickled files can run code and are never loaded",
        )


def _load(kind: Any, folder: Path, **options: Any) -> Any:
    """One of transformers' classes from a local folder; nothing is fetched, and no code of the folder runs."""
    try:
        return kind.from_pretrained(folder, local_files_only=True, trust_remote_code=False, **options)
    except Exception as error:  # the tokenizer's own are of no narrower type
        raise DataError("cannot be loaded", where=folder, got=error, remedy=WITHOUT_TEXT) from error


def _check_names(found: dict[str, Any], folder: Path) -> None:
    """Refuse weights of which some are missing or left over: transformers would draw them at random."""
    # Old files carry this constant.
    unknown = sorted(name for name in found["unexpected_keys"] if not name.endswith("position_ids"))
    missing = sorted(found["missing_keys"])
    if missing or unknown:
        raise DataError(
            "tensors do not fit",
            where=folder,
            got="; ".join(
                f"{what}: {', '.join(names)}" for what, names in (("missing", missing), ("unknown", unknown)) if names
            ),
            remedy=WITHOUT_TEXT,
        )
