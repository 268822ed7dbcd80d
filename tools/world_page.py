"""Measures the embedded world and writes docs/results/world.json, the tables of world.md, and its pictures.

    python tools/world_page.py [parts=sheet,strips,boxes,statistics,ambience,bench] [size=512x1024] [scenes=100]
        [box_scenes=60] [box_frames=4] [strip_scenes=36] [clips=600] [minutes=6] [seed=11] [workers=0]
        [out=docs/results] [scratch=out/world_page]

Parts that are not named keep the figures that are there. `bench` takes over what `tools/bench_world.py` has written.
`size` is that of the frames whose boxes are measured. Needs about an hour on two cores.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from figures import Figure, Figures, read_rows, replace_section, table, write_figures
from world_ambience_net import ambience_figures
from world_boxes import boxes_figures
from world_comparison import comparison
from world_pictures import choose_windows, sheet, strip
from world_pool import encoded_png
from world_statistics import statistics_figures

from drivegen.core import ConfigError, DrivegenError
from drivegen.core.arrays import Bytes
from drivegen.world import WorldConfig

PARTS = ("sheet", "strips", "boxes", "statistics", "ambience", "bench")
DEFAULTS = {
    "parts": ",".join(PARTS), "size": "512x1024", "scenes": "100", "box_scenes": "60", "box_frames": "4",
    "strip_scenes": "36", "clips": "600", "minutes": "6", "seed": "11", "workers": "0",
    "out": str(Path(__file__).parents[1] / "docs" / "results"), "scratch": "out/world_page",
}  # fmt: skip
SHEET_BYTES, STRIP_BYTES = 700_000, 420_000
# Parts whose figures stand in a table of the same name in the page; crowdedness is a table of its own.
TABLES = ("boxes", "ambience", "bench")


def main(arguments: Sequence[str]) -> None:
    """Measure the parts that were named, then write the page's tables."""
    options = DEFAULTS | dict(argument.split("=", 1) for argument in arguments)
    unknown = [*(set(options) - set(DEFAULTS)), *(set(options["parts"].split(",")) - set(PARTS))]
    if unknown:
        raise ConfigError("unknown option or part", where=", ".join(sorted(unknown)), expected=", ".join(PARTS))
    out, parts = Path(options["out"]), options["parts"].split(",")
    out.mkdir(parents=True, exist_ok=True)
    for part in parts:
        write_figures(out / "world.json", measure(part, options, out), part)
    if (out / "world.md").is_file():
        write_tables(out / "world.md", out / "world.json")


def measure(part: str, options: dict[str, str], out: Path) -> Figures:
    """The figures of one part; its pictures are written on the way."""
    seed, workers = int(options["seed"]), int(options["workers"])
    config = WorldConfig(seed=seed)
    if part == "sheet":
        picture = sheet(replace(config, size=(112, 224), duration_s=4.0, hz=6.0), workers)
        save(out / "world_sheet.png", picture, 2100, SHEET_BYTES)
        return {"sheet_cells": Figure(45, "scenes, none left out", seed=seed)}
    if part == "strips":
        return strips(replace(config, size=(160, 320)), int(options["strip_scenes"]), workers, out)
    if part == "boxes":
        height, width = (int(side) for side in options["size"].split("x"))
        drawn = replace(config, size=(height, width), scenes=int(options["box_scenes"]), duration_s=10.0, hz=6.0)
        figures, wrong = boxes_figures(drawn, int(options["box_frames"]), workers)
        print("\n".join(wrong[:40]))
        return figures
    if part == "statistics":
        return statistics_figures(replace(config, scenes=int(options["scenes"])), workers)
    if part == "ambience":
        kept = Path(options["scratch"]) / f"clips_{seed}_{options['clips']}.npz"
        return ambience_figures(int(options["clips"]), float(options["minutes"]), seed, workers, kept)
    rows = json.loads((out / "world_bench.json").read_text(encoding="utf-8"))
    return {name: Figure(**row) for name, row in rows.items()}


def strips(config: WorldConfig, scenes: int, workers: int, out: Path) -> Figures:
    """The three filmstrips."""
    figures: Figures = {}
    for name, (world, window) in choose_windows(config, scenes, workers).items():
        save(out / f"world_{name}.png", strip(world, window), 1320, STRIP_BYTES)
        figures[f"strip_{name}_scene"] = Figure(window.index, "scene of the filmstrip", seed=world.seed)
        figures[f"strip_{name}_turned_deg"] = Figure(round(window.turned_deg, 1), "degrees that the ego turns", 16)
        figures[f"strip_{name}_passing"] = Figure(window.passing, "tracks that pass behind something", 16)
        figures[f"strip_{name}_road_users"] = Figure(round(window.road_users, 2), "visible road users a frame", 16)
    return figures


def save(path: Path, picture: Bytes, width_px: int, limit_bytes: int) -> None:
    """Write a sheet no larger than the page wants it."""
    encoded_png(picture, width_px, limit_bytes).save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size // 1000} kB")


def write_tables(page: Path, results: Path) -> None:
    """Put the tables of the page between its marks, as far as there are figures for them."""
    rows = read_rows(results)
    groups = {name: {k: row for k, row in rows.items() if row.get("group") == name} for name in TABLES}
    groups["crowdedness"] = {k: row for k, row in rows.items() if k.startswith("crowdedness_")}
    for section, chosen in groups.items():
        body = [
            [
                f"`{key}`",
                row["value"],
                row["unit"],
                row.get("count"),
                row.get("seed"),
                _interval(row.get("interval_95")),
            ]
            for key, row in chosen.items()
        ]
        replace_section(page, section, table(["figure", "value", "unit", "count", "seed", "95 % interval"], body))
    if "statistics_boxes" in rows:
        replace_section(page, "statistics", comparison(rows))


def _interval(interval: list[float] | None) -> str:
    return "" if interval is None else "{} to {}".format(*interval)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except DrivegenError as problem:
        sys.exit(f"world_page: {problem}")
