"""The clips that a model was trained on, as the judge's features: is a new clip a copy of one of them?

File: safetensors with `features` (N, F) float16 and `spacing` (1,) float32. Its metadata has one entry `index`, JSON
of `format`, the judge's `features_sha256` and `ids`, the clip of each row (a clip has one row per window of frames).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from drivegen.audit.looking import window_length
from drivegen.core.arrays import Bytes, Floats
from drivegen.core.errors import DataError
from drivegen.core.observations import Features, Observer

FORMAT = "drivegen-training-clips-2"
# Name of the file inside a model folder.
INDEX_FILE = "training_clips.safetensors"
# Rows that are compared with all others at a time.
BLOCK = 512


@dataclass(frozen=True, eq=False)
class TrainingIndex:
    """N windows of training clips.

    Attributes:
        ids: the training clip of each row.
        features: (N, F) float16 window features of the judge.
        features_sha256: whose features they are.
        spacing: median distance of a row to the nearest row of another clip; NaN for fewer than two clips.
    """

    ids: tuple[str, ...]
    features: NDArray[np.float16]
    features_sha256: str
    spacing: float

    def __post_init__(self) -> None:
        if self.features.ndim != 2 or len(self.features) != len(self.ids) or not self.ids:
            raise DataError(
                "wrong shape", where="TrainingIndex.features", expected=f"({len(self.ids)} > 0, F)",
                got=self.features.shape,
            )  # fmt: skip

    def nearest(self, feature: Features) -> tuple[str, float]:
        """The training clip that is nearest to a window's feature (F,), and its Euclidean distance.

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
        return self.ids[best], float(apart[best])

    def nearest_of(self, features: Features) -> tuple[str, float]:
        """The nearest training clip to any of the windows (W, F) of a clip, in units of `spacing`.

        1 is as far as training clips are from one another, 0 a copy; NaN when there is no such unit.
        """
        found = min((self.nearest(feature) for feature in features), key=lambda pair: pair[1])
        return found[0], found[1] / self.spacing if self.spacing > 0 else float("nan")

    def with_clip(self, clip_id: str, features: Features) -> TrainingIndex:
        """The same with one more clip, of window features (W, F); the unit stays."""
        return TrainingIndex(
            self.ids + (clip_id,) * len(features),
            np.concatenate([self.features, features.astype(np.float16)]),
            self.features_sha256,
            self.spacing,
        )

    def joined(self, other: TrainingIndex) -> TrainingIndex:
        """The clips of both, for a model that was trained in several goes; the unit is that of all of them.

        Raises:
            DataError: features of another judge.
        """
        if other.features_sha256 != self.features_sha256 or other.features.shape[1:] != self.features.shape[1:]:
            raise DataError(
                "index of another judge", where="training index", expected=self.features_sha256,
                got=other.features_sha256, remedy="build it again: drivegen audit 'training.roots=[...]' out=...",
            )  # fmt: skip
        ids, features = self.ids + other.ids, np.concatenate([self.features, other.features])
        return TrainingIndex(ids, features, self.features_sha256, _spacing(ids, features.astype(np.float32)))

    def save(self, path: Path) -> None:
        """Write the file; it is replaced whole or not at all."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        facts = {"format": FORMAT, "features_sha256": self.features_sha256, "ids": list(self.ids)}
        # One entry: safetensors writes several in no fixed order, and the same index is to be the same bytes.
        metadata = {"index": json.dumps(facts)}
        temporary = path.with_name(f".{path.name}.partial")
        save_file({"features": self.features, "spacing": np.array([self.spacing], np.float32)}, temporary, metadata)
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
            features, spacing = tensors["features"], float(tensors["spacing"][0])
        except (SafetensorError, OSError, ValueError, KeyError, IndexError, TypeError) as error:
            raise DataError(
                "not an index of training clips", where=path, got=f"{type(error).__name__}: {error}"
            ) from error
        return TrainingIndex(ids, features.astype(np.float16), features_sha256, spacing)


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
    features = np.stack(rows).astype(np.float16)
    return TrainingIndex(tuple(ids), features, observer.features_sha256, _spacing(ids, features.astype(np.float32)))


def _spacing(ids: Sequence[str], features: Features) -> float:
    """Median distance of the rows to the nearest row of another clip."""
    names = np.unique(list(ids), return_inverse=True)[1]
    if len(set(ids)) < 2:
        return float("nan")
    squares = (features**2).sum(axis=1)
    nearest: list[Floats] = []
    for start in range(0, len(features), BLOCK):
        block = slice(start, start + BLOCK)
        apart = squares[block, None] + squares[None] - 2 * features[block] @ features.T
        apart[names[block, None] == names[None]] = np.inf
        nearest.append(np.sqrt(np.clip(apart.min(axis=1), 0.0, None)))
    return float(np.median(np.concatenate(nearest)))
