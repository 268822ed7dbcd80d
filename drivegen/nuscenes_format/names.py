"""The closed tables of nuScenes words: tables, categories, attributes, visibility levels, tokens."""

from __future__ import annotations

import hashlib
from typing import Final

TABLES: Final[tuple[str, ...]] = (
    "category",
    "attribute",
    "visibility",
    "instance",
    "sensor",
    "calibrated_sensor",
    "ego_pose",
    "log",
    "scene",
    "sample",
    "sample_data",
    "sample_annotation",
    "map",
)

# nuScenes category -> detection class, as nuscenes.eval.detection.utils.category_to_detection_name has it (a test
# compares the two); personal mobility, strollers, wheelchairs, animals, debris, racks and emergency vehicles have none.
DETECTION_CLASS: Final[dict[str, str]] = {
    "movable_object.barrier": "barrier",
    "vehicle.bicycle": "bicycle",
    "vehicle.bus.bendy": "bus",
    "vehicle.bus.rigid": "bus",
    "vehicle.car": "car",
    "vehicle.construction": "construction_vehicle",
    "vehicle.motorcycle": "motorcycle",
    "human.pedestrian.adult": "pedestrian",
    "human.pedestrian.child": "pedestrian",
    "human.pedestrian.construction_worker": "pedestrian",
    "human.pedestrian.police_officer": "pedestrian",
    "movable_object.trafficcone": "traffic_cone",
    "vehicle.trailer": "trailer",
    "vehicle.truck": "truck",
}

# Detection class -> the nuScenes category that our own roots write for it.
GENERAL_CATEGORY: Final[dict[str, str]] = {
    "car": "vehicle.car",
    "truck": "vehicle.truck",
    "bus": "vehicle.bus.rigid",
    "trailer": "vehicle.trailer",
    "construction_vehicle": "vehicle.construction",
    "pedestrian": "human.pedestrian.adult",
    "motorcycle": "vehicle.motorcycle",
    "bicycle": "vehicle.bicycle",
    "traffic_cone": "movable_object.trafficcone",
    "barrier": "movable_object.barrier",
}

ATTRIBUTES: Final[tuple[str, ...]] = (
    "vehicle.moving",
    "vehicle.stopped",
    "vehicle.parked",
    "cycle.with_rider",
    "cycle.without_rider",
    "pedestrian.sitting_lying_down",
    "pedestrian.standing",
    "pedestrian.moving",
)

# Token, name and lower bound of the visible fraction of each level.
VISIBILITY_LEVELS: Final[tuple[tuple[str, str, float], ...]] = (
    ("1", "v0-40", 0.0),
    ("2", "v40-60", 0.4),
    ("3", "v60-80", 0.6),
    ("4", "v80-100", 0.8),
)

# Our own files beside the tables.
TRACKS_FILE: Final = "drivegen_tracks.json"
SCENES_FILE: Final = "drivegen_scenes.json"
SPLITS_FILE: Final = "splits.json"
# Folder of our road maps, one `<scene>.json` each, relative to the root.
ROAD_MAPS_FOLDER: Final = "maps/drivegen"
# Folder of what the renderer's instance masks show, one `<scene>.npz` each, relative to the root.
SIGHTINGS_FOLDER: Final = "sightings"
# Folders of depth and instance maps, `<camera>/<stem of the image>.png` each, relative to the root.
DEPTH_FOLDER: Final = "depth"
INSTANCES_FOLDER: Final = "instances"


def make_token(*names: str | int) -> str:
    """The token of the row that `names` name: 32 hexadecimal digits (BLAKE2b), the same in every run."""
    text = "\x1f".join(str(name) for name in names)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def visibility_token(visible_fraction: float) -> str:
    """The token of the level that a visible fraction in [0, 1] belongs to."""
    return [token for token, _, lowest in VISIBILITY_LEVELS if visible_fraction >= lowest or lowest == 0.0][-1]
