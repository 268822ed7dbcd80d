"""The layout raster of a frame: what the scenario knows about the picture, drawn where it is in the picture."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import cv2
import numpy as np

from drivegen.conditions.channels import (
    APPEARANCE_SLICE,
    MAP_CHANNELS,
    MAP_SLICE,
    OBJECT_CHANNELS,
    OBJECT_SLICE,
    RASTER_CHANNELS,
    UNKNOWN_GREY,
)
from drivegen.conditions.map_geometry import GROUND_LAYERS, Columns, Ground, MapGeometry, Walls, prepare_map
from drivegen.conditions.painting import clip_polygon, distances, fill, fixed_point, nearest_quads, view_planes
from drivegen.core import CATEGORY_GROUPS, Camera, FrameLabels, Pose, RoadMap
from drivegen.core.arrays import Floats
from drivegen.core.boxes import FACES
from drivegen.core.projection import NEAR_PLANE_M

# The map is drawn to this depth; the ground from this depth on.
FAR_M: Final = 90.0
GROUND_NEAR_M: Final = 0.5
# A tree's crown begins at this share of its height; its trunk is too thin to matter.
CROWN_FROM: Final = 0.3
# Inverse depth channels are this depth over the depth, at most 1.
UNIT_DEPTH_M: Final = 4.0

# Brightness of a cuboid's faces in the order of FACES: front, rear, left, right, top, bottom.
_FACE_SHADE: Final = np.array([0.85, 0.85, 0.7, 0.7, 1.0, 0.7])
_FACE_INDEX: Final = np.array(list(FACES.values()))


def draw_layout(
    labels: FrameLabels,
    road_map: RoadMap | None,
    size: tuple[int, int],
    *,
    max_distance_m: float = 80.0,
    supersample: int = 2,
) -> np.ndarray:
    """The 21 channels of `channels.RASTER_CHANNELS` of a frame: (21, h, w) float32.

    Objects are drawn in front of one another and independently of the map, so that either can be left out. Class masks
    cover a share of each pixel, inverse depth is min(1, 4 m / depth), front and rear mark those faces, the heading is
    that of `Conditions.box_heading`, colours are the appearance with face shading (unknown: plain grey). Structures
    hide the ground behind them, except trees, of which only the crown is drawn.

    Args:
        labels: the objects; only conditioned ones are drawn. Their camera may have any size of the same aspect.
        road_map: None draws nothing into the map's channels.
        size: (h, w) of the raster.
        max_distance_m: objects whose nearest corner is farther from the camera are left out.
        supersample: everything is drawn this many times larger and area-averaged, so that far lane lines fade rather
            than widen.
    """
    camera = labels.camera.resize((size[0] * supersample, size[1] * supersample))
    raster = np.zeros((len(RASTER_CHANNELS), *camera.size), dtype=np.float32)
    raster[OBJECT_SLICE] = draw_objects(labels, camera, max_distance_m)
    if road_map is not None:
        raster[MAP_SLICE] = draw_map(_prepared(road_map), camera, labels.global_from_ego)
    return area_average(raster, supersample)


def area_average(raster: np.ndarray, factor: int) -> np.ndarray:
    """Means over factor x factor cells: (C, h, w) => (C, h / factor, w / factor), float32."""
    channels, height, width = raster.shape
    # One call for all channels: their rows are stacked, and cells never span two of them.
    rows = raster.reshape(channels * height, width)
    small = cv2.resize(rows, (width // factor, channels * height // factor), interpolation=cv2.INTER_AREA)
    return small.reshape(channels, height // factor, width // factor)


def draw_objects(labels: FrameLabels, camera: Camera, max_distance_m: float = 80.0) -> np.ndarray:
    """The object channels (12, h, w) of a frame's conditioned objects."""
    boxes = labels.boxes_ego.transformed(camera.ego_from_camera.inverse())
    corners = boxes.corners()
    near = np.linalg.norm(corners, axis=-1).min(axis=1, initial=np.inf) <= max_distance_m
    chosen = np.flatnonzero(labels.conditioned & near)
    if not len(chosen):
        return np.zeros((len(OBJECT_CHANNELS), *camera.size), dtype=np.float32)
    quads = corners[chosen][:, _FACE_INDEX]  # (N, 6, 4, 3)
    normals = np.cross(quads[:, :, 1] - quads[:, :, 0], quads[:, :, 3] - quads[:, :, 0])
    box_index, face_index = np.nonzero(np.sum(normals * quads[:, :, 0], axis=-1) < 0)
    index, inverse = nearest_quads(quads[box_index, face_index], camera, NEAR_PLANE_M, 2.0 * max_distance_m)
    table = _object_values(labels, chosen[box_index], face_index, corners)
    raster = np.take(table, index + 1, axis=1)
    raster[OBJECT_CHANNELS.index("inverse_depth")] = np.minimum(1.0, UNIT_DEPTH_M * inverse)
    return raster


