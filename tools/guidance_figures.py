"""Guidance by labels, boxes and context, each scale swept on its own: figures and a picture.

    python tools/guidance_figures.py work=FOLDER [model=FOLDER] [clips=48] [name=value ...]

Values:

    work=FOLDER      where datasets are kept; a run that was stopped goes on from there
    model=FOLDER     the model; none: the one that ships with the package
    clips=48         clips of each arm
    frames=8         frames of a clip
    terms=all,labels,boxes,context    what is swept
    scales=0,2,4     scales of each; 1, which is no guidance, is always there
    threads=1        compute threads
    seed=0           of scenarios and noise
    out=FILE         the JSON file; the picture is written beside it

Arms are `TERM@SCALE/NAME`: all is the usual guidance by everything, and `context@1-2.5` rises over the frames as Stable
Video Diffusion's. `off` is no guidance at all.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from figures_json import VIDEO_LDM, put
from sampled_arms import Arms, make_arms, reference_figures
from small_png import write_small_png

from drivegen.conditions import PARTS
from drivegen.core import ConfigError, DrivegenError
from drivegen.diffusion import GuidanceTerm
from drivegen.generation import SampleConfig, SamplerConfig
from drivegen.generation.sampler import GUIDED_PARTS

OFF = "off"
TERMS = ("all", "labels", "boxes", "context")
RISING = "context@1-2.5"
DEFAULTS = {
    "work": "",
    "model": "",
    "clips": "48",
    "frames": "8",
    "terms": ",".join(TERMS),
    "scales": "0,2,4",
    "threads": "1",
    "seed": "0",
    "out": str(VIDEO_LDM),
}
PICTURED = 6


def samplers(terms: Sequence[str], scales: Sequence[float]) -> dict[str, SamplerConfig]:
    """The sampler of each arm: one scale of one term, all else off."""
    plain = SamplerConfig(guidance=())
    arms = {OFF: plain}
    for term in terms:
        parts = PARTS if term == "all" else GUIDED_PARTS[f"guidance_{term}"]
        for scale in scales:
            arms[f"{term}@{scale:g}"] = replace(plain, guidance=(GuidanceTerm(parts, scale),))
    if "context" in terms:
        arms[RISING] = replace(plain, guidance_context=(1.0, 2.5))
    return arms


def main(arguments: Sequence[str]) -> int:
    """Sweep, and write figures and picture."""
    try:
        values = _parsed(arguments)
        arms = make_arms(
            Path(values["work"]),
            clips=int(values["clips"]),
            frames=int(values["frames"]),
            seed=int(values["seed"]),
            threads=int(values["threads"]),
            model=Path(values["model"]) if values["model"] else None,
        )
        terms = values["terms"].split(",")
        chosen = samplers(terms, [float(scale) for scale in values["scales"].split(",")])
        out = Path(values["out"])
        for name, sampler in chosen.items():
            config: SampleConfig = replace(arms.base, sampler=sampler)
            put(out, "guidance", arms.measure(name, config))
            print(name, flush=True)
        put(out, "guidance", reference_figures(arms, OFF))
        _write_pictures(out, arms, terms, list(chosen))
    except DrivegenError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _write_pictures(out: Path, arms: Arms, terms: Sequence[str], names: Sequence[str]) -> None:
    for term in terms:
        shown = [OFF, *(name for name in names if name.startswith(f"{term}@"))]
        picture = arms.picture(shown, PICTURED, f"guidance by {term}: last frame of each clip")
        write_small_png(out.with_name(f"{out.stem}_guidance_{term}.png"), picture)


def _parsed(arguments: Sequence[str]) -> dict[str, str]:
    given = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    values = {**DEFAULTS, **given}
    unknown = [term for term in values["terms"].split(",") if term not in TERMS]
    if set(given) - set(DEFAULTS) or len(given) != len(arguments) or not values["work"] or unknown:
        raise ConfigError(
            "wrong arguments",
            where="arguments",
            expected=f"work=FOLDER and of {', '.join(DEFAULTS)}; terms of {', '.join(TERMS)}",
            got=" ".join(arguments),
        )
    return values


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
