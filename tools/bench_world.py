"""Measures how fast the embedded world is made and writes docs/results/world_bench.json.

    python tools/bench_world.py [scenes=6] [duration_s=20] [long_s=300] [out=docs/results/world_bench.json]

Every measurement runs in a fresh process with one thread. `scenes` scenes of `duration_s` are written at 128x256, half
as many at 512x1024. Figures stand beside what the same machine does otherwise: how many of the same frames it encodes
as JPEG in a second, and how fast it copies memory. Needs about ten minutes on two cores.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from figures import Figure, Figures, write_figures

from drivegen.core import ConfigError, DrivegenError

HERE = Path(__file__).parent
SIZES = ((128, 256), (512, 1024))
MEMORY_SCENES = (2, 4, 8)
SEED = 3
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def main(arguments: Sequence[str]) -> None:
    """Measure everything."""
    options = dict(argument.split("=", 1) for argument in arguments)
    unknown = set(options) - {"scenes", "duration_s", "long_s", "out"}
    if unknown:
        raise ConfigError("unknown option", where=", ".join(sorted(unknown)))
    scenes, duration = int(options.get("scenes", "6")), float(options.get("duration_s", "20"))
    out = Path(options.get("out", str(HERE.parent / "docs" / "results" / "world_bench.json")))
    figures = first_use()
    for size in SIZES:
        count = scenes if size == SIZES[0] else max(1, scenes // 2)
        figures |= rates(size, count, duration)
    figures |= all_cores(scenes, duration)
    figures |= memory_figures()
    long_s = float(options.get("long_s", "300"))
    seconds = probe("long", long_s)["seconds"]
    figures["long_scene_s"] = Figure(round(seconds, 2), f"s to make a scene of {long_s:g} s", 1, SEED)
    write_figures(out, figures)
    for name, figure in figures.items():
        print(name, figure.value, figure.unit)


def probe(name: str, *arguments: object, cache: str | None = None) -> dict[str, Any]:
    """What a probe prints, from a process of its own."""
    environment = os.environ | ONE_THREAD | ({"NUMBA_CACHE_DIR": cache} if cache else {})
    command = [sys.executable, str(HERE / "bench_probes.py"), name, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"bench_world: {' '.join(command)} failed\n{done.stderr}")
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def first_use() -> Figures:
    """What compiling costs once, and loading the compiled kernels every time."""
    with tempfile.TemporaryDirectory() as cache:
        compiled, loaded = (probe("first", cache=cache)["seconds"] for _ in range(2))
    unit = "s until ten first pictures, imports included"
    return {
        "compile_s": Figure(round(compiled - loaded, 1), "s to compile the kernels at first use", 1),
        "first_use_s": Figure(round(compiled, 1), f"{unit}, nothing compiled", 1),
        "warm_start_s": Figure(round(loaded, 1), f"{unit}, kernels kept on disk", 1),
    }


def rates(size: tuple[int, int], scenes: int, duration_s: float) -> Figures:
    """Frames a second of one core with writing, and in terms of this machine's own rates."""
    facts, machine = probe("write", *size, scenes, duration_s, 1), probe("machine", *size)
    name, frames = "{}x{}".format(*size), int(facts["frames"])
    rate = facts["frames_per_second"]
    copies = machine["copy_gb_per_second"] * 1e9 / machine["frame_bytes"]
    return {
        f"write_fps_{name}": Figure(round(rate, 2), "frames/s of one core, written as JPEG", frames, SEED),
        f"make_scene_s_{name}": Figure(
            round(facts["make_scene_s"], 3), f"s to make a scene of {duration_s:g} s", 3, SEED
        ),
        f"render_ms_{name}": Figure(round(facts["render_ms"], 2), "ms to draw a frame", frames // 8, SEED),
        f"jpeg_fps_{name}": Figure(round(machine["jpeg_per_second"], 1), "frames/s encoded as JPEG by one core"),
        f"write_over_jpeg_{name}": Figure(
            round(rate / machine["jpeg_per_second"], 4), "frames/s written over frames/s encoded", frames, SEED
        ),
        f"write_over_copy_{name}": Figure(
            round(rate / copies, 6), "frames/s written over frames/s copied in memory", frames, SEED
        ),
        "copy_gb_per_second": Figure(round(machine["copy_gb_per_second"], 2), "GB/s copied in memory by one core"),
    }


def all_cores(scenes: int, duration_s: float) -> Figures:
    """The same world by one process and by one per core; the start of the processes counts."""
    cores = os.cpu_count() or 1
    one, many = (probe("write", *SIZES[0], scenes, duration_s, workers) for workers in (1, cores))
    ratio = many["frames_per_second"] / one["frames_per_second"]
    return {
        "cores": Figure(cores, "cores of this machine"),
        "all_cores_fps_128x256": Figure(
            round(many["frames_per_second"], 1), "frames/s of all cores, written as JPEG", int(many["frames"]), SEED
        ),
        "all_cores_gain": Figure(
            round(ratio / cores, 3), "gain of all cores over one, per core", int(many["frames"]), SEED
        ),
    }


def memory_figures() -> Figures:
    """Peak memory over the number of scenes."""
    peaks = {count: probe("memory", count)["max_rss_mb"] for count in MEMORY_SCENES}
    figures = {
        f"memory_mb_{count}_scenes": Figure(round(peak, 1), "MB, peak of one process", count, SEED)
        for count, peak in peaks.items()
    }
    first, last = MEMORY_SCENES[0], MEMORY_SCENES[-1]
    growth = (peaks[last] - peaks[first]) / (last - first)
    return figures | {"memory_growth_mb": Figure(round(growth, 2), "MB of peak memory a further scene", last, SEED)}


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except DrivegenError as problem:
        sys.exit(f"bench_world: {problem}")
