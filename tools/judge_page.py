"""Puts the tables of docs/results/judge.md together, and the figures of card and proof into judge.json.

    python tools/judge_page.py [card=FOLDER] [card_smooth=FOLDER] [card_long=FOLDER] [prove=FOLDER]

`docs/results/judge.json` holds the groups "nets" (tools/judge_nets.py), "decoys" (tools/judge_decoys.py), "faults"
(tools/judge_faults.py) and "pandaset" (tools/judge_pandaset.py) already. `card` is what `drivegen evaluate` wrote,
`card_smooth` and `card_long` likewise of clips at 12 frames per second and of long ones, `prove` what `drivegen prove`
wrote; their figures become groups of these names, and pictures come along. A group that is not there keeps its table as
it is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
from figures import Figure, Figures, read_rows, replace_section, table, write_figures
from options import run_tool
from small_png import write_small_png

from drivegen.audit import CHECKS
from drivegen.audit.faults import FAULTS
from drivegen.evaluation.card import GENERATED, RECONSTRUCTED, REFERENCE, read_card

RESULTS = Path(__file__).parents[1] / "docs" / "results"
JSON, PAGE = RESULTS / "judge.json", RESULTS / "judge.md"
WIDTH = 1400
Rows = dict[str, dict[str, Any]]
# Groups that are metric cards, and what the names of their figures begin with.
CARDS = {"card": "", "card_smooth": "smooth: ", "card_long": "long: "}
# What is told of the nets, by the end of the figure's name, and the heading of its row.
NET_ROWS = {
    "clips": "clips",
    "frames": "frames",
    "ap50/all/mean": "AP50, mean of measurable classes",
    **{f"ap50/all/{name}": f"AP50 {name.replace('_', ' ')}" for name in (
        "car", "truck", "bus", "trailer", "construction_vehicle", "pedestrian", "motorcycle", "bicycle",
        "traffic_cone", "barrier",
    )},
    **{f"ap50/size:{cell}/mean": f"AP50, {cell} px tall" for cell in ("8-16", "16-32", "32+")},
    **{f"ap50/distance:{cell}/mean": f"AP50, {cell} m away" for cell in ("0-20", "20-40", "40-80")},
    "weather": "weather right (clips)",
    "time_of_day": "time of day right (clips)",
    "road_users/error": "road users, mean error",
    "log_depth/error": "depth, mean error of its logarithm",
    "heading_rad/error": "heading, mean error (rad)",
    "speed_mps/error": "speed, mean error (m/s)",
    "speed_mps/correlation": "speed, correlation",
    "yaw_rate_radps/correlation": "turning, correlation",
    "order_natural_moving": "natural order recognised, moving clips",
    "order_shuffled_moving": "shuffled order recognised, moving clips",
    "retrieval_in_class": "same track 1 s later among its class",
    "retrieval_in_class_by_chance": "... by chance",
}  # fmt: skip


@dataclass(frozen=True)
class Arguments:
    """What the command line says."""

    card: Path | None = None
    card_smooth: Path | None = None
    card_long: Path | None = None
    prove: Path | None = None


def write_page(arguments: Arguments) -> None:
    """Write tables, figures and pictures."""
    cards = {"card": arguments.card, "card_smooth": arguments.card_smooth, "card_long": arguments.card_long}
    for name, folder in cards.items():
        if folder:
            figures = {f"{CARDS[name]}{key}": figure for key, figure in card_figures(folder).items()}
            write_figures(JSON, figures, name)
    if arguments.card:
        copy_picture(arguments.card / "overview.png", "judge_card.png")
        copy_picture(arguments.card / "side_by_side.png", "judge_side_by_side.png")
    if arguments.card_long:
        copy_picture(arguments.card_long / "drift.png", "judge_drift.png")
    if arguments.prove:
        write_figures(JSON, prove_figures(arguments.prove), "prove")
        copy_picture(arguments.prove / "prove.png", "judge_prove.png")
    rows = read_rows(JSON)
    makers: dict[str, Callable[[Rows], list[str]]] = {
        "nets": net_lines, "decoys": decoy_lines, "faults": fault_lines, "card": card_lines,
        "card_smooth": other_card_lines, "card_long": other_card_lines,
        "prove": prove_lines, "pandaset": pandaset_lines,
    }  # fmt: skip
    for name, lines in makers.items():
        prefix = CARDS.get(name, "")
        group = {key.removeprefix(prefix): row for key, row in rows.items() if row.get("group") == name}
        if group:
            replace_section(PAGE, name, lines(group))


def net_lines(rows: Rows) -> list[str]:
    """Both nets side by side, by size and rate of the frames."""
    places = list(dict.fromkeys("/".join(key.split("/")[:3]) for key in rows if key.count("/") >= 3))
    places.sort(key=lambda place: (place.split("/")[1:][::-1], place))
    body = []
    for key, title in NET_ROWS.items():
        cells = [_cell(rows.get(f"{place}/{key}")) for place in places]
        if any(cells):
            body.append([title, *cells])
    lines = table(["", *(place.replace("/", ", ") for place in places)], body)
    sizes = ", ".join(f"{k.split('/')[0]} {row['value']:,}" for k, row in rows.items() if k.endswith("/parameters"))
    return [*lines, "", f"Parameters: {sizes}."]


def decoy_lines(rows: Rows) -> list[str]:
    """One row per confidence: labels found, decoys found."""
    levels = [key.split("@")[1] for key in rows if key.startswith("labels_found@")]
    body = [
        [level, _percent(rows[f"labels_found@{level}"]), _percent(rows[f"decoys_found@{level}"])] for level in levels
    ]
    return table(["confidence at least", "scored boxes found", "decoys found"], body)


def fault_lines(rows: Rows) -> list[str]:
    """One row per fault: what it does to its foremost figure, and how often it is caught."""
    kinds = list(dict.fromkeys(key.split("/")[0] for key in rows if "/" in key))
    # Bounds that were not all found anew have no cross-validation.
    crossed = any(key.startswith("calibration_") for key in rows)

    def cross_validated(key: str) -> list[str]:
        return [_percent(rows.get(key))] if crossed else []

    body = []
    for name, fault in FAULTS.items():
        caught = rows.get(f"{name}_caught")
        check = foremost(rows, name)
        before, after = (rows.get(f"{name}_{check}_{when}", {}).get("value") for when in ("before", "after"))
        figure = f"`{check}` {_short(before)} to {_short(after)}" if check else ""
        by_kind = [_percent(rows.get(f"{kind}/{name}_caught")) for kind in kinds]
        missing = rows.get(f"{name}_not_applicable", {}).get("value")
        shares = [
            _percent(caught), f"{fault.target:.0%}", *cross_validated(f"calibration_{name}_caught_held_out")
        ]  # fmt: skip
        body.append([name.replace("_", " "), figure, *shares, missing, *by_kind])
    alarms = [_percent(rows.get(f"{kind}/false_alarms")) for kind in kinds]
    shares = [_percent(rows["false_alarms"]), "at most 5%", *cross_validated("calibration_alarms_held_out")]
    body.append(["**no fault (false alarms)**", "", *shares, "", *alarms])
    found = [_percent(rows.get(f"{kind}/found")) for kind in kinds]
    body.append(["**scored boxes found**", "", _percent(rows["found"]), "95%", *([""] if crossed else []), "", *found])
    header = [
        "planted fault", "figure, clean to faulty", "caught", "wanted", *(["in cross-validation"] if crossed else []),
        "clips it does not apply to", *kinds,
    ]  # fmt: skip
    names = [key.removeprefix("found_") for key in rows if key.startswith("found_")]
    by_class = [
        [name.replace("_", " "), _percent(rows[f"found_{name}"]), _percent(rows.get(f"right_class_{name}"))]
        for name in names
    ]
    return [*table(header, body), "", *table(["class", "scored boxes found", "of these of the right class"], by_class)]


def foremost(rows: Rows, fault: str) -> str | None:
    """The check that the most faulty clips fail, of those that belong to the fault."""
    fails = {check: rows.get(f"{fault}_fails_{check}", {}).get("value", 0) for check in FAULTS[fault].checks}
    best = max(fails, key=lambda check: fails[check], default=None)
    return best if best in CHECKS else None


def card_figures(folder: Path) -> Figures:
    """Every figure of a metric card: SET/NAME, and ratio/NAME for generated over reference."""
    card = read_card(folder)
    figures: Figures = {
        "judge_sha256": Figure(card.judge.sha256, "hash of the evaluation net's weights"),
        "resize_filter": Figure(card.judge.resize_filter, "resize filter"),
    }
    seed = int(card.settings.get("seed", 0))
    for name, facts in card.sets.items():
        figures[f"{name}/manifest_sha256"] = Figure(facts.manifest_sha256, "hash of the manifest", facts.clips)
    for row in card.rows:
        shown = {f"{name}/{row.name}": figure for name, figure in row.figures.items()}
        shown |= {f"ratio_{name}/{row.name}": figure for name, figure in row.over_reference.items()}
        for key, figure in shown.items():
            if figure.value is not None:
                unit = (f"{row.title}, over reference" if key.startswith("ratio_") else row.title) + (
                    f", {row.unit}" if row.unit and not key.startswith("ratio_") else ""
                )
                figures[key] = Figure(figure.value, unit, figure.count, seed, figure.interval)
    return figures


def card_lines(rows: Rows) -> list[str]:
    """The card: what the sets show beside one another."""
    names = list(dict.fromkeys(key.split("/", 1)[1] for key in rows if key.startswith(f"{GENERATED}/")))
    body = []
    for name in names:
        if "manifest" in name:
            continue
        row = rows.get(f"{REFERENCE}/{name}") or rows[f"{GENERATED}/{name}"]
        cells = [_cell(rows.get(f"{kind}/{name}")) for kind in (REFERENCE, RECONSTRUCTED, GENERATED)]
        body.append([f"`{name}`", row["unit"], *cells, _cell(rows.get(f"ratio_{GENERATED}/{name}"), with_count=False)])
    return table(["figure", "what", "reference", "reconstructed", "generated", "generated over reference"], body)


def other_card_lines(rows: Rows) -> list[str]:
    """A card without what few clips cannot tell: control by class, size, distance, weather and time."""
    return card_lines({key: row for key, row in rows.items() if "/control@" not in key or key.endswith("@all")})


def prove_figures(folder: Path) -> Figures:
    """The arms and differences of a proof, over the whole test set and by class and cell."""
    facts = json.loads((folder / "prove.json").read_text(encoding="utf-8"))
    figures: Figures = {
        "verdict": Figure(facts["verdict"], "verdict"),
        "steps": Figure(facts["steps"], "steps of every run"),
        "seeds": Figure(len(facts["seeds"]), "seeds"),
        "training_seconds": Figure(round(facts["training_seconds"], 1), "s, all runs together"),
    }
    for row in facts["rows"]:
        place = f"{row['cell']}/{row['category']}"
        for group in ("ap50", "difference"):
            for name, value in row[group].items():
                if value.get("value") is not None:
                    interval = (
                        (round(value["low"], 4), round(value["high"], 4)) if value.get("low") is not None else None
                    )
                    figures[f"{place}/{group}/{name}"] = Figure(
                        round(value["value"], 4), "AP50", row["labels"], facts["seeds"][0], interval
                    )
    return figures


def prove_lines(rows: Rows) -> list[str]:
    """The verdict, and the arms by class and by cell; the JSON has every class of every cell."""
    places = list(dict.fromkeys(key.rsplit("/", 2)[0] for key in rows if key.count("/") >= 3))
    places = [place for place in places if place.startswith("all/") or place.endswith("/all classes")]
    names = list(
        dict.fromkeys(key.rsplit("/", 2)[1:][0] + "/" + key.rsplit("/", 1)[1] for key in rows if key.count("/") >= 3)
    )
    body = [[place.replace("/", ", "), *(_cell(rows.get(f"{place}/{name}"), with_count=False) for name in names)]
            for place in places]  # fmt: skip
    heads = [name.split("/")[1].replace("_", " ") for name in names]
    return [f"**{rows['verdict']['value']}**", "", *table(["cell, class", *heads], body)]


def pandaset_lines(rows: Rows) -> list[str]:
    """Nets before and after fine-tuning, and the audit of the recorded frames."""
    nets = ("audit", "audit_tuned", "evaluation", "evaluation_tuned")
    keys = list(dict.fromkeys(key.split("/", 1)[1] for key in rows if "/" in key and "sha256" not in key))
    told = [key for key in keys if any(word in key for word in ("ap50", "frames", "found", "clean", "caught"))]
    body = [
        [key.replace("/", ", ").replace("_", " "), *(_cell(rows.get(f"{net}/{key}")) for net in nets)] for key in told
    ]
    return table(["", *(net.replace("_", ", ") for net in nets)], body)


def copy_picture(source: Path, name: str) -> None:
    """A picture for the page, at most WIDTH wide and of few colours."""
    if source.is_file():
        image = cv2.cvtColor(cv2.imread(str(source)), cv2.COLOR_BGR2RGB)
        write_small_png(RESULTS / name, image, WIDTH)


def _cell(row: dict[str, Any] | None, with_count: bool = True) -> str:
    if row is None:
        return ""
    text = _short(row["value"])
    if "interval_95" in row:
        text += " [{}, {}]".format(*(_short(value) for value in row["interval_95"]))
    return f"{text} ({row['count']:,})" if with_count and row.get("count") is not None else text


def _percent(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    low, high = row["interval_95"]
    return f"{row['value']:.1%} [{low:.0%}, {high:.0%}] ({row['count']})"


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    sys.exit(run_tool(write_page, Arguments, sys.argv[1:], __doc__))
