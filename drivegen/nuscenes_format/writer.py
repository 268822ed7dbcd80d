"""Our own nuScenes roots: images as they come, tables whole at the end."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np

from drivegen.core import DataError, Scenario
from drivegen.nuscenes_format.files import TableFile, dump_json, sync_folder, unsafe_name, write_atomic
from drivegen.nuscenes_format.images import encode_image
from drivegen.nuscenes_format.names import SCENES_FILE, SPLITS_FILE, TABLES, TRACKS_FILE
from drivegen.nuscenes_format.rows import BLANK_MAP, fixed_rows, sensor_token
from drivegen.nuscenes_format.scene_files import Frames, RootSettings, SceneText, write_scene


class NuScenesWriter:
    """Writes scenarios with their frames as one nuScenes root; use it as a context manager.

    Tables grow in a hidden folder, which gets its name at `close`: until then there is no root to be seen, and when the
    block raises there never is. The same scenarios and frames give the same bytes. Beside the thirteen tables it writes
    what nuScenes has no room for: track ids, appearance and bodies (`drivegen_tracks.json`), exact ambience and licence
    (`drivegen_scenes.json`), splits (`splits.json`, where the devkit looks for it), road maps
    (`maps/drivegen/<scene>.json`), what instance masks show (`sightings/<scene>.npz`) and, where frames bring them,
    depth and instance maps (`depth/`, `instances/`). `num_lidar_pts` is 1 throughout: there is no lidar.

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
        self.root, self.version = Path(root), version
        self.settings = RootSettings(image_format, jpeg_quality, keyframe_hz)
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
        frames: Frames,
        *,
        visibility: Mapping[tuple[int, str], float] | None = None,
    ) -> None:
        """Write a scenario; a refused one leaves the tables as they were.

        Args:
            scenario: its `scenario_id` becomes the scene's name.
            frames: for each camera its frames (H, W, 3) uint8 RGB at the camera's size, in the order of
                `scenario.frame_times_us`, or `FrameFiles` with maps beside them; read once and one by one, so they may
                be rendered on the way.
            visibility: visible fraction by (frame index, track id), 0 where missing; None takes the scenario's
                sightings, or works it out from the boxes where it has none.

        Raises:
            DataError: the scene's name repeats or is no file name, or frames are missing, superfluous or of a wrong
                size.
        """
        self._check_new(scenario.scenario_id)
        self.append(write_scene(self.root, scenario, frames, self.settings, visibility))

    def append(self, scene: SceneText) -> None:
        """Add the rows of a scene whose files `write_scene` has written below this root, in whatever process.

        Raises:
            DataError: the scene's name repeats.
        """
        self._check_new(scene.name)
        for camera in scene.cameras:
            self._add_sensor(camera)
        for table, lines in scene.tables.items():
            self._tables[table].append_lines(lines)
        self._attributes |= scene.attributes
        self._scenes[scene.name], self._tracks[scene.name] = scene.ambience, scene.tracks

    def close(self, splits: Mapping[str, Sequence[str]] | None = None, own: Mapping[str, Any] | None = None) -> None:
        """Finish the tables and make the root visible.

        Args:
            splits: scene names by split; written as the devkit's `splits.json`.
            own: further JSON files beside the tables, by file name.

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
        own = {**(own or {}), SCENES_FILE: self._scenes, TRACKS_FILE: self._tracks}
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

    def _check_new(self, name: str) -> None:
        if not self._open:
            raise DataError("root is closed", where=self.root)
        if name in self._scenes:
            raise DataError("scene is there already", where=name)

    def _add_sensor(self, camera: str) -> None:
        if camera not in self._sensors:
            self._sensors.add(camera)
            row = {"token": sensor_token(camera), "channel": camera, "modality": "camera"}
            self._tables["sensor"].append(row)
