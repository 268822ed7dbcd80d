"""The picture that shows at a glance what a store holds: a row of frames per clip, and the same with boxes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from drivegen.core.arrays import Bytes
from drivegen.core.clips import Clip
from drivegen.drawing import contact_sheet, draw_boxes, enlarge, filmstrip, write_png
from drivegen.store import StoreReader

CONTACT_SHEET = "contact_sheet.png"
# Frames of a clip that are shown, and the width that each is enlarged to, about.
SHOWN_FRAMES = 5
SHOWN_WIDTH_PX = 384


def write_contact_sheet(store: Path, *, clips: int) -> Path:
    """Draw the first clips of a finished store into `contact_sheet.png` beside its tables.

    It is read from the store, so it shows what the store holds; it is not part of the manifest. Equal stores have equal
    sheets, wherever they lie.
    """
    reader = StoreReader(store)
    strips, captions = [], []
    for clip_id in reader.clip_ids[:clips]:
        row = reader.row(clip_id)
        clip = reader.excerpt(clip_id, _shown(row["num_frames"]))
        strips.append(_strips(clip))
        captions.append(_caption(clip, row["crowdedness"]))
    path = store / CONTACT_SHEET
    title = f"{len(strips)} of {len(reader.clip_ids)} clips"
    write_png(path, contact_sheet(strips, columns=1, captions=captions, title=title))
    return path


def _shown(frames: int) -> list[int]:
    """Evenly chosen frames of a clip."""
    count = min(SHOWN_FRAMES, frames)
    return [int(index) for index in np.linspace(0, frames - 1, count).round()]


def _caption(clip: Clip, crowdedness: float) -> str:
    """One line on what a clip shows; the number of road users is that of all its frames."""
    ambience = f"{clip.ambience.weather or 'unknown weather'}, {clip.ambience.time_of_day or 'unknown time of day'}"
    users = f"{crowdedness:.1f} road users"
    unlabelled = "" if clip.labelled else ", unlabelled"
    rejected = f", rejected: {', '.join(clip.verdict.reasons)}" if clip.verdict.passed is False else ""
    return f"{clip.clip_id}: {ambience}, {users}{unlabelled}{rejected}"


def _strips(clip: Clip) -> Bytes:
    """The frames of an excerpt in a row, enlarged; below them the same frames with the boxes that are scored."""
    factor = max(1, round(SHOWN_WIDTH_PX / clip.frames.shape[2]))
    plain = np.stack([enlarge(frame, factor) for frame in clip.frames])
    if not clip.labelled:
        return filmstrip(plain)
    # On the enlarged frames, so that the lines are finer than their pixels.
    pairs = zip(plain, clip.labels, strict=True)
    boxed = np.stack([draw_boxes(frame, labels, scored_only=True) for frame, labels in pairs])
    return np.concatenate([filmstrip(plain), filmstrip(boxed)])
