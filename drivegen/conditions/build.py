"""From a clip's labels to the conditions of the models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from drivegen.conditions.batch import TIME_NULL, WEATHER_NULL, Conditions
from drivegen.conditions.config import ConditionConfig
from drivegen.conditions.layout import draw_layout
from drivegen.conditions.tokens import box_tokens, camera_token, ego_motion
from drivegen.core import Ambience, DataError, FrameLabels, RoadMap, TimeOfDay, Weather, mean_road_users

# The layout is drawn at this many times the image size before it is averaged down to the raster.
LINES_PER_PIXEL = 2


def conditions_of(
    labels: Sequence[FrameLabels],
    ambience: Ambience,
    road_map: RoadMap | None,
    fps: float,
    config: ConditionConfig,
    *,
    labelled: bool = True,
) -> Conditions:
    """The conditions of one clip: B = 1, T = len(labels), N = config.max_boxes.

    Only conditioned objects take part. Crowdedness is always the labels' own count, so that a crowded picture never
    shows road users that nobody labelled.

    Args:
        labels: of each frame, at `config.image_size` (see `core.recamera`).
        road_map: None means unknown.
        fps: frames per second of the clip.
        labelled: False leaves the boxes and the raster's objects unknown, and keeps the crowdedness.

    Raises:
        DataError: no frames, labels at another size, or a frame rate that is not positive.
    """
    _check(labels, fps, config)
    tokens = [box_tokens(frame, config) for frame in labels]
    supersample = LINES_PER_PIXEL * config.raster_downsampling
    layouts = [
        draw_layout(frame, road_map, config.raster_size, max_distance_m=config.max_distance_m, supersample=supersample)
        for frame in labels
    ]
    yes = torch.ones(1, dtype=torch.bool)
    weather = WEATHER_NULL if ambience.weather is None else list(Weather).index(ambience.weather)
    time = TIME_NULL if ambience.time_of_day is None else list(TimeOfDay).index(ambience.time_of_day)
    conditions = Conditions(
        weather=torch.tensor([weather]),
        time_of_day=torch.tensor([time]),
        crowdedness=torch.tensor([mean_road_users(labels)], dtype=torch.float32),
        crowdedness_known=yes,
        camera=torch.from_numpy(camera_token(labels[0].camera))[None],
        camera_known=yes,
        raster=torch.from_numpy(np.stack(layouts))[None],
        objects_known=yes,
        map_known=yes & (road_map is not None),
        ego_motion=torch.from_numpy(ego_motion(labels))[None],
        ego_known=yes,
        frame_interval_s=torch.tensor([1.0 / fps], dtype=torch.float32),
        **{name: torch.from_numpy(np.stack([t[name] for t in tokens]))[None] for name in tokens[0]},
    )
    return conditions if labelled else conditions.without("boxes", "raster_objects")


def _check(labels: Sequence[FrameLabels], fps: float, config: ConditionConfig) -> None:
    if not labels:
        raise DataError("a clip without frames has no conditions", where="conditions_of.labels")
    if fps <= 0:
        raise DataError("frame rate must be positive", where="conditions_of.fps", got=fps)
    for frame in labels:
        if frame.camera.size != tuple(config.image_size):
            raise DataError(
                "labels are at another size",
                where=f"frame at {frame.timestamp_us} us",
                expected=config.image_size,
                got=frame.camera.size,
                remedy="recamera the labels to image_size first",
            )
