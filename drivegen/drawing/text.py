"""Text on images, with cv2's own strokes: no font files, the same pixels everywhere."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from drivegen.core.arrays import Bytes
from drivegen.drawing.palette import INK

_FONT = cv2.FONT_HERSHEY_SIMPLEX
# Height of a capital letter at scale 1, pixels.
_CAPITAL_PX = 21.0

_TAG_CAPITAL_PX = 8.0
_TAG_PAD_PX = 3

Color = tuple[int, int, int]


class Rectangle(NamedTuple):
    """A part of an image, pixels."""

    left: int
    top: int
    width: int
    height: int

    def overlaps(self, other: Rectangle) -> bool:
        """Whether the two share a pixel."""
        apart = self.left >= other.left + other.width or other.left >= self.left + self.width
        return not (apart or self.top >= other.top + other.height or other.top >= self.top + self.height)


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


def tag_rectangle(image: Bytes, text: str, left_top: tuple[float, float]) -> Rectangle:
    """Where a small label above a point lies, moved into the image where it would leave it."""
    height, width = image.shape[:2]
    wide, tall = text_width(text, _TAG_CAPITAL_PX) + 2 * _TAG_PAD_PX, round(_TAG_CAPITAL_PX) + 2 * _TAG_PAD_PX
    left = int(np.clip(round(left_top[0]), 0, max(0, width - wide)))
    top = int(np.clip(round(left_top[1]) - tall - 1, 0, max(0, height - tall)))
    return Rectangle(left, top, wide, tall)


def draw_tag(image: Bytes, text: str, place: Rectangle, color: Color) -> None:
    """Draw a small label on a coloured ground."""
    corner = (place.left + place.width - 1, place.top + place.height - 1)
    cv2.rectangle(image, (place.left, place.top), corner, color, cv2.FILLED)
    base = (place.left + _TAG_PAD_PX, corner[1] - _TAG_PAD_PX)
    draw_text(image, text, base, _TAG_CAPITAL_PX, INK)


def _scale(capital_px: float) -> tuple[float, int]:
    return capital_px / _CAPITAL_PX, max(1, round(capital_px / 12))
