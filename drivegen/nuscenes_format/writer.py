"""Our own nuScenes roots: images as they come, tables whole at the end."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np

from drivegen.core import DataError, Scenario, encode
from drivegen.core.arrays import Bytes
from drivegen.nuscenes_format.files import TableFile, dump_json, sync_folder, unsafe_name, write_atomic
from drivegen.nuscenes_format.images import encode_image
from drivegen.nuscenes_format.names import (
    ROAD_MAPS_FOLDER,
    SCENES_FILE,
    SPLITS_FILE,
    TABLES,
    TRACKS_FILE,
)
from drivegen.nuscenes_format.rows import (
    BLANK_MAP,
    SampleGrid,
    annotation_rows,
    fixed_rows,
    instance_token,
    sample_grid,
    scene_rows,
    sensor_token,
)


class NuScenesWriter:
    """Writes scenarios with their frames as one nuScenes root; use it as a context manager.

    Tables grow in a hidden folder, which gets its name at `close`: until then there is no root to be seen, and when the
    block raises there never is. The same scenarios and frames give the same bytes. Beside the thirteen tables it writes
    what nuScenes has no room for: track ids, appearance and bodies (`drivegen_tracks.json`), exact ambience and licence
    (`drivegen_scenes.json`), splits (`splits.json`, where the devkit looks for it) and road maps
    (`maps/drivegen/<scene>.json`). `num_lidar_pts` is 1 throughout: there is no lidar.

    Args:
        root: folder of the root; made if it is not there.
        version: name of the tables' folder.
        image_format: `jpg` or `png`.
        jpeg_quality: 1 to 100.
        keyframe_hz: rate of the samples, whose boxes are annotated; None makes every frame a sample.

    Raises:
        DataError: the folder holds a finished root (of any version), or the version is no folder name.
    """

    def __init__(
        self,
        root: Path,
        version: str = "v1.0-drivegen",
        image_format: Literal["jpg", "png"] = "jpg",
        jpeg_quality: int = 95,
        keyframe_hz: float | None = None,
    ) -> None:
        if unsafe_name(version) or not version.startswith("v1.0-"):
            raise DataError("not a version's name", where="version", expected="v1.0-NAME", got=version)
        if image_format not in ("jpg", "png"):
            raise DataError("unknown image format", where="image_format", expected="jpg or png", got=image_format)
        if keyframe_hz is not None and not keyframe_hz > 0:
            raise DataError("rate must be positive", where="keyframe_hz", got=keyframe_hz)
        self.root, self.version = Path(root), version
        self.image_format, self.jpeg_quality, self.keyframe_hz = image_format, jpeg_quality, keyframe_hz
        # Another version's images would lie in the same folders under the same names.
        for finished in sorted(self.root.glob("v1.0-*")):
            raise DataError("root is finished already", where=finished, remedy="choose another folder or delete it")
        # What an interrupted run left: its tables are incomplete and nobody has seen them.
        shutil.rmtree(self._hidden, ignore_errors=True)
        self._hidden.mkdir(parents=True)
        self._tables = {name: TableFile(self._hidden / f"{name}.json") for name in TABLES}
        self._scenes: dict[str, Any] = {}
        self._tracks: dict[str, Any] = {}
        self._sensors: set[str] = set()
        self._attributes: set[str] = set()
        self._open = True

    @property
    def _final(self) -> Path:
        return self.root / self.version

    @property
    def _hidden(self) -> Path:
        return self.root / f".{self.version}.tmp"

    def add_scene(
        self,
        scenario: Scenario,
        frames: Mapping[str, Iterable[Bytes]],
        *,
        visibility: Mapping[tuple[int, str], float] | None = None,
    ) -> None:
        """Write a scenario; a refused one leaves the tables as they were.

        Args:
            scenario: its `scenario_id` becomes the scene's name.
            frames: for each camera its frames (H, W, 3) uint8 RGB at the camera's size, in the order of
                `scenario.frame_times_us`; read once and one by one, so they may be rendered on the way.
            visibility: visible fraction by (frame index, track id), 0 where missing; None works it out from the boxes.

        Raises:
            DataError: the scene's name repeats or is no file name, or frames are missing, superfluous or of a wrong
                size.
        """
        self._check(scenario, frames)
        grid = sample_grid(scenario, self.keyframe_hz)
        rows = list(scene_rows(scenario, grid, lambda camera, index: self._image_name(scenario, grid, camera, index)))
        rows += annotation_rows(scenario, grid, visibility)
        for camera in scenario.cameras:
            self._write_frames(scenario, grid, camera, frames[camera])
        name = scenario.scenario_id
        if scenario.road_map is not None:
            text = dump_json(scenario.road_map.to_dict())
            write_atomic(self.root / ROAD_MAPS_FOLDER / f"{name}.json", text.encode())
        for camera in scenario.cameras:
            self._add_sensor(camera)
        for table, row in rows:
            self._tables[table].append(row)
        instances = {row["token"] for table, row in rows if table == "instance"}
        self._attributes |= {track.attribute for track in scenario.tracks if track.attribute}
        self._scenes[name] = {**encode(scenario.ambience), "source": scenario.source, "license": scenario.license}
        self._tracks[name] = {
            track.track_id: {
                "instance_token": instance_token(name, track.track_id),
                "appearance": None if track.appearance is None else [float(v) for v in track.appearance],
                "body": track.body,
            }
            for track in scenario.tracks
            if instance_token(name, track.track_id) in instances
        }

    def close(self, splits: Mapping[str, Sequence[str]] | None = None) -> None:
        """Finish the tables and make the root visible.

        Args:
            splits: scene names by split; written as the devkit's `splits.json`.

        Raises:
            DataError: there is no scene, or a split names a scene that is not there.
        """
        if not self._open:
            return
        if not self._scenes:
            raise DataError("a root needs at least one scene", where=self.root)
        for split, names in (splits or {}).items():
            unknown = [name for name in names if name not in self._scenes]
            if unknown:
                raise DataError("no such scene", where=f"split {split}", got=unknown[0])
        blank = encode_image(np.zeros((8, 8, 3), dtype=np.uint8), "png", 0)
        write_atomic(self.root / BLANK_MAP, blank)
        for table, row in fixed_rows(self._attributes):
            self._tables[table].append(row)
        for file in self._tables.values():
            file.close()
        own = {SCENES_FILE: self._scenes, TRACKS_FILE: self._tracks}
        if splits is not None:
            own[SPLITS_FILE] = {split: list(names) for split, names in splits.items()}
        for name, value in own.items():
            write_atomic(self._hidden / name, dump_json(value).encode())
        sync_folder(self._hidden)
        self._hidden.rename(self._final)
        sync_folder(self.root)
        self._open = False

    def abandon(self) -> None:
        """Drop the tables of an unfinished root; images stay and the next run overwrites them."""
        if self._open:
            for file in self._tables.values():
                file.abandon()
            shutil.rmtree(self._hidden, ignore_errors=True)
            self._open = False

    def __enter__(self) -> NuScenesWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.abandon()
            return
        try:
            self.close()
        finally:
            self.abandon()

    def _check(self, scenario: Scenario, frames: Mapping[str, Iterable[Bytes]]) -> None:
        name = scenario.scenario_id
        if not self._open:
            raise DataError("root is closed", where=self.root)
        if name in self._scenes:
            raise DataError("scene is there already", where=name)
        for text in (name, *scenario.cameras):
            if unsafe_name(text):
                raise DataError("name cannot be part of a file name", where=name, got=repr(text))
        if not scenario.cameras or set(frames) != set(scenario.cameras):
            raise DataError(
                "frames for other cameras", where=name, expected=sorted(scenario.cameras), got=sorted(frames)
            )
        counts = {camera: len(times) for camera, times in scenario.frame_times_us.items()}
        if len(set(counts.values())) != 1 or 0 in counts.values():
            raise DataError("cameras need the same number of frames, one or more", where=name, got=counts)

    def _image_name(self, scenario: Scenario, grid: SampleGrid, camera: str, index: int) -> str:
        folder = "samples" if grid.is_sample(index) else "sweeps"
        time = int(scenario.frame_times_us[camera][index])
        return f"{folder}/{camera}/{scenario.scenario_id}__{camera}__{time}.{self.image_format}"

    def _write_frames(self, scenario: Scenario, grid: SampleGrid, camera: str, frames: Iterable[Bytes]) -> None:
        where = f"{scenario.scenario_id} {camera}"
        size, expected = scenario.cameras[camera].size, len(scenario.frame_times_us[camera])
        count = 0
        for index, frame in enumerate(frames):
            count = index + 1
            if count > expected:
                break
            if frame.shape[:2] != size:
                raise DataError("frame has another size", where=f"{where} {index}", expected=size, got=frame.shape)
            path = self.root / self._image_name(scenario, grid, camera, index)
            if index == 0 or not path.parent.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode_image(frame, self.image_format, self.jpeg_quality))
        if count != expected:
            got = f"{count} or more" if count > expected else count
            raise DataError("one frame per frame time", where=where, expected=expected, got=got)

    def _add_sensor(self, camera: str) -> None:
        if camera not in self._sensors:
            self._sensors.add(camera)
            row = {"token": sensor_token(camera), "channel": camera, "modality": "camera"}
            self._tables["sensor"].append(row)
