"""How good the judges are: perception nets on reference frames of worlds that they were not trained on, side by side.

    python tools/judge_nets.py net.audit=FOLDER net.evaluation=FOLDER roots=SHORT,LONG out=OUT.json [split=test|all]
        [frames=29] [clips=N] [least_labels=20] [workers=2] [seed=0]

Each of `roots` is a world of one frame rate (a root, or a folder of roots), of which at most `clips` clips are looked
at. Average precision is at an overlap of 0.5 with the visible box, over scored objects (at least 8 px tall in an image
of 128 rows), of classes with at least `least_labels` of them. Intervals are of 95 %, by bootstrap over groups of
scenarios.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from figures import Figure, Figures, write_figures
from judge_nets_look import MIN_SCORE, Look, Nets, index_of, look
from options import run_tool

from drivegen.core import CATEGORIES
from drivegen.data import DataConfig
from drivegen.evaluation import Interval, Resampling, ap_interval, measurable_classes
from drivegen.evaluation.streams import SetStats
from drivegen.execution import run_pure
from drivegen.models.perception import load_perception

SIZES = ((128, 256), (64, 128))
GROUP = "nets"
# Cells whose classes are told one by one; of the others the mean alone.
BY_CLASS = ("all", "size:")
# Lags at which distances of embeddings are told, seconds.
LAGS = ("identity@1.000", "identity@4.000", "identity@16.000", "identity_of_others")
UNITS = {
    "speed_mps": "m/s",
    "yaw_rate_radps": "rad/s",
    "road_users": "road users",
    "log_depth": "share of the depth (its logarithm)",
    "heading_rad": "rad",
}
Result = TypeVar("Result")


@dataclass(frozen=True)
class Arguments:
    """What the command line says."""

    net: dict[str, Path]
    roots: tuple[Path, ...]
    out: Path
    split: str = "test"
    frames: int = 29
    clips: int | None = None
    least_labels: int = 20
    workers: int = 2
    seed: int = 0


def judge(arguments: Arguments) -> None:
    """Look at the clips with every net, and write figures."""
    nets = tuple((name, folder.resolve()) for name, folder in arguments.net.items())
    resampling = Resampling(seed=arguments.seed)
    figures: Figures = {}
    for name, folder in nets:
        loaded = load_perception(folder)
        figures[f"{name}/sha256"] = Figure(loaded.sha256, "hash of the weights")
        count = sum(p.numel() for p in loaded.net.parameters())
        figures[f"{name}/parameters"] = Figure(count, "parameters")
    tasks = [task for size in SIZES for root in arguments.roots for task in looks(root, size, nets, arguments)]
    stats: dict[str, SetStats] = {}
    for found in _progress(run_pure(look, tasks, arguments.workers), len(tasks)):
        for name, measures in found.items():
            place = f"{name}/{measures.size[0]}x{measures.size[1]}/{measures.fps:.3g}hz"
            stats.setdefault(place, SetStats(with_features=False)).add(measures)
    for place, of_place in stats.items():
        figures |= figures_of(place, of_place, resampling, arguments.least_labels)
    write_figures(arguments.out, figures, GROUP)
    print("\n".join(table(figures, [name for name, _ in nets])))


def looks(root: Path, size: tuple[int, int], nets: Nets, arguments: Arguments) -> list[Look]:
    """The clips of a world that are looked at, spread evenly over it."""
    data = DataConfig(
        roots=(root.resolve(),), image_size=size, frames=arguments.frames,
        split=None if arguments.split == "all" else arguments.split, estimate_appearance=False,
    )  # fmt: skip
    count = len(index_of(data))
    chosen = np.unique(np.linspace(0, count - 1, min(count, arguments.clips or count)).round().astype(int))
    return [Look(data, int(window), nets, arguments.seed) for window in chosen]


def figures_of(place: str, stats: SetStats, resampling: Resampling, least_labels: int) -> Figures:
    """All that is measured of one net at one size and rate."""
    figures: Figures = {
        f"{place}/clips": Figure(stats.clips, "clips"),
        f"{place}/frames": Figure(stats.frames, "frames"),
    }

    def put(name: str, interval: Interval, unit: str) -> None:
        if np.isfinite(interval.value):
            bounds = (round(interval.low, 4), round(interval.high, 4)) if np.isfinite(interval.low) else None
            figures[f"{place}/{name}"] = Figure(round(interval.value, 4), unit, interval.count, resampling.seed, bounds)

    for key in stats.precision.keys:
        classes = measurable_classes(stats.precision, key, least_labels)
        if classes:
            named = f"AP50, mean of classes with at least {least_labels} objects"
            put(f"ap50/{key}/mean", ap_interval(stats.precision, key, classes, resampling), named)
        for name in classes if key.startswith(BY_CLASS) else ():
            put(f"ap50/{key}/{name}", ap_interval(stats.precision, key, name, resampling), "AP50")
    precision, recall = stats.precision.operating_point(MIN_SCORE)
    for label, values in (("precision", precision), ("recall", recall)):
        for name, value, count in zip(CATEGORIES, values, stats.precision.positives(), strict=True):
            if np.isfinite(value) and count >= least_labels:
                unit = f"share, detections above {MIN_SCORE}"
                figures[f"{place}/{label}/{name}"] = Figure(round(float(value), 4), unit, int(count))
    for name in stats.means.names:
        if of_net := _unit_of_mean(name):
            put(name.replace(">", "_seen_as_"), stats.means.interval(name, resampling), of_net)
    for name in stats.pairs.names:
        put(f"{name}/error", stats.pairs.mean_error(name, resampling), f"mean absolute error, {UNITS[name]}")
        put(f"{name}/bias", stats.pairs.bias(name, resampling), f"mean error, {UNITS[name]}")
        put(f"{name}/correlation", stats.pairs.correlation(name, resampling), "Pearson correlation")
    return figures


def table(figures: Figures, nets: Sequence[str]) -> list[str]:
    """The figures as a Markdown table, the nets side by side."""
    columns = list(dict.fromkeys("/".join(key.split("/")[:3]) for key in figures if key.count("/") >= 3))
    columns.sort(key=lambda column: (column.split("/")[1:], nets.index(column.split("/")[0])))
    names = list(dict.fromkeys(key.split("/", 3)[3] for key in figures if key.count("/") >= 3))
    lines = ["| | " + " | ".join(columns) + " |", "|---|" + "--:|" * len(columns)]
    for name in sorted(names):
        cells = [_cell(figures.get(f"{column}/{name}")) for column in columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return ""
    text = f"{figure.value:,}" if isinstance(figure.value, int) else f"{figure.value:.3f}"
    if figure.interval_95 is not None:
        text += f" [{figure.interval_95[0]:.3f}, {figure.interval_95[1]:.3f}]"
    return text if figure.count is None else f"{text} ({figure.count:,})"


def _unit_of_mean(name: str) -> str | None:
    """The unit of a mean that tells of the net; None for one that tells of the frames."""
    if name in ("weather", "time_of_day") or ">" in name or name.startswith(("order_", "retrieval")):
        return "share"
    return "1 - cosine" if name in LAGS else None


def _progress(results: Iterator[Result], total: int) -> Iterator[Result]:
    began = time.monotonic()
    for number, result in enumerate(results, start=1):
        if number % max(1, total // 10) == 0 or number == total:
            rate = number / (time.monotonic() - began)
            print(f"{number}/{total} clips, {rate:.2f} clips/s", file=sys.stderr, flush=True)
        yield result


if __name__ == "__main__":
    sys.exit(run_tool(judge, Arguments, sys.argv[1:], __doc__))
