"""What `drivegen prove` found, as JSON, Markdown and one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivegen.evaluation.average_precision import ALL
from drivegen.experiments.arms import CONTRASTS, Arm, Contrast
from drivegen.experiments.cells import is_crossing, words_of
from drivegen.experiments.comparison import ALL_CLASSES, Row, best_ap50, row_as_dict
from drivegen.experiments.experiment_folder import write_json
from drivegen.experiments.intervals import CONFIDENCE, Estimate
from drivegen.experiments.plot import draw_plot
from drivegen.experiments.tables import aligned_table
from drivegen.experiments.verdict import Basis, Verdict, judge, verdict_line


@dataclass(frozen=True)
class ProveReport:
    """The outcome; as text, what the command prints.

    Attributes:
        out: the folder.
        verdict: the one line.
        rows: everything first, then classes and cells.
        facts: datasets, detector, steps, seeds and how it was measured.
    """

    out: Path
    verdict: str
    rows: tuple[Row, ...]
    facts: Mapping[str, Any]

    def __str__(self) -> str:
        lines = [aligned_table(_arm_table(self.rows[0]))] if self.rows else []
        return "\n".join([*lines, f"report   {self.out / 'prove.md'}", f"verdict  {self.verdict}"])


def make_report(out: Path, rows: Sequence[Row], facts: Mapping[str, Any]) -> ProveReport:
    """Put the report together and write prove.json, prove.md and prove.png."""
    nothing = dict.fromkeys(CONTRASTS, Estimate.none())
    basis = Basis(
        steps=facts["steps"],
        seeds=len(facts["seeds"]),
        scenarios=facts["sets"]["test"]["scenarios"],
        best_ap50=best_ap50(rows[0]) if rows else float("nan"),
        least_ap50=facts["min_ap50"],
    )
    line = verdict_line(rows[0].differences if rows else nothing, basis)
    report = ProveReport(out, line, tuple(rows), facts)
    write_json(out / "prove.json", {"verdict": line, **facts, "rows": [row_as_dict(row) for row in rows]})
    (out / "prove.md").write_text(as_markdown(report), encoding="utf-8")
    draw_plot(out / "prove.png", rows, line)
    return report


def as_markdown(report: ProveReport) -> str:
    """The report as a page."""
    facts = report.facts
    detector, least = facts["detector"], float(facts["min_ap50"])
    parts = [
        "# Does generated data help a detector?",
        f"**{report.verdict}**",
        f"The same detector ({detector['name']}, {detector['parameters']:,} parameters, frames at "
        f"{detector['image_size'][0]} x {detector['image_size'][1]}) was trained for {facts['steps']} steps "
        f"{'' if detector['start'] is None else 'more, from its trained weights, '}of "
        f"{facts['batch']} frames on each training set, with seeds {_list(facts['seeds'])}, and tested on reference "
        "frames of scenarios that no training set holds. `reference repeated` is the reference set copied to the size "
        "of reference + generated: at equal steps the same clips in another order. What it differs from `reference` by "
        "is noise, and it is what reference + generated is held to.",
        aligned_table(_set_table(facts["sets"])),
    ]
    if report.rows:
        first = report.rows[0]
        parts += ["## All classes, whole test set", aligned_table(_arm_table(first)), _contrast_table(first, least)]
        parts += ["![AP50 of every run, and differences by class and cell](prove.png)"]
    parts += _sections(report.rows, least)
    parts += ["## How it was measured", _method(facts)]
    return "\n\n".join(parts) + "\n"


def _sections(rows: Sequence[Row], least: float) -> list[str]:
    asked = CONTRASTS[0]
    by_class = [row for row in rows if row.key == ALL and row.category != ALL_CLASSES]
    cells = [row for row in rows if row.key != ALL and not is_crossing(row.key) and row.category == ALL_CLASSES]
    crossings = [row for row in rows if is_crossing(row.key) and row.category == ALL_CLASSES]
    cell_classes = [row for row in rows if row.key != ALL and row.category != ALL_CLASSES]
    parts = []
    for title, chosen in (
        ("By class", by_class),
        ("By weather, time of day and crowdedness", cells),
        ("By weather x time of day x crowdedness", crossings),
        ("By cell and class", cell_classes),
    ):
        parts.append(f"## {title}")
        parts.append(
            aligned_table(_row_table(chosen, least))
            if chosen
            else "No cell has enough scored objects in enough scenarios."
        )
    found = [_verdict(row, asked, least) for row in rows[1:]]
    judged = [verdict for verdict in found if verdict is not Verdict.NOT_MEASURABLE]
    apart = [verdict for verdict in judged if verdict in (Verdict.GAIN, Verdict.HARM)]
    chance = len(judged) * (1 - CONFIDENCE)
    parts.append(
        f"{len(apart)} of these {len(judged)} rows have an interval of {asked.words} that leaves out 0; where nothing "
        f"differs, about {chance:.0f} would by chance. The verdict rests on the whole test set alone."
    )
    return parts


def _arm_table(row: Row) -> list[list[str]]:
    head = ["training set", "AP50", "interval", "runs"]
    return [
        head,
        *([arm.words, *_figure(row.arms[arm]), ", ".join(f"{value:.3f}" for value in row.by_run[arm])] for arm in Arm),
    ]


def _verdict(row: Row, contrast: Contrast, least: float) -> Verdict:
    """What a row's difference says, where the detector has learnt enough of what the row is about."""
    if not best_ap50(row) >= least:
        return Verdict.NOT_MEASURABLE
    return judge(row.differences[contrast])


