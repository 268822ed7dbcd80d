"""Latents of cached frames under a frozen autoencoder, memory-mapped: latents.npy (N, C, h, w) float16, scaled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from einops import rearrange
from torch import Tensor

from drivegen.models import LatentCodec
from drivegen.training.cache_folder import content_key, ensure_folder
from drivegen.training.clip_cache import ClipCache

_CHUNK = 64


def open_latent_cache(
    cache: ClipCache,
    codec: LatentCodec,
    cache_root: Path,
    *,
    device: torch.device | None = None,
    report: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Latents (N, C, h, w) float16 of `cache.frames`, mapped; encoded first if they are not there.

    The mode of the posterior is taken; frames that could not be read are zero.
    """
    folder = cache_root / f"latents-{content_key(frames=cache.folder.name, codec=codec_hash(codec))}"

    def build(partial: Path) -> dict[str, Any]:
        return _encode(cache.frames, codec, partial / "latents.npy", device, report)

    ensure_folder(folder, build)
    return np.load(folder / "latents.npy", mmap_mode="r")


def codec_hash(codec: LatentCodec) -> str:
    """Hash of an autoencoder's weights and statistics."""
    digest = hashlib.sha256()
    for name, value in sorted(codec.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().float().numpy().tobytes())
    return digest.hexdigest()


def frames_to_video(frames: np.ndarray | Tensor) -> Tensor:
    """Frames (..., H, W, 3) uint8 to (..., 3, H, W) float32 in [-1, 1]."""
    # Copied, because memory maps are read-only and torch has no read-only tensors.
    values = torch.from_numpy(np.array(frames)) if isinstance(frames, np.ndarray) else frames
    return rearrange(values, "... h w c -> ... c h w").float() / 127.5 - 1.0


@torch.inference_mode()
def _encode(
    frames: np.ndarray,
    codec: LatentCodec,
    path: Path,
    device: torch.device | None,
    report: Callable[[int, int], None] | None,
) -> dict[str, Any]:
    device = device or torch.device("cpu")
    codec = codec.to(device).eval()
    latents: np.memmap[Any, Any] | None = None
    for start in range(0, len(frames), _CHUNK):
        video = frames_to_video(frames[start : start + _CHUNK])[None].to(device)
        encoded = codec.encode(video)[0].to(torch.float16).cpu().numpy()
        if latents is None:
            shape = (len(frames), *encoded.shape[1:])
            latents = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)
        latents[start : start + len(encoded)] = encoded
        if report is not None:
            report(min(start + _CHUNK, len(frames)), len(frames))
    if latents is not None:
        latents.flush()
    codec.to("cpu")
    return {"frames": len(frames)}
