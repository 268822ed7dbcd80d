"""Rows of the card: does the judge find in generated frames what it finds in reference frames of the same scenarios?

AP50 is held to reference only where the judge is good: for classes of which the reference has enough labels and on
which its own AP50 is high enough. Cells of several classes are means over those classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivegen.core import CATEGORIES, CATEGORY_ID
from drivegen.evaluation.ap_figures import ap_interval, ap_ratio, measurable_classes
from drivegen.evaluation.average_precision import ALL, ApStats
from drivegen.evaluation.card import GENERATED, REFERENCE, Figure, Row, figure_of
from drivegen.evaluation.matching import DISTANCES, SIZES
from drivegen.evaluation.sets import Sets

SECTION = "Control"
CONTROL = "control@"


@dataclass(frozen=True)
class ControlGate:
    """When the judge is good enough to judge."""

    min_reference_ap: float = 0.6
    """No ratio where AP50 on reference frames is lower."""
    min_labels: int = 20
    """A class with fewer scored labels in the reference is not judged."""


def control_rows(sets: Sets, gate: ControlGate) -> list[Row]:
    """AP50 over all, by class, size, distance, weather and time of day, with its ratio to reference."""
    held_to = sets.beside.get(GENERATED, sets.reference).precision
    if not held_to.positives().any():
        return []
    rows = [_row(sets, held_to, gate, ALL, None, "all classes", headline=True)]
    for name in measurable_classes(held_to):
        rows += [_row(sets, held_to, gate, ALL, name, name.replace("_", " "))]
    return rows + [_row(sets, held_to, gate, key, None, title) for key, title in _cells(held_to)]


def judged_classes(reference: ApStats, key: str, gate: ControlGate) -> tuple[str, ...]:
    """The classes that the judge can judge in a cell."""
    enough = measurable_classes(reference, key, gate.min_labels)
    precision = reference.average_precision(key)[0]
    return tuple(name for name in enough if precision[CATEGORY_ID[name]] >= gate.min_reference_ap)


def _row(
    sets: Sets, held_to: ApStats, gate: ControlGate, key: str, category: str | None, title: str, headline: bool = False
) -> Row:
    judged = judged_classes(held_to, key, gate)
    enough = measurable_classes(held_to, key, gate.min_labels)
    if category is not None:
        judged, enough = _only(judged, category), (category,)
    # Where nothing can be judged the figures show by how much the judge falls short.
    shown = judged or enough or measurable_classes(held_to, key)
    figures = {}
    over: dict[str, Figure] = {}
    for name, stats in sets.shown.items():
        precision = held_to if name == REFERENCE else stats.precision
        figures[name] = figure_of(ap_interval(precision, key, shown, sets.resampling))
        if name != REFERENCE and judged:
            ratio = ap_ratio(precision, sets.beside[name].precision, key, judged, sets.resampling)
            over[name] = figure_of(ratio)
    note = _note(held_to, gate, key, category, judged)
    name = f"{CONTROL}{category or key}"
    return Row(name, SECTION, f"AP50, {title}", "", "higher", "labels", figures, over, headline, note)


def _note(reference: ApStats, gate: ControlGate, key: str, category: str | None, judged: Sequence[str]) -> str:
    if judged:
        return "" if category else f"mean over {', '.join(name.replace('_', ' ') for name in judged)}"
    classes = [category] if category else [name for name in CATEGORIES if reference.positives(key)[CATEGORY_ID[name]]]
    labels = max(int(reference.positives(key)[CATEGORY_ID[name]]) for name in classes)
    if labels < gate.min_labels:
        return f"not measurable: fewer than {gate.min_labels} labels in reference"
    return f"not measurable: reference AP50 is under {gate.min_reference_ap:g}"


def _cells(reference: ApStats) -> list[tuple[str, str]]:
    """Cells that hold any label, with their titles."""
    wanted = [(f"size:{size}", f"{size} px tall") for size in SIZES]
    wanted += [(f"distance:{distance}", f"{distance} m away") for distance in DISTANCES]
    for prefix in ("weather:", "time_of_day:"):
        wanted += [(key, key.removeprefix(prefix)) for key in reference.keys if key.startswith(prefix)]
    return [(key, title) for key, title in wanted if reference.positives(key).any()]


def _only(names: Sequence[str], name: str) -> tuple[str, ...]:
    return (name,) if name in names else ()
