"""What our own roots hold beside the tables: ambience and licence, track ids and looks, road maps, sightings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from drivegen.core import Ambience, ConfigError, DataError, RoadMap, Sightings, Track, decode
from drivegen.nuscenes_format.files import RootPaths
from drivegen.nuscenes_format.names import ROAD_MAPS_FOLDER, SCENES_FILE, SIGHTINGS_FOLDER, SPLITS_FILE, TRACKS_FILE
from drivegen.nuscenes_format.sightings_file import read_sightings


class OwnFiles:
    """Reads our files of a root; a root without them is one of somebody else's.

    Args:
        folder: the tables' folder.
        paths: the root's paths.

    Raises:
        DataError: a file is there and is not what `NuScenesWriter` writes.
    """

    def __init__(self, folder: Path, paths: RootPaths) -> None:
        self._folder, self._paths = folder, paths
        self._scenes = self._mapping(SCENES_FILE)
        self._tracks = self._mapping(TRACKS_FILE)

    def splits(self) -> dict[str, tuple[str, ...]] | None:
        """Scene names by split, or None without a `splits.json`."""
        if not (self._folder / SPLITS_FILE).exists():
            return None
        result = {}
        for split, names in self._mapping(SPLITS_FILE).items():
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                where = f"{self._folder / SPLITS_FILE} {split}"
                raise DataError("not a split", where=where, expected="a list of scene names", got=names)
            result[split] = tuple(names)
        return result

    def scene(self, name: str) -> tuple[Ambience, str, str] | None:
        """Ambience, source and licence of a scene; None when it is not one of ours."""
        if name not in self._scenes:
            return None
        where = f"{self._folder / SCENES_FILE} {name}"
        try:
            value = dict(self._scenes[name])
            source, license_name = str(value.pop("source")), str(value.pop("license"))
            return decode(Ambience, value), source, license_name
        except (ConfigError, KeyError, TypeError, ValueError) as error:
            raise DataError("not a scene's ambience, source and license", where=where, got=error) from error

    def track_ids(self, scene: str) -> dict[str, str]:
        """Track id by instance token."""
        return {str(value.get("instance_token")): track_id for track_id, value in self._looks(scene).items()}

    def with_looks(self, scene: str, track: Track) -> Track:
        """The track with its paint and body."""
        value = self._looks(scene).get(track.track_id)
        if value is None:
            return track
        try:
            paint, body = value["appearance"], value["body"]
            if paint is not None:
                red, green, blue = (float(v) for v in paint)
                paint = (red, green, blue)
            return replace(track, appearance=paint, body=None if body is None else str(body))
        except (KeyError, TypeError, ValueError) as error:
            where = f"{self._folder / TRACKS_FILE} {scene} {track.track_id}"
            raise DataError("not a track's appearance and body", where=where, got=value) from error

    def road_map(self, scene: str) -> RoadMap | None:
        """The scene's road map; None without one."""
        name = f"{ROAD_MAPS_FOLDER}/{scene}.json"
        path = self._paths.path(name, name)
        if not path.is_file():
            return None
        value = _parse(path)
        if not isinstance(value, Mapping):
            raise DataError("not a road map", where=path, expected="a mapping", got=type(value).__name__)
        try:
            return RoadMap.from_dict(value)
        except DataError as error:
            raise DataError("not a road map", where=path, got=error) from error

    def sightings(self, scene: str) -> dict[str, Sightings] | None:
        """By camera, what instance masks show of the scene's tracks; None without such a file."""
        name = f"{SIGHTINGS_FOLDER}/{scene}.npz"
        path = self._paths.path(name, name)
        return read_sightings(path) if path.is_file() else None

    def _looks(self, scene: str) -> Mapping[str, Any]:
        tracks = self._tracks.get(scene, {})
        if not isinstance(tracks, Mapping) or not all(isinstance(value, Mapping) for value in tracks.values()):
            raise DataError("not a mapping of tracks", where=f"{self._folder / TRACKS_FILE} {scene}")
        return tracks

    def _mapping(self, name: str) -> dict[str, Any]:
        path = self._folder / name
        if not path.exists():
            return {}
        value = _parse(path)
        if not isinstance(value, dict):
            raise DataError("not a mapping", where=path, got=type(value).__name__)
        return value


def _parse(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DataError("file cannot be parsed", where=path, got=error) from error
