"""Makes docs/results/video_ldm.md of docs/results/video_ldm.json and the pictures beside it, whatever is there yet.

    python tools/video_ldm_page.py [model=FOLDER] [recipe.SECTION=FOLDER] [ablation=FOLDER]
        [picture.SECTION=PNG] [out=JSON]

`model` puts what a model folder says about its image model and its temporal layers into the file, `recipe.SECTION`
what the model folder of a recipe says about its steps, `ablation` what `drivegen evaluate ablation=...` found,
`picture.SECTION` a picture. All other figures are put there by the tools that measure them (tools/figures_json.py).
What the paper says is in tools/video_ldm_sections.py. No figure is typed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
from figures import table
from figures_json import SECTIONS as KEYS
from figures_json import VIDEO_LDM, FigureRow, figure, put, read
from options import read_options
from small_png import write_small_png
from video_ldm_sections import SECTIONS, Section

from drivegen.core import ConfigError, DrivegenError

WIDTH = 1400
NOT_RUN = "*Not run yet.*"
INTRODUCTION = (
    "# Video LDM, part by part",
    "Every mechanism of Video LDM (Blattmann et al. 2023, arXiv 2304.08818), what the paper found or claims, and what "
    "ours does. Our figures are in [video_ldm.json](video_ldm.json), with counts, seeds and 95 % intervals; this page "
    "is made of it by `tools/video_ldm_page.py`. Frechet distances are between features of the evaluation net that "
    "ships, which nothing is trained, chosen or filtered by: they compare with one another, not with the paper's. "
    "`WORLD` is what is trained on, four fifths of 1,200 scenes of 2.4 s at 12 Hz: `drivegen world scenes=2400 "
    "scenes_per_root=200 seed=7002 duration_s=2.4 hz=12 out=out/d/world`, stopped half-way. `FRESH` is a world of its "
    "own, which nothing is trained on or chosen by; sections 1, 5 and 6 are measured there: `drivegen world scenes=120 "
    "scenes_per_root=60 seed=7201 duration_s=2.7 hz=12 out=out/d/fresh`. All of it ran on two shared CPU cores, each "
    "training on one. Section 8 comes first: the models of sections 2 to 6 are those of its recipe, `out/d/release/*`.",
)


@dataclass(frozen=True)
class Arguments:
    """What the command line says."""

    model: Path | None = None
    recipe: dict[str, Path] = field(default_factory=dict)
    ablation: Path | None = None
    picture: dict[str, Path] = field(default_factory=dict)
    out: Path = VIDEO_LDM

    def __post_init__(self) -> None:
        for key in {*self.recipe, *self.picture} - set(KEYS):
            raise ConfigError("no such section", where=key, expected=f"one of {', '.join(KEYS)}")


def main(arguments: Sequence[str]) -> None:
    """Put in what is given, then write the page."""
    given = read_options(Arguments, arguments)
    out, pictures = given.out, dict(given.picture)
    if given.model is not None:
        # Imports torch, which the page alone does not need.
        from model_figures import model_figures

        for section, figures in model_figures(given.model).items():
            put(out, section, figures)
    for key, folder in given.recipe.items():
        from model_figures import recipe_figures

        put(out, key, recipe_figures(folder), anew=True)
    if given.ablation is not None:
        put(out, "ablation", ablation_figures(given.ablation), anew=True)
        pictures |= {name: given.ablation / f"{name}.png" for name in ("ablation", "ablation_clips")}
    for name, source in pictures.items():
        copy_picture(source, out.with_name(f"{out.stem}_{name}.png"))
    out.with_suffix(".md").write_text(page(read(out), out), encoding="utf-8")


def page(held: Mapping[str, Mapping[str, FigureRow]], out: Path) -> str:
    """The page as text.

    Args:
        held: the figures by section and name.
        out: the JSON file, whose pictures lie beside it.
    """
    parts = [*INTRODUCTION]
    for number, section in enumerate(SECTIONS, start=1):
        parts += section_parts(number, section, held, out)
    return "\n\n".join(parts) + "\n"


def section_parts(number: int, section: Section, held: Mapping[str, Mapping[str, FigureRow]], out: Path) -> list[str]:
    """The paragraphs of a section: commands, the paper, our figures, pictures."""
    parts = [f"## {number}. {section.title}", "```sh\n" + "\n".join(section.commands) + "\n```"]
    parts += ["\n".join(table(["the paper", "figure or claim"], section.paper)), section.reading]
    for key in section.keys:
        if len(section.keys) > 1:
            parts.append(f"### Ours: {_words(key)}")
        parts += figure_parts(held[key]) if held.get(key) else [NOT_RUN]
        parts += [f"![{_words(path.stem)}]({path.name})" for path in pictures_of(key, out)]
    return parts


def figure_parts(figures: Mapping[str, FigureRow]) -> list[str]:
    """A table with a row for each arm (what a name says before its last slash), and a list of all other figures."""
    alone = {name: row for name, row in figures.items() if "/" not in name}
    rest = [name.rsplit("/", 1) for name in figures if "/" in name]
    parts = ["\n".join(f"* {_words(name)}: {_cell(row)} {row['unit']}" for name, row in alone.items())] if alone else []
    if rest:
        arms, measures = (list(dict.fromkeys(name[part] for name in rest)) for part in (0, 1))
        units = {measure: next(figures[f"{a}/{m}"]["unit"] for a, m in rest if m == measure) for measure in measures}
        header = ["ours", *(f"{_words(measure)} ({units[measure]})" for measure in measures)]
        rows = [[_words(arm), *(_cell(figures.get(f"{arm}/{measure}")) for measure in measures)] for arm in arms]
        parts.append("\n".join(table(header, rows)))
    return parts


def pictures_of(key: str, out: Path) -> list[Path]:
    """The pictures of a section, beside the JSON file."""
    found = sorted(out.parent.glob(f"{out.stem}_{key}.*")) + sorted(out.parent.glob(f"{out.stem}_{key}_*"))
    return [path for path in found if path.suffix in (".png", ".webp", ".gif")]


def ablation_figures(folder: Path) -> dict[str, FigureRow]:
    """The arms of an ablation: `ARM/MEASURE`."""
    facts = json.loads((folder / "ablation.json").read_text(encoding="utf-8"))
    first, clips = facts["seeds"][0], facts["clips"]
    figures: dict[str, FigureRow] = {
        "seeds": figure(len(facts["seeds"]), "seeds of every arm"),
        "clips": figure(clips, f"held-out clips of {facts['frames']} frames", facts["scenarios"]),
    }
    for row in facts["rows"]:
        arm, name = row["arm"], f"frechet_{row['measure']}"
        figures |= _estimate(f"{arm}/{name}", row["distance"], "Frechet distance", clips, first)
        if row["difference"] is not None:
            figures |= _estimate(f"{arm}/{name}_minus_ours", row["difference"], "Frechet distance", clips, first)
            figures[f"{arm}/{name}_finding"] = figure(row["finding"], "sign of the interval", clips, first)
            figures[f"{arm}/{name}_paper"] = figure(row["paper_finding"], "sign in the paper")
    for arm, told in facts["arms"].items():
        for name, unit in (("steps", "steps"), ("frames_seen", "frames"), ("training_seconds", "s")):
            figures[f"{arm}/{name}"] = figure(told[name], f"{unit}, mean over seeds", len(facts["seeds"]), first)
        figures[f"{arm}/parameters"] = figure(int(told["parameters"]), "trained on clips")
    for measure, value in facts["reconstructed"].items():
        figures[f"real_clips_through_the_autoencoder/frechet_{measure}"] = figure(value, "Frechet distance", clips)
    return figures


def copy_picture(source: Path, target: Path) -> None:
    """A picture for the page, at most WIDTH wide and of few colours."""
    image = cv2.imread(str(source))
    if image is None:
        raise ConfigError("not a picture", where=source)
    write_small_png(target, cv2.cvtColor(image, cv2.COLOR_BGR2RGB), WIDTH)


def _estimate(name: str, told: Mapping[str, Any], unit: str, count: int, seed: int) -> dict[str, FigureRow]:
    if told["value"] is None:
        return {}
    interval = None if told["low"] is None else (told["low"], told["high"])
    return {name: figure(told["value"], unit, count, seed, interval)}


def _cell(row: FigureRow | None) -> str:
    if row is None:
        return ""
    text = _short(row["value"])
    if row["interval"] is not None:
        text += " [{}, {}]".format(*(_short(value) for value in row["interval"]))
    return text if row["count"] is None else f"{text} ({row['count']:,})"


def _short(value: Any) -> str:
    if isinstance(value, bool | str):
        return str(value)
    return f"{value:.3g}" if isinstance(value, float) and abs(value) < 1000 else f"{value:,.0f}"


def _words(name: str) -> str:
    return name.removeprefix("video_ldm_").replace("_", " ").replace("/", ", ")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except DrivegenError as problem:
        print(problem, file=sys.stderr)
        sys.exit(problem.exit_code)
