"""Does generated data help a detector? Equal steps on four training sets, over seeds, tested on held-out scenarios."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch

from drivegen.core import encode
from drivegen.evaluation import ApStats, Resampling
from drivegen.experiments.arms import Arm, ArmBatches, SetName
from drivegen.experiments.clip_lists import ClipList, ClipLists, open_clip_lists
from drivegen.experiments.comparison import Floor, compare
from drivegen.experiments.config import ProveConfig
from drivegen.experiments.counts import RunCounts
from drivegen.experiments.detector import (
    Training,
    build_detector,
    loaded_start,
    seconds_per_step,
    train_detector,
)
from drivegen.experiments.machine import computing
from drivegen.experiments.report import ProveReport, make_report
from drivegen.experiments.run_files import ProveFolder, RunKey
from drivegen.experiments.trial import count_hits
from drivegen.models.perception.config import COARSEST
from drivegen.models.perception.frame_branch import FrameBranch
from drivegen.training.perception_arrays import PerceptionArrays, arrays_of_store

# Called as report(done, total) in steps of all runs.
Progress = Callable[[int, int], None]

# Settings that decide where it runs, how often and what is shown, never a run. The datasets are told by their hashes.
_FREE = frozenset({"out", "seeds", "resamples", "min_labels", "min_groups", "min_ap50", "store", "reference", "test"})
# Smaller frames are enlarged to this height for the detector: its grid is four pixels wide.
_LEAST_HEIGHT = 128


def prove(config: ProveConfig, advance: Progress = lambda done, total: None) -> ProveReport:
    """For each seed and training set: train, test, keep; then compare.

    What an earlier start has finished is not done again.

    Args:
        advance: called with the steps done and those of all runs.

    Raises:
        ConfigError: `out` holds another experiment; there is no such device.
        DataError: a dataset cannot be read, or would make the experiment mean nothing.
    """
    lists = open_clip_lists(config)
    with computing(config.threads, config.device) as machine:
        settings = {
            **{key: value for key, value in encode(config).items() if key not in _FREE},
            **{held.role: held.sha256 for held in lists.all()},
            "start": _start_facts(config),
            "image_size": list(_size(config, lists.reference)),
            "threads": machine.threads,
            "device": machine.device.type,
        }
        folder = ProveFolder(config.out, settings)
        runs = [RunKey(arm, config.seed + n) for n, arm in product(range(config.seeds), Arm)]
        if not all(folder.has(run) for run in runs):
            _do_runs(config, folder, lists, runs, machine.device, advance)
    held = {arm: [folder.counts(run) for run in runs if run.arm is arm] for arm in Arm}
    resampling = Resampling(resamples=config.resamples, seed=config.seed)
    rows = compare(held, resampling, Floor(config.min_labels, config.min_groups))
    return make_report(config.out, rows, _facts(config, lists, settings, [folder.facts(run) for run in runs]))


def _do_runs(
    config: ProveConfig,
    folder: ProveFolder,
    lists: ClipLists,
    runs: list[RunKey],
    device: torch.device,
    advance: Progress,
) -> None:
    """Do the runs that are missing."""
    size = _size(config, lists.reference)
    with _training_sets(lists, size, folder.frames) as arrays:
        rows: dict[SetName, np.ndarray] = {
            "reference": lists.reference.frame_rows(),
            "generated": lists.generated.frame_rows(config.passed_only),
        }
        steps = _steps(config, folder, arrays, rows, size, len(runs), device)
        done = sum(folder.has(run) for run in runs) * steps

        def step() -> None:
            nonlocal done
            done += 1
            advance(done, len(runs) * steps)

        advance(done, len(runs) * steps)
        for run in runs:
            if folder.has(run):
                continue
            net = build_detector(config.detector, size, run.seed, config.start)
            batches = ArmBatches(run.arm, rows, config.optim.batch, run.seed)
            training = train_detector(
                net, arrays, batches, config.optim, steps=steps, seed=run.seed, device=device, advance=step
            )
            stats = count_hits(net, size, lists.test, device)
            folder.keep(run, RunCounts.of(stats), _run_facts(run, training, stats, net))


@contextmanager
def _training_sets(lists: ClipLists, size: tuple[int, int], folder: Path) -> Iterator[dict[SetName, PerceptionArrays]]:
    """Frames and boxes of both training sets, on disk for the length of the block: they may be larger than memory."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield {
            "reference": arrays_of_store(lists.reference.reader, size, folder / "reference"),
            "generated": arrays_of_store(lists.generated.reader, size, folder / "generated"),
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _steps(
    config: ProveConfig,
    folder: ProveFolder,
    arrays: dict[SetName, PerceptionArrays],
    rows: dict[SetName, np.ndarray],
    size: tuple[int, int],
    runs: int,
    device: torch.device,
) -> int:
    """The steps of every run: as set, or as many as fit the minutes, measured once and kept with the experiment."""
    if config.minutes is None:
        return config.steps
    steps = folder.decided("steps")
    if steps is None:
        net = build_detector(config.detector, size, config.seed, config.start)
        batches = ArmBatches(Arm.REFERENCE_AND_GENERATED, rows, config.optim.batch, config.seed)
        seconds = seconds_per_step(net, arrays, batches, config.optim, device)
        steps = max(1, int(60.0 * config.minutes / runs / seconds))
        folder.decide("steps", steps)
    return int(steps)


def _size(config: ProveConfig, reference: ClipList) -> tuple[int, int]:
    """The size of the frames that the detector sees."""
    if config.start is not None:
        return loaded_start(config.start).net.config.image_size
    return config.image_size or _default_size(reference)


def _start_facts(config: ProveConfig) -> dict[str, str] | None:
    """The detector that is gone on from, by content rather than by place."""
    if config.start is None:
        return None
    loaded = loaded_start(config.start)
    return {"name": loaded.info.name, "sha256": loaded.sha256}


def _default_size(reference: ClipList) -> tuple[int, int]:
    """The size of the frames, enlarged where they are small, in multiples that the detector takes."""
    height, width = reference.image_size
    scale = max(1.0, _LEAST_HEIGHT / height)
    return _multiple(height * scale), _multiple(width * scale)


def _multiple(side: float) -> int:
    return max(COARSEST, COARSEST * round(side / COARSEST))


def _run_facts(run: RunKey, training: Training, stats: ApStats, net: FrameBranch) -> dict[str, Any]:
    return {
        "arm": run.arm.value,
        "seed": run.seed,
        "steps": training.steps,
        "training_loss": round(training.loss, 5),
        "training_seconds": round(training.seconds, 2),
        "test_frames": int(stats.frames.sum()),
        "test_objects": int(stats.positives().sum()),
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
    }


def _facts(
    config: ProveConfig, lists: ClipLists, settings: Mapping[str, Any], runs: list[dict[str, Any]]
) -> dict[str, Any]:
    """What the report says beside the figures."""
    return {
        "detector": {
            "name": config.detector if config.start is None else settings["start"]["name"],
            "start": settings["start"],
            "parameters": runs[0]["parameters"],
            "image_size": settings["image_size"],
        },
        "sets": {held.role: held.facts() for held in lists.all()},
        "passed_only": config.passed_only,
        "steps": runs[0]["steps"],
        "batch": config.optim.batch,
        "seeds": [config.seed + n for n in range(config.seeds)],
        "resamples": config.resamples,
        "min_labels": config.min_labels,
        "min_groups": config.min_groups,
        "min_ap50": config.min_ap50,
        "threads": settings["threads"],
        "device": settings["device"],
        "training_seconds": round(sum(run["training_seconds"] for run in runs), 1),
        "runs": runs,
    }
