"""The picture of `drivegen prove`: every run of every training set, and what adding generated clips changes where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from drivegen.evaluation.average_precision import ALL
from drivegen.experiments.arms import CONTRASTS, Arm
from drivegen.experiments.cells import is_crossing, words_of
from drivegen.experiments.comparison import ALL_CLASSES, Row

# Blue and its relatives for reference data, orange for generated (Okabe and Ito's colours, told apart by all eyes).
_COLOURS = {
    Arm.REFERENCE: "#0072B2",
    Arm.REFERENCE_REPEATED: "#56B4E9",
    Arm.GENERATED: "#E69F00",
    Arm.REFERENCE_AND_GENERATED: "#009E73",
}


def draw_plot(path: Path, rows: Sequence[Row], title: str) -> None:
    """Write a PNG; nothing when there is nothing to show."""
    shown = [row for row in rows if not is_crossing(row.key) and (row.key == ALL or row.category == ALL_CLASSES)]
    if not shown:
        return
    figure = Figure(figsize=(11.0, 1.6 + 0.3 * max(len(shown), 8)), layout="constrained")
    # Without pyplot nothing global is touched, and no display is needed.
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=9, wrap=True)
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.4))
    _draw_runs(left, rows[0])
    _draw_differences(right, shown)
    temporary = path.with_name(path.name + ".partial")
    figure.savefig(temporary, format="png", dpi=120, metadata={"Software": None})
    temporary.replace(path)


def _draw_runs(axes: Axes, row: Row) -> None:
    for place, arm in enumerate(Arm):
        value, runs = row.arms[arm], row.by_run[arm]
        if value.measurable:
            axes.plot([place, place], [value.low, value.high], color=_COLOURS[arm], linewidth=6, alpha=0.3)
        axes.plot(np.full(len(runs), place), runs, "o", color=_COLOURS[arm], markersize=5)
    axes.set_xticks(range(len(Arm)), [arm.words.replace(" + ", " +\n").replace(" rep", "\nrep") for arm in Arm])
    axes.tick_params(labelsize=8)
    axes.set_ylabel("AP50, all classes (dots: runs; bars: 95 % interval)", fontsize=8)
    axes.grid(axis="y", alpha=0.3)


def _draw_differences(axes: Axes, rows: Sequence[Row]) -> None:
    asked, noise, _ = CONTRASTS
    for place, row in enumerate(reversed(rows)):
        for contrast, colour, shift in ((asked, _COLOURS[asked.better], 0.13), (noise, "#999999", -0.13)):
            value = row.differences[contrast]
            if value.measurable:
                axes.plot([value.low, value.high], [place + shift] * 2, color=colour, linewidth=2)
                axes.plot([value.value], [place + shift], "o", color=colour, markersize=4)
    axes.plot([], [], "o-", color=_COLOURS[asked.better], label=asked.words)
    axes.plot([], [], "o-", color="#999999", label=f"{noise.words} (noise)")
    axes.axvline(0.0, color="black", linewidth=0.8)
    axes.set_yticks(range(len(rows)), [_name(row) for row in reversed(rows)])
    axes.tick_params(labelsize=8)
    axes.set_xlabel("difference of AP50 with 95 % interval", fontsize=8)
    # Above the axes: intervals leave no corner free.
    axes.legend(fontsize=7, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=2, frameon=False)
    axes.grid(axis="x", alpha=0.3)


def _name(row: Row) -> str:
    if row.key == ALL:
        return f"{row.category} ({row.labels})"
    return f"{words_of(row.key)} ({row.labels})"
