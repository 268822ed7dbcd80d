"""The metric card as a Markdown page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from drivegen.core import DataError
from drivegen.evaluation.card import GENERATED, PASSED, REFERENCE, SETS, Card, Confusion, Figure, Row, SetFacts

PAGE_FILE = "card.md"
_SIGNS = {"higher": "(+)", "lower": "(-)", "like_reference": "(=)"}


def write_page(card: Card, folder: Path, pictures: Sequence[Path]) -> Path:
    """Write `card.md` beside its pictures.

    Raises:
        DataError: it cannot be written.
    """
    path = folder / PAGE_FILE
    try:
        path.write_text(markdown(card, [picture.name for picture in pictures]), encoding="utf-8")
    except OSError as error:
        raise DataError("page cannot be written", where=path, got=error.strerror or error) from error
    return path


def markdown(card: Card, pictures: Sequence[str] = ()) -> str:
    """The page: what was measured, pictures, tables by section, and what has to be known to read them."""
    shown = [name for name in SETS if name in card.sets]
    lines = [f"# Metric card of {card.sets[GENERATED].name}", "", *_summary(card), ""]
    for picture in pictures:
        lines += [f"![{Path(picture).stem.replace('_', ' ')}]({picture})", ""]
    for section, rows in _sections(card.rows):
        lines += [f"## {section}", "", *_section_table(rows, shown), "", *_notes(rows)]
    for confusion in card.confusions:
        lines += [f"## {confusion.name.replace('_', ' ').capitalize()} in detail", "", *_confusion(confusion), ""]
    lines += ["## What was measured", "", *_sets_table(card, shown), "", *_how(card), ""]
    return "\n".join(lines)


def figure_text(figure: Figure | None) -> str:
    """A value with its interval, such as 0.71 (0.66 to 0.75)."""
    if figure is None or figure.value is None:
        return "-"
    if figure.interval is None:
        return number(figure.value)
    return f"{number(figure.value)} ({number(figure.interval[0])} to {number(figure.interval[1])})"


def number(value: float) -> str:
    """Three significant digits, without an exponent where it can be read without."""
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e4:
        digits = max(0, 2 - _magnitude(value))
        return f"{value:.{digits}f}"
    return f"{value:.2e}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(str(cell).replace("|", "/") for cell in row) + " |" for row in rows]


def _magnitude(value: float) -> int:
    """Digits before the point, less one."""
    return int(f"{abs(value):e}".partition("e")[2])


def _summary(card: Card) -> list[str]:
    generated, reference = card.sets[GENERATED], card.sets[REFERENCE]
    lines = [
        f"{generated.clips} generated clips ({generated.frames} frames) held to {reference.clips} "
        f"{' and '.join(reference.kinds)} ones ({reference.frames} frames); "
        f"{card.shared_clips} show a scenario that the reference shows too.",
        "",
        "Values with 95 % intervals. The reference column is what the judge makes of reference frames themselves: of "
        "distances the floor, of all else its own score. *Over reference* is 1 where generated frames are as good. "
        "(+) higher is better, (-) lower is better, (=) like reference is best.",
    ]
    return lines + (["", *(f"* {note}" for note in card.notes)] if card.notes else [])


def _sections(rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    sections: dict[str, list[Row]] = {}
    for row in rows:
        sections.setdefault(row.section, []).append(row)
    return list(sections.items())


def _section_table(rows: Sequence[Row], shown: Sequence[str]) -> list[str]:
    compared = [name for name in shown if name != REFERENCE]
    head = ["measure", *shown, *(f"{name} over reference" for name in compared), "counted"]
    return table(head, ([*_measure(row), *_values(row, shown, compared), _counted(row)] for row in rows))


def _measure(row: Row) -> list[str]:
    unit = f", {row.unit}" if row.unit else ""
    return [f"{row.title}{unit} {_SIGNS[row.better]}"]


def _values(row: Row, shown: Sequence[str], compared: Sequence[str]) -> list[str]:
    figures = [figure_text(row.figures.get(name)) for name in shown]
    over = [figure_text(row.over_reference.get(name)) for name in compared]
    return figures + over


def _counted(row: Row) -> str:
    figure = row.figures.get(GENERATED)
    return f"{figure.count} {row.counted}" if figure else "-"


def _notes(rows: Sequence[Row]) -> list[str]:
    notes: dict[str, list[str]] = {}
    for row in rows:
        if row.note:
            notes.setdefault(row.note, []).append(row.title)
    return [*(f"* {', '.join(titles)}: {note}." for note, titles in notes.items()), ""] if notes else []


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Settings by dotted key."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return flat


def _confusion(confusion: Confusion) -> list[str]:
    rows = []
    for name in (REFERENCE, GENERATED):
        shares = confusion.shares[name]
        for asked, seen in shares.items():
            cells = [f"{100 * seen.get(c, 0.0):.0f} %" for c in confusion.classes]
            rows.append([name, asked, confusion.clips[name][asked], *cells])
    return table(["set", "labelled", "clips", *(f"seen as {c}" for c in confusion.classes)], rows)


def _sets_table(card: Card, shown: Sequence[str]) -> list[str]:
    head = ["set", "dataset", "frames are", "clips", "frames", "fps", "size", "audit", "manifest sha256", "model"]
    return table(head, (_set_row(name, card.sets[name]) for name in shown))


def _set_row(name: str, facts: SetFacts) -> list[object]:
    sizes = ", ".join(f"{h}x{w}" for h, w in facts.sizes)
    verdicts = ", ".join(f"{count} {word}" for word, count in facts.verdicts.items() if count)
    model = " ".join(str(facts.model[key])[:16] for key in ("id", "sha256") if key in facts.model)
    rates = ", ".join(f"{rate:g}" for rate in facts.fps)
    kinds = ", ".join(facts.kinds)
    label = "passed by the audit" if name == PASSED else name
    hashed = f"`{facts.manifest_sha256[:16]}`"
    return [label, facts.name, kinds, facts.clips, facts.frames, rates, sizes, verdicts, hashed, model or "-"]


def _how(card: Card) -> list[str]:
    judge = card.judge
    return [
        f"* Judge: {judge.name} ({judge.kind}, role {judge.role}), sha256 `{judge.sha256}`; frames reach its size by "
        f"{judge.resize_filter}.",
        *(f"* {name}: sha256 `{sha256}`." for name, sha256 in card.networks.items()),
        f"* drivegen {card.drivegen_version}, settings: "
        + ", ".join(f"{name}={value}" for name, value in _flat(card.settings).items())
        + ".",
    ]
