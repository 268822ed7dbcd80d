"""What of a clip's latents is already known when a video model is asked for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from drivegen.core.errors import DataError


@dataclass(eq=False)
class Context:
    """Known frames of B clips: the paper's c_S = (m_S * z, m_S), section 3.2.

    Attributes:
        latents: (B, T, C, h, w) scaled latents, zero where unknown.
        mask: (B, T) bool, True where a frame is known.
    """

    latents: Tensor
    mask: Tensor

    def __post_init__(self) -> None:
        if self.latents.ndim != 5 or self.mask.shape != self.latents.shape[:2]:
            raise DataError(
                "context has the wrong shape",
                where="Context",
                expected="latents (B, T, C, h, w) and mask (B, T)",
                got=f"{tuple(self.latents.shape)} and {tuple(self.mask.shape)}",
            )

    @staticmethod
    def none_like(like: Tensor | Context) -> Context:
        """No known frames, for clips shaped like some latents (B, T, C, h, w) or another context."""
        latents = like.latents if isinstance(like, Context) else like
        mask = torch.zeros(latents.shape[:2], dtype=torch.bool, device=latents.device)
        return Context(torch.zeros_like(latents), mask)

    @staticmethod
    def known(latents: Tensor, frames: Sequence[int]) -> Context:
        """The given frames of `latents` (B, T, C, h, w) are known, the same ones in every clip.

        Args:
            frames: frame indices; negative ones count from the end.

        Raises:
            DataError: an index outside the clip.
        """
        count = latents.shape[1]
        if any(not -count <= frame < count for frame in frames):
            raise DataError("no such frame", where="Context.known", expected=f"0 to {count - 1}", got=list(frames))
        mask = torch.zeros(latents.shape[:2], dtype=torch.bool, device=latents.device)
        mask[:, [frame % count for frame in frames]] = True
        return Context.masked(latents, mask)

    @staticmethod
    def masked(latents: Tensor, mask: Tensor) -> Context:
        """The frames of `latents` (B, T, C, h, w) where `mask` (B, T) is True are known."""
        return Context(latents * mask[:, :, None, None, None].to(latents.dtype), mask)

    @staticmethod
    def cat(parts: Sequence[Context]) -> Context:
        """One batch of several, in order."""
        return Context(torch.cat([p.latents for p in parts]), torch.cat([p.mask for p in parts]))

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> Context:
        """On another device; `dtype` is that of the latents."""
        return Context(self.latents.to(device=device, dtype=dtype), self.mask.to(device=device))
