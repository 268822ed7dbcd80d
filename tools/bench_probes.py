"""What `bench_world.py` measures in processes of their own: each probe prints one line of JSON.

python tools/bench_probes.py write HEIGHT WIDTH SCENES DURATION_S WORKERS
python tools/bench_probes.py memory SCENES
python tools/bench_probes.py first
python tools/bench_probes.py long DURATION_S
python tools/bench_probes.py machine HEIGHT WIDTH
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

Facts = dict[str, Any]
CAMERA = "CAM_FRONT"


def write(height: str, width: str, scenes: str, duration_s: str, workers: str) -> Facts:
    """Frames a second of write_world, and where the time of one process goes."""
    from drivegen.world import WorldConfig, make_scene, render_frame, write_world

    config = WorldConfig(
        scenes=int(scenes), duration_s=float(duration_s), size=(int(height), int(width)), workers=int(workers), seed=3
    )
    _warm(config.size)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        write_world(config, Path(folder) / "world")
        seconds = time.perf_counter() - began
    frames = config.scenes * config.frames
    facts: Facts = {"seconds": seconds, "frames": frames, "frames_per_second": frames / seconds}
    if config.workers == 1:
        making, rendering, drawn = 0.0, 0.0, 0
        for index in range(min(3, config.scenes)):
            began = time.perf_counter()
            scene = make_scene(config, index)
            making += time.perf_counter() - began
            camera, times = scene.scenario.cameras[CAMERA], scene.scenario.frame_times_us[CAMERA][::8]
            render_frame(scene, camera, int(times[0]))
            began = time.perf_counter()
            for moment in times:
                render_frame(scene, camera, int(moment))
            rendering += time.perf_counter() - began
            drawn += len(times)
        facts |= {"make_scene_s": making / min(3, config.scenes), "render_ms": 1e3 * rendering / drawn}
    return facts


def memory(scenes: str) -> Facts:
    """The most memory that writing so many scenes ever took."""
    from drivegen.world import WorldConfig, write_world

    with tempfile.TemporaryDirectory() as folder:
        write_world(WorldConfig(scenes=int(scenes), duration_s=10.0, hz=6.0, seed=3), Path(folder) / "world")
    return {"max_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def first() -> Facts:
    """Seconds until the first picture is there, imports included; NUMBA_CACHE_DIR says whether kernels are kept."""
    began = time.perf_counter()
    _warm((128, 256))
    return {"seconds": time.perf_counter() - began}


def long(duration_s: str) -> Facts:
    """Seconds to make a scene of this length."""
    from drivegen.world import WorldConfig, make_scene

    _warm((128, 256))
    began = time.perf_counter()
    make_scene(WorldConfig(duration_s=float(duration_s), seed=3), 0)
    return {"seconds": time.perf_counter() - began}


def machine(height: str, width: str) -> Facts:
    """This machine's own rates: encoding a rendered frame as JPEG, and copying memory."""
    from drivegen.world import WorldConfig, make_scene, render_frame

    config = WorldConfig(size=(int(height), int(width)), duration_s=1.0, seed=3)
    scene = make_scene(config, 0)
    camera, times = scene.scenario.cameras[CAMERA], scene.scenario.frame_times_us[CAMERA]
    frame = np.ascontiguousarray(render_frame(scene, camera, int(times[0]))[..., ::-1])
    quality = [cv2.IMWRITE_JPEG_QUALITY, config.jpeg_quality]
    source = np.zeros(64 << 20, np.uint8)
    target = np.zeros_like(source)
    return {
        "jpeg_per_second": _rate(lambda: cv2.imencode(".jpg", frame, quality)),
        "copy_gb_per_second": _rate(lambda: np.copyto(target, source)) * source.nbytes / 1e9,
        "frame_bytes": int(frame.nbytes),
    }


def _rate(work: Callable[[], object], seconds: float = 1.0) -> float:
    """Calls a second, the best of three runs."""
    best = 0.0
    for _ in range(3):
        began, calls = time.perf_counter(), 0
        while (passed := time.perf_counter() - began) < seconds / 3:
            work()
            calls += 1
        best = max(best, calls / passed)
    return best


def _warm(size: tuple[int, int]) -> None:
    """Load the kernels: one short scene in every weather by day and at night."""
    from drivegen.core import Ambience, TimeOfDay, Weather
    from drivegen.world import WorldConfig, make_scene, render_frame

    for weather in Weather:
        for when in (TimeOfDay.DAY, TimeOfDay.NIGHT):
            scene = make_scene(WorldConfig(duration_s=0.5, size=size), 0, ambience=Ambience(weather, when))
            camera, times = scene.scenario.cameras[CAMERA], scene.scenario.frame_times_us[CAMERA]
            render_frame(scene, camera, int(times[0]))


PROBES: dict[str, Callable[..., Facts]] = {
    "write": write, "memory": memory, "first": first, "long": long, "machine": machine,
}  # fmt: skip


def main(arguments: Sequence[str]) -> None:
    """Run one probe."""
    cv2.setNumThreads(1)
    print(json.dumps(PROBES[arguments[0]](*arguments[1:])))


if __name__ == "__main__":
    main(sys.argv[1:])
