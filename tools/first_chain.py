"""Measures the whole chain and writes docs/results/first_chain.json, its table in first_chain.md, and a picture.

    python tools/first_chain.py [model=FOLDER] [before=FOLDER] [trained=FOLDER] [pandaset=FOLDER]
        [pandaset_runs=FOLDER] [ci_log=FILE]

`model` is the model folder to judge (default: the one that ships), `before` one that shipped earlier, `trained` a
folder with the runs that made it (named in STAGES), `pandaset` a copy of PandaSet drive 002 in nuScenes form,
`pandaset_runs` the folder with the runs on it and the store sampled from them (`sample`), `ci_log` what
`time bash .ci/run` printed in a fresh clone. What is not named keeps the figures that are there. Needs about five
minutes.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from einops import rearrange
from interpolation_error import interpolation_error
from small_png import write_small_png

from drivegen.core import Ambience, Clip, ConfigError, DrivegenError, TimeOfDay, Weather, stream
from drivegen.core.arrays import Bytes, Floats
from drivegen.drawing import contact_sheet, enlarge
from drivegen.generation import SampleConfig, plan, sample
from drivegen.generation.generators import make_generator
from drivegen.models import default_model_folder, load_model
from drivegen.models.codec import LatentCodec
from drivegen.store import StoreReader, verify_store

RESULTS = Path(__file__).parents[1] / "docs" / "results"
# The table of figures in the page stands between these.
TABLE_BEGINS, TABLE_ENDS = "<!-- figures -->", "<!-- end of figures -->"
# Folders of the runs, as the page names them; those that are not there are left out.
STAGES = (
    *("autoencoder-1", "autoencoder", "image-1", "image", "video", "decoder", "image-2", "video-2", "decoder-2"),
    *("image-3", "video-3", "temporal-decoder", "interpolation", "upsampler-image", "upsampler-video"),
)
# What is told of a run, and its unit.
TRAINING_FACTS = {
    "steps": "steps",
    "training_seconds": "s",
    "frames_seen": "frames",
    "frames_per_second": "frames/s",
    "loss": "held-out loss",
    "psnr_db": "held-out dB",
    "training_frames": "frames",
    "held_out_frames": "frames",
}
# Scenes of this seed are held out: the shipped weights were trained on scenes of seed 1.
HELD_OUT_SEED = 2
CLIPS_PER_AMBIENCE = 6
AMBIENCES = (
    Ambience(Weather.CLEAR, TimeOfDay.DAY),
    Ambience(Weather.RAIN, TimeOfDay.DUSK),
    Ambience(Weather.SNOW, TimeOfDay.DAY),
    Ambience(Weather.CLEAR, TimeOfDay.NIGHT),
)


@dataclass(frozen=True)
class Figure:
    """One measured value, as the results file holds it."""

    value: float | bool | str
    unit: str
    count: int | None = None
    seed: int | None = None
    interval_95: tuple[float, float] | None = None


def main(arguments: Sequence[str]) -> None:
    """Measure what was named and write the page's figures."""
    options = dict(argument.split("=", 1) for argument in arguments)
    unknown = set(options) - {"model", "before", "trained", "pandaset", "pandaset_runs", "ci_log"}
    if unknown:
        raise ConfigError("unknown option", where=", ".join(sorted(unknown)))
    out = RESULTS
    model = Path(options["model"]) if "model" in options else default_model_folder()
    figures = read_figures(out / "first_chain.json")
    figures |= rerun_figures(model)
    figures |= agreement_figures(model, out)
    if "before" in options:
        with tempfile.TemporaryDirectory() as unused:
            earlier = agreement_figures(Path(options["before"]), Path(unused))
        figures["agreement_generated_before"] = earlier["agreement_generated"]
    if "trained" in options:
        figures |= training_figures(Path(options["trained"]), "shipped")
    if "pandaset" in options:
        figures |= pandaset_figures(Path(options["pandaset"]))
    if "pandaset_runs" in options:
        figures |= training_figures(Path(options["pandaset_runs"]), "pandaset")
        figures |= store_figures(Path(options["pandaset_runs"]) / "sample", "pandaset_store")
    if "ci_log" in options:
        figures |= ci_figures(Path(options["ci_log"]).read_text(encoding="utf-8"))
    write_figures(out / "first_chain.json", figures)
    write_table(out / "first_chain.md", figures)


def read_figures(path: Path) -> dict[str, Figure]:
    """The figures that are there."""
    if not path.is_file():
        return {}
    rows: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    for row in rows.values():
        if "interval_95" in row:
            row["interval_95"] = tuple(row["interval_95"])
    return {key: Figure(**row) for key, row in rows.items()}