def _contrast_table(row: Row, least: float) -> str:
    table = [["difference", "AP50", "interval", "verdict", "question"]]
    for contrast in CONTRASTS:
        difference = row.differences[contrast]
        verdict = _verdict(row, contrast, least).value
        table.append([contrast.words, *_figure(difference, "+"), verdict, contrast.question])
    return aligned_table(table)


def _row_table(rows: Sequence[Row], least: float) -> list[list[str]]:
    asked = CONTRASTS[0]
    table = [["cell", "class", "objects", *(arm.words for arm in Arm), f"{asked.words}", "interval", "verdict"]]
    for row in rows:
        difference = row.differences[asked]
        arms = [_figure(row.arms[arm])[0] for arm in Arm]
        shown = [*_figure(difference, "+"), _verdict(row, asked, least).value]
        table.append([words_of(row.key), row.category, str(row.labels), *arms, *shown])
    return table


def _set_table(sets: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    table = [["set", "clips", "scenarios", "frames", "made by", "manifest sha256"]]
    for name, held in sets.items():
        figures = [str(held[key]) for key in ("clips", "scenarios", "frames", "frame_kind")]
        table.append([name, *figures, f"`{held['manifest_sha256'][:16]}`"])
    return table


def _method(facts: Mapping[str, Any]) -> str:
    return (
        f"AP50: COCO's average precision at an overlap of 0.5 with the visible boxes of scored objects, mean over the "
        f"classes with at least {facts['min_labels']} of them in at least {facts['min_groups']} groups of test "
        f"scenarios. Intervals ({CONFIDENCE:.0%}) count what varies over seeds and, by {facts['resamples']} bootstrap "
        "resamples of groups of test scenarios, what varies over scenarios; differences are paired by both (Student's "
        "t, degrees of freedom after Welch and Satterthwaite). They speak for these training sets as they are: another "
        "generated set of the same size is not covered. `gain` and `harm` mean that the interval leaves out 0, "
        f"`no gain` that it includes 0, `not measurable` that no training set "
        f"reached an AP50 of {facts['min_ap50']:.2f} there."
        f"{_passed_words(facts)} Training took {facts['training_seconds']:.0f} s in all "
        f"({facts['threads']} compute threads, {facts['device']})."
    )


def _passed_words(facts: Mapping[str, Any]) -> str:
    return " Generated clips that their audit did not pass were left out." if facts["passed_only"] else ""


def _figure(value: Estimate, sign: str = "") -> list[str]:
    """A figure and its interval."""
    if not value.measurable:
        return ["-", "not measurable"]
    return [f"{value.value:{sign}.3f}", f"[{value.low:{sign}.3f}, {value.high:{sign}.3f}]"]


def _list(values: Sequence[object]) -> str:
    return ", ".join(str(value) for value in values)
