"""What a camera really saw of each track, measured in the renderer's instance masks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from drivegen.core.arrays import Floats, Integers
from drivegen.core.cameras import Camera
from drivegen.core.errors import GeometryError


@dataclass(frozen=True, eq=False)
class Sightings:
    """Of N tracks at T times, how much one camera sees of them.

    Attributes:
        times_us: (T,) strictly increasing.
        track_ids: N ids; a track that is not among them is not seen at all.
        fraction: (T, N) visible samples over the samples of the object drawn alone, within
            `projection.SURROUND` of the image; in [0, 1].
        visible_px: (T, N, 4) x_min y_min x_max y_max of the visible samples, in pixels of the camera at its own size;
            NaN where nothing is seen.
    """

    times_us: Integers
    track_ids: tuple[str, ...]
    fraction: Floats
    visible_px: Floats

    def __post_init__(self) -> None:
        times = np.asarray(self.times_us, dtype=np.int64)
        fraction = np.asarray(self.fraction, dtype=np.float64)
        visible = np.asarray(self.visible_px, dtype=np.float64)
        shape = (len(times), len(self.track_ids)) if times.ndim == 1 else ()
        if not shape or fraction.shape != shape or visible.shape != (*shape, 4):
            raise GeometryError(
                "wrong shape", where="Sightings", expected="(T,), (T, N), (T, N, 4)",
                got=f"{times.shape}, {fraction.shape}, {visible.shape}",
            )  # fmt: skip
        if (np.diff(times) <= 0).any():
            raise GeometryError("timestamps must increase", where="Sightings.times_us")
        if not ((fraction >= 0) & (fraction <= 1)).all():
            raise GeometryError("not a share", where="Sightings.fraction", expected="0 to 1")
        for name, value in (("times_us", times), ("fraction", fraction), ("visible_px", visible)):
            object.__setattr__(self, name, value)

    @cached_property
    def _column(self) -> dict[str, int]:
        return {track_id: i for i, track_id in enumerate(self.track_ids)}

    def frame_of(self, timestamp_us: int) -> int | None:
        """The index of a time; None when nothing was measured at exactly that time."""
        index = int(np.searchsorted(self.times_us, timestamp_us))
        found = index < len(self.times_us) and self.times_us[index] == timestamp_us
        return index if found else None

    def at(self, frame: int, track_ids: list[str]) -> tuple[Floats, Floats]:
        """Fractions (n,) and visible boxes (n, 4) of some tracks in one frame; 0 and NaN for tracks not seen."""
        columns = np.array([self._column.get(track_id, -1) for track_id in track_ids], dtype=np.int64)
        known = columns >= 0
        fraction, visible = np.zeros(len(columns)), np.full((len(columns), 4), np.nan)
        fraction[known] = self.fraction[frame, columns[known]]
        visible[known] = self.visible_px[frame, columns[known]]
        return fraction, visible


def refit(fraction: Floats, visible_px: Floats, before: Camera, after: Camera) -> tuple[Floats, Floats]:
    """Fractions (n,) and visible boxes (n, 4) of one camera, for another crop and scale of it.

    Boxes are scaled by the ratio of the intrinsics and cut at the image's edge. Of a box that is cut, as large a share
    of the visible part counts as remains of the box's area: the samples themselves are not kept.
    """
    ratio: Floats = np.array([after.intrinsics[i, i] / before.intrinsics[i, i] for i in (0, 1)] * 2)
    shift: Floats = np.tile(after.intrinsics[:2, 2], 2) - ratio * np.tile(before.intrinsics[:2, 2], 2)
    moved: Floats = visible_px * ratio + shift
    height, width = after.size
    inside = np.clip(moved, 0.0, [width, height, width, height])
    kept = _area(inside) / np.maximum(_area(moved), 1e-12)
    seen = (fraction > 0) & np.isfinite(moved).all(axis=-1) & (kept > 0)
    # Rounding must not make a whole box a little less than whole.
    share: Floats = np.where(kept > 1.0 - 1e-9, 1.0, kept)
    left: Floats = np.where(seen, fraction * share, 0.0)
    return left, np.where(seen[:, None], inside, np.nan)


def _area(boxes: Floats) -> Floats:
    sides: Floats = boxes[..., 2:] - boxes[..., :2]
    return np.asarray(sides.prod(axis=-1))
