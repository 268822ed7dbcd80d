"""Measures renderers on the same geometry and writes docs/decisions/0003-renderer.json, its tables and a picture.

    uv pip install --target out/renderers panda3d moderngl
    python tools/renderer_choice.py [extra=out/renderers] [seconds=2] [out=docs/decisions]

`extra` is a folder with the packages that the project does not depend on; candidates whose package is not there are
left out with a word of it. `seconds` is how long each timing runs. Needs about two minutes.
"""

from __future__ import annotations

import importlib
import os
import statistics
import sys
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import cv2
import numpy as np
from figures import Figure, Figures, read_rows, replace_section, table, write_figures
from renderer_candidates import Candidate
from renderer_soup import Eye, Soup, crossing, exact_faces, inner, street
from small_png import write_small_png

from drivegen.core import ConfigError, DrivegenError
from drivegen.core.arrays import Bytes
from drivegen.drawing import contact_sheet

HERE = Path(__file__).parents[1]
CANDIDATES = {
    "painter": ("renderer_candidates", "Painter"),
    "numpy": ("renderer_candidates", "NumpyBuffer"),
    "panda3d": ("renderer_panda", "Panda"),
    "moderngl": ("renderer_moderngl", "ModernGL"),
    "numba": ("renderer_world", "WorldRaster"),
}
TRIANGLES = (400, 2000, 8000)
SIZES = ((128, 256), (320, 576), (512, 1024))
SUPERSAMPLE = 2
SEED = 0
# What no measurement says: whether a pip install alone suffices on a machine without a screen.
SYSTEM_LIBRARIES = {"painter": "none", "numpy": "none", "panda3d": "none", "moderngl": "libEGL, Mesa", "numba": "none"}


def main(arguments: Sequence[str]) -> None:
    """Measure every candidate that runs here."""
    options = dict(argument.split("=", 1) for argument in arguments)
    unknown = set(options) - {"extra", "seconds", "out"}
    if unknown:
        raise ConfigError("unknown option", where=", ".join(sorted(unknown)))
    if "extra" in options:
        sys.path.append(str(Path(options["extra"]).resolve()))
    cv2.setNumThreads(1)
    # Mesa's rasteriser takes all cores otherwise; the others take one.
    os.environ.setdefault("LP_NUM_THREADS", "1")
    out = Path(options.get("out", str(HERE / "docs" / "decisions")))
    made, figures = make_candidates()
    for name, candidate in made.items():
        figures |= occlusion(name, candidate) | install(name, candidate)
        figures |= speed(name, candidate, float(options.get("seconds", "2")))
        print(f"{name}: measured")
    write_picture(out / "0003-renderer.png", made)
    write_figures(out / "0003-renderer.json", figures)
    if (out / "0003-renderer.md").is_file():
        write_tables(out / "0003-renderer.md", out / "0003-renderer.json", made)


def make_candidates() -> tuple[dict[str, Candidate], Figures]:
    """The candidates that run here, and why the others do not."""
    made: dict[str, Candidate] = {}
    figures: Figures = {}
    for name, (module, kind) in CANDIDATES.items():
        try:
            made[name] = getattr(importlib.import_module(module), kind)()
            figures[f"{name}_runs"] = Figure(getattr(made[name], "device", "yes"), "here")
        except (ImportError, RuntimeError) as problem:
            text = "not installed" if isinstance(problem, ImportError) else str(problem)
            figures[f"{name}_runs"] = Figure(text, "here")
            print(f"{name}: {text}")
    return made, figures


def occlusion(name: str, candidate: Candidate) -> Figures:
    """How many samples show another quad than the nearest, on a street and where quads run through one another."""
    figures: Figures = {}
    eye = Eye((0.0, 0.0, 1.5), (256, 512))
    for place, soup in (("street", street(TRIANGLES[0])), ("crossing", crossing())):
        exact = exact_faces(soup, eye)
        wrong = candidate.faces(soup, eye) != exact
        # Edges shift by a sample with the rule for rounding; inside faces every difference is a wrong order.
        within = inner(exact)
        share = round(float(wrong[within].mean()), 6)
        figures[f"{name}_wrong_{place}"] = Figure(share, "share of samples inside faces", int(within.sum()), SEED)
        figures[f"{name}_wrong_{place}_with_edges"] = Figure(
            round(float(wrong.mean()), 6), "share of all samples", wrong.size, SEED
        )
    return figures


