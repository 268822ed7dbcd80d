"""The feature networks that published figures were made with, where the user has their files.

Two TorchScript files are public and used by everybody: NVIDIA's Inception (FID) and StyleGAN-V's I3D (FVD). We neither
ship nor download them. TorchScript is a program: a file runs only when its sha256 is that of a public one, or when the
user confirms it. Figures made with them compare with published ones only at the published number of clips and frames.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from drivegen.core import DataError
from drivegen.core.arrays import Bytes

FeatureKind = Literal["inception", "i3d"]

PUBLIC_SHA256: Final[dict[FeatureKind, str]] = {
    # inception-2015-12-05.pt of NVIDIA's stylegan2-ada-pytorch; the hash that k-diffusion's FID downloads it by.
    "inception": "f58cb9b6ec323ed63459aa4fb441fe750cfe39fafad6da5cb504a16f19e958f4",
    # i3d_torchscript.pt of StyleGAN-V and universome/fvd-comparison; the hash that LatentSync's copy has.
    "i3d": "bec6519f66ea534e953026b4ae2c65553c17bf105611c746d904657e5860a5e2",
}
# Both resize inside the network; frames are handed over at their own size, squeezed to a square there.
RESIZE_FILTERS: Final[dict[FeatureKind, str]] = {
    "inception": "bilinear to 299x299 in the network, no anti-aliasing",
    "i3d": "bilinear to 224x224 in the network, no anti-aliasing",
}
# Frames in a batch of Inception.
_BATCH = 16


@dataclass(frozen=True)
class FeaturesConfig:
    """Canonical feature networks to measure with, beside our own."""

    inception: Path | None = None
    """inception-2015-12-05.pt, for the Frechet image distance."""
    i3d: Path | None = None
    """i3d_torchscript.pt, for the Frechet video distance."""
    sha256: tuple[str, ...] = ()
    """Hashes of files that you trust although they are not the public ones."""


class CanonicalFeatures:
    """A feature network by TorchScript.

    Args:
        kind: which; decides what goes in (frames or windows of them) and how it is scaled.
        path: its file.
        trusted: further hashes that may be loaded.
        device: where it runs.

    Attributes:
        sha256: of the file.
        resize_filter: how frames get to the size of the network.

    Raises:
        DataError: no such file, a hash that is neither public nor trusted, or no TorchScript program.
    """

    def __init__(self, kind: FeatureKind, path: Path, trusted: tuple[str, ...] = (), device: str = "cpu") -> None:
        self.kind, self.resize_filter, self._device, self._path = kind, RESIZE_FILTERS[kind], device, path
        self.sha256, self._net = _load(kind, path, trusted, device)

    @property
    def per_window(self) -> bool:
        """Whether a feature is of a window of frames, not of a single one."""
        return self.kind == "i3d"

    def features(self, frames: Bytes, window_frames: int = 16) -> NDArray[np.float32]:
        """Features (N, D) of a clip: of each frame (Inception), or of each whole window of consecutive frames (I3D).

        Args:
            frames: (T, H, W, 3) uint8 RGB, T at least `window_frames` for I3D.

        Raises:
            DataError: the program fails on these frames, or gives something else.
        """
        import torch

        pieces = self._pieces(frames, window_frames)
        try:
            with torch.inference_mode():
                found = [self._net(piece, **self._arguments).float().flatten(1).cpu().numpy() for piece in pieces]
        except (RuntimeError, AttributeError) as error:
            raise DataError(
                "the network fails on these frames",
                where=self._path,
                expected=f"a program that takes frames as the public {self.kind} network does",
                got=_last_line(error),
            ) from error
        features = np.concatenate(found)
        if not np.isfinite(features).all():
            raise DataError("a feature is not finite", where=self._path)
        return np.asarray(features, dtype=np.float32)

    @property
    def _arguments(self) -> dict[str, bool]:
        # Both take bytes 0 to 255: Inception always, I3D by `rescale`.
        return {"return_features": True} | ({"rescale": True, "resize": True} if self.per_window else {})

    def _pieces(self, frames: Bytes, window_frames: int) -> list[Any]:
        """Batches as the network wants them: (N, 3, H, W), or one window each, (1, 3, T, H, W)."""
        import torch
        from einops import rearrange

        video = torch.from_numpy(np.ascontiguousarray(frames))
        if not self.per_window:
            images = rearrange(video, "t h w c -> t c h w")
            return [images[start : start + _BATCH].to(self._device) for start in range(0, len(images), _BATCH)]
        if len(frames) < window_frames:
            raise DataError("clip is shorter than a window", expected=window_frames, got=len(frames))
        starts = range(0, len(frames) - window_frames + 1, window_frames)
        windows = [rearrange(video[start : start + window_frames], "t h w c -> 1 c t h w") for start in starts]
        return [window.float().to(self._device) for window in windows]


def open_canonical(config: FeaturesConfig, device: str = "cpu") -> tuple[CanonicalFeatures, ...]:
    """The networks that a configuration names.

    Raises:
        DataError: one cannot be loaded, or may not be.
    """
    named: list[tuple[FeatureKind, Path | None]] = [("inception", config.inception), ("i3d", config.i3d)]
    return tuple(CanonicalFeatures(kind, path, config.sha256, device) for kind, path in named if path is not None)


def _load(kind: FeatureKind, path: Path, trusted: tuple[str, ...], device: str) -> tuple[str, Any]:
    if not path.is_file():
        raise DataError("no such file", where=f"features.{kind}", got=path)
    # Read once: what is loaded is what was hashed.
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != PUBLIC_SHA256[kind] and digest not in {name.lower() for name in trusted}:
        raise DataError(
            "not the public file: TorchScript is a program, and runs only when its hash is known",
            where=path,
            expected=f"sha256 {PUBLIC_SHA256[kind]}",
            got=digest,
            remedy=f"if you trust this file, add 'features.sha256=[{digest}]'",
        )
    import torch

    try:
        net = torch.jit.load(io.BytesIO(content), map_location=device)
    except RuntimeError as error:
        raise DataError("not a TorchScript file", where=path, got=_last_line(error)) from error
    return digest, net.eval()


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
