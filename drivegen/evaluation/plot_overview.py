"""The picture that tells at a glance how far generated clips are from reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from drivegen.evaluation.card import GENERATED, REFERENCE, SETS, Card, Figure, Row
from drivegen.evaluation.page import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

# The scale ends here; what is worse is drawn at its end and told in numbers.
WORST: Final = 100.0
BEST: Final = 0.4


def draw_overview(card: Card, colours: Mapping[str, str]) -> Canvas:
    """Headline measures on one scale: how many times worse than reference, 1 being as good as it.

    Distances are over their floor, errors over those on reference, agreement and AP50 the other way round.
    """
    from drivegen.evaluation.plots import INK, PAPER, new_canvas

    rows = [row for row in card.rows if row.headline]
    canvas = new_canvas(10.5, 1.5 + 0.36 * len(rows))
    axes = canvas.add_subplot()
    axes.set_facecolor(PAPER)
    axes.axvspan(BEST, 1.0, color=colours[REFERENCE], alpha=0.08, linewidth=0)
    axes.axvline(1.0, color=colours[REFERENCE], linewidth=1.6)
    shown = [name for name in SETS if name in card.sets and name != REFERENCE]
    for place, row in enumerate(rows):
        axes.axhline(place, color="#dddddd", linewidth=0.6, zorder=0)
        _dots(axes, row, place, shown, colours)
        axes.text(1.02, place, _numbers(row), transform=axes.get_yaxis_transform(), fontsize=8, va="center", color=INK)
    axes.set_xscale("log")
    axes.set_xlim(BEST, WORST * 1.15)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    ticks = [0.5, 1, 2, 5, 10, 20, 50, 100]
    axes.set_xticks(ticks, ["0.5", "1\nas reference", *(f"{tick:g}" for tick in ticks[2:-1]), "100+"], fontsize=8)
    axes.minorticks_off()
    axes.set_yticks(range(len(rows)), [row.title for row in rows], fontsize=9)
    axes.set_xlabel("times worse than reference (logarithmic); left of 1: better, or flattering the judge", fontsize=8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    facts = card.sets
    title = f"{facts[GENERATED].name}: {facts[GENERATED].clips} clips against {facts[REFERENCE].clips} of reference"
    axes.set_title(title, fontsize=11, loc="left", color=INK)
    head = "generated   [reference]"
    axes.text(
        1.02, -0.75, head, transform=axes.get_yaxis_transform(), fontsize=8, va="center", color=INK, weight="bold"
    )
    _legend(canvas, axes, shown, colours)
    return canvas


def times_worse(row: Row, figure: Figure) -> tuple[float, float, float] | None:
    """A figure over that of reference, as times worse, with bounds; None where it has no such meaning."""
    if figure.value is None or figure.value < 0 or row.better == "like_reference":
        return None
    low, high = figure.interval or (figure.value, figure.value)
    if row.better == "lower":
        return figure.value, low, high
    smallest = 1.0 / (10.0 * WORST)
    return 1.0 / max(figure.value, smallest), 1.0 / max(high, smallest), 1.0 / max(low, smallest)


def _dots(axes: Axes, row: Row, place: int, shown: Sequence[str], colours: Mapping[str, str]) -> None:
    drawn = False
    for index, name in enumerate(shown):
        found = times_worse(row, row.over_reference[name]) if name in row.over_reference else None
        if found is None:
            continue
        drawn = True
        y = place + 0.16 * (index - (len(shown) - 1) / 2)
        value, low, high = (min(max(x, BEST), WORST) for x in found)
        axes.plot([low, high], [y, y], color=colours[name], linewidth=2.2, alpha=0.55, solid_capstyle="butt")
        marker = ">" if found[0] > WORST else "o"
        axes.plot([value], [y], marker, color=colours[name], markersize=7 if name == GENERATED else 5)
    if not drawn:
        reference = row.figures.get(REFERENCE)
        why = "no ratio: reference is at 0" if reference and reference.value == 0 else "not measurable"
        why = row.note if row.note.startswith("not measurable") else why
        axes.text(1.1, place, why, fontsize=8, va="center", style="italic", color=colours[REFERENCE])


def _numbers(row: Row) -> str:
    """The figures themselves, as in: 0.52 [0.81]."""
    generated, reference = (row.figures.get(name) for name in (GENERATED, REFERENCE))
    known = [f"{number(f.value)}" if f is not None and f.value is not None else "-" for f in (generated, reference)]
    unit = f" {row.unit}" if row.unit else ""
    return f"{known[0]}   [{known[1]}]{unit}"


def _legend(canvas: Canvas, axes: Axes, shown: Sequence[str], colours: Mapping[str, str]) -> None:
    for name in shown:
        axes.plot([], [], "o", color=colours[name], label=name)
    axes.plot([], [], "-", color=colours[REFERENCE], linewidth=1.6, label="reference, or its floor")
    canvas.legend(frameon=False, fontsize=8, loc="outside lower center", ncol=len(shown) + 1)
