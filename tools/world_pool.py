"""Work over the scenes of a world in several processes, with results in order."""

from __future__ import annotations

import io
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

import cv2
import numpy as np
from PIL import Image

from drivegen.core.arrays import Bytes
from drivegen.drawing import CATEGORY_COLOR

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")
# Under way at once per process: results come in order, and memory stays flat.
_AHEAD = 3
# Of a sheet's palette, besides those of the boxes.
COLORS = 240
# Sum of the differences of three channels up to which a pixel has a box's colour.
_ALIKE = 18


def over(function: Callable[[_Task], _Result], tasks: Iterable[_Task], name: str, workers: int = 0) -> list[_Result]:
    """The function of every task, in order; says how far it is.

    Args:
        function: of a module (it is called in other processes).
        workers: processes; 0 takes one per core, 1 none but this.
    """
    tasks = list(tasks)
    results: list[_Result] = []
    for result in _results(function, tasks, workers or os.cpu_count() or 1):
        results.append(result)
        if len(results) % max(1, len(tasks) // 10) == 0:
            print(f"{name}: {len(results)} of {len(tasks)}", flush=True)
    return results


def _results(function: Callable[[_Task], _Result], tasks: list[_Task], workers: int) -> Iterator[_Result]:
    if workers == 1:
        yield from map(function, tasks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=one_thread) as pool:
        waiting = []
        for task in tasks:
            waiting.append(pool.submit(function, task))
            if len(waiting) >= _AHEAD * workers:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


def one_thread() -> None:
    """Keep OpenCV to one thread: cores are used by processes."""
    cv2.setNumThreads(1)


def encoded_png(sheet: Bytes, width_px: int, limit_bytes: int) -> Image.Image:
    """A sheet (H, W, 3) with a palette, as wide as it may be and no larger than a file of `limit_bytes`."""
    picture = Image.fromarray(sheet)
    for width in range(min(width_px, picture.width), 400, -100):
        smaller = picture
        if width < picture.width:
            size = (width, round(picture.height * width / picture.width))
            smaller = picture.resize(size, Image.Resampling.LANCZOS)
        for colors, dither in (
            (COLORS, Image.Dither.FLOYDSTEINBERG),
            (COLORS, Image.Dither.NONE),
            (128, Image.Dither.NONE),
        ):
            small = _with_palette(smaller, colors, dither)
            if png_bytes(small) <= limit_bytes:
                return small
    return small


def _with_palette(picture: Image.Image, colors: int, dither: Image.Dither) -> Image.Image:
    """The picture in its own usual colours; those of boxes, rare in it, stay what they are and colour nothing else."""
    usual = picture.quantize(colors, method=Image.Quantize.MEDIANCUT, kmeans=8)
    index = np.array(picture.quantize(palette=usual, dither=dither))
    values = np.asarray(picture).astype(np.int16)
    boxes = list(CATEGORY_COLOR.values())
    for number, color in enumerate(boxes):
        index[np.abs(values - np.array(color, np.int16)).sum(axis=-1) < _ALIKE] = COLORS + number
    small = Image.fromarray(index.astype(np.uint8), mode="P")
    own = (usual.getpalette() or [])[: 3 * COLORS]
    small.putpalette(own + [0] * (3 * COLORS - len(own)) + [value for color in boxes for value in color])
    return small


def png_bytes(picture: Image.Image) -> int:
    """Size of the picture as a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    return len(buffer.getvalue())


def percentiles(values: Iterable[float], at: tuple[int, ...] = (10, 50, 90)) -> list[float]:
    """Rounded percentiles; nan of nothing."""
    array = np.asarray(list(values), dtype=np.float64)
    return [round(float(np.percentile(array, p)), 2) if len(array) else float("nan") for p in at]
