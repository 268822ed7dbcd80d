"""A pre-norm transformer block over sequences, shared by the condition encoder and the temporal layers."""

from __future__ import annotations

import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from drivegen.core.errors import ConfigError


class SelfAttentionBlock(nn.Module):
    """Self-attention and a feed-forward layer, each around a shortcut. (N, L, D) -> (N, L, D).

    Args:
        dim: D.
        head_dim: channels of each attention head; divides D.
        feed_forward: width of the hidden layer as a multiple of D.
    """

    def __init__(self, dim: int, head_dim: int, feed_forward: int = 4) -> None:
        super().__init__()
        if dim % head_dim:
            raise ConfigError("must divide the width", where="head_dim", expected=f"a divisor of {dim}", got=head_dim)
        self.heads = dim // head_dim
        self.norm1 = nn.LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.out = nn.Linear(dim, dim)
        self.norm2 = nn.LayerNorm(dim)
        self.feed_forward = nn.Sequential(
            nn.Linear(dim, feed_forward * dim), nn.GELU(), nn.Linear(feed_forward * dim, dim)
        )

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Mix the L positions.

        Args:
            x: (N, L, D).
            mask: (N, L) bool, True where a position may be attended to; at least one per row.
        """
        q, k, v = rearrange(
            self.qkv(self.norm1(x)), "n l (three heads d) -> three n heads l d", three=3, heads=self.heads
        )
        bias = None if mask is None else mask[:, None, None, :]
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        x = x + self.out(rearrange(mixed, "n heads l d -> n l (heads d)"))
        return x + self.feed_forward(self.norm2(x))