def write_figures(path: Path, figures: dict[str, Figure]) -> None:
    """Write figures by name; what is None is left out."""
    rows = {key: {k: v for k, v in vars(figure).items() if v is not None} for key, figure in figures.items()}
    path.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def write_table(page: Path, figures: dict[str, Figure]) -> None:
    """Put the figures, as a table, between the two marks of a page."""
    head, _, rest = page.read_text(encoding="utf-8").partition(TABLE_BEGINS)
    tail = rest.partition(TABLE_ENDS)[2]
    rows = ["| figure | value | unit | count | seed | 95 % interval |", "|---|---|---|---|---|---|"]
    for key, figure in figures.items():
        interval = "" if figure.interval_95 is None else "{} to {}".format(*figure.interval_95)
        cells = (f"`{key}`", figure.value, figure.unit, figure.count, figure.seed, interval)
        rows.append("| " + " | ".join("" if cell is None else str(cell) for cell in cells) + " |")
    page.write_text("\n".join([head + TABLE_BEGINS, *rows, TABLE_ENDS]) + tail, encoding="utf-8")


def rerun_figures(model: Path) -> dict[str, Figure]:
    """Whether the same command writes the same bytes, and whether what it writes verifies."""
    with tempfile.TemporaryDirectory() as folder:
        stores = [Path(folder) / name for name in ("first", "second")]
        for store in stores:
            sample(SampleConfig(clips=3, seed=HELD_OUT_SEED, model=model, out=store))
        first, second = ({p.relative_to(s): p.read_bytes() for p in s.rglob("*") if p.is_file()} for s in stores)
        same = first == second
        return {
            "rerun_same_bytes": Figure(same, "all files equal", len(first), HELD_OUT_SEED),
            **store_figures(stores[0], "world_store"),
        }


def store_figures(store: Path, name: str) -> dict[str, Figure]:
    """What verification says of a store, and how much it holds."""
    reader = StoreReader(store)
    problems = verify_store(store)
    rows = {table: reader.table(table).count_rows() for table in ("clips", "frames", "objects")}
    return {
        f"{name}_problems": Figure(len(problems), "problems found by verify", rows["clips"]),
        **{f"{name}_{table}": Figure(count, "rows") for table, count in rows.items()},
    }


def agreement_figures(model: Path, out: Path) -> dict[str, Figure]:
    """Whether generated clips show their own scenario: pixel distances to its rendering, over those to another's.

    The other scenario has the same weather and time of day, so that agreeing on these alone gives a ratio of 1.
    """
    rows: list[tuple[float, float, float]] = []
    luma: dict[str, dict[str, list[float]]] = {"generated": {}, "rendered": {}}
    pictures: list[tuple[Bytes, Bytes, str]] = []
    codec = load_model(model, parts=["autoencoder"]).codec
    for ambience in AMBIENCES:
        clips, rendered = _generated_and_rendered(model, ambience)
        rebuilt = [_reconstructed(codec, frames) for frames in rendered]
        for index, clip in enumerate(clips):
            other = rendered[(index + 1) % len(rendered)]
            rows.append(
                (
                    _distance(clip.frames, rendered[index]),
                    _distance(rebuilt[index], rendered[index]),
                    _distance(rendered[index], other),
                )
            )
            luma["generated"].setdefault(_name(ambience), []).append(float(clip.frames.mean()))
            luma["rendered"].setdefault(_name(ambience), []).append(float(rendered[index].mean()))
        pictures += [(c.frames, r, _name(ambience)) for c, r in zip(clips[:2], rendered[:2], strict=True)]
    _write_pairs(out / "generated_beside_rendered.png", pictures)
    # The same scenarios come back in every weather and light: what is independent is the scenario, not the clip.
    by_scenario = rearrange(
        np.array(rows), "(ambience scenario) kind -> ambience scenario kind", ambience=len(AMBIENCES)
    )
    own, floor, other_distance = by_scenario.mean(axis=0).T
    night, day = _name(AMBIENCES[3]), _name(AMBIENCES[0])
    return {
        "agreement_generated": _ratio(own, other_distance),
        "agreement_reconstructed": _ratio(floor, other_distance),
        "night_over_day_luma_generated": _ratio(
            np.array(luma["generated"][night]), np.array(luma["generated"][day]), unit="mean level over mean level"
        ),
        "night_over_day_luma_rendered": _ratio(
            np.array(luma["rendered"][night]), np.array(luma["rendered"][day]), unit="mean level over mean level"
        ),
    }


