"""The clips and frames that a run trains on, and those held out to measure it by."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from drivegen.core import DataError
from drivegen.data import ClipIndex, common_splits, hold_out
from drivegen.nuscenes_format import open_roots
from drivegen.training.batches import spread
from drivegen.training.clip_cache import FrameKey
from drivegen.training.config import TrainConfig

# More held-out clips than this do not make progress any clearer.
_MAX_HELD_OUT = 64


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Clips of a run.

    Attributes:
        training: what is trained on.
        held_out: what progress is measured on; the training clips themselves when `is_held_out` is False.
        is_held_out: whether the two are apart.
    """

    training: ClipIndex
    held_out: ClipIndex
    is_held_out: bool

    def require(self, training: int, held_out: int) -> None:
        """Refuse to go on with nothing to train on or to measure by.

        Raises:
            DataError: one of the two numbers of usable samples is 0.
        """
        if training == 0 or held_out == 0:
            raise DataError(
                "no frame can be used",
                where=", ".join(str(root) for root in self.training.config.roots),
                got=f"{training} for training, {held_out} for validation",
                remedy="check the images of the root: drivegen verify",
            )

    def all_frames(self, limit: int) -> tuple[FrameKey, ...]:
        """Every recorded frame of the training drives, in clips or between them, at most `limit` evenly spread.

        Frames of a drive that lie between held-out ones are left out with them.
        """
        ranges: dict[tuple[int, str, str], list[int]] = defaultdict(list)
        if self.is_held_out and self.held_out.roots is self.training.roots:
            for window in self.held_out.windows:
                ranges[window.drive].extend(window.frame_indices)
        config, keys = self.training.config, []
        for drive in dict.fromkeys(window.drive for window in self.training.windows):
            held = ranges.get(drive, [])
            for ref in self.training.roots[drive[0]].frame_refs(drive[1], drive[2]):
                early = config.first_frame is not None and ref.index < config.first_frame
                late = config.last_frame is not None and ref.index > config.last_frame
                if not early and not late and not (held and min(held) <= ref.index <= max(held)):
                    keys.append((*drive, ref.index))
        return tuple(keys[i] for i in spread(len(keys), limit))


def open_training_data(config: TrainConfig) -> TrainingData:
    """Open the roots and decide what is held out: `validation`, else the split `val`, else a part of `data`.

    The splits of the roots are respected: where `data.split` is not given and there is a split `train`, only that is
    trained on.
    """
    roots = open_roots(config.data.roots, config.data.version)
    splits = common_splits(roots)
    data = config.clip_data
    if data.split is None and "train" in splits:
        data = replace(data, split="train")
    training = ClipIndex.from_config(data, roots)
    if config.validation is not None:
        held_out = ClipIndex.from_config(config.validation)
    elif data.split == "train" and "val" in splits:
        held_out = ClipIndex.from_config(replace(data, split="val"), roots)
    else:
        training, held_out = hold_out(training, config.holdout_fraction)
    apart = len(held_out) > 0
    return TrainingData(training, _thinned(held_out if apart else training), apart)


def _thinned(index: ClipIndex) -> ClipIndex:
    """At most `_MAX_HELD_OUT` clips, evenly spread."""
    return index.with_windows(tuple(index.windows[i] for i in spread(len(index), _MAX_HELD_OUT)))
