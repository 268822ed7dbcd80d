"""Detections of a user's detector for the clips of a store, read from a file.

Two forms:

    Parquet        a row per detection: clip_id (string), frame_index (from 0), x_min_px, y_min_px, x_max_px, y_max_px
                   (pixels of the stored frames), score (0 to 1), category (a name of core.CATEGORIES); optional
                   depth_m, alpha_rad (see core.Detections). A clip in which nothing was found has one row whose score
                   is null: else it could not be told from one that was never looked at.
    COCO results   a JSON list of {"image_id", "category_id", "bbox": [x, y, width, height], "score"}
                   (https://cocodataset.org/#format-results), with the images' JSON beside it under the name
                   images.json: {"images": [{"id", "clip_id", "frame_index", "width", "height"}],
                   "categories": [{"id", "name"}]}. Pixels are those of an image of that width and height.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from drivegen.core import CATEGORIES, CATEGORY_ID, DataError, Detections
from drivegen.core.arrays import Floats, Integers

COCO_IMAGES_FILE = "images.json"
_BOX = ("x_min_px", "y_min_px", "x_max_px", "y_max_px")
_COLUMNS = ("clip_id", "frame_index", *_BOX, "score", "category")
_OPTIONAL = ("depth_m", "alpha_rad")

# (clip_id, frame_index)
FrameKey = tuple[str, int]
# (height, width)
Size = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a detector found in the frames of some clips.

    Attributes:
        found: by clip and frame; a frame of a known clip that is not there has no detections.
        clip_ids: the clips that were looked at.
        sizes: (height, width) of the images that the boxes are in, where the file tells; else that of the frames.
        sha256: hash of the file or files.
        where: the file, for messages.
    """

    found: Mapping[FrameKey, Detections]
    clip_ids: frozenset[str]
    sizes: Mapping[FrameKey, Size]
    sha256: str
    where: str

    def of(self, clip_id: str, frame_index: int, size: Size) -> Detections:
        """The detections of a frame of `size` (h, w), in its pixels.

        Raises:
            DataError: the clip is not among those that were looked at.
        """
        if clip_id not in self.clip_ids:
            raise DataError(
                "no predictions for this clip", where=self.where, got=clip_id,
                remedy="predict every clip; one without detections has a row with a null score (Parquet) or its images"
                " without results (COCO)",
            )  # fmt: skip
        key = (clip_id, frame_index)
        found = self.found.get(key, Detections.empty())
        height, width = self.sizes.get(key, size)
        scale = np.tile([size[1] / width, size[0] / height], 2)
        boxes = found.boxes_px * scale
        return Detections(boxes, found.scores, found.category_ids, found.depth_m, found.alpha_rad)


