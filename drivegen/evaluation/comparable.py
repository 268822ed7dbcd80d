"""Whether two metric cards may be read side by side, and the page that does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drivegen.core import DataError
from drivegen.evaluation.card import GENERATED, REFERENCE, Card, Figure, Row
from drivegen.evaluation.page import figure_text, table

# Distances are biased by the number of clips: sets that differ by more than this share are not compared.
COUNT_TOLERANCE = 0.1


def differences(a: Card, b: Card) -> list[str]:
    """What speaks against comparing two cards, one line each; empty when nothing does."""
    facts = {
        "card version": (a.version, b.version),
        "judge": (a.judge.sha256, b.judge.sha256),
        "resize filter": (a.judge.resize_filter, b.judge.resize_filter),
        "reference manifest": (a.sets[REFERENCE].manifest_sha256, b.sets[REFERENCE].manifest_sha256),
        "reference clips": (a.sets[REFERENCE].clips, b.sets[REFERENCE].clips),
        "frames per second": (a.sets[GENERATED].fps, b.sets[GENERATED].fps),
        "frames per clip": (a.sets[GENERATED].lengths, b.sets[GENERATED].lengths),
    }
    # A detector's predictions are of one dataset each: those for the reference tell whether it was the same detector.
    networks = [{n: h for n, h in card.networks.items() if n != "predictions"} for card in (a, b)]
    facts["feature networks"] = (networks[0], networks[1])
    for name in sorted(a.settings.keys() | b.settings.keys()):
        facts[f"settings.{name}"] = (a.settings.get(name), b.settings.get(name))
    found = [f"{name}: {_short(x)} and {_short(y)}" for name, (x, y) in facts.items() if x != y]
    counts = (a.sets[GENERATED].clips, b.sets[GENERATED].clips)
    if max(counts) > (1 + COUNT_TOLERANCE) * min(counts):
        found.append(f"generated clips: {counts[0]} and {counts[1]}")
    return found


def comparable(a: Card, b: Card) -> None:
    """Refuse two cards whose figures cannot be held to one another.

    Raises:
        DataError: what differs.
    """
    found = differences(a, b)
    if found:
        raise DataError(
            "the cards are not comparable",
            where=f"{a.sets[GENERATED].name} and {b.sets[GENERATED].name}",
            got="; ".join(found),
            remedy="evaluate both with the same judge, reference, settings and number of clips",
        )


def comparison(cards: Sequence[Card]) -> str:
    """Cards side by side as Markdown, the first as the one that others are held to.

    Raises:
        DataError: one cannot be compared with the first.
    """
    for card in cards[1:]:
        comparable(cards[0], card)
    names = [card.sets[GENERATED].name for card in cards]
    rows = []
    for row in cards[0].rows:
        cells = [_row_of(card, row.name) for card in cards]
        texts = [figure_text(cell) for cell in cells]
        texts[1:] = [
            f"{text} {_verdict(row, cells[0], cell)}".strip() for text, cell in zip(texts[1:], cells[1:], strict=True)
        ]
        rows.append([row.title, row.unit, figure_text(row.figures.get(REFERENCE)), *texts])
    head = ["measure", "unit", REFERENCE, *names]
    note = "*better*, *worse*: intervals do not meet; without a word they do, and nothing was resolved."
    return "\n".join([*table(head, rows), "", note])


def _row_of(card: Card, name: str) -> Figure | None:
    found = next((row for row in card.rows if row.name == name), None)
    return found.figures.get(GENERATED) if found else None


def _verdict(row: Row, first: Figure | None, other: Figure | None) -> str:
    """Whether the other is better or worse than the first, when intervals tell."""
    if row.better == "like_reference" or first is None or other is None or not first.interval or not other.interval:
        return ""
    above, below = other.interval[0] > first.interval[1], other.interval[1] < first.interval[0]
    if not above and not below:
        return ""
    return "*better*" if above == (row.better == "higher") else "*worse*"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 24 else f"{text[:16]}..."
