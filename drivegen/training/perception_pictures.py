"""Pictures of what a perception net finds in held-out frames."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from drivegen.core import CATEGORIES
from drivegen.core.arrays import Bytes
from drivegen.drawing import CATEGORY_COLOR, contact_sheet, enlarge
from drivegen.models.perception import PerceptionNet, detections_of
from drivegen.training.perception_arrays import CONDITIONED, PerceptionArrays
from drivegen.training.perception_batches import to_images
from drivegen.training.pictures import Painter

_FACTOR = 2
_MIN_SCORE = 0.3
_LABEL_COLOUR = (255, 255, 255)


def paint_perception(net: PerceptionNet, arrays: PerceptionArrays, rows: np.ndarray) -> Painter:
    """Some frames, above the same with the labels in white and what the net finds in the colours of the classes."""
    frames = np.array(arrays.frames[rows])

    def paint(device: torch.device) -> Bytes:
        outputs = net.forward_frames(to_images(frames).to(device))
        plain = [enlarge(frame, _FACTOR) for frame in frames]
        boxed = []
        for place, row in enumerate(rows):
            image = plain[place].copy()
            counts = arrays.role[row] >= CONDITIONED
            for box in arrays.boxes_px[row][counts]:
                _rectangle(image, box, _LABEL_COLOUR)
            detections = detections_of(outputs, place, arrays.image_size, min_score=_MIN_SCORE)
            for box, category in zip(detections.boxes_px, detections.category_ids, strict=True):
                _rectangle(image, box, CATEGORY_COLOR[CATEGORIES[category]])
            boxed.append(image)
        return contact_sheet([*plain, *boxed], columns=len(rows), title="held out; labels white, detections coloured")

    return paint


def _rectangle(image: Bytes, box_px: np.ndarray, colour: tuple[int, int, int]) -> None:
    x_min, y_min, x_max, y_max = (round(float(value) * _FACTOR) for value in box_px)
    cv2.rectangle(image, (x_min, y_min), (x_max - 1, y_max - 1), colour, 1)