def read_predictions(path: Path) -> Predictions:
    """Read either form; which one, the name's ending tells (.parquet or .json).

    Raises:
        DataError: the file is missing, broken, of another form, or says something impossible.
    """
    path = Path(path)
    if path.suffix not in (".parquet", ".json"):
        raise DataError("unknown kind of predictions", where=path, expected="a name in .parquet or .json")
    try:
        return _from_parquet(path) if path.suffix == ".parquet" else _from_coco(path)
    except OSError as error:
        raise DataError("predictions cannot be read", where=path, got=error.strerror or error) from error
    except (pa.ArrowException, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError("predictions cannot be read", where=path, got=error) from error


def _from_parquet(path: Path) -> Predictions:
    data = path.read_bytes()
    table = pq.read_table(pa.BufferReader(data))
    missing = [name for name in _COLUMNS if name not in table.column_names]
    if missing:
        raise DataError(
            "columns are missing", where=path, expected=", ".join(_COLUMNS), got=f"no {', '.join(missing)}"
        )  # fmt: skip
    clip_ids = np.array(table["clip_id"].to_pylist(), dtype=object)
    known = np.asarray(table["score"].is_valid())
    table = table.filter(table["score"].is_valid())
    boxes = np.stack([_numbers(table, name, path) for name in _BOX], axis=1)
    depth, alpha = (
        _numbers(table, name, path) if name in table.column_names else np.full(len(boxes), np.nan) for name in _OPTIONAL
    )
    frames = _numbers(table, "frame_index", path)
    keys = [(str(clip), int(frame)) for clip, frame in zip(clip_ids[known], np.nan_to_num(frames), strict=True)]
    categories = _category_ids(table["category"].to_pylist(), path)
    scores = _numbers(table, "score", path)
    rows = np.column_stack([boxes, scores, categories, depth, alpha])
    return _gathered(keys, rows, frozenset(str(clip) for clip in clip_ids), {}, _sha256(data), path)


def _from_coco(path: Path) -> Predictions:
    data = path.read_bytes()
    beside = path.with_name(COCO_IMAGES_FILE)
    if not beside.is_file():
        raise DataError(
            "COCO results need the images' JSON beside them", where=beside,
            expected="images with id, clip_id, frame_index, width, height, and categories with id, name",
        )  # fmt: skip
    images_data = beside.read_bytes()
    results, listing = json.loads(data), json.loads(images_data)
    if not isinstance(results, list) or not isinstance(listing, dict):
        raise DataError("not COCO results", where=path, expected="a JSON list, and an object in images.json")
    try:
        images = {image["id"]: (str(image["clip_id"]), int(image["frame_index"])) for image in listing["images"]}
        sizes = {images[i["id"]]: (int(i["height"]), int(i["width"])) for i in listing["images"]}
        names = {category["id"]: str(category["name"]) for category in listing["categories"]}
        keys = [images[result["image_id"]] for result in results]
        categories = _category_ids([names[result["category_id"]] for result in results], beside)
        numbers = np.array([[*result["bbox"], result["score"]] for result in results], dtype=np.float64)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError("not COCO results", where=path, got=f"{type(error).__name__}: {error}") from error
    numbers = numbers.reshape(len(results), 5) if not numbers.size or numbers.shape[-1:] == (5,) else numbers
    if numbers.shape != (len(results), 5):
        raise DataError("wrong boxes", where=path, expected="bbox of 4 numbers and a score", got=numbers.shape)
    corners = np.concatenate([numbers[:, :2], numbers[:, :2] + numbers[:, 2:4]], axis=1)
    unknown = np.full(len(results), np.nan)
    rows = np.column_stack([corners, numbers[:, 4], categories, unknown, unknown])
    clips = frozenset(clip for clip, _ in images.values())
    return _gathered(keys, rows, clips, sizes, _sha256(data + images_data), path)


def _gathered(
    keys: list[FrameKey], rows: Floats, clip_ids: frozenset[str], sizes: Mapping[FrameKey, Size], sha256: str,
    path: Path,
) -> Predictions:  # fmt: skip
    """Predictions from one row each: x_min y_min x_max y_max score category depth alpha."""
    bad = ~(np.isfinite(rows[:, :5]).all(axis=1) & (rows[:, 4] >= 0) & (rows[:, 4] <= 1))
    bad |= (rows[:, 2] < rows[:, 0]) | (rows[:, 3] < rows[:, 1])
    if bad.any():
        row = int(bad.argmax())
        raise DataError(
            "impossible detection", where=f"{path}, detection {row} ({keys[row][0]} frame {keys[row][1]})",
            expected="finite boxes, x_min <= x_max, y_min <= y_max, score 0 to 1", got=rows[row, :5].tolist(),
        )  # fmt: skip
    of_frame: dict[FrameKey, list[int]] = {}
    for row, key in enumerate(keys):
        of_frame.setdefault(key, []).append(row)
    found = {key: _detections(rows[chosen]) for key, chosen in of_frame.items()}
    return Predictions(found, clip_ids, sizes, sha256, str(path))


def _detections(rows: Floats) -> Detections:
    rows = rows[np.argsort(-rows[:, 4], kind="stable")]
    return Detections(rows[:, :4], rows[:, 4], rows[:, 5].astype(np.int64), rows[:, 6], rows[:, 7])


def _numbers(table: pa.Table, name: str, path: Path) -> Floats:
    """A column as floats; null becomes NaN."""
    try:
        column = table[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowException as error:
        raise DataError("not a column of numbers", where=f"{path}, {name}", got=table[name].type) from error
    return np.asarray(column, dtype=np.float64)


def _category_ids(names: Iterable[Any], path: Path) -> Integers:
    names = list(names)
    strange = sorted({str(name) for name in names if name not in CATEGORY_ID})
    if strange:
        raise DataError(
            "no such category", where=path, expected=", ".join(CATEGORIES), got=", ".join(strange[:5])
        )  # fmt: skip
    return np.array([CATEGORY_ID[name] for name in names], dtype=np.int64)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
