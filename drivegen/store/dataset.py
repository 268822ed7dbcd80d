"""A store as a map-style dataset over frames; knows no torch, works with its DataLoader."""

from __future__ import annotations

import bisect
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from drivegen.core import CATEGORY_ID, DataError
from drivegen.store.images import decode_image
from drivegen.store.manifest import read_manifest
from drivegen.store.rebuild import frame_labels


class StoreDataset:
    """The frames of a store, by index, in the order of clip_id and frame_index.

    Files are opened by the process that reads them, never before: handles shared over a fork break. The row group read
    last is kept, so that reading in order reads each once.

    Raises:
        DataError: not a store, or a file of it is missing.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self._paths: list[Path] = []
        self._groups: list[tuple[int, int]] = []
        self._starts: list[int] = []
        self._length = 0
        for entry in read_manifest(self.root).tables.frames:
            path = self.root / entry.path
            try:
                metadata = pq.read_metadata(path)
            except (OSError, pa.ArrowException) as error:
                raise DataError("cannot be read", where=path, got=str(error)) from error
            for group in range(metadata.num_row_groups):
                self._groups.append((len(self._paths), group))
                self._starts.append(self._length)
                self._length += metadata.row_group(group).num_rows
            self._paths.append(path)
        self._forget()

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> dict[str, Any]:
        """One frame as numpy arrays; N is the number of its objects.

        Returns:
            clip_id, frame_index, timestamp_us; image (H, W, 3) uint8 RGB; intrinsics (3, 3); ego_from_camera and
            global_from_ego (4, 4); category_id (N,); track_ids; boxes_ego (N, 10): centre, size (length, width,
            height), quaternion; amodal_px and visible_px (N, 4), NaN when hidden; visible_fraction (N,); conditioned
            and scored (N,) flags; labelled: when False, no objects means that nobody knows.
        """
        if not -self._length <= index < self._length:
            raise IndexError(index)
        index %= self._length
        place = bisect.bisect_right(self._starts, index) - 1
        row = self._read_group(*self._groups[place]).slice(index - self._starts[place], 1)
        values = row.drop_columns(["image"]).to_pylist()[0]
        image = row["image"][0].as_py()
        labels = frame_labels(values["camera"], values)
        boxes = labels.boxes_ego
        return {
            "clip_id": values["clip_id"],
            "frame_index": values["frame_index"],
            "timestamp_us": values["timestamp_us"],
            "labelled": values["labelled"],
            "image": decode_image(image and image["bytes"], f"{values['clip_id']} frame {values['frame_index']}"),
            "intrinsics": labels.camera.intrinsics,
            "ego_from_camera": labels.camera.ego_from_camera.matrix,
            "global_from_ego": labels.global_from_ego.matrix,
            "track_ids": labels.track_ids,
            "category_id": np.array([CATEGORY_ID[c] for c in labels.categories], dtype=np.int64),
            "boxes_ego": np.concatenate([boxes.centers, boxes.sizes, boxes.rotations], axis=1),
            "amodal_px": labels.amodal_px,
            "visible_px": labels.visible_px,
            "visible_fraction": labels.visible_fraction,
            "conditioned": labels.conditioned,
            "scored": labels.scored,
        }

    def __getstate__(self) -> dict[str, Any]:
        hidden: dict[str, Any] = {"_files": {}, "_group": None, "_rows": None}
        return self.__dict__ | hidden

    def _forget(self) -> None:
        self._pid = os.getpid()
        self._files: dict[int, pq.ParquetFile] = {}
        self._group: tuple[int, int] | None = None
        self._rows: pa.Table | None = None

    def _read_group(self, file: int, group: int) -> pa.Table:
        if self._pid != os.getpid():
            self._forget()
        if file not in self._files:
            self._files[file] = pq.ParquetFile(self._paths[file], memory_map=True)
        if self._rows is None or self._group != (file, group):
            # No threads: Arrow's pool does not survive a fork, and loaders run one process per core already.
            self._rows = self._files[file].read_row_group(group, use_threads=False)
            self._group = (file, group)
        return self._rows
