"""Where the places of a frame went in the next frame: optical flow, computed and not learned."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

FLOW_CHANNELS = 3
LEVELS = (8, 4, 2)
"""Pixels per cell of the pyramid, coarse to fine."""
ITERATIONS = 2
WINDOW = 5
"""Cells, on each side, over which displacements are taken to be the same ..."""
SMOOTHING = 5
"""... and over which they are averaged after each iteration."""
FAINT = 0.02
"""Contrast below which a clip counts as blank."""
FLAT = 3e-4
"""Squared gradient, in units of the clip's contrast, below which a place counts as flat: it follows its neighbours."""
LARGEST = 2.0
"""Cells that an iteration may move."""


@torch.no_grad()
def optical_flow(video: Tensor) -> Tensor:
    """Displacements between consecutive frames: Lucas and Kanade 1981, coarse to fine (Bouguet 2001).

    No gradients flow through it. It finds fractions of a pixel, which convolutions would have to learn, and it works
    from the first step of training on.

    Args:
        video: (B, T, C, H, W); H and W are multiples of 8.

    Returns:
        (B, T, 3, H / 4, W / 4): displacement to the right and down, in squares of 4 x 4 pixels, and the difference that
        is left, in units of the clip's contrast. Zero for the last frame, which has no next one. Single precision.
    """
    B, T = video.shape[:2]
    light = video.float().mean(dim=2, keepdim=True)
    light = light - light.mean(dim=(1, 2, 3, 4), keepdim=True)
    light = light / (light.square().mean(dim=(1, 2, 3, 4), keepdim=True).sqrt() + FAINT)
    before = rearrange(light[:, : T - 1], "b t c h w -> (b t) c h w")
    after = rearrange(light[:, 1:], "b t c h w -> (b t) c h w")
    found = torch.zeros(B * (T - 1), FLOW_CHANNELS, video.shape[3] // 4, video.shape[4] // 4, device=video.device)
    if T > 1:
        flow, rest = _coarse_to_fine(before, after)
        found = torch.cat([F.avg_pool2d(flow, 2) * LEVELS[-1] / 4, F.avg_pool2d(rest, 2)], dim=1)
    found = rearrange(found, "(b t) c h w -> b t c h w", b=B)
    return F.pad(found, (0, 0, 0, 0, 0, 0, 0, 1))


def _coarse_to_fine(before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
    """Displacements (N, 2, h, w) in cells of the finest level, and absolute differences (N, 1, h, w) after them."""
    flow = before.new_zeros(len(before), 2, *(side // (2 * LEVELS[0]) or 1 for side in before.shape[-2:]))
    for level in LEVELS:
        a, b = F.avg_pool2d(before, level), F.avg_pool2d(after, level)
        flow = 2 * F.interpolate(flow, size=a.shape[-2:], mode="bilinear", align_corners=False)
        flow = _refined(a, b, flow)
    return flow, (_moved(b, flow) - a).abs()


def _refined(a: Tensor, b: Tensor, flow: Tensor) -> Tensor:
    """Some steps towards the displacement by which `b` looks like `a`: in each window the least squares solution."""
    along_x, along_y = _gradients(a)
    xx, yy = _window(along_x * along_x) + FLAT, _window(along_y * along_y) + FLAT
    xy = _window(along_x * along_y)
    scale = 1.0 / (xx * yy - xy * xy)
    for _ in range(ITERATIONS):
        change = _moved(b, flow) - a
        xt, yt = _window(along_x * change), _window(along_y * change)
        step = torch.cat([(xy * yt - yy * xt) * scale, (xy * xt - xx * yt) * scale], dim=1)
        flow = _average(flow + step.clamp(-LARGEST, LARGEST), SMOOTHING)
    return flow


def _gradients(x: Tensor) -> tuple[Tensor, Tensor]:
    """Central differences to the right and down."""
    wide = F.pad(x, (1, 1, 1, 1), mode="replicate")
    return (
        (wide[..., 1:-1, 2:] - wide[..., 1:-1, :-2]) / 2,
        (wide[..., 2:, 1:-1] - wide[..., :-2, 1:-1]) / 2,
    )


def _moved(x: Tensor, flow: Tensor) -> Tensor:
    """The picture that has at each cell what `x` has at the cell's displacement from there."""
    h, w = x.shape[-2:]
    row, column = torch.meshgrid(
        torch.arange(h, device=x.device) + 0.5, torch.arange(w, device=x.device) + 0.5, indexing="ij"
    )
    grid = torch.stack([(column + flow[:, 0]) * 2 / w - 1, (row + flow[:, 1]) * 2 / h - 1], dim=-1)
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


def _window(x: Tensor) -> Tensor:
    return _average(x, WINDOW)


def _average(x: Tensor, side: int) -> Tensor:
    """Mean over squares around each cell; over their part inside, at the edges."""
    return F.avg_pool2d(x, side, stride=1, padding=side // 2, count_include_pad=False)
