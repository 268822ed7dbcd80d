"""The devkit's tables, gone through once and sorted by scene."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from drivegen.core import DataError
from drivegen.nuscenes_format.motion import SceneTimes
from drivegen.nuscenes_format.names import DETECTION_CLASS

Row = dict[str, Any]


@dataclass(frozen=True)
class Skipped:
    """Something that was left out.

    Attributes:
        where: file, row and field.
        why: what is wrong with it.
    """

    where: str
    why: str


@dataclass(frozen=True, slots=True)
class ImageRow:
    """A camera's row of sample_data with what it points to.

    Attributes:
        number: index of the row in sample_data.
        data: the row.
        ego: its row of ego_pose.
    """

    number: int
    data: Row
    ego: Row


@dataclass
class SceneRows:
    """One scene's rows.

    Attributes:
        description: free text of the scene.
        samples: time of each sample by token.
        images: images of each camera, in the order of time.
        calibrations: each camera's row of calibrated_sensor and its index.
        annotations: usable annotations by instance, in the order of the tables, as (row number, row).
    """

    description: str
    samples: dict[str, int] = field(default_factory=dict)
    images: dict[str, list[ImageRow]] = field(default_factory=dict)
    calibrations: dict[str, tuple[int, Row]] = field(default_factory=dict)
    annotations: dict[str, list[tuple[int, Row]]] = field(default_factory=dict)

    def times(self) -> SceneTimes:
        """When the samples and the images were taken."""
        own = {token: [time] for token, time in self.samples.items()}
        first_last = list(self.samples.values())
        for image in (image for images in self.images.values() for image in images):
            first_last.append(image.data["timestamp"])
            if image.data["is_key_frame"]:
                own[image.data["sample_token"]].append(image.data["timestamp"])
        in_order = sorted(self.samples, key=self.samples.__getitem__)
        return SceneTimes(
            sample_us=np.array([self.samples[token] for token in in_order], dtype=np.int64),
            key_image_us=np.array([(min(own[token]), max(own[token])) for token in in_order], dtype=np.int64),
            first_image_us=min(first_last),
            last_image_us=max(first_last),
        )


def index_scenes(nusc: Any, unusable: Set[int | None], folder: str) -> tuple[dict[str, SceneRows], list[Skipped]]:
    """Sort samples, images and annotations by scene.

    Args:
        nusc: a loaded root.
        unusable: row numbers of annotations to leave out.
        folder: name of the tables' folder, for messages.

    Returns:
        Rows by scene name in table order, and the categories that are no detection class, each counted.

    Raises:
        DataError: a scene has no samples, or a camera's calibration changes within a scene.
    """
    scenes = {row["name"]: SceneRows(row["description"]) for row in nusc.scene}
    by_token = {row["token"]: scenes[row["name"]] for row in nusc.scene}
    of_sample = {}
    for row in nusc.sample:
        of_sample[row["token"]] = by_token[row["scene_token"]]
        by_token[row["scene_token"]].samples[row["token"]] = row["timestamp"]
    for name, scene in scenes.items():
        if not scene.samples:
            raise DataError("scene has no samples", where=f"{folder}/scene.json {name}")
    for number, row in enumerate(nusc.sample_data):
        if row["sensor_modality"] == "camera":
            _add_image(nusc, of_sample[row["sample_token"]], number, folder)
    for scene in scenes.values():
        for images in scene.images.values():
            # Of two images of one time the key frame comes first.
            images.sort(key=lambda image: (image.data["timestamp"], not image.data["is_key_frame"]))
    others: Counter[str] = Counter()
    for number, row in enumerate(nusc.sample_annotation):
        if row["category_name"] not in DETECTION_CLASS:
            others[row["category_name"]] += 1
        elif number not in unusable:
            of_sample[row["sample_token"]].annotations.setdefault(row["instance_token"], []).append((number, row))
    where = f"{folder}/category.json"
    why = "is none of the ten detection classes: {} annotations"
    return scenes, [Skipped(f"{where} {name}", why.format(count)) for name, count in sorted(others.items())]


def _add_image(nusc: Any, scene: SceneRows, number: int, folder: str) -> None:
    row = nusc.sample_data[number]
    channel, token = row["channel"], row["calibrated_sensor_token"]
    if channel not in scene.images:
        scene.images[channel] = []
        scene.calibrations[channel] = nusc.getind("calibrated_sensor", token), nusc.get("calibrated_sensor", token)
    _, first = scene.calibrations[channel]
    if token != first["token"]:
        other = nusc.get("calibrated_sensor", token)
        if any(other[key] != first[key] for key in ("translation", "rotation", "camera_intrinsic")):
            where = f"{folder}/sample_data.json row {number} field calibrated_sensor_token"
            raise DataError(f"calibration of {channel} changes within a scene", where=where, got=token)
    scene.images[channel].append(ImageRow(number, row, nusc.get("ego_pose", row["ego_pose_token"])))
