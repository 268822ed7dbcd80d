"""Clips far longer than one call of the video model, and many futures of one frame: figures and pictures.

    python tools/prediction_figures.py work=FOLDER [model=FOLDER] [lengths=20,60,300] [name=value ...]

Values:

    work=FOLDER             where the clips are kept; those that are there are not made again
    model=FOLDER            the model; none: the one that ships with the package
    lengths=20,60,300       seconds of the clips, each sampled by a process of its own
    fps=12 interpolate=1    frames per second, and how often the rate of the key frames was multiplied by 4
    scenarios=6 futures=4   first frames, and how many clips go on from each
    seconds=4               of the futures, at the rate of the key frames
    steps=20                denoising steps
    threads=1               compute threads
    seed=0                  of scenarios and noise
    out=FILE                the JSON file; the pictures are written beside it

Figures of a length are `Ns/NAME`: peak memory of the process that made the clip, and what its last CHUNK_S seconds are
beside its first: edges (mean size of the brightness gradient), contrast (standard deviation of brightness) and the
share of scored boxes that the audit found there. Those of `reference` are the same for rendered frames of the same
scenario. Figures of futures say how far two clips that go on from one frame are apart.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, groupby
from pathlib import Path

import numpy as np
from figures_json import VIDEO_LDM, FigureRow, figure, put
from options import run_tool
from small_png import write_small_png

from drivegen.core import Clip, DrivegenError
from drivegen.core.arrays import Bytes, Floats
from drivegen.drawing import contact_sheet, enlarge
from drivegen.models import default_model_folder, read_info
from drivegen.store import StoreReader
from drivegen.store.manifest import MANIFEST

SECTION = "prediction"
CHUNK_S = 10.0
SHOWN_FRAMES = 6
SHOWN_FUTURES = 3
WIDTH_PX = 256


@dataclass(frozen=True)
class Arguments:
    """What the command line says."""

    work: Path
    model: Path | None = None
    lengths: tuple[float, ...] = (20.0, 60.0, 300.0)
    fps: float = 12.0
    interpolate: int = 1
    scenarios: int = 6
    futures: int = 4
    seconds: float = 4.0
    steps: int = 20
    threads: int = 1
    seed: int = 0
    out: Path = VIDEO_LDM

    @property
    def key_fps(self) -> float:
        """Key frames per second."""
        return self.fps / 4**self.interpolate


def run(given: Arguments) -> None:
    """Draw long clips and futures, and write what was measured."""
    for length in given.lengths:
        put(given.out, SECTION, long_clip(given, length))
        print(f"{length:g} s", flush=True)
    put(given.out, SECTION, futures(given))


def long_clip(given: Arguments, length_s: float) -> dict[str, FigureRow]:
    """Figures of one clip; its picture is that of the longest so far."""
    settings = ["clips=1", f"clip.length_s={length_s:g}", f"fps={given.fps:g}"]
    name = f"{length_s:g}s"
    folder = given.work / name
    made = sampled(given, folder, *settings, f"interpolate={given.interpolate}")
    clip = next(iter(StoreReader(folder).clips()))
    figures = {
        f"{name}/frames": figure(len(clip.frames), "frames", seed=given.seed),
        **{f"{name}/{key}": row for key, row in made.items()},
        **{f"{name}/last_over_first_{key}": row for key, row in _lasting(clip, given.seed).items()},
    }
    if length_s == max(given.lengths):
        height, width = read_info(given.model or default_model_folder()).image_size
        reference = given.work / f"{name}_reference"
        sampled(given, reference, *settings, "generator=reference", f"image_size=[{height},{width}]")
        rendered = next(iter(StoreReader(reference).clips()))
        lasting = _lasting(rendered, given.seed)
        figures |= {f"{name}_reference/last_over_first_{key}": row for key, row in lasting.items()}
        write_small_png(given.out.with_name(f"{given.out.stem}_{SECTION}_long.png"), _strip(clip, rendered))
    return figures


def futures(given: Arguments) -> dict[str, FigureRow]:
    """How far apart clips are that go on from one frame: nothing at first, more and more after it."""
    folder = given.work / "futures"
    frames = round(given.seconds * given.key_fps) + 1
    sampled(
        given,
        folder,
        f"clips={given.scenarios}",
        f"futures={given.futures}",
        f"batch={given.futures}",
        f"frames={frames}",
        f"fps={given.key_fps:g}",
    )
    clips = sorted(StoreReader(folder).clips(), key=lambda clip: (clip.scenario_id, clip.clip_id))
    groups = [list(group) for _, group in groupby(clips, key=lambda clip: clip.scenario_id)]
    apart = np.mean([_apart(group) for group in groups], axis=0)
    write_small_png(given.out.with_name(f"{given.out.stem}_{SECTION}_futures.png"), _rows(groups[0][:SHOWN_FUTURES]))
    count = len(groups) * given.futures
    shown = [i for i in range(frames) if i == 0 or i % round(given.key_fps) == 0]
    return {
        f"futures_apart_after_{i / given.key_fps:g}_s": figure(
            float(apart[i]), "levels of 255, mean absolute difference of two futures", count, given.seed
        )
        for i in shown
    }


def sampled(given: Arguments, folder: Path, *settings: str) -> dict[str, FigureRow]:
    """Sample in a process of its own; its peak memory and time. Clips that are there are kept, and not measured.

    Raises:
        DrivegenError: the process failed.
    """
    if (folder / MANIFEST).is_file():
        return {}
    command = [sys.executable, "-m", "drivegen.cli.sample", *settings, f"seed={given.seed}", f"out={folder}"]
    command += [f"threads={given.threads}", "sheet_clips=1"]
    command += [f"sampler.num_inference_steps={given.steps}"]
    command += [] if given.model is None or "generator=reference" in settings else [f"model={given.model}"]
    with subprocess.Popen(command) as process:
        # Unlike getrusage(RUSAGE_CHILDREN), which is the most of all children so far.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise DrivegenError("clips could not be made", where=folder, got=f"exit status {process.returncode}")
    return {
        "peak_memory": figure(usage.ru_maxrss / 1024, "MiB", seed=given.seed),
        "cpu_seconds": figure(usage.ru_utime + usage.ru_stime, "s of one core", seed=given.seed),
    }


def _lasting(clip: Clip, seed: int) -> dict[str, FigureRow]:
    """What the last seconds of a clip are beside its first ones."""
    frames = round(CHUNK_S * clip.fps)
    first, last = (_looks(clip, part) for part in (slice(0, frames), slice(-frames, None)))
    return {
        name: figure(last[name] / first[name], f"ratio of {CHUNK_S:g} s", frames, seed)
        for name in first
        if first[name] > 0 and name in last
    }


def _looks(clip: Clip, part: slice) -> dict[str, float]:
    luma = clip.frames[part].astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    edges = np.abs(np.diff(luma, axis=1)).mean() + np.abs(np.diff(luma, axis=2)).mean()
    looks = {"edges": float(edges), "contrast": float(luma.std(axis=(1, 2)).mean())}
    found = [frame.detected for frame in clip.verdict.objects[part]]
    judged = np.concatenate(found) if found else np.zeros(0)
    judged = judged[~np.isnan(judged)]
    return looks | ({"boxes_found": float(judged.mean())} if len(judged) else {})


def _apart(group: Sequence[Clip]) -> Floats:
    """Mean absolute difference of two clips of a group, by frame."""
    pairs = combinations([clip.frames.astype(np.int16) for clip in group], 2)
    return np.asarray(np.mean([np.abs(one - other).mean(axis=(1, 2, 3)) for one, other in pairs], axis=0))


def _strip(clip: Clip, reference: Clip) -> Bytes:
    """Frames from the first to the last, generated above rendered."""
    shown = np.linspace(0, len(clip.frames) - 1, SHOWN_FRAMES).round().astype(int)
    images = [_large(there.frames[i]) for there in (clip, reference) for i in shown]
    captions = [f"{name}, {i / clip.fps:.0f} s" for name in ("generated", "rendered") for i in shown]
    return contact_sheet(images, columns=SHOWN_FRAMES, captions=captions, title="one clip, its layout rendered below")


def _rows(group: Sequence[Clip]) -> Bytes:
    """A row for each future of one frame."""
    shown = np.linspace(0, len(group[0].frames) - 1, SHOWN_FRAMES).round().astype(int)
    images = [_large(clip.frames[i]) for clip in group for i in shown]
    captions = [f"future {n}, {i / clip.fps:.1f} s" for n, clip in enumerate(group) for i in shown]
    return contact_sheet(images, columns=SHOWN_FRAMES, captions=captions, title="futures of one frame")


def _large(frame: Bytes) -> Bytes:
    return enlarge(np.ascontiguousarray(frame), max(1, round(WIDTH_PX / frame.shape[1])))


if __name__ == "__main__":
    sys.exit(run_tool(run, Arguments, sys.argv[1:], __doc__))
