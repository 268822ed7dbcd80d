"""The same scenarios as reference, as the autoencoder gives them back, and as generated: one picture for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from drivegen.core import Clip
from drivegen.core.arrays import Bytes
from drivegen.drawing import contact_sheet, draw_boxes, enlarge, filmstrip, write_png
from drivegen.drawing.palette import PAPER
from drivegen.drawing.text import draw_tag, tag_rectangle
from drivegen.evaluation.looking import Reconstruct
from drivegen.store import StoreReader

PICTURE_FILE = "side_by_side.png"
_SHOWN_FRAMES = 4
_SHOWN_WIDTH_PX = 320


def write_side_by_side(
    store: Path, reference: Path, pairs: Sequence[tuple[str, str]], folder: Path, reconstruct: Reconstruct | None
) -> Path | None:
    """Draw strips of the same scenarios, one above the other; None without pairs.

    Args:
        pairs: ids of generated clips and of their reference.
        reconstruct: the autoencoder; None leaves its strips out.

    Raises:
        DataError: a clip cannot be read, or the picture not be written.
    """
    if not pairs:
        return None
    generated, references = StoreReader(store), StoreReader(reference)
    images, captions = [], []
    for clip_id, reference_id in pairs:
        clip, true = generated.clip(clip_id), references.clip(reference_id)
        images.append(strips(clip, true, reconstruct))
        captions.append(_caption(clip))
    path = folder / PICTURE_FILE
    title = "reference, reconstructed, generated" if reconstruct else "reference, generated"
    write_png(path, contact_sheet(images, columns=2 if len(images) > 3 else 1, captions=captions, title=title))
    return path


def strips(clip: Clip, reference: Clip, reconstruct: Reconstruct | None) -> Bytes:
    """Frames at the same times, one strip of each kind, the generated ones again with their scored boxes."""
    last = min(len(clip.frames), len(reference.frames)) - 1
    chosen = np.linspace(0, last, min(_SHOWN_FRAMES, last + 1)).round().astype(int)
    rows = [_strip(reference.frames[chosen], "reference")]
    if reconstruct is not None:
        rows.append(_strip(reconstruct(reference.frames)[chosen], "reconstructed"))
    rows.append(_strip(clip.frames[chosen], "generated"))
    if clip.labelled:
        boxed = [draw_boxes(_enlarged(clip.frames[t]), clip.labels[t], scored_only=True) for t in chosen]
        rows.append(_tagged(filmstrip(np.stack(boxed)), "generated, scored labels"))
    # Reference frames may be of another size.
    width = max(row.shape[1] for row in rows)
    return np.concatenate([_widened(row, width) for row in rows])


def _strip(frames: Bytes, word: str) -> Bytes:
    return _tagged(filmstrip(np.stack([_enlarged(frame) for frame in frames])), word)


def _tagged(strip: Bytes, word: str) -> Bytes:
    image = np.ascontiguousarray(strip)
    draw_tag(image, word, tag_rectangle(image, word, (0.0, 0.0)), PAPER)
    return image


def _enlarged(frame: Bytes) -> Bytes:
    """A frame at about the shown width."""
    factor = round(_SHOWN_WIDTH_PX / frame.shape[1])
    if factor >= 1:
        return enlarge(frame, factor)
    size = (_SHOWN_WIDTH_PX, round(frame.shape[0] * _SHOWN_WIDTH_PX / frame.shape[1]))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _widened(row: Bytes, width: int) -> Bytes:
    paper = np.full((row.shape[0], width, 3), PAPER, dtype=np.uint8)
    paper[:, : row.shape[1]] = row
    return paper


def _caption(clip: Clip) -> str:
    ambience = f"{clip.ambience.weather or 'unknown weather'}, {clip.ambience.time_of_day or 'unknown time of day'}"
    verdict = {True: ", passes the audit", False: ", fails the audit", None: ""}[clip.verdict.passed]
    return f"{clip.clip_id}: {ambience}, {clip.crowdedness:.1f} road users{verdict}"