def speed(name: str, candidate: Candidate, seconds: float) -> Figures:
    """Milliseconds for a picture: drawn at twice the size, averaged down; the camera moves on between pictures."""
    figures: Figures = {}
    for triangles in TRIANGLES:
        soup = street(triangles)
        for height, width in SIZES:
            times = _times(candidate, soup, (height, width), seconds)
            key = f"{name}_ms_{height}x{width}_{triangles}"
            spread = (round(min(times), 3), round(max(times), 3))
            figures[key] = Figure(round(statistics.median(times), 3), "ms (median; range)", len(times), SEED, spread)
    return figures


def _times(candidate: Candidate, soup: Soup, size: tuple[int, int], seconds: float) -> list[float]:
    grid = (size[0] * SUPERSAMPLE, size[1] * SUPERSAMPLE)
    times: list[float] = []
    began = time.perf_counter()
    # The first picture compiles, uploads and allocates: it does not count.
    for step in range(1000):
        start = time.perf_counter()
        picture = candidate.draw(soup, Eye((0.1 * (step % 50), 0.0, 1.5), grid))
        cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA)
        if step > 0:
            times.append(1e3 * (time.perf_counter() - start))
        else:
            began = time.perf_counter()
        if len(times) >= 3 and time.perf_counter() - began > seconds:
            break
    return times


def install(name: str, candidate: Candidate) -> Figures:
    """Size and licence of what it needs beyond the project's other dependencies."""
    size, licences = 0, []
    for package in candidate.packages:
        distribution = metadata.distribution(package)
        paths = [Path(str(distribution.locate_file(file))) for file in distribution.files or ()]
        size += sum(path.stat().st_size for path in paths if path.is_file() and path.suffix != ".pyc")
        text = distribution.metadata["License-Expression"] or distribution.metadata["License"] or "see package"
        licences.append(f"{package} {text.splitlines()[0]}")
    return {
        f"{name}_install_mb": Figure(round(size / 1e6, 1), "MB on disk beyond the project's other dependencies"),
        f"{name}_licence": Figure(", ".join(licences) or "already a dependency", "licence"),
        f"{name}_shading": Figure(candidate.note, "what a picture can be made with"),
    }


def write_picture(path: Path, made: dict[str, Candidate]) -> None:
    """The street and the crossing quads by each candidate; samples inside faces that show the wrong one in red."""
    images, captions = [], []
    eye = Eye((0.0, 0.0, 1.5), (192, 384))
    for place, soup in (("street", street(TRIANGLES[1])), ("crossing", crossing())):
        exact = exact_faces(soup, eye)
        within = inner(exact)
        for name, candidate in made.items():
            picture = candidate.draw(soup, eye)[..., :3].copy()
            wrong = (candidate.faces(soup, eye) != exact) & within
            images.append(_marked(picture, wrong))
            captions.append(f"{name}, {place}: {wrong.sum() / within.sum():.2%} wrong")
    title = "The same quads by each renderer; wrongly coloured samples inside faces are red"
    write_small_png(path, contact_sheet(images, columns=len(made), captions=captions, title=title), 1500)


def _marked(picture: Bytes, wrong: np.ndarray) -> Bytes:
    dim = (picture * 0.55).astype(np.uint8)
    dim[wrong] = (255, 30, 30)
    return dim


def write_tables(page: Path, results: Path, made: dict[str, Candidate]) -> None:
    """Put the tables of the note between its marks."""
    rows = read_rows(results)
    header = ["candidate", *(f"{h}x{w}, {n}" for h, w in SIZES for n in TRIANGLES)]
    keys = [f"ms_{h}x{w}_{n}" for h, w in SIZES for n in TRIANGLES]
    body = [[made[name].label, *(f"{rows[f'{name}_{key}']['value']:.1f}" for key in keys)] for name in made]
    replace_section(page, "speed", table(header, body))
    facts = []
    for name, candidate in made.items():
        wrong = [f"{rows[f'{name}_wrong_{place}']['value']:.3%}" for place in ("street", "crossing")]
        tail = [rows[f"{name}_{key}"]["value"] for key in ("install_mb", "licence", "shading")]
        facts.append(
            [candidate.label, *wrong, tail[0], SYSTEM_LIBRARIES[name], *tail[1:], rows[f"{name}_runs"]["value"]]
        )
    header = ["candidate", "wrong, street", "wrong, crossing", "MB", "system libraries", "licence", "shading", "here"]
    replace_section(page, "facts", table(header, facts))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except DrivegenError as problem:
        sys.exit(f"renderer_choice: {problem}")
