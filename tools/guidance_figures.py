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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from figures_json import VIDEO_LDM, put
from options import read_options
from sampled_arms import Arms, make_arms, reference_figures
from small_png import write_small_png

from drivegen.conditions import PARTS
from drivegen.core import DrivegenError
from drivegen.diffusion import GuidanceTerm
from drivegen.generation import SampleConfig, SamplerConfig
from drivegen.generation.sampler import GUIDED_PARTS

OFF = "off"
Term = Literal["all", "labels", "boxes", "context"]
RISING = "context@1-2.5"
PICTURED = 6


@dataclass(frozen=True)
class Arguments:
    """What the command line says; without a model, the one that ships."""

    work: Path
    model: Path | None = None
    clips: int = 48
    frames: int = 8
    terms: tuple[Term, ...] = get_args(Term)
    scales: tuple[float, ...] = (0.0, 2.0, 4.0)
    threads: int = 1
    seed: int = 0
    out: Path = VIDEO_LDM


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
        given = read_options(Arguments, arguments)
        arms = make_arms(
            given.work,
            clips=given.clips,
            frames=given.frames,
            seed=given.seed,
            threads=given.threads,
            model=given.model,
        )
        terms, out = given.terms, given.out
        chosen = samplers(terms, given.scales)
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
