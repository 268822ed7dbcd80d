"""How many road users a camera sees: the label policy's count, made cheap enough to ask many times per scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core import Boxes3D, Camera, LabelPolicy, project_boxes
from drivegen.core.arrays import Booleans, Floats, Integers
from drivegen.core.poses import quaternion_from_yaw

_SIGNS = 0.5 * np.array(
    [[1, 1, 1], [1, -1, 1], [1, -1, -1], [1, 1, -1], [-1, 1, 1], [-1, -1, 1], [-1, -1, -1], [-1, 1, -1]],
    dtype=np.float64,
)


@dataclass(frozen=True, eq=False)
class Motion:
    """N upright boxes over T frames.

    Attributes:
        xy: (N, T, 2) places of their middle, metres.
        yaw: (N, T) headings, radians.
        sizes: (N, 3) length, width, height.
        users: (N,) whether crowdedness counts them.
    """

    xy: Floats
    yaw: Floats
    sizes: Floats
    users: Booleans

    def at(self, frames: Integers | slice, keep: Booleans | slice = slice(None)) -> Motion:
        """Some frames of some boxes."""
        return Motion(self.xy[keep][:, frames], self.yaw[keep][:, frames], self.sizes[keep], self.users[keep])

    def local(self, ego_xy: Floats, ego_yaw: Floats) -> Motion:
        """The same in the ego frame; ego_xy (T, 2), ego_yaw (T,)."""
        offset = self.xy - ego_xy
        c, s = np.cos(ego_yaw), np.sin(ego_yaw)
        xy = np.stack([c * offset[..., 0] + s * offset[..., 1], -s * offset[..., 0] + c * offset[..., 1]], axis=-1)
        return Motion(xy, self.yaw - ego_yaw, self.sizes, self.users)


def corners_in_camera(motion: Motion, camera: Camera) -> Floats:
    """Corners (N, T, 8, 3), camera frame, of boxes given in the ego frame."""
    local = motion.sizes[:, None, :] * _SIGNS
    c, s = np.cos(motion.yaw)[..., None], np.sin(motion.yaw)[..., None]
    x = c * local[:, None, :, 0] - s * local[:, None, :, 1] + motion.xy[..., None, 0]
    y = s * local[:, None, :, 0] + c * local[:, None, :, 1] + motion.xy[..., None, 1]
    z = np.broadcast_to((local[:, :, 2] + 0.5 * motion.sizes[:, None, 2])[:, None, :], x.shape)
    return camera.ego_from_camera.inverse().apply(np.stack([x, y, z], axis=-1))


def count_bounds(motion: Motion, camera: Camera, policy: LabelPolicy) -> tuple[Floats, Floats]:
    """Lower and upper estimate (T,), (T,) of the number of visible road users, from 2D bounding boxes alone."""
    n, t = motion.yaw.shape
    if n == 0:
        return np.zeros(t), np.zeros(t)
    corners = corners_in_camera(motion, camera)
    depth = corners[..., 2]
    height, width = camera.size
    pixels = camera.project(np.concatenate([corners[..., :2], np.maximum(depth, 0.1)[..., None]], axis=-1))
    low, high = pixels.min(axis=2), pixels.max(axis=2)
    inside_low = np.clip(low, 0, [width, height])
    inside_high = np.clip(high, 0, [width, height])
    extent = np.maximum(high - low, 1e-6)
    share = (inside_high - inside_low) / extent
    tall = (inside_high - inside_low)[..., 1] * policy.base_height_px / height >= policy.conditioned_min_height_px
    distance = np.linalg.norm(corners, axis=-1).min(axis=2)
    near = (distance <= policy.max_distance_m) & (depth.max(axis=2) > 0.1)
    possible = near & tall & (share > 0).all(axis=-1)
    whole = (depth.min(axis=2) > 0.1) & (share.min(axis=-1) >= 0.4) & ((share >= 0.999).sum(axis=-1) >= 1)
    hidden = np.zeros((n, t))
    shown = (near & (share > 0).all(axis=-1)).astype(np.float64)
    area = (inside_high - inside_low).prod(axis=-1)
    for i in np.flatnonzero((possible & whole & motion.users[:, None]).any(axis=1)):
        overlap = np.minimum(inside_high, inside_high[i]) - np.maximum(inside_low, inside_low[i])
        hidden[i] = np.sum(np.maximum(overlap, 0).prod(axis=-1) * shown * (distance < distance[i]), axis=0)
    sure = possible & whole & (hidden <= 0.35 * area)
    users = motion.users[:, None]
    return (sure & users).sum(axis=0).astype(np.float64), (possible & users).sum(axis=0).astype(np.float64)


def mean_within(motion: Motion, camera: Camera, policy: LabelPolicy, bounds: tuple[float, float]) -> bool:
    """Whether the mean number of visible road users lies in [low, high).

    It is that of `core.mean_road_users` of `core.label_frame`'s labels; frames are looked at closely, the doubtful ones
    first, until what the others can add no longer matters.
    """
    least, most = count_bounds(motion, camera, policy)
    corners = corners_in_camera(motion, camera)
    distance = np.linalg.norm(corners, axis=-1).min(axis=2)
    within = (distance <= policy.max_distance_m) & (corners[..., 2].max(axis=2) > 0.1)
    frames = len(least)
    for frame in np.argsort(least - most, kind="stable"):
        if _decided(least, most, bounds) is not None:
            break
        index = np.flatnonzero(within[:, frame])
        least[frame] = most[frame] = _visible(motion, int(frame), index, camera, policy)
    inside = _decided(least, most, bounds)
    return bounds[0] * frames <= least.sum() < bounds[1] * frames if inside is None else inside


def _decided(least: Floats, most: Floats, bounds: tuple[float, float]) -> bool | None:
    """Whether a mean between two estimates is surely inside the bounds (True) or outside (False)."""
    if bounds[0] <= least.mean() and most.mean() < bounds[1]:
        return True
    if most.mean() < bounds[0] or least.mean() >= bounds[1]:
        return False
    return None


def _visible(motion: Motion, frame: int, index: np.ndarray, camera: Camera, policy: LabelPolicy) -> int:
    sizes = motion.sizes[index]
    centres = np.concatenate([motion.xy[index, frame], 0.5 * sizes[:, 2:3]], axis=1)
    boxes = Boxes3D(centres, sizes, quaternion_from_yaw(motion.yaw[index, frame]), np.zeros_like(centres))
    found = project_boxes(boxes.transformed(camera.ego_from_camera.inverse()), camera)
    height = np.clip(found.amodal_px[:, 3], 0, camera.size[0]) - np.clip(found.amodal_px[:, 1], 0, camera.size[0])
    tall = height * policy.base_height_px / camera.size[0] >= policy.conditioned_min_height_px
    seen = found.visible_fraction >= policy.conditioned_min_visible
    return int(np.sum(found.in_image & tall & seen & motion.users[index]))
