"""A store as videos (mp4) or pictures (png), one file per clip, boxes drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

import numpy as np

from drivegen.core import Clip, ConfigError, DataError
from drivegen.core.arrays import Bytes
from drivegen.drawing import contact_sheet, draw_boxes, enlarge, filmstrip, write_png
from drivegen.export.target import close_target, open_target, temporary_name
from drivegen.export.video import write_mp4
from drivegen.store import StoreReader

Format = Literal["mp4", "png"]
FORMATS: Final[tuple[Format, ...]] = ("mp4", "png")
CONTACT_SHEET = "contact_sheet.png"
# Drawn on frames at least this wide, so that boxes are finer than pixels.
_MIN_WIDTH_PX = 512
_SHEET_CLIPS, _SHEET_COLUMNS = 48, 3
_STRIP_FRAMES = 8


def export_store(
    store: Path,
    format: Format,  # noqa: A002 - the word that the user types
    out: Path,
    *,
    boxes: bool = True,
    limit: int | None = None,
    scale: int | None = None,
    clip_ids: tuple[str, ...] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Write the clips of a store as files that people look at.

    mp4 writes CLIP_ID.mp4 per clip; png writes CLIP_ID.png, a filmstrip, per clip and contact_sheet.png of their middle
    frames. Files appear whole, by renaming. Exporting again into the same folder replaces its files.

    Args:
        boxes: draw the labels.
        limit: at most this many clips, the first by clip_id.
        scale: enlarge frames by this factor; None chooses one that makes them at least 512 px wide.
        clip_ids: these clips only.
        progress: called with the number of clips done and of all.

    Returns:
        The files, the contact sheet last.

    Raises:
        ConfigError: unknown format, limit or scale below 1.
        DataError: not a store, an unknown clip, no clip, or an `out` that holds other files.
    """
    _check(format, limit, scale)
    reader = StoreReader(store)
    chosen = _choose(reader, clip_ids, limit)
    out = Path(out)
    names = [f"{clip_id}.{format}" for clip_id in chosen] + ([CONTACT_SHEET] if format == "png" else [])
    open_target(out, names)
    sheet: list[tuple[Bytes, str]] = []
    for done, clip_id in enumerate(chosen):
        clip = reader.clip(clip_id)
        frames = draw_clip(clip, _strip(clip) if format == "png" else None, boxes=boxes, scale=scale)
        _write(out / f"{clip_id}.{format}", clip, frames, format)
        if done < _SHEET_CLIPS:
            sheet.append((frames[len(frames) // 2], _describe(clip)))
        if progress:
            progress(done + 1, len(chosen))
    if format == "png":
        images, captions = zip(*sheet, strict=True)
        write_png(out / CONTACT_SHEET, contact_sheet(images, columns=_SHEET_COLUMNS, captions=captions))
    close_target(out, names)
    return [out / name for name in names]


def _strip(clip: Clip) -> list[int]:
    """The frames that a filmstrip shows: a few, evenly spread; the others need no drawing."""
    count = len(clip.frames)
    return [round(index) for index in np.linspace(0, count - 1, min(count, _STRIP_FRAMES))]


def _write(path: Path, clip: Clip, frames: Bytes, format: Format) -> None:  # noqa: A002
    if format == "mp4":
        temporary = path.with_name(temporary_name(path.name))
        write_mp4(temporary, frames, clip.fps)
        temporary.replace(path)
        return
    write_png(path, filmstrip(frames, caption=f"{clip.clip_id}: {_describe(clip)}"))


def draw_clip(
    clip: Clip, indices: Sequence[int] | None = None, *, boxes: bool = True, scale: int | None = None
) -> Bytes:
    """Frames of a clip (T, H, W, 3), all or those of `indices`, enlarged, with their boxes drawn."""
    factor = scale or max(1, -(-_MIN_WIDTH_PX // clip.frames.shape[2]))
    drawn = []
    for index in range(len(clip.frames)) if indices is None else indices:
        frame = enlarge(clip.frames[index], factor)
        drawn.append(draw_boxes(frame, clip.labels[index]) if boxes else frame)
    return np.stack(drawn)


def _check(format: str, limit: int | None, scale: int | None) -> None:  # noqa: A002
    if format not in FORMATS:
        raise ConfigError("unknown value", where="format", expected="one of " + ", ".join(FORMATS), got=format)
    for name, value in (("limit", limit), ("scale", scale)):
        if value is not None and value < 1:
            raise ConfigError("out of range", where=name, expected="1 or more", got=value)


def _choose(reader: StoreReader, clip_ids: tuple[str, ...] | None, limit: int | None) -> tuple[str, ...]:
    known = reader.clip_ids
    unknown = sorted(set(clip_ids or ()) - set(known))
    if unknown:
        expected = f"one of {', '.join(known[:3])}, ..."
        raise DataError("no such clip", where=reader.root, expected=expected, got=", ".join(unknown[:3]))
    chosen = (tuple(dict.fromkeys(clip_ids)) if clip_ids is not None else known)[:limit]
    if not chosen:
        raise DataError("no clip to export", where=reader.root)
    return chosen


def _describe(clip: Clip) -> str:
    words = [clip.ambience.weather or "weather unknown", clip.ambience.time_of_day or "time unknown"]
    count = f"{clip.crowdedness:.1f} road users" if clip.labelled else "no labels"
    return ", ".join([*(str(w) for w in words), count])
