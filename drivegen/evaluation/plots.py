"""Pictures of a metric card, drawn from the card alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from drivegen.core import DataError
from drivegen.evaluation.card import GENERATED, PASSED, RECONSTRUCTED, REFERENCE, SETS, Card, Confusion, Curve, Figure
from drivegen.evaluation.control import CONTROL, SECTION
from drivegen.evaluation.plot_overview import draw_overview

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure as Canvas

COLOURS: Final = {REFERENCE: "#60646c", RECONSTRUCTED: "#3f8fd6", GENERATED: "#f08000", PASSED: "#2a9d5c"}
INK: Final = "#202226"
PAPER: Final = "#fafaf8"
_DPI = 110


def write_plots(card: Card, folder: Path) -> list[Path]:
    """Draw what the card holds: overview.png always, control.png, curves.png, drift.png, confusions.png with data.

    Raises:
        DataError: a picture cannot be written.
    """
    lag = [curve for curve in card.curves if curve.name in ("colour", "identity")]
    along = [curve for curve in card.curves if curve not in lag]
    plans: list[tuple[str, bool, Callable[[], Canvas]]] = [
        ("overview", True, lambda: draw_overview(card, COLOURS)),
        ("control", any(row.section == SECTION for row in card.rows), lambda: _control(card)),
        ("curves", bool(lag), lambda: _curves(lag, logarithmic=True)),
        ("drift", bool(along), lambda: _curves(along, logarithmic=False)),
        ("confusions", bool(card.confusions), lambda: _confusions(card.confusions)),
    ]
    paths = []
    for name, wanted, draw in plans:
        if wanted:
            paths.append(_save(draw(), folder / f"{name}.png"))
    return paths


def new_canvas(width: float, height: float) -> Canvas:
    """An empty figure of so many inches, without the state that pyplot keeps."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(width, height), dpi=_DPI, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(canvas)
    return canvas


def _control(card: Card) -> Canvas:
    """AP50 of each set by class, size, distance and ambience; what cannot be judged is pale."""
    rows = [row for row in card.rows if row.section == SECTION]
    shown = [name for name in SETS if name in card.sets]
    canvas = new_canvas(max(7.0, 1.2 + 0.24 * len(shown) * len(rows)), 4.2)
    axes = canvas.add_subplot()
    width = 0.8 / len(shown)
    for place, name in enumerate(shown):
        at = np.arange(len(rows)) + (place - (len(shown) - 1) / 2) * width
        figures = [row.figures.get(name) for row in rows]
        bars = axes.bar(at, [_value(f) for f in figures], width * 0.92, color=COLOURS[name], label=name)
        for bar, row in zip(bars, rows, strict=True):
            bar.set_alpha(1.0 if row.over_reference else 0.25)
        _whiskers(axes, at, figures)
    gate = card.settings["control"]["min_reference_ap"]
    axes.axhline(gate, color=INK, linewidth=0.8, linestyle=":", label="least AP50 of a judge")
    groups = [row.name.removeprefix(CONTROL).partition(":")[0] if ":" in row.name else "" for row in rows]
    for place in range(1, len(rows)):
        if groups[place] != groups[place - 1] or place == 1:
            axes.axvline(place - 0.5, color="#cccccc", linewidth=0.8)
    names = [row.name.removeprefix(CONTROL).replace("_", " ").replace(":", "\n", 1) for row in rows]
    axes.set_xticks(range(len(rows)), names, fontsize=8, rotation=30 if len(rows) > 12 else 0)
    axes.set_xlim(-0.6, len(rows) - 0.4)
    axes.set_ylim(0, 1.02)
    _style(axes, "Control: does the judge find what the labels say? Pale: not judged (see the card)", "", "AP50")
    canvas.legend(frameon=False, fontsize=8, ncol=len(shown) + 1, loc="outside lower center")
    return canvas


