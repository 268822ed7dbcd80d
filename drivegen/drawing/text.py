"""Text on images, with cv2's own strokes: no font files, the same pixels everywhere."""

from __future__ import annotations

import cv2
import numpy as np

from drivegen.core.arrays import Bytes
from drivegen.drawing.palette import INK

_FONT = cv2.FONT_HERSHEY_SIMPLEX
# Height of a capital letter at scale 1, pixels.
_CAPITAL_PX = 21.0

Color = tuple[int, int, int]


def ascii_only(text: str) -> str:
    """The text with everything that cv2 cannot draw as a question mark, in one line."""
    return " ".join(text.encode("ascii", "replace").decode().split())


def text_width(text: str, capital_px: float) -> int:
    """Width of a text whose capitals are `capital_px` tall, pixels."""
    scale, stroke = _scale(capital_px)
    return int(cv2.getTextSize(ascii_only(text), _FONT, scale, stroke)[0][0])


def fit_text(text: str, capital_px: float, width_px: int) -> str:
    """The text, its end replaced by dots where it would be wider than `width_px`."""
    text = ascii_only(text)
    if text_width(text, capital_px) <= width_px:
        return text
    while text and text_width(text + "..", capital_px) > width_px:
        text = text[:-1]
    return text.rstrip() + ".." if text else ""


def draw_text(image: Bytes, text: str, left_base: tuple[int, int], capital_px: float, color: Color) -> None:
    """Draw one line into the image; `left_base` is x of its left end and y of its base line."""
    scale, stroke = _scale(capital_px)
    cv2.putText(image, ascii_only(text), left_base, _FONT, scale, color, stroke, cv2.LINE_AA)


def draw_tag(image: Bytes, text: str, left_top: tuple[float, float], color: Color, capital_px: float = 8.0) -> None:
    """Draw a small label with a coloured ground above a point, moved into the image where it would leave it."""
    height, width = image.shape[:2]
    pad = max(2, round(capital_px / 3))
    wide, tall = text_width(text, capital_px) + 2 * pad, round(capital_px) + 2 * pad
    left = int(np.clip(round(left_top[0]), 0, max(0, width - wide)))
    top = int(np.clip(round(left_top[1]) - tall - 1, 0, max(0, height - tall)))
    cv2.rectangle(image, (left, top), (left + wide - 1, top + tall - 1), color, cv2.FILLED)
    draw_text(image, text, (left + pad, top + tall - pad - 1), capital_px, INK)


def _scale(capital_px: float) -> tuple[float, int]:
    return capital_px / _CAPITAL_PX, max(1, round(capital_px / 12))
