"""A contact sheet of recorded frames with their boxes, small enough for a page.

python tools/overlay_sheet.py ROOT OUT.png "title with attribution" [FRAME ...]
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
from PIL import Image

from drivegen.core import DrivegenError, LabelPolicy, label_frame
from drivegen.core.arrays import Bytes
from drivegen.drawing import CATEGORY_COLOR, contact_sheet, draw_boxes
from drivegen.nuscenes_format import NuScenesRoot

WIDTH_PX = 480
# Drawn at twice the size and averaged down: lines stay thin.
_DRAWN_AT = 2
COLORS = 112


def overlay_sheet(root: Path, title: str, frames: Sequence[int]) -> Bytes:
    """Frames of the first camera of the first scene, with the boxes interpolated to their times.

    Args:
        root: a nuScenes root.
        title: line above the frames.
        frames: their indices among the camera's images.
    """
    recorded = NuScenesRoot(root)
    scenario = recorded.scenario(recorded.scenes[0])
    name, camera = next(iter(scenario.cameras.items()))
    refs = recorded.frame_refs(scenario.scenario_id, name)
    width, height = WIDTH_PX, round(WIDTH_PX * camera.size[0] / camera.size[1])
    drawn = (height * _DRAWN_AT, width * _DRAWN_AT)
    images, captions = [], []
    for ref in (refs[index] for index in frames):
        frame = cv2.resize(recorded.read_frame(ref), drawn[::-1], interpolation=cv2.INTER_AREA)
        labels = label_frame(scenario, camera.resize(drawn), ref.timestamp_us, LabelPolicy())
        image = draw_boxes(frame, labels, thickness=_DRAWN_AT)
        images.append(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))
        kind = "key frame" if ref.is_key_frame else "sweep"
        captions.append(f"frame {ref.index}, {kind}, {len(labels)} boxes")
    return contact_sheet(images, columns=3, captions=captions, title=title)


def few_colors(sheet: Bytes) -> Image.Image:
    """The sheet with a palette: the photographs' usual colours, and those of the boxes, which are rare in it."""
    picture = Image.fromarray(sheet)
    usual = picture.quantize(COLORS, method=Image.Quantize.MEDIANCUT).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette(usual[: 3 * COLORS] + [value for color in CATEGORY_COLOR.values() for value in color])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def main(arguments: Sequence[str]) -> int:
    """Write the sheet as a PNG of few colours; 0 when it could be made."""
    if len(arguments) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    root, out, title = Path(arguments[0]), Path(arguments[1]), arguments[2]
    frames = [int(text) for text in arguments[3:]] or [0, 3, 27, 45, 52, 79]
    try:
        sheet = overlay_sheet(root, title, frames)
    except DrivegenError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    buffer = io.BytesIO()
    few_colors(sheet).save(buffer, format="PNG", optimize=True)
    temporary = out.with_name(f".{out.name}.tmp")
    temporary.write_bytes(buffer.getvalue())
    temporary.replace(out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
