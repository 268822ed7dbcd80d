"""Holding clips out of training, so that progress is measured on frames that were never trained on."""

from __future__ import annotations

from collections import defaultdict

from drivegen.data.index import ClipIndex, ClipWindow

# With fewer scenes than this the end of every drive is held out instead of whole scenes.
_MIN_SCENES = 10
# Where overlapping clips would leave less than this share for training, nothing is held out.
_MIN_KEPT = 0.6


def hold_out(index: ClipIndex, fraction: float) -> tuple[ClipIndex, ClipIndex]:
    """Split the clips into training and held-out ones that share no frame.

    Of ten scenes or more whole scenes are held out (the last ones); of fewer, the last clips of every drive, and
    training clips that overlap them are dropped. Where overlaps would leave too little (one short drive cut into clips
    that all overlap) nothing is held out: hold out a part by `first_frame` and `last_frame` instead.

    Args:
        fraction: share of scenes or clips to hold out, at least one where there are two or more.

    Returns:
        (training, held out); the latter is empty when there is but one clip, no room, or `fraction` is 0.
    """
    scenes = list(dict.fromkeys((window.root, window.scene) for window in index.windows))
    if fraction <= 0 or len(index) < 2:
        return index, index.with_windows(())
    if len(scenes) >= _MIN_SCENES:
        last = set(scenes[-max(1, round(len(scenes) * fraction)) :])
        held = [window for window in index.windows if (window.root, window.scene) in last]
    else:
        held = _last_of_each_drive(index.windows, fraction)
    taken = {(*window.drive, frame) for window in held for frame in window.frame_indices}
    kept = [w for w in index.windows if not any((*w.drive, frame) in taken for frame in w.frame_indices)]
    if len(kept) < _MIN_KEPT * len(index):
        return index, index.with_windows(())
    return index.with_windows(tuple(kept)), index.with_windows(tuple(held))


def _last_of_each_drive(windows: tuple[ClipWindow, ...], fraction: float) -> list[ClipWindow]:
    drives: dict[tuple[int, str, str], list[ClipWindow]] = defaultdict(list)
    for window in windows:
        drives[window.drive].append(window)
    held: list[ClipWindow] = []
    for clips in drives.values():
        if len(clips) > 1:
            held.extend(clips[-max(1, round(len(clips) * fraction)) :])
    return held
