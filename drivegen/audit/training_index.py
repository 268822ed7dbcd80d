"""The clips that a model was trained on, as the judge's features: is a new clip a copy of one of them?

File: safetensors with `features` (N, F) float16. Its metadata has one entry `index`, JSON of `format`, the judge's
`features_sha256` and `ids`, the clip of each row (a clip has one row per window of frames).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from drivegen.audit.looking import window_length
from drivegen.core.arrays import Bytes, Floats, Integers
from drivegen.core.errors import DataError
from drivegen.core.observations import Features, Observer

FORMAT = "drivegen-training-clips-3"
# Name of the file inside a model folder.
INDEX_FILE = "training_clips.safetensors"
NEIGHBOURS = 10
"""So many other drives tell how near a training clip usually is: enough that a few drives recorded twice do not hide a
copy, few enough that they look alike."""


@dataclass(frozen=True, eq=False)
class TrainingIndex:
    """N windows of training clips.

    Attributes:
        ids: the training clip of each row: DRIVE/NAME, or a name alone for the only clip of its drive.
        features: (N, F) float16 window features of the judge.
        features_sha256: whose features they are.
    """

    ids: tuple[str, ...]
    features: NDArray[np.float16]
    features_sha256: str

    def __post_init__(self) -> None:
        if self.features.ndim != 2 or len(self.features) != len(self.ids) or not self.ids:
            raise DataError(
                "wrong shape", where="TrainingIndex.features", expected=f"({len(self.ids)} > 0, F)",
                got=self.features.shape,
            )  # fmt: skip

    @cached_property
    def _drives(self) -> tuple[int, Integers]:
        """How many drives there are, and which one each row (N,) is of; clips count as drives where there is but one.

        Clips of one drive look alike, and tell little of how near others are.
        """
        drives = [clip_id.rpartition("/")[0] or clip_id for clip_id in self.ids]
        names, drive_of = np.unique(drives if len(set(drives)) > 1 else self.ids, return_inverse=True)
        return len(names), drive_of

    def nearest(self, feature: Features) -> tuple[str, float, float]:
        """The training clip that is nearest to a window's feature (F,).

        Returns:
            The clip, its Euclidean distance, and that distance over the mean distance to the nearest clips of the
            NEIGHBOURS nearest other drives: about 1 for a new clip, 0 for a copy, NaN when there is no other clip. As
            in Carlini et al. 2023 (arXiv:2301.13188): clips lie closer together in some places than in others, so that
            no one distance tells copies from the rest.

        Raises:
            DataError: a feature of another length: another judge's.
        """
        if feature.shape != self.features.shape[1:]:
            raise DataError(
                "feature of another judge", where="training index", expected=self.features.shape[1:],
                got=feature.shape, remedy="build it again: drivegen audit 'training.roots=[...]' out=...",
            )  # fmt: skip
        apart = np.linalg.norm(self.features.astype(np.float32) - feature, axis=1)
        best = int(apart.argmin())
        count, drive_of = self._drives
        by_drive: Floats = np.full(count, np.inf)
        np.minimum.at(by_drive, drive_of, apart)
        others = np.sort(np.delete(by_drive, drive_of[best]))[:NEIGHBOURS]
        distance = float(apart[best])
        usual = float(others.mean()) if len(others) else float("nan")
        return self.ids[best], distance, distance / usual if distance > 0 else 0.0

    def nearest_of(self, features: Features) -> tuple[str, float]:
        """The training clip that any of the windows (W, F) of a clip copies most, and how much: see `nearest`."""
        found = [self.nearest(feature) for feature in features]
        ratios = np.array([ratio for _, _, ratio in found])
        best = int(np.nanargmin(ratios)) if np.isfinite(ratios).any() else 0
        return found[best][0], float(ratios[best])

    def with_clip(self, clip_id: str, features: Features) -> TrainingIndex:
        """The same with one more clip, of window features (W, F)."""
        return TrainingIndex(
            self.ids + (clip_id,) * len(features),
            np.concatenate([self.features, features.astype(np.float16)]),
            self.features_sha256,
        )

    def joined(self, other: TrainingIndex) -> TrainingIndex:
        """The clips of both, for a model that was trained in several goes.

        Raises:
            DataError: features of another judge.
        """
        if other.features_sha256 != self.features_sha256 or other.features.shape[1:] != self.features.shape[1:]:
            raise DataError(
                "index of another judge", where="training index", expected=self.features_sha256,
                got=other.features_sha256, remedy="build it again: drivegen audit 'training.roots=[...]' out=...",
            )  # fmt: skip
        features = np.concatenate([self.features, other.features])
        return TrainingIndex(self.ids + other.ids, features, self.features_sha256)

    def save(self, path: Path) -> None:
        """Write the file; it is replaced whole or not at all."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        facts = {"format": FORMAT, "features_sha256": self.features_sha256, "ids": list(self.ids)}
        # One entry: safetensors writes several in no fixed order, and the same index is to be the same bytes.
        metadata = {"index": json.dumps(facts)}
        temporary = path.with_name(f".{path.name}.partial")
        save_file({"features": self.features}, temporary, metadata)
        temporary.replace(path)

    @staticmethod
    def load(path: Path) -> TrainingIndex:
        """Read a file that `save` wrote.

        Raises:
            DataError: absent, or something else.
        """
        if not Path(path).is_file():
            raise DataError("no such file", where=path, remedy="drivegen audit 'training.roots=[...]' out=... makes it")
        try:
            with safe_open(path, framework="numpy") as file:
                metadata, tensors = file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            facts = json.loads(metadata["index"])
            if facts["format"] != FORMAT:
                raise DataError(
                    "unknown format", where=path, expected=FORMAT, got=facts["format"],
                    remedy="build it again: drivegen audit 'training.roots=[...]' out=...",
                )  # fmt: skip
            ids, features_sha256 = tuple(facts["ids"]), str(facts["features_sha256"])
            features = tensors["features"]
        except (SafetensorError, OSError, ValueError, KeyError, IndexError, TypeError) as error:
            raise DataError(
                "not an index of training clips", where=path, got=f"{type(error).__name__}: {error}"
            ) from error
        return TrainingIndex(ids, features.astype(np.float16), features_sha256)


def build_training_index(observer: Observer, clips: Iterable[tuple[str, Bytes, float]]) -> TrainingIndex:
    """Look at training clips, one at a time.

    Args:
        clips: (id, frames (T, H, W, 3) uint8, frames per second) of each.

    Raises:
        DataError: there are none.
    """
    ids: list[str] = []
    rows: list[Features] = []
    for clip_id, frames, fps in clips:
        nothing = [np.zeros((0, 4))] * len(frames)
        seen = observer.observe(frames, nothing, fps, window_length(len(frames)))
        ids += [clip_id] * len(seen.window_features)
        rows += list(seen.window_features)
    if not rows:
        raise DataError("no training clips", where="training index")
    return TrainingIndex(tuple(ids), np.stack(rows).astype(np.float16), observer.features_sha256)
