"""Figures of the results pages: what was measured, as JSON beside a page and as a table in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from drivegen.core import stream
from drivegen.core.arrays import Floats


@dataclass(frozen=True)
class Figure:
    """One measured value, as a results file holds it."""

    value: float | bool | str
    unit: str
    count: int | None = None
    seed: int | None = None
    interval_95: tuple[float, float] | None = None


Figures = dict[str, Figure]


def write_figures(path: Path, figures: Figures, group: str | None = None) -> None:
    """Write figures by name; what is None is left out.

    Args:
        group: what was measured; the file's other groups stay, and this one's old figures go. None writes all anew.
    """
    old = read_rows(path) if group is not None and path.is_file() else {}
    rows: dict[str, dict[str, Any]] = {key: row for key, row in old.items() if row.get("group") != group}
    for key, figure in figures.items():
        rows[key] = {k: v for k, v in vars(figure).items() if v is not None} | ({"group": group} if group else {})
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    temporary.replace(path)


def read_rows(path: Path) -> dict[str, dict[str, Any]]:
    """The figures of a results file, by name."""
    rows: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return rows


def replace_section(page: Path, name: str, lines: Sequence[str]) -> None:
    """Put lines between `<!-- NAME -->` and `<!-- end of NAME -->` of a page."""
    begins, ends = f"<!-- {name} -->", f"<!-- end of {name} -->"
    text = page.read_text(encoding="utf-8")
    if begins not in text or ends not in text:
        raise ValueError(f"{page} has no section {name!r}")
    head, _, rest = text.partition(begins)
    page.write_text("\n".join([head + begins, *lines, ends]) + rest.partition(ends)[2], encoding="utf-8")


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """A Markdown table; None is an empty cell."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return lines + ["| " + " | ".join("" if c is None else str(c) for c in row) + " |" for row in rows]


def wilson(hits: int, count: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    if count == 0:
        return (0.0, 1.0)
    z, share = 1.959964, hits / count
    centre, spread = share + z * z / (2 * count), z * float(np.sqrt(share * (1 - share) / count + (z / count) ** 2 / 4))
    scale = 1 + z * z / count
    # Rounding may leave minus nothing.
    return (max(0.0, round((centre - spread) / scale, 4)), min(1.0, round((centre + spread) / scale, 4)))


def bootstrap_of_means(groups: Sequence[Floats], seed: int, draws: int = 1000) -> tuple[float, float]:
    """95 % interval of the mean of all values, drawing whole groups (scenes) with replacement."""
    sums, counts = (np.array([f(g) for g in groups], dtype=np.float64) for f in (np.sum, len))
    chosen = stream(seed, "bootstrap").integers(0, len(groups), (draws, len(groups)))
    means = sums[chosen].sum(axis=1) / np.maximum(counts[chosen].sum(axis=1), 1)
    low, high = np.quantile(means, [0.025, 0.975])
    return (round(float(low), 4), round(float(high), 4))
