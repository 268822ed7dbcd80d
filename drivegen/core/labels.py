"""The label policy and the labels of a frame: which objects are written, conditioned on, and scored."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from drivegen.core.arrays import Booleans, Floats
from drivegen.core.boxes import Boxes3D
from drivegen.core.cameras import Camera
from drivegen.core.categories import ROAD_USERS
from drivegen.core.poses import Pose
from drivegen.core.projection import Projection, project_amodal, project_boxes
from drivegen.core.scenario import Scenario
from drivegen.core.sightings import Sightings, refit
from drivegen.core.tracks import Track


@dataclass(frozen=True)
class LabelPolicy:
    """Who counts; one configuration used everywhere.

    Heights are those of the amodal 2D box inside the image, scaled to an image `base_height_px` tall, so that the same
    objects count at every resolution.
    """

    base_height_px: int = 128
    """Height of the image at which the pixel thresholds hold."""
    max_distance_m: float = 80.0
    """An object is written when any part of it is in the image within this distance of the camera."""
    conditioned_min_height_px: float = 4.0
    """An object conditions the models when at least this tall, ..."""
    conditioned_min_visible: float = 0.1
    """... and at least this visible."""
    scored_min_height_px: float = 8.0
    """An object is scored (audit, average precision) when at least this tall, ..."""
    scored_min_visible: float = 0.4
    """... and at least this visible."""


@dataclass(frozen=True, eq=False)
class FrameLabels:
    """The N written objects of one frame of one camera, nearest first.

    Attributes:
        timestamp_us: when the frame was taken.
        camera: the camera, with the size and intrinsics of the frame as stored.
        global_from_ego: the vehicle's pose at that time.
        track_ids, categories, attributes, bodies: N values each.
        boxes_ego: N boxes, frame ego.
        amodal_px, visible_px: (N, 4) x_min y_min x_max y_max; visible_px is NaN for a wholly hidden object.
        visible_fraction: (N,) in [0, 1]; 0 for an object of which nothing is seen.
        depth_m: (N,) along the optical axis.
        height_px: (N,) height at the policy's base resolution of the amodal box inside the image.
        conditioned, scored: (N,) flags of the label policy (all N are written).
        appearance: (N, 3) R, G, B in [0, 1]; NaN when unknown.
        visibility_measured: whether fractions and visible boxes were measured in a renderer's instance mask; else they
            follow from the boxes alone.
    """

    timestamp_us: int
    camera: Camera
    global_from_ego: Pose
    track_ids: tuple[str, ...]
    categories: tuple[str, ...]
    attributes: tuple[str | None, ...]
    bodies: tuple[str | None, ...]
    boxes_ego: Boxes3D
    amodal_px: Floats
    visible_px: Floats
    visible_fraction: Floats
    depth_m: Floats
    height_px: Floats
    conditioned: Booleans
    scored: Booleans
    appearance: Floats
    visibility_measured: bool = False

    def __len__(self) -> int:
        return len(self.track_ids)

    def road_users(self) -> int:
        """How many visible road users the frame shows: those that condition the models."""
        users = np.array([category in ROAD_USERS for category in self.categories], dtype=bool)
        return int(np.sum(users & self.conditioned))


def label_frame(scenario: Scenario, camera: Camera, timestamp_us: int, policy: LabelPolicy) -> FrameLabels:
    """The labels of what `camera` sees of the scenario at a time.

    Visibility is that of the scenario's sightings where they have this camera and time; else what nearer boxes leave.

    Args:
        camera: a camera of the scenario's rig, cropped and resized like the frame.
    """
    global_from_ego = scenario.ego.pose_at(timestamp_us)
    place = global_from_ego.apply(camera.ego_from_camera.translation)
    tracks = [track for track in scenario.tracks if _may_be_near(track, timestamp_us, place, policy.max_distance_m)]
    boxes_ego = _boxes_at(tracks, timestamp_us).transformed(global_from_ego.inverse())
    boxes_camera = boxes_ego.transformed(camera.ego_from_camera.inverse())
    seen = _sightings_at(scenario, camera, timestamp_us)
    if seen is None:
        projection = project_boxes(boxes_camera, camera)
    else:
        sightings, frame = seen
        measured = sightings.at(frame, [track.track_id for track in tracks])
        projection = _measured(boxes_camera, measured, scenario.cameras[camera.name], camera)
    distance = np.linalg.norm(boxes_camera.corners(), axis=-1).min(axis=1) if tracks else np.zeros(0)
    written = np.flatnonzero(projection.in_image & (distance <= policy.max_distance_m))
    order = written[np.argsort(distance[written], kind="stable")]
    return _frame_labels(
        timestamp_us,
        camera,
        global_from_ego,
        [tracks[i] for i in order],
        boxes_ego[order],
        _take(projection, order),
        policy,
        visibility_measured=seen is not None,
    )


def recamera(labels: FrameLabels, camera: Camera, policy: LabelPolicy) -> FrameLabels:
    """The same objects seen by another crop and scale of the same camera; objects that leave the image are dropped."""
    boxes_camera = labels.boxes_ego.transformed(camera.ego_from_camera.inverse())
    if labels.visibility_measured:
        measured = labels.visible_fraction, labels.visible_px
        projection = _measured(boxes_camera, measured, labels.camera, camera)
    else:
        projection = project_boxes(boxes_camera, camera)
    keep = np.flatnonzero(projection.in_image)
    height, conditioned, scored = _flags(_take(projection, keep), camera, policy)
    kept = _take(projection, keep)
    return replace(
        labels,
        camera=camera,
        track_ids=tuple(labels.track_ids[i] for i in keep),
        categories=tuple(labels.categories[i] for i in keep),
        attributes=tuple(labels.attributes[i] for i in keep),
        bodies=tuple(labels.bodies[i] for i in keep),
        boxes_ego=labels.boxes_ego[keep],
        amodal_px=kept.amodal_px,
        visible_px=kept.visible_px,
        visible_fraction=kept.visible_fraction,
        depth_m=kept.depth_m,
        height_px=height,
        conditioned=conditioned,
        scored=scored,
        appearance=labels.appearance[keep],
    )


def _sightings_at(scenario: Scenario, camera: Camera, timestamp_us: int) -> tuple[Sightings, int] | None:
    """What was measured of this camera, and the index of the time; None without."""
    sightings = (scenario.sightings or {}).get(camera.name)
    frame = None if sightings is None else sightings.frame_of(timestamp_us)
    return None if sightings is None or frame is None else (sightings, frame)


def _measured(boxes_camera: Boxes3D, measured: tuple[Floats, Floats], before: Camera, after: Camera) -> Projection:
    """Boxes as `after` sees them, with fractions (N,) and visible boxes (N, 4) measured in the image of `before`."""
    fraction, visible = refit(*measured, before, after)
    return replace(project_amodal(boxes_camera, after), visible_fraction=fraction, visible_px=visible)


def _may_be_near(track: Track, timestamp_us: int, place: Floats, distance_m: float) -> bool:
    """Whether a track is there at a time and any part of it may lie within a distance of a place (3,)."""
    if not track.trajectory.covers(timestamp_us):
        return False
    away = np.linalg.norm(track.trajectory.position_at(timestamp_us) - place)
    return bool(away - 0.5 * np.linalg.norm(track.sizes.max(axis=0)) <= distance_m)


def _boxes_at(tracks: list[Track], timestamp_us: int) -> Boxes3D:
    """The tracks' boxes at a time, global frame."""
    if not tracks:
        return Boxes3D.empty()
    poses = [track.trajectory.pose_at(timestamp_us) for track in tracks]
    return Boxes3D(
        np.stack([pose.translation for pose in poses]),
        np.stack([track.size_at(timestamp_us) for track in tracks]),
        np.stack([pose.rotation for pose in poses]),
        np.stack([track.trajectory.velocity_at(timestamp_us) for track in tracks]),
    )