def _curves(curves: Sequence[Curve], *, logarithmic: bool) -> Canvas:
    """One panel per curve, one line per set with its interval as a band."""
    columns = min(2, len(curves))
    rows = -(-len(curves) // columns)
    canvas = new_canvas(5.2 * columns, 3.4 * rows)
    for place, curve in enumerate(curves):
        axes = canvas.add_subplot(rows, columns, place + 1)
        for name in (name for name in SETS if curve.lines.get(name)):
            points = [point for point in curve.lines[name] if point.figure.value is not None]
            x = [point.x for point in points]
            axes.plot(x, [_value(p.figure) for p in points], "o-", color=COLOURS[name], markersize=3, label=name)
            low, high = zip(*(p.figure.interval or (_value(p.figure),) * 2 for p in points), strict=True)
            axes.fill_between(x, low, high, color=COLOURS[name], alpha=0.15, linewidth=0)
        if logarithmic:
            _lag_axis(axes, [point.x for line in curve.lines.values() for point in line])
        if curve.name == "drift":
            axes.axhline(1.0, color=COLOURS[REFERENCE], linewidth=1.0, linestyle="--", label="floor")
            axes.set_yscale("log")
            _round_ticks(axes.yaxis, axes.get_ylim())
        _style(axes, curve.title, curve.x_title, curve.y_title)
        axes.legend(frameon=False, fontsize=8)
    return canvas


def _lag_axis(axes: Axes, seconds: Sequence[float]) -> None:
    """A logarithmic axis with round numbers."""
    axes.set_xscale("log")
    _round_ticks(axes.xaxis, (min(seconds), max(seconds)))


def _round_ticks(axis: Axis, limits: tuple[float, float]) -> None:
    """Numbers without exponents along a logarithmic axis."""
    ticks = [t * 10.0**e for e in range(-2, 5) for t in (1, 2, 5) if limits[0] <= t * 10.0**e <= limits[1]]
    axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_ticks([], minor=True)


def _confusions(confusions: Sequence[Confusion]) -> Canvas:
    """What clips of each class look like, per set: rows are labels, columns what the judge sees."""
    shown = [name for name in SETS if any(confusion.clips.get(name) for confusion in confusions)]
    canvas = new_canvas(3.0 * len(shown) + 0.6, 2.9 * len(confusions))
    for row, confusion in enumerate(confusions):
        for column, name in enumerate(shown):
            axes = canvas.add_subplot(len(confusions), len(shown), row * len(shown) + column + 1)
            _confusion(axes, confusion, name)
    return canvas


def _confusion(axes: Axes, confusion: Confusion, name: str) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    asked = [c for c in confusion.classes if c in confusion.clips.get(name, {})]
    shares = np.array([[confusion.shares[name][a][s] for s in confusion.classes] for a in asked])
    tint = LinearSegmentedColormap.from_list(name, ["#ffffff", COLOURS[name]])
    axes.imshow(shares.reshape(len(asked), len(confusion.classes)), cmap=tint, vmin=0, vmax=1, aspect="auto")
    for y, x in np.ndindex(*shares.shape):
        if shares[y, x] >= 0.005:
            ink = PAPER if shares[y, x] > 0.7 else INK
            bold = "bold" if asked[y] == confusion.classes[x] else "normal"
            axes.text(x, y, f"{100 * shares[y, x]:.0f}", ha="center", va="center", fontsize=8, weight=bold, color=ink)
    axes.set_xticks(range(len(confusion.classes)), confusion.classes, fontsize=8, rotation=30)
    counts = confusion.clips.get(name, {})
    axes.set_yticks(range(len(asked)), [f"{a} ({counts[a]})" for a in asked], fontsize=8)
    what = confusion.name.replace("_", " ")
    axes.set_title(f"{what}: {name}, %", fontsize=9, color=INK, loc="left")
    axes.set_ylabel("labelled (clips)", fontsize=8)
    axes.set_xlabel("seen by the judge", fontsize=8)
    axes.spines[:].set_color("#dddddd")


def _whiskers(axes: Axes, at: Any, figures: Sequence[Figure | None]) -> None:
    for x, figure in zip(at, figures, strict=True):
        if figure is not None and figure.interval is not None:
            axes.plot([x, x], figure.interval, color=INK, linewidth=0.9)


def _value(figure: Figure | None) -> float:
    return float("nan") if figure is None or figure.value is None else figure.value


def _style(axes: Axes, title: str, x_title: str, y_title: str) -> None:
    axes.set_title(title, fontsize=10, loc="left", color=INK)
    axes.set_xlabel(x_title, fontsize=8)
    axes.set_ylabel(y_title, fontsize=8)
    axes.tick_params(labelsize=8)
    axes.set_facecolor(PAPER)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _save(canvas: Canvas, path: Path) -> Path:
    try:
        canvas.savefig(path, metadata={"Software": None})
    except OSError as error:
        raise DataError("picture cannot be written", where=path, got=error.strerror or error) from error
    return path
