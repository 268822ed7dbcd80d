"""A frame with the boxes of its labels and of what a judge found."""

from __future__ import annotations

import cv2
import numpy as np

from drivegen.core import CATEGORIES, Detections, FrameLabels
from drivegen.core.arrays import Bytes
from drivegen.drawing import CATEGORY_COLOR

# Detections below it are not drawn.
MIN_SCORE = 0.3
_WHITE = (255, 255, 255)


def overlay(frame: Bytes, labels: FrameLabels, found: Detections) -> Bytes:
    """Scored labels as white boxes, confident detections in the colours of their classes; sizes in px of `frame`."""
    image = frame.copy()
    for box in labels.visible_px[labels.scored]:
        _rectangle(image, box, _WHITE)
    sure = found[found.scores >= MIN_SCORE]
    for box, category in zip(sure.boxes_px, sure.category_ids, strict=True):
        _rectangle(image, box, CATEGORY_COLOR[CATEGORIES[category]])
    return image


def _rectangle(image: Bytes, box_px: np.ndarray, colour: tuple[int, int, int]) -> None:
    x_min, y_min, x_max, y_max = (round(float(value)) for value in box_px)
    cv2.rectangle(image, (x_min, y_min), (x_max - 1, y_max - 1), colour, 1)