def _frame_labels(
    timestamp_us: int,
    camera: Camera,
    global_from_ego: Pose,
    tracks: list[Track],
    boxes_ego: Boxes3D,
    projection: Projection,
    policy: LabelPolicy,
    *,
    visibility_measured: bool,
) -> FrameLabels:
    height, conditioned, scored = _flags(projection, camera, policy)
    unknown = (np.nan, np.nan, np.nan)
    appearance = np.array([t.appearance or unknown for t in tracks], dtype=np.float64).reshape(-1, 3)
    return FrameLabels(
        timestamp_us=int(timestamp_us),
        camera=camera,
        global_from_ego=global_from_ego,
        track_ids=tuple(t.track_id for t in tracks),
        categories=tuple(t.category for t in tracks),
        attributes=tuple(t.attribute_at(timestamp_us) for t in tracks),
        bodies=tuple(t.body for t in tracks),
        boxes_ego=boxes_ego,
        amodal_px=projection.amodal_px,
        visible_px=projection.visible_px,
        visible_fraction=projection.visible_fraction,
        depth_m=projection.depth_m,
        height_px=height,
        conditioned=conditioned,
        scored=scored,
        appearance=appearance,
        visibility_measured=visibility_measured,
    )


def _flags(projection: Projection, camera: Camera, policy: LabelPolicy) -> tuple[Floats, Booleans, Booleans]:
    """Heights at base resolution (N,) and the conditioned and scored flags (N,)."""
    top = np.clip(projection.amodal_px[:, 1], 0, camera.size[0])
    bottom = np.clip(projection.amodal_px[:, 3], 0, camera.size[0])
    height = (bottom - top) * policy.base_height_px / camera.size[0]
    seen = projection.visible_fraction
    conditioned = (height >= policy.conditioned_min_height_px) & (seen >= policy.conditioned_min_visible)
    scored = (height >= policy.scored_min_height_px) & (seen >= policy.scored_min_visible)
    return height, conditioned, scored


def _take(projection: Projection, index: np.ndarray) -> Projection:
    return Projection(
        projection.amodal_px[index],
        projection.visible_px[index],
        projection.visible_fraction[index],
        projection.depth_m[index],
        projection.in_image[index],
    )
