"""What the temporal layers do: the same clips with them and with alpha closed, figures and filmstrips.

    python tools/temporal_figures.py work=FOLDER [model=FOLDER] [clips=24] [frames=8] [threads=1] [seed=0] [out=JSON]

With alpha closed the video model is its image model, frame by frame (paper, section 3.1): `generator=image_ldm` draws
that. Datasets are kept in `work`, and a run that was stopped goes on. Figures go to `out` as part of the section
"temporal", the filmstrips beside it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from figures_json import VIDEO_LDM, put
from options import run_tool
from sampled_arms import Arms, make_arms, reference_figures
from small_png import write_small_png

from drivegen.core.arrays import Bytes
from drivegen.drawing import contact_sheet, enlarge
from drivegen.store import StoreReader

SECTION = "temporal"
ARMS: dict[str, Literal["video_ldm", "image_ldm"]] = {"with_temporal_layers": "video_ldm", "alpha_closed": "image_ldm"}
# Clips and frames of each that are shown.
PICTURED, SHOWN = 2, 5
WIDTH_PX = 256


@dataclass(frozen=True)
class Arguments:
    """What the command line says; without a model, the one that ships."""

    work: Path
    model: Path | None = None
    clips: int = 24
    frames: int = 8
    threads: int = 1
    seed: int = 0
    out: Path = VIDEO_LDM


def run(given: Arguments) -> None:
    """Draw both arms, measure them, and write figures and filmstrips."""
    arms = make_arms(
        given.work, clips=given.clips, frames=given.frames, seed=given.seed, threads=given.threads, model=given.model
    )
    for name, generator in ARMS.items():
        put(given.out, SECTION, arms.measure(name, replace(arms.base, generator=generator)))
        print(name, flush=True)
    put(given.out, SECTION, reference_figures(arms, next(iter(ARMS))))
    write_small_png(given.out.with_name(f"{given.out.stem}_{SECTION}.png"), filmstrips(arms), 1400)


def filmstrips(arms: Arms) -> Bytes:
    """Some clips, not chosen, each as a row of frames of the reference and of both arms."""
    stores = {name: StoreReader(arms.store(name)) for name in ("reference", *ARMS)}
    ids = stores["reference"].clip_ids
    images, captions = [], []
    for place in np.linspace(0, len(ids) - 1, PICTURED).round().astype(int):
        for name, reader in stores.items():
            frames = reader.clip(reader.clip_ids[place]).frames
            for t in np.linspace(0, len(frames) - 1, SHOWN).round().astype(int):
                frame = np.ascontiguousarray(frames[t])
                images.append(enlarge(frame, max(1, round(WIDTH_PX / frame.shape[1]))))
                captions.append(f"{name.replace('_', ' ')}, frame {t}")
    return contact_sheet(images, columns=SHOWN, captions=captions)


if __name__ == "__main__":
    sys.exit(run_tool(run, Arguments, sys.argv[1:], __doc__))