def _object_values(labels: FrameLabels, box: np.ndarray, face: np.ndarray, corners: Floats) -> np.ndarray:
    """Channel values (12, 1 + faces) of painted faces; column 0 is the background."""
    table = np.zeros((len(OBJECT_CHANNELS), 1 + len(box)), dtype=np.float32)
    groups = [next(g for g, names in enumerate(CATEGORY_GROUPS) if labels.categories[b] in names) for b in box]
    table[groups, np.arange(1, len(box) + 1)] = 1.0
    names = list(FACES)
    table[OBJECT_CHANNELS.index("front"), 1:] = face == names.index("front")
    table[OBJECT_CHANNELS.index("rear"), 1:] = face == names.index("rear")
    heading = heading_in_camera(corners)[box]
    table[OBJECT_CHANNELS.index("heading_sin"), 1:] = heading[:, 0]
    table[OBJECT_CHANNELS.index("heading_cos"), 1:] = heading[:, 1]
    colour = labels.appearance[box] * _FACE_SHADE[face][:, None]
    table[APPEARANCE_SLICE, 1:] = np.where(np.isfinite(colour), colour, UNKNOWN_GREY).T
    return table


def heading_in_camera(corners: Floats) -> Floats:
    """Sine and cosine (N, 2) of the heading about the camera's vertical of boxes with corners (N, 8, 3), camera frame.

    (0, 1) drives away along the optical axis, (1, 0) to the right.
    """
    forward = (corners[:, :4] - corners[:, 4:]).mean(axis=1)[:, [0, 2]]
    return forward / np.maximum(np.linalg.norm(forward, axis=1, keepdims=True), 1e-9)


def draw_map(geometry: MapGeometry, camera: Camera, global_from_ego: Pose) -> np.ndarray:
    """The map channels (9, h, w) of a frame."""
    camera_from_global = (global_from_ego @ camera.ego_from_camera).inverse()
    position = (global_from_ego @ camera.ego_from_camera).translation[:2]
    raster = np.zeros((len(MAP_CHANNELS), *camera.size), dtype=np.float32)
    raster[: len(GROUND_LAYERS)] = _draw_ground(geometry.ground, camera, camera_from_global)
    quads, rgb, hides = _upright_quads(geometry.walls, geometry.columns, position)
    index, inverse = nearest_quads(camera_from_global.apply(quads), camera, NEAR_PLANE_M, FAR_M)
    table = np.zeros((4, 1 + len(quads)), dtype=np.float32)
    table[0, 1:], table[1:, 1:] = 1.0, rgb.T
    values = np.take(table, index + 1, axis=1)
    raster[: len(GROUND_LAYERS)] *= ~np.concatenate([[False], hides])[index + 1]
    raster[MAP_CHANNELS.index("structure")] = values[0]
    raster[MAP_CHANNELS.index("structure_inverse_depth")] = np.minimum(1.0, UNIT_DEPTH_M * inverse)
    raster[MAP_CHANNELS.index("structure_red") :] = values[1:]
    return raster


