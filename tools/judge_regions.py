"""What the judge errs about: the labels that it finds least, and the decoys that it takes most for objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from small_png import write_small_png

from drivegen.core.arrays import Bytes, Floats
from drivegen.drawing import contact_sheet

COLUMNS, ROWS = 8, 3
SIDE_PX, WIDTH_PX = 120, 1000
# As much of the frame around a box as the judge itself sees, and a little more.
CONTEXT, LEAST_PX = 2.5, 16.0
COLOR = (255, 210, 0)


@dataclass
class Worst:
    """The boxes of one kind that the judge errs about most.

    Attributes:
        title: of the sheet.
        sign: 1 keeps the most confident, -1 the least.
    """

    title: str
    sign: float
    kept: list[tuple[float, Bytes, str]] = field(default_factory=list)

    def see(self, frame: Bytes, boxes_px: Floats, confidence: Floats, words: str) -> None:
        """Look at the boxes (N, 4) of a frame; at most one of them is kept, for not all are to be of one frame."""
        if not len(boxes_px):
            return
        worst = int((self.sign * confidence).argmax())
        caption = f"{confidence[worst]:.2f} {words}"
        self.kept.append((self.sign * float(confidence[worst]), _cut(frame, boxes_px[worst]), caption))
        self.kept = sorted(self.kept, key=lambda one: -one[0])[: COLUMNS * ROWS]

    def sheet(self) -> Bytes:
        """The boxes as squares, the worst first."""
        _, pictures, captions = zip(*self.kept, strict=True)
        return contact_sheet(pictures, columns=COLUMNS, captions=captions, title=self.title)


def write_worst(path: Path, *kinds: Worst) -> None:
    """The sheets of some kinds below one another, as one picture."""
    sheets = [kind.sheet() for kind in kinds if kind.kept]
    width = max(sheet.shape[1] for sheet in sheets)
    padded = [np.pad(sheet, ((0, 0), (0, width - sheet.shape[1]), (0, 0)), constant_values=255) for sheet in sheets]
    write_small_png(path, np.concatenate(padded), WIDTH_PX)


def _cut(frame: Bytes, box: Floats) -> Bytes:
    """A square of the frame (H, W, 3) around a box (4,), with the box drawn into it."""
    centre = (box[:2] + box[2:]) / 2
    side = max(LEAST_PX, CONTEXT * float((box[2:] - box[:2]).max()))
    scale = SIDE_PX / side
    shift = SIDE_PX / 2 - scale * centre
    affine = np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])
    square = cv2.warpAffine(frame, affine, (SIDE_PX, SIDE_PX), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    low, high = (tuple(round(float(x)) for x in scale * corner + shift) for corner in (box[:2], box[2:]))
    return np.asarray(cv2.rectangle(np.ascontiguousarray(square), low, high, COLOR, 1), dtype=np.uint8)
