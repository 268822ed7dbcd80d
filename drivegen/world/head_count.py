"""How many road users a camera sees, counted over many frames at once."""

from __future__ import annotations

import numpy as np

from drivegen.core import ROAD_USERS, Boxes3D, Camera, LabelPolicy, Scenario, Sightings, project_amodal
from drivegen.core.arrays import Floats, Integers
from drivegen.core.projection import NEAR_PLANE_M


def count_users(scenario: Scenario, camera: Camera, seen: Sightings, policy: LabelPolicy) -> float:
    """Mean number of visible road users over the frames of `seen`.

    What `core.mean_road_users` of `core.label_frame` gives for a scenario with these sightings (a test compares the
    two), for tracks whose key times are the frames.

    Args:
        camera: the one that `seen` was measured with.
    """
    number = {track.track_id: i for i, track in enumerate(scenario.tracks)}
    column = np.array([number[track_id] for track_id in seen.track_ids], dtype=np.int64)
    users = np.array([scenario.tracks[i].category in ROAD_USERS for i in column], dtype=bool)
    pairs = np.argwhere((seen.fraction >= policy.conditioned_min_visible) & users)
    pairs[:, 1] = column[pairs[:, 1]]
    if not len(pairs):
        return 0.0
    boxes = _boxes(scenario, seen.times_us, pairs)
    corners = _in_camera(boxes.corners(), scenario, camera, seen.times_us, pairs[:, 0])
    near = np.linalg.norm(corners, axis=-1).min(axis=1) <= policy.max_distance_m
    heights = _heights_px(corners, camera)
    for i in np.flatnonzero((corners[..., 2] <= NEAR_PLANE_M).any(axis=1)):
        pose = (scenario.ego.pose_at(int(seen.times_us[pairs[i, 0]])) @ camera.ego_from_camera).inverse()
        amodal = project_amodal(boxes[i : i + 1].transformed(pose), camera).amodal_px[0]
        heights[i] = np.diff(np.clip(amodal[[1, 3]], 0, camera.size[0]))[0]
    tall = heights * policy.base_height_px / camera.size[0] >= policy.conditioned_min_height_px
    return float(np.sum(near & tall)) / len(seen.times_us)


def _boxes(scenario: Scenario, times_us: Integers, pairs: Integers) -> Boxes3D:
    """The boxes (P) of pairs (frame, track), global frame."""
    centers, sizes, rotations = np.zeros((len(pairs), 3)), np.zeros((len(pairs), 3)), np.zeros((len(pairs), 4))
    for column in np.unique(pairs[:, 1]):
        track = scenario.tracks[column]
        rows = np.flatnonzero(pairs[:, 1] == column)
        keys = np.searchsorted(track.trajectory.timestamps_us, times_us[pairs[rows, 0]])
        centers[rows], sizes[rows] = track.trajectory.positions[keys], track.sizes[keys]
        rotations[rows] = track.trajectory.rotations[keys]
    return Boxes3D(centers, sizes, rotations, np.zeros_like(centers))


def _in_camera(points: Floats, scenario: Scenario, camera: Camera, times_us: Integers, frames: Integers) -> Floats:
    """Points (P, K, 3) of the global frame in the camera's frame, each at the time of its frame (P,)."""
    poses = [(scenario.ego.pose_at(int(time)) @ camera.ego_from_camera).inverse().matrix for time in times_us]
    matrices = np.stack(poses)[frames]
    return np.einsum("pij,pkj->pki", matrices[:, :3, :3], points) + matrices[:, None, :3, 3]


def _heights_px(corners: Floats, camera: Camera) -> Floats:
    """Heights (P,) inside the image of boxes with corners (P, 8, 3) that all lie before the camera."""
    safe = np.concatenate([corners[..., :2], np.maximum(corners[..., 2:], NEAR_PLANE_M)], axis=-1)
    rows = np.clip(camera.project(safe)[..., 1], 0, camera.size[0])
    return np.asarray(rows.max(axis=1) - rows.min(axis=1))
