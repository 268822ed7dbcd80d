"""Image models that differ in their noise schedule, held to one another: figures and a picture.

    python tools/noise_figures.py work=FOLDER arm.NAME=MODEL arm.NAME=MODEL ... [name=value ...]

Every arm is a model folder of stage=image, trained for the same time from the same autoencoder, such as

    drivegen train stage=image model=AUTOENCODER data.roots=[ROOT] minutes=10 out=OUT/linear
    drivegen train ... out=OUT/zero_snr image.schedule={zero_terminal_snr:true}
    drivegen train ... out=OUT/edm image.schedule={kind:edm}
    drivegen train ... out=OUT/flow image.schedule={kind:flow} image.net.prediction_type=flow_prediction
    drivegen train ... out=OUT/shifted image.schedule={zero_terminal_snr:true,shift:2}

Values: work (datasets are kept there, and a run that was stopped goes on), clips=64, frames=2 (each drawn on its own),
threads=1, seed=0, out=FILE (the JSON file; the picture is written beside it).

The figures of an arm are `NAME/MEASURE`. `luma_error` is what Lin et al. 2023 (arXiv 2305.08891) mend: schedules that
leave a trace of the data at their last timestep give frames of medium brightness, whatever was asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from figures_json import VIDEO_LDM, FigureRow, figure, put
from options import read_options
from sampled_arms import make_arms, reference_figures
from small_png import write_small_png

from drivegen.core import DrivegenError
from drivegen.generation import SamplerConfig
from drivegen.models import read_info

PICTURED = 6


@dataclass(frozen=True)
class Arguments:
    """What the command line says."""

    work: Path
    arm: dict[str, Path]
    clips: int = 64
    frames: int = 2
    threads: int = 1
    seed: int = 0
    out: Path = VIDEO_LDM


def main(arguments: Sequence[str]) -> int:
    """Measure the arms, and write figures and picture."""
    try:
        given = read_options(Arguments, arguments)
        models, out = given.arm, given.out
        arms = make_arms(
            given.work,
            clips=given.clips,
            frames=given.frames,
            seed=given.seed,
            threads=given.threads,
            model=next(iter(models.values())),
            image_only=True,
        )
        for name, folder in models.items():
            schedule = read_info(folder).schedule
            # Each with the levels that its authors sample.
            sampler = SamplerConfig(spacing="karras" if schedule.kind == "edm" else "uniform")
            measured = arms.measure(name, replace(arms.base, model=folder, sampler=sampler))
            put(out, "noise", measured | _training(name, folder))
            print(name, flush=True)
        put(out, "noise", reference_figures(arms, next(iter(models))))
        picture = arms.picture(list(models), PICTURED, "the same frames by models of other noise schedules")
        write_small_png(out.with_name(f"{out.stem}_noise.png"), picture)
    except DrivegenError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _training(name: str, folder: Path) -> dict[str, FigureRow]:
    facts = read_info(folder).trained.get("image", {})
    units = {"steps": "steps", "training_seconds": "s", "frames_seen": "frames"}
    return {
        f"{name}/{key}": figure(facts[key], unit, seed=facts.get("seed")) for key, unit in units.items() if key in facts
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
