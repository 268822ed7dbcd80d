"""Contact sheets and filmstrips: many frames as one picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from einops import rearrange

from drivegen.core import DataError
from drivegen.core.arrays import Bytes
from drivegen.drawing.palette import INK, PAPER, QUIET_INK
from drivegen.drawing.text import draw_text, fit_text

_CAPTION_CAPITAL_PX = 9
_TITLE_CAPITAL_PX = 13


def contact_sheet(
    images: Sequence[Bytes],
    *,
    columns: int,
    captions: Sequence[str] | None = None,
    title: str | None = None,
    pad_px: int = 6,
) -> Bytes:
    """Images in rows on light paper, each with its caption below, under a title.

    Args:
        images: (h, w, 3) uint8 RGB each; smaller ones are centred in the cell of the largest.
        columns: images per row.
        captions: one per image; what is too long for its image ends in dots.
        title: one line above all.
        pad_px: space around images, pixels.

    Returns:
        The sheet (H, W, 3).

    Raises:
        DataError: no images, columns below one, or another number of captions than images.
    """
    if not images or columns < 1:
        raise DataError("nothing to lay out", where="contact_sheet", got=f"{len(images)} images, {columns} columns")
    if captions is not None and len(captions) != len(images):
        raise DataError("one caption per image", where="contact_sheet", expected=len(images), got=len(captions))
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    cell_h, cell_w = (max(image.shape[axis] for image in images) for axis in (0, 1))
    caption_h = 0 if captions is None else 2 * _CAPTION_CAPITAL_PX
    title_h = 0 if title is None else 2 * _TITLE_CAPITAL_PX + pad_px
    height = title_h + rows * (cell_h + caption_h + pad_px) + pad_px
    width = columns * (cell_w + pad_px) + pad_px
    sheet = np.full((height, width, 3), PAPER, dtype=np.uint8)
    if title is not None:
        text = fit_text(title, _TITLE_CAPITAL_PX, width - 2 * pad_px)
        draw_text(sheet, text, (pad_px, pad_px + round(1.5 * _TITLE_CAPITAL_PX)), _TITLE_CAPITAL_PX, INK)
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        top = title_h + pad_px + row * (cell_h + caption_h + pad_px)
        left = pad_px + column * (cell_w + pad_px)
        h, w = image.shape[:2]
        down, right = top + (cell_h - h) // 2, left + (cell_w - w) // 2
        sheet[down : down + h, right : right + w] = image
        if captions is not None:
            text = fit_text(captions[index], _CAPTION_CAPITAL_PX, cell_w)
            base = top + cell_h + round(1.5 * _CAPTION_CAPITAL_PX)
            draw_text(sheet, text, (left, base), _CAPTION_CAPITAL_PX, QUIET_INK)
    return sheet


def filmstrip(frames: Bytes, *, caption: str | None = None) -> Bytes:
    """The frames of a clip (T, H, W, 3) side by side in one row, with a caption below.

    Returns:
        The strip (H or more, T * W, 3).

    Raises:
        DataError: there are no frames.
    """
    if len(frames) == 0:
        raise DataError("no frames", where="filmstrip")
    strip = rearrange(frames, "t h w c -> h (t w) c")
    if caption is None:
        return np.ascontiguousarray(strip)
    below = np.full((2 * _CAPTION_CAPITAL_PX + 2, strip.shape[1], 3), PAPER, dtype=np.uint8)
    text = fit_text(caption, _CAPTION_CAPITAL_PX, strip.shape[1] - 8)
    draw_text(below, text, (4, round(1.5 * _CAPTION_CAPITAL_PX) + 1), _CAPTION_CAPITAL_PX, QUIET_INK)
    return np.concatenate([strip, below])
