"""The figures of docs/results/video_ldm.json: every tool that measures a part of Video LDM puts its own there.

    {section: {name: {"value", "unit", "count", "seed", "interval": [low, high] | null}}}

A section's pictures lie beside the file as `video_ldm_SECTION.png` or `video_ldm_SECTION_WORDS.png`. The page is made
of both by tools/video_ldm_page.py.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).resolve().parents[1] / "docs" / "results"
VIDEO_LDM: Final = RESULTS / "video_ldm.json"
SECTIONS: Final = (
    "autoencoder",
    "decoder",
    "image",
    "temporal",
    "prediction",
    "interpolation",
    "upsampler",
    "guidance",
    "noise",
    "recipe",
    "from_scratch",
    "ablation",
)

Value = float | int | bool | str
FigureRow = dict[str, Any]


def figure(
    value: Value,
    unit: str,
    count: int | None = None,
    seed: int | None = None,
    interval: tuple[float, float] | None = None,
) -> FigureRow:
    """One measured value.

    Args:
        count: how many clips, frames or runs it rests on.
        seed: of what was random in it.
        interval: its 95 % interval.
    """
    low_high = None if interval is None else [_number(end) for end in interval]
    return {"value": _number(value), "unit": unit, "count": count, "seed": seed, "interval": low_high}


def put(path: Path, section: str, figures: Mapping[str, Mapping[str, Any]], *, anew: bool = False) -> None:
    """Put figures into a section. Others of the section stay, and so do other sections; the file is whole at any time.

    Args:
        path: the JSON file; made if missing.
        section: one of SECTIONS.
        figures: by name, each as `figure` makes it; a missing count, seed or interval is null.
        anew: the section's old figures go.

    Raises:
        ValueError: there is no such section; a figure lacks its value or unit, or has a field that no figure has.
    """
    if section not in SECTIONS:
        raise ValueError(f"no section {section!r}: one of {', '.join(SECTIONS)}")
    rows = {name: _checked(name, row) for name, row in figures.items()}
    with _locked(path.parent):
        held = read(path)
        held[section] = rows if anew else {**held.get(section, {}), **rows}
        ordered = {name: held[name] for name in SECTIONS if name in held}
        temporary = path.with_name(f".{path.name}.partial")
        temporary.write_text(json.dumps(ordered, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        temporary.replace(path)


def read(path: Path) -> dict[str, dict[str, FigureRow]]:
    """The figures by section and name; nothing when there is no file."""
    if not path.is_file():
        return {}
    held: dict[str, dict[str, FigureRow]] = json.loads(path.read_text(encoding="utf-8"))
    return held


def _checked(name: str, row: Mapping[str, Any]) -> FigureRow:
    if unknown := set(row) - {"value", "unit", "count", "seed", "interval"}:
        raise ValueError(f"figure {name!r}: unknown fields {sorted(unknown)}")
    if missing := {"value", "unit"} - set(row):
        raise ValueError(f"figure {name!r}: lacks {sorted(missing)}")
    return figure(row["value"], row["unit"], row.get("count"), row.get("seed"), row.get("interval"))


def _number(value: Any) -> Any:
    """NumPy's and torch's scalars as Python's; floats to five digits, which is more than any of them is worth."""
    plain = value.item() if hasattr(value, "item") else value
    return float(f"{plain:.5g}") if isinstance(plain, float) else plain


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Two tools may finish at the same time; the folder itself is the lock, so that none is left behind."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