def _draw_ground(ground: Ground, camera: Camera, camera_from_global: Pose) -> np.ndarray:
    """Masks (4, h, w) of the ground layers."""
    canvas = np.zeros((len(GROUND_LAYERS), *camera.size), dtype=np.uint8)
    if not len(ground.points):
        return canvas
    planes = view_planes(camera, GROUND_NEAR_M, FAR_M)
    matrix = camera_from_global.matrix
    points = ground.points @ matrix[:3, :2].T + ground.height_m[:, None] * matrix[:3, 2] + matrix[:3, 3]
    beyond = distances(points, planes) < 0
    outside = np.logical_and.reduceat(beyond, ground.ring_start[:-1]).any(axis=1)
    cut = np.logical_or.reduceat(beyond, ground.ring_start[:-1]).any(axis=1)
    # All corners in one go; those of rings that need cutting are not used.
    corners = fixed_point(camera.project(np.maximum(points, [-np.inf, -np.inf, GROUND_NEAR_M])))
    # A polygon is in sight when its outline, the first of its rings, is.
    for p in np.flatnonzero(~outside[ground.polygon_start[:-1]]):
        outlines = []
        for r in range(ground.polygon_start[p], ground.polygon_start[p + 1]):
            of_ring = slice(ground.ring_start[r], ground.ring_start[r + 1])
            clipped = clip_polygon(points[of_ring], planes) if cut[r] else None
            outline = corners[of_ring] if clipped is None else fixed_point(camera.project(clipped))
            if len(outline) >= 3:
                outlines.append(outline)
        if outlines:
            fill(canvas[ground.layer[p]], outlines, 1)
    return canvas


def _upright_quads(walls: Walls, columns: Columns, position: Floats) -> tuple[Floats, Floats, np.ndarray]:
    """What stands within FAR_M, as seen from a position (2,).

    Returns:
        quads (Q, 4, 3) in the global frame, colours (Q, 3), and whether they hide the ground behind them (Q,).
    """
    along = walls.end - walls.start
    outward = np.stack([along[:, 1], -along[:, 0]], axis=1)
    to_camera = position - walls.start
    fraction = np.clip(np.sum(to_camera * along, axis=1) / np.maximum(np.sum(along**2, axis=1), 1e-9), 0.0, 1.0)
    distance = np.linalg.norm(to_camera - fraction[:, None] * along, axis=1)
    seen = (np.sum(to_camera * outward, axis=1) > 0) & (distance <= FAR_M)
    # A column faces the camera.
    sight = columns.center - position
    away = np.linalg.norm(sight, axis=1, keepdims=True)
    side = np.stack([-sight[:, 1], sight[:, 0]], axis=1) / np.maximum(away, 1e-9) * columns.radius_m[:, None]
    close = away[:, 0] <= FAR_M
    start = np.concatenate([walls.start[seen], (columns.center - side)[close]])
    end = np.concatenate([walls.end[seen], (columns.center + side)[close]])
    top = np.concatenate([walls.top_m[seen], (columns.foot_m + columns.height_m)[close]])
    # Of a tree only the crown is drawn.
    low = (columns.foot_m + CROWN_FROM * columns.height_m * columns.tree)[close]
    quads = np.zeros((len(start), 4, 3))
    quads[:, :, :2] = np.stack([start, end, end, start], axis=1)
    quads[:, :2, 2] = np.concatenate([walls.foot_m[seen], np.stack([low, low], axis=1)])
    quads[:, 2:, 2] = top[:, None]
    hides = np.concatenate([np.ones(int(seen.sum()), dtype=bool), ~columns.tree[close]])
    return quads, np.concatenate([walls.rgb[seen], columns.rgb[close]]), hides


# Prepared maps of the scenes in hand, by identity: a scene's frames share one RoadMap, whose hash would be costly.
_PREPARED: OrderedDict[int, tuple[RoadMap, MapGeometry]] = OrderedDict()
_PREPARED_MAX: Final = 8


def _prepared(road_map: RoadMap) -> MapGeometry:
    key = id(road_map)
    found = _PREPARED.get(key)
    if found is None:
        # The map is kept beside its arrays, so that its id stays its own.
        found = _PREPARED[key] = (road_map, prepare_map(road_map))
        while len(_PREPARED) > _PREPARED_MAX:
            _PREPARED.popitem(last=False)
    return found[1]