def _generated_and_rendered(model: Path, ambience: Ambience) -> tuple[list[Clip], list[Bytes]]:
    config = SampleConfig(
        clips=CLIPS_PER_AMBIENCE,
        seed=HELD_OUT_SEED,
        weather=ambience.weather,
        time_of_day=ambience.time_of_day,
        model=model,
    )
    requests = list(plan(config))
    clips = make_generator(config).generate(requests)
    size = (clips[0].frames.shape[1], clips[0].frames.shape[2])
    return clips, [request.reference.read(size)[1] for request in requests]


def _reconstructed(codec: LatentCodec, frames: Bytes) -> Bytes:
    video = rearrange(torch.from_numpy(frames.astype(np.float32)), "t h w c -> 1 t c h w") / 127.5 - 1.0
    with torch.inference_mode():
        decoded = codec.decode(codec.encode(video))
    levels = ((decoded.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return rearrange(levels, "1 t c h w -> t h w c").numpy()


def _distance(a: Bytes, b: Bytes) -> float:
    """Mean absolute difference of 8-bit levels."""
    return float(np.abs(a.astype(np.int16) - b.astype(np.int16)).mean())


def _ratio(above: Floats, below: Floats, unit: str = "mean absolute difference over that of two scenarios") -> Figure:
    """A ratio of means, with a bootstrap interval over scenarios."""
    generator = stream(HELD_OUT_SEED, "bootstrap")
    draws = generator.integers(0, len(above), (2000, len(above)))
    spread = above[draws].mean(axis=1) / below[draws].mean(axis=1)
    low, high = (round(float(v), 4) for v in np.quantile(spread, [0.025, 0.975]))
    return Figure(round(float(above.mean() / below.mean()), 4), unit, len(above), HELD_OUT_SEED, (low, high))


def training_figures(runs: Path, name: str) -> dict[str, Figure]:
    """What the training runs in a folder say of themselves (`train.json` of each stage)."""
    figures: dict[str, Figure] = {}
    for stage in STAGES:
        path = runs / stage / "train.json"
        if not path.is_file():
            continue
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        facts |= facts["held_out"] | facts["data"]
        # Where nothing could be held out (one short drive), the run measured itself on what it trained on.
        measured_on = "held-out" if facts["held_out_is_apart"] else "training"
        for fact, unit in TRAINING_FACTS.items():
            if fact in facts and (measured_on == "held-out" or fact != "held_out_frames"):
                value = round(facts[fact], 4)
                unit_here = unit.replace("held-out", measured_on)
                figures[f"{name}_{stage}_{fact}"] = Figure(value, unit_here, seed=facts["seed"])
    return figures


def ci_figures(log: str) -> dict[str, Figure]:
    """How many tests passed, and how long everything took from nothing, as pytest and `time` printed it."""
    tests = re.search(r"(\d+) passed", log)
    wall = re.search(r"real\s+(\d+)m([\d.]+)s", log)
    if tests is None or wall is None:
        raise ConfigError("not the log of a run that passed", where="ci_log", expected="pytest's summary and `real`")
    seconds = 60 * int(wall.group(1)) + float(wall.group(2))
    return {
        "ci_tests_passed": Figure(int(tests.group(1)), "tests"),
        "ci_seconds_from_nothing": Figure(round(seconds, 1), "s"),
    }


def pandaset_figures(root: Path) -> dict[str, Figure]:
    """How far boxes interpolated from 2 Hz lie from those annotated at 10 Hz."""
    figures: dict[str, Figure] = {}
    for place, values in interpolation_error(root).items():
        for key, value in values.items():
            figures[f"pandaset_boxes_{place}_{key}".replace(" ", "_")] = Figure(
                round(float(value), 4), "m" if key.endswith("_m") else "boxes"
            )
    return figures


def _write_pairs(path: Path, pictures: Sequence[tuple[Bytes, Bytes, str]], times: Sequence[int] = (0, 3, 7)) -> None:
    """One row per clip: generated frames, then the rendering of the same moments."""
    images: list[Bytes] = []
    captions: list[str] = []
    for generated, rendered, name in pictures:
        for source, frames in (("generated", generated), ("rendered", rendered)):
            for time in times:
                images.append(enlarge(frames[min(time, len(frames) - 1)], 2))
                captions.append(f"{source}, frame {time}, {name}")
    title = "Held-out scenarios: generated frames (left) beside the world's rendering (right)"
    write_small_png(path, contact_sheet(images, columns=2 * len(times), captions=captions, title=title), 1600)


def _name(ambience: Ambience) -> str:
    return f"{ambience.weather}, {ambience.time_of_day}"


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except DrivegenError as problem:
        sys.exit(f"first_chain: {problem}")
