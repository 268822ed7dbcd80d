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
from dataclasses import replace
from pathlib import Path

from figures_json import VIDEO_LDM, FigureRow, figure, put
from sampled_arms import make_arms, reference_figures
from small_png import write_small_png

from drivegen.core import ConfigError, DrivegenError
from drivegen.generation import SamplerConfig
from drivegen.models import read_info

ARM = "arm."
DEFAULTS = {"work": "", "clips": "64", "frames": "2", "threads": "1", "seed": "0", "out": str(VIDEO_LDM)}
PICTURED = 6


def main(arguments: Sequence[str]) -> int:
    """Measure the arms, and write figures and picture."""
    try:
        models, values = _parsed(arguments)
        work, out = Path(values["work"]), Path(values["out"])
        arms = make_arms(
            work,
            clips=int(values["clips"]),
            frames=int(values["frames"]),
            seed=int(values["seed"]),
            threads=int(values["threads"]),
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


def _parsed(arguments: Sequence[str]) -> tuple[dict[str, Path], dict[str, str]]:
    given = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    models = {name.removeprefix(ARM): Path(value) for name, value in given.items() if name.startswith(ARM)}
    others = {name: value for name, value in given.items() if not name.startswith(ARM)}
    values = {**DEFAULTS, **others}
    if set(others) - set(DEFAULTS) or len(given) != len(arguments) or not values["work"] or not models:
        raise ConfigError(
            "wrong arguments",
            where="arguments",
            expected=f"work=FOLDER, at least one arm.NAME=MODEL, and of {', '.join(DEFAULTS)}",
            got=" ".join(arguments),
        )
    return models, values


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
