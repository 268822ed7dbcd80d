"""Makes a contact sheet small enough for a page: fewer pixels, 256 colours.

    python tools/small_png.py IN.png OUT.png [WIDTH]

WIDTH is the widest that the picture may be, in pixels (default 900).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from drivegen.core.arrays import Bytes

WIDTH_PX = 900


def write_small_png(path: Path, sheet: Bytes, width_px: int = WIDTH_PX) -> None:
    """Write a sheet (H, W, 3) at most `width_px` wide, with a palette."""
    picture = Image.fromarray(sheet)
    if picture.width > width_px:
        picture = picture.resize((width_px, round(picture.height * width_px / picture.width)), Image.Resampling.LANCZOS)
    path.parent.mkdir(parents=True, exist_ok=True)
    palette = picture.quantize(256, method=Image.Quantize.MEDIANCUT)
    # Dithered: dusk skies would fall into bands.
    picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)


def main(arguments: Sequence[str]) -> int:
    """0 when the picture could be made, 2 for bad usage."""
    if len(arguments) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    width_px = int(arguments[2]) if len(arguments) == 3 else WIDTH_PX
    write_small_png(Path(arguments[1]), np.asarray(Image.open(arguments[0]).convert("RGB")), width_px)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
