"""Sightings as one `.npz` file per scene: arrays of numbers and names, no pickles."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from drivegen.core import DataError, GeometryError, Sightings

# Arrays of a camera, named `<camera>.<array>` in the file.
_ARRAYS = ("times_us", "fraction", "visible_px")
_TRACKS = "track_ids"


def sightings_bytes(sightings: Mapping[str, Sightings]) -> bytes:
    """The file: `track_ids` (N,) text, and per camera `times_us` (T,) int64, `fraction` (T, N) and `visible_px`
    (T, N, 4) float32; the same sightings give the same bytes.
    """
    ids = tuple(dict.fromkeys(track_id for seen in sightings.values() for track_id in seen.track_ids))
    arrays: dict[str, np.ndarray] = {_TRACKS: np.array(ids, dtype=np.str_)}
    for camera, seen in sightings.items():
        fraction = np.zeros((len(seen.times_us), len(ids)), dtype=np.float32)
        visible = np.full((*fraction.shape, 4), np.nan, dtype=np.float32)
        columns = [ids.index(track_id) for track_id in seen.track_ids]
        fraction[:, columns], visible[:, columns] = seen.fraction, seen.visible_px
        arrays |= {f"{camera}.times_us": seen.times_us, f"{camera}.fraction": fraction, f"{camera}.visible_px": visible}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def read_sightings(path: Path) -> dict[str, Sightings]:
    """By camera, what `sightings_bytes` wrote.

    Raises:
        DataError: the file is damaged or something else.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            ids = tuple(str(name) for name in file[_TRACKS])
            cameras = [key.removesuffix(".times_us") for key in file.files if key.endswith(".times_us")]
            read = {camera: [file[f"{camera}.{array}"] for array in _ARRAYS] for camera in cameras}
        return {camera: Sightings(times, ids, share, box) for camera, (times, share, box) in read.items()}
    except (OSError, KeyError, ValueError, TypeError, EOFError, AttributeError, BadZipFile, GeometryError) as error:
        raise DataError("not sightings", where=path, got=f"{type(error).__name__}: {error}") from error
