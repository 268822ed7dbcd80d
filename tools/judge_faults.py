"""The judge judged: thresholds from clean clips of one split, planted faults caught on another.

    python tools/judge_faults.py roots=WORLD[,WORLD...] audit=FOLDER out=OUT.json [thresholds=calibrated|shipped]
        [target=0.05] [seed=0] [per_drive=1] [drives=N] [workers=2] [calibrate_on=val] [test_on=test]
        [test_roots=WORLD,...] [test_drives=N] [in_turn=false] [looks=OUT.jsonl] [sheets=FOLDER] [index=FILE]

`roots` are worlds with splits (a root, or a folder of roots); clips of 8 frames at 3 fps and of 16 at 12 fps are made
of them, as far as their rate allows, at 128x256 and 64x128; with `in_turn=true` one of the four of each drive, in
turn. `audit` is the folder of the audit net. With
`test_roots` the tests are on other worlds (`test_on=all`: on all of them). With
`thresholds=calibrated` the clips of `calibrate_on` give the thresholds, which `target` of clean ones may fail (printed
as settings of drivegen audit); with `shipped` those of the configuration are taken. What the net saw is kept in
`looks`, so that an interrupted run goes on and thresholds can be tried again without a look; remove that file when the
measures change. `index` lists training clips (`drivegen audit 'training.roots=[...]' out=FILE`); without it nothing is
taken for a copy. `sheets` gets a picture of every fault. Figures go to `out` as the group "faults".
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal

import numpy as np
from figures import Figure, Figures, table, write_figures
from judge_clips import RootTask, Seen, examine_root, from_json, to_json
from judge_sheets import write_fault_sheets
from options import run_tool

from drivegen.audit import CHECKS, Thresholds
from drivegen.audit.calibration import CalibrationFacts, calibrated
from drivegen.audit.faults import FAULTS
from drivegen.audit.sanity import Examined, FaultRow, SanityTable, Share, rejudged, summarise
from drivegen.core import DataError
from drivegen.execution import run_pure
from drivegen.models.perception import load_perception
from drivegen.nuscenes_format.roots import versions

GROUP = "faults"


@dataclass(frozen=True)
class Arguments:
    """What the command line says."""

    roots: tuple[Path, ...]
    audit: Path
    out: Path
    thresholds: Literal["calibrated", "shipped"] = "calibrated"
    target: float = 0.05
    seed: int = 0
    per_drive: int = 1
    drives: int | None = None
    workers: int = 2
    calibrate_on: str = "val"
    test_on: str = "test"
    test_roots: tuple[Path, ...] = ()
    test_drives: int | None = None
    in_turn: bool = False
    looks: Path | None = None
    sheets: Path | None = None
    index: Path | None = None


def judge(arguments: Arguments) -> None:
    """Look, calibrate, judge and write."""
    seed = arguments.seed
    looks = arguments.looks or arguments.out.with_suffix(".jsonl")
    sha256 = load_perception(arguments.audit).sha256
    figures: Figures = {"net_sha256": Figure(sha256, "hash of the audit net's weights")}
    thresholds = Thresholds()
    if arguments.thresholds == "calibrated":
        clean = look(tasks_of(arguments, arguments.calibrate_on), looks, sha256, arguments.workers)
        thresholds, facts = calibration_of(clean, arguments.target)
        figures |= calibration_figures(facts, arguments.calibrate_on, seed)
    figures |= {f"threshold_{f.name}": Figure(getattr(thresholds, f.name), CHECKS[f.name])
                for f in fields(thresholds) if getattr(thresholds, f.name) is not None}  # fmt: skip
    tested = replace(
        arguments,
        roots=arguments.test_roots or arguments.roots,
        drives=arguments.test_drives or arguments.drives,
    )
    tasks = tasks_of(tested, arguments.test_on)
    seen = look(tasks, looks, sha256, arguments.workers)
    judged = {kind: [rejudged(one.examined, thresholds) for one in seen if one.kind == kind]
              for kind in dict.fromkeys(one.kind for one in seen)}  # fmt: skip
    everything = summarise([one for group in judged.values() for one in group])
    figures |= table_figures(everything, seed)
    for kind, group in judged.items():
        figures |= kind_figures(kind, summarise(group), seed)
    write_figures(arguments.out, figures, GROUP)
    print("\n".join(report(everything, judged)))
    print(" ".join(f"audit.perception.thresholds.{f.name}={getattr(thresholds, f.name)}" for f in fields(thresholds)))
    if arguments.sheets:
        write_fault_sheets(arguments.sheets, tasks)


def tasks_of(arguments: Arguments, split: str) -> list[RootTask]:
    """One task per root."""
    roots: list[Path] = []
    for path in (root.resolve() for root in arguments.roots):
        below = [path] if versions(path) else [folder for folder in sorted(path.iterdir()) if versions(folder)]
        if not below:
            raise DataError("no nuScenes root here", where=path)
        roots += below
    net, index = arguments.audit.resolve(), arguments.index.resolve() if arguments.index else None
    how = arguments.seed, arguments.per_drive, arguments.drives, index, arguments.in_turn
    return [RootTask(root, split, net, *how) for root in roots]


def look(tasks: Sequence[RootTask], looks: Path, sha256: str, workers: int) -> list[Seen]:
    """What the audit says of the clips of all tasks; those that were looked at before are read."""
    known: dict[str, list[Seen]] = {}
    if looks.is_file():
        for line in looks.read_text(encoding="utf-8").splitlines():
            key, _, rest = line.partition("\t")
            known[key] = from_json(rest)
    keys = {task: json.dumps([sha256, str(task)]) for task in tasks}
    missing = [task for task in tasks if keys[task] not in known]
    began = time.monotonic()
    for done, (task, seen) in enumerate(zip(missing, run_pure(examine_root, missing, workers), strict=True), 1):
        with looks.open("a", encoding="utf-8") as file:
            file.write(f"{keys[task]}\t{to_json(seen)}\n")
        known[keys[task]] = seen
        minutes = (time.monotonic() - began) / 60
        print(f"{task.split}: {done} of {len(missing)} roots, {len(seen)} clips, {minutes:.1f} min", flush=True)
    return [one for task in tasks for one in known[keys[task]]]


def calibration_of(seen: Sequence[Seen], target: float) -> tuple[Thresholds, CalibrationFacts]:
    """Thresholds of the clips, clean and faulty; scenarios stay together."""
    return calibrated([one.examined for one in seen], target)


def calibration_figures(facts: CalibrationFacts, split: str, seed: int) -> Figures:
    """What the thresholds rest on."""
    clips = facts.clips
    figures = {
        "calibration_clips": Figure(clips, f"clips of split {split}", clips, seed),
        "calibration_scenarios": Figure(facts.scenarios, f"scenarios of split {split}", facts.scenarios, seed),
        "calibration_target": Figure(facts.target, "share of clean clips that may fail"),
        "calibration_budget": Figure(facts.budget, "share of clean clips that the bounds are expected to fail"),
        "calibration_alarms": Figure(facts.alarms, "share of these clips that fail clean", clips, seed),
        "calibration_alarms_held_out": share_figure(
            facts.alarms_held_out, "share that fail thresholds of the other scenarios", seed
        ),
    }
    for name, share in facts.caught_held_out.items():
        unit = "share caught by thresholds of the other scenarios"
        figures[f"calibration_{name}_caught_held_out"] = share_figure(share, unit, seed)
    return figures


def share_figure(share: Share, unit: str, seed: int) -> Figure:
    """A share with its interval."""
    low, high = share.interval_95
    # More digits than are told, so that nothing is rounded twice.
    return Figure(round(share.value, 6), unit, share.count, seed, (round(low, 6), round(high, 6)))


def table_figures(found: SanityTable, seed: int) -> Figures:
    """The whole table."""
    figures: Figures = {
        "false_alarms": share_figure(found.false_alarms, "share of clean clips that fail", seed),
        "found": share_figure(found.found, "share of scored boxes of clean clips that are found", seed),
    }
    for name, count in found.false_alarms_by_check.items():
        figures[f"false_alarms_{name}"] = Figure(count, "clean clips", found.false_alarms.count, seed)
    for name, share in found.found_by_class.items():
        figures[f"found_{name}"] = share_figure(share, "share of scored boxes found", seed)
        figures[f"right_class_{name}"] = share_figure(found.right_by_class[name], "share of those found", seed)
    for row in found.rows:
        if row.caught.count:
            figures[f"{row.fault}_caught"] = share_figure(row.caught, f"share of clips, wanted {row.target}", seed)
        figures[f"{row.fault}_not_applicable"] = Figure(row.not_applicable, "clips", found.false_alarms.count, seed)
        for check, values in row.figures.items():
            for when, value in zip(("before", "after"), values, strict=True):
                if np.isfinite(value):
                    figures[f"{row.fault}_{check}_{when}"] = Figure(value, "mean", row.caught.count, seed)
        for check, count in row.fired.items():
            figures[f"{row.fault}_fails_{check}"] = Figure(count, "clips", row.caught.count, seed)
    return figures


def kind_figures(kind: str, found: SanityTable, seed: int) -> Figures:
    """The heads of the table for clips of one size and length."""
    figures = {
        f"{kind}/false_alarms": share_figure(found.false_alarms, "share of clean clips that fail", seed),
        f"{kind}/found": share_figure(found.found, "share of scored boxes that are found", seed),
    }
    for row in found.rows:
        if row.caught.count:
            figures[f"{kind}/{row.fault}_caught"] = share_figure(row.caught, f"share, wanted {row.target}", seed)
    return figures


def report(found: SanityTable, judged: Mapping[str, Sequence[Examined]]) -> list[str]:
    """The table as Markdown, and which checks no fault moves."""
    kinds = {kind: {row.fault: row for row in summarise(group).rows} for kind, group in judged.items()}
    rows = [
        [row.fault, row.caught.count, _percent(row.caught), f"{row.target:.0%}", row.not_applicable, _figure(row),
         *(_percent(of_kind[row.fault].caught) for of_kind in kinds.values())]
        for row in found.rows
    ]  # fmt: skip
    header = ["fault", "clips", "caught", "wanted", "not applicable", "foremost figure, before and after", *kinds]
    return [
        *table(header, rows),
        "",
        f"false alarms {_percent(found.false_alarms)} of {found.false_alarms.count}: {found.false_alarms_by_check}",
        f"found {_percent(found.found)} of {found.found.count} scored boxes: "
        + ", ".join(f"{name} {share.value:.3f} ({share.count})" for name, share in found.found_by_class.items()),
        "checks fail most for: "
        + ", ".join(f"{check} {fault} {share:.2f}" for check, (share, fault) in _moves(found).items()),
    ]


def _moves(found: SanityTable) -> dict[str, tuple[float, str]]:
    """By check, how many more clips of which fault fail it than fail it clean: the largest such share."""
    return {
        check: max(
            ((row.fired.get(check, 0) - row.fired_clean.get(check, 0)) / max(1, row.caught.count), row.fault)
            for row in found.rows
        )
        for check in CHECKS
    }


def _figure(row: FaultRow) -> str:
    check = FAULTS[row.fault].checks[0]
    return f"{check} {row.figures[check][0]:.3g}, {row.figures[check][1]:.3g}"


def _percent(share: Share) -> str:
    if not share.count:
        return "-"
    low, high = share.interval_95
    return f"{share.value:.1%} ({low:.1%} to {high:.1%})"


if __name__ == "__main__":
    sys.exit(run_tool(judge, Arguments, sys.argv[1:], __doc__))
