"""What an ablation found, as JSON, Markdown and two pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from drivegen.core.arrays import Bytes
from drivegen.drawing import contact_sheet, filmstrip, write_png
from drivegen.experiments.ablation_arms import PAPER, WHAT, Arm
from drivegen.experiments.ablation_comparison import MEASURES, Finding, Row
from drivegen.experiments.ablation_plot import draw_distances
from drivegen.experiments.experiment_folder import write_json
from drivegen.experiments.intervals import CONFIDENCE, Estimate
from drivegen.experiments.tables import aligned_table

TITLES = {"video": "Frechet video distance", "image": "Frechet image distance"}


@dataclass(frozen=True)
class AblationReport:
    """The outcome; as text, what the command prints.

    Attributes:
        out: the folder.
        rows: videos first, `ours` first.
        facts: budget, data, judge and how it was measured.
    """

    out: Path
    rows: tuple[Row, ...]
    facts: Mapping[str, Any]

    def __str__(self) -> str:
        lines = [aligned_table(_table([row for row in self.rows if row.measure == m], m)) for m in MEASURES]
        return "\n".join([*lines, f"report   {self.out / 'ablation.md'}"])


def make_report(
    out: Path, rows: Sequence[Row], facts: Mapping[str, Any], pictures: Mapping[str, Bytes]
) -> AblationReport:
    """Put the report together and write its files.

    Args:
        pictures: a clip (T, H, W, 3) of each set that is shown, all of the same scenario, in the order of the rows.
    """
    report = AblationReport(out, tuple(rows), facts)
    write_json(out / "ablation.json", {**facts, "rows": [_as_dict(row) for row in rows]})
    draw_distances(out / "ablation.png", rows)
    strips = [filmstrip(clip, caption=name) for name, clip in pictures.items()]
    write_png(out / "ablation_clips.png", contact_sheet(strips, columns=1))
    (out / "ablation.md").write_text(as_markdown(report), encoding="utf-8")
    return report


def as_markdown(report: AblationReport) -> str:
    """The report as a page."""
    facts = report.facts
    parts = [
        "# Which parts of Video LDM matter?",
        f"After table 1 (right) of Blattmann et al. 2023: the same data, judge and budget for every arm, "
        f"{len(facts['seeds'])} seeds each, measured on {facts['clips']} held-out clips of {facts['frames']} frames "
        f"of {facts['scenarios']} scenarios. Less is better.",
        aligned_table(_arms_table(facts)),
    ]
    for measure in MEASURES:
        rows = [row for row in report.rows if row.measure == measure]
        parts += [f"## {TITLES[measure]}", aligned_table(_table(rows, measure)), *_sentences(rows)]
    parts += ["![Distances of every arm](ablation.png)", "## The same clip by every arm", "![](ablation_clips.png)"]
    parts += ["## How it was measured", _method(facts)]
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[Row], measure: str) -> list[list[str]]:
    head = [TITLES[measure], "value", "interval", "seeds", "minus ours", "interval", "finding", "paper"]
    table = [head]
    for row in rows:
        by_seed = ", ".join(f"{value:.3g}" for value in row.by_seed)
        found = ["", "", ""]
        if row.difference is not None and row.finding is not None:
            found = [*_figure(row.difference, "+"), row.finding.value]
        paper = f"{getattr(PAPER[row.arm], measure):.4g}"
        table.append([row.arm.words, *_figure(row.distance), by_seed, *found, paper])
    return table


def _sentences(rows: Sequence[Row]) -> list[str]:
    """One sentence on every arm that the paper says something about."""
    lines = []
    for row in rows:
        if row.finding is None or row.paper_finding is None:
            continue
        if row.finding is Finding.NOT_RESOLVED:
            said = f"not resolved at this budget (the paper: {row.paper_finding.value})"
        elif row.finding is row.paper_finding:
            said = f"{row.finding.value}, as in the paper"
        else:
            said = f"{row.finding.value}, unlike in the paper"
        lines.append(f"* **{row.arm.words}** ({WHAT[row.arm]}): {said}.")
    return ["\n".join(lines)] if lines else []


def _arms_table(facts: Mapping[str, Any]) -> list[list[str]]:
    table = [["arm", "what", "parameters trained on clips", "steps", "frames seen", "training s"]]
    for name, held in facts["arms"].items():
        figures = [f"{held[key]:,.0f}" for key in ("parameters", "steps", "frames_seen", "training_seconds")]
        table.append([Arm(name).words, WHAT[Arm(name)], *figures])
    return table


def _method(facts: Mapping[str, Any]) -> str:
    floors = facts["reconstructed"]
    return (
        f"Distances are between features of a perception net (`{facts['judge_sha256'][:16]}`) in drawn clips and in "
        "the clips of the same scenarios as they really look; nothing is trained or chosen by that net. Every arm "
        "draws with the same conditions and the same noise. Steps, frames and seconds are means over seeds, of an "
        "arm's trainings together; arms that go on from an image model share it within a seed. For scale: real clips "
        f"through the autoencoder are at {floors['video']:.3g} (video) and {floors['image']:.3g} (image). Intervals "
        f"({CONFIDENCE:.0%}) count what varies over seeds and, by {facts['resamples']} bootstrap resamples, over "
        "groups of scenarios; differences are paired by both. The paper's figures are of other features, data and "
        "budgets: compare signs, not sizes."
    )


def _figure(value: Estimate, sign: str = "") -> list[str]:
    if not value.measurable:
        return ["-", "not measurable"]
    return [f"{value.value:{sign}.3g}", f"[{value.low:{sign}.3g}, {value.high:{sign}.3g}]"]


def _as_dict(row: Row) -> dict[str, Any]:
    paper = PAPER[row.arm]
    return {
        "arm": row.arm.value,
        "measure": row.measure,
        "by_seed": list(row.by_seed),
        "distance": _numbers(row.distance),
        "difference": None if row.difference is None else _numbers(row.difference),
        "finding": None if row.finding is None else row.finding.value,
        "paper": getattr(paper, row.measure),
        "paper_finding": None if row.paper_finding is None else row.paper_finding.value,
    }


def _numbers(value: Estimate) -> dict[str, float | None]:
    """For JSON; what is not a number becomes None."""
    return {key: float(number) if np.isfinite(number) else None for key, number in vars(value).items()}
