"""What an evaluation prints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from drivegen.evaluation.card import CARD_FILE, GENERATED, REFERENCE, Card
from drivegen.evaluation.page import figure_text


@dataclass(frozen=True)
class EvaluateReport:
    """The outcome of an evaluation; as text, what the command prints.

    Attributes:
        card: all figures.
        out: the folder with everything.
        page: the card as Markdown.
        pictures: beside it.
    """

    card: Card
    out: Path
    page: Path
    pictures: tuple[Path, ...]

    def __str__(self) -> str:
        rows = [("", GENERATED, REFERENCE, "over reference")]
        for row in self.card.rows:
            if row.headline:
                over = row.over_reference.get(GENERATED)
                cells = (row.figures.get(GENERATED), row.figures.get(REFERENCE), over)
                unit = f", {row.unit}" if row.unit else ""
                texts = [figure_text(cell) for cell in cells]
                rows.append((row.title + unit, texts[0], texts[1], texts[2] if over else row.note or "-"))
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = ["  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[3]]) for row in rows]
        return "\n".join(
            [
                *(line.rstrip() for line in lines),
                *self.card.notes,
                f"metric card    {self.page}",
                f"as JSON        {self.out / CARD_FILE}",
                f"pictures       {', '.join(path.name for path in self.pictures)}",
            ]
        )
