"""How far interpolated boxes lie from boxes annotated at a higher rate; prints JSON.

    python tools/interpolation_error.py [FOLDER]

FOLDER is a nuScenes root with an `annotations_10hz.json` beside its 2 Hz tables (default: pandaset_002 in
$DRIVEGEN_SHARED_DATA). Key frames, where the error is zero, are left out. A box is moving when its annotated centre,
from two frames before to two frames after, is faster than MOVING_MPS.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from drivegen.core import DataError, DrivegenError, Track
from drivegen.core.arrays import Floats, Integers
from drivegen.nuscenes_format import NuScenesRoot

TRUTH_FILE = "annotations_10hz.json"
MOVING_MPS = 0.5


def interpolation_error(root: Path) -> dict[str, dict[str, float]]:
    """Distances between interpolated and annotated box centres, by place in time and by motion.

    Args:
        root: a nuScenes root of one scene with the denser annotations beside its tables.

    Returns:
        From "interpolated" (between key frames) or "extrapolated" (after the last one) and "all", "moving" or "static"
        to the count of boxes and the median, 95th percentile and maximum in metres; and how many annotated boxes of
        moving and static objects the tracks do not cover.

    Raises:
        DataError: the root or the denser annotations cannot be read.
    """
    truth = _truth(root / TRUTH_FILE)
    recorded = NuScenesRoot(root)
    scenario = recorded.scenario(recorded.scenes[0])
    tracks = {track.track_id: track for track in scenario.tracks}
    samples = _sample_times(scenario.tracks)
    errors: dict[str, list[float]] = defaultdict(list)
    missing: dict[str, int] = defaultdict(int)
    for track_id, rows in truth.items():
        if track_id not in tracks:
            continue
        centers = np.array([row["translation"] for row in rows])
        times = np.array([row["timestamp"] for row in rows])
        trajectory = tracks[track_id].trajectory
        for index, (time, center) in enumerate(zip(times.tolist(), centers, strict=True)):
            if time in samples:
                continue
            kind = "moving" if _speed(times, centers, index) > MOVING_MPS else "static"
            place = "interpolated" if time < max(samples) else "extrapolated"
            if not trajectory.covers(time):
                missing[f"{place} {kind}"] += 1
                continue
            error = float(np.linalg.norm(trajectory.pose_at(time).translation - center))
            errors[f"{place} {kind}"].append(error)
            errors[f"{place} all"].append(error)
    report = {name: _summary(values) for name, values in sorted(errors.items())}
    return {**report, "not covered": {name: float(count) for name, count in sorted(missing.items())}}


def _truth(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Annotated boxes by instance token."""
    try:
        rows = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError("denser annotations cannot be read", where=path, got=error) from error
    result: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        result[row["instance_token"]].append(row)
    return result


def _speed(times: Integers, centers: Floats, index: int) -> float:
    """Metres per second from two rows before to two rows after; 0 for a single row."""
    first, last = max(0, index - 2), min(len(times) - 1, index + 2)
    if first == last:
        return 0.0
    return float(np.linalg.norm(centers[last] - centers[first]) / ((times[last] - times[first]) * 1e-6))


def _sample_times(tracks: Sequence[Track]) -> set[int]:
    """The times of the scene's samples: inner keys of the tracks (the outermost may be extensions)."""
    return {int(time) for track in tracks for time in track.trajectory.timestamps_us[1:-1]}


def _summary(values: Sequence[float]) -> dict[str, float]:
    median, p95 = np.percentile(values, [50, 95])
    return {
        "count": len(values),
        "median_m": round(float(median), 4),
        "p95_m": round(float(p95), 4),
        "max_m": round(float(np.max(values)), 4),
    }


def main(arguments: Sequence[str]) -> int:
    """Print the report of the folder named on the command line; 0 when it could be read."""
    shared = os.environ.get("DRIVEGEN_SHARED_DATA")
    if not arguments and shared is None:
        print("name a folder or set DRIVEGEN_SHARED_DATA", file=sys.stderr)
        return 2
    folder = Path(arguments[0]) if arguments else Path(str(shared)) / "pandaset_002"
    try:
        print(json.dumps(interpolation_error(folder), indent=2))
    except DrivegenError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
