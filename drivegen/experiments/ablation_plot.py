"""The picture of an ablation: distances of every arm and seed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from drivegen.experiments.ablation_arms import Arm
from drivegen.experiments.ablation_comparison import MEASURES, Row

# Okabe and Ito's colours, told apart by all eyes.
_COLOURS = {
    Arm.OURS: "#0072B2",
    Arm.CONTEXT_GUIDED: "#56B4E9",
    Arm.ATTENTION_ONLY: "#E69F00",
    Arm.END_TO_END: "#D55E00",
    Arm.PIXEL: "#009E73",
}


def draw_distances(path: Path, rows: Sequence[Row]) -> None:
    """Write a PNG: a panel for videos and one for images."""
    figure = Figure(figsize=(10.0, 3.6), layout="constrained")
    # Without pyplot nothing global is touched, and no display is needed.
    FigureCanvasAgg(figure)
    for axes, measure in zip(figure.subplots(1, len(MEASURES)), MEASURES, strict=True):
        _draw(axes, [row for row in rows if row.measure == measure])
        axes.set_ylabel(f"Frechet {measure} distance (dots: seeds; bars: 95 % interval)", fontsize=8)
    temporary = path.with_name(path.name + ".partial")
    figure.savefig(temporary, format="png", dpi=120, metadata={"Software": None})
    temporary.replace(path)


def _draw(axes: Axes, rows: Sequence[Row]) -> None:
    for place, row in enumerate(rows):
        colour = _COLOURS[row.arm]
        if row.distance.measurable:
            axes.plot([place, place], [row.distance.low, row.distance.high], color=colour, linewidth=6, alpha=0.3)
        axes.plot(np.full(len(row.by_seed), place), row.by_seed, "o", color=colour, markersize=5)
    axes.set_xticks(range(len(rows)), [row.arm.words.replace(" ", "\n") for row in rows])
    axes.tick_params(labelsize=8)
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", alpha=0.3)
