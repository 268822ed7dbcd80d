"""How good a perception net is on held-out frames, in a few plain figures.

They go into its folder for orientation; average precision and the rest are measured elsewhere.
"""

from __future__ import annotations

import numpy as np
import torch

from drivegen.core import CATEGORIES, box_iou, match_greedily
from drivegen.models.perception import PerceptionNet, detections_of
from drivegen.training.batches import spread
from drivegen.training.perception_arrays import CONDITIONED, SCORED, WRITTEN, PerceptionArrays
from drivegen.training.perception_batches import to_images

_FRAMES = 512
_BATCH = 32
_MIN_SCORE = 0.3
_MIN_IOU = 0.5


@torch.no_grad()
def held_out_scores(net: PerceptionNet, arrays: PerceptionArrays) -> dict[str, float]:
    """Figures of at most 512 frames, evenly spread; NaN is left out.

    `recall` is the share of the scored objects that a detection of their class with a confidence of at least 0.3
    overlaps by half; `precision` is the share of such detections that do, but for those on objects that are not scored.
    Ambience and crowdedness are those of single frames.
    """
    rows = spread(len(arrays.frames), _FRAMES)
    found, wanted, detected = np.zeros(len(CATEGORIES)), np.zeros(len(CATEGORIES)), np.zeros(2)
    weather, time_of_day, users = [], [], []
    was_training = net.training
    net.eval()
    for start in range(0, len(rows), _BATCH):
        chunk = rows[start : start + _BATCH]
        outputs = net.forward_frames(to_images(arrays.frames[chunk]))
        weather.append(_agreement(outputs.weather_logits, arrays.weather[chunk]))
        time_of_day.append(_agreement(outputs.time_logits, arrays.time_of_day[chunk]))
        users.append(np.abs(outputs.log_road_users.float().numpy() - np.log1p(arrays.road_users[chunk])))
        for place, row in enumerate(chunk):
            detections = detections_of(outputs, place, arrays.image_size, min_score=_MIN_SCORE)
            for category in range(len(CATEGORIES)):
                boxes = detections.boxes_px[detections.category_ids == category]
                of_class = arrays.category[row] == category
                scored = arrays.boxes_px[row][of_class & (arrays.role[row] == SCORED)].astype(np.float64)
                rest = (arrays.role[row] == WRITTEN) | (of_class & (arrays.role[row] == CONDITIONED))
                others = arrays.boxes_px[row][rest].astype(np.float64)
                hits = match_greedily(box_iou(boxes, scored), _MIN_IOU) >= 0
                excused = ~hits & (box_iou(boxes, others) >= _MIN_IOU).any(axis=1)
                found[category] += hits.sum()
                wanted[category] += len(scored)
                detected += hits.sum(), (~excused).sum()
    net.train(was_training)
    figures = {
        "recall": found.sum() / max(wanted.sum(), 1),
        "precision": detected[0] / max(detected[1], 1),
        "weather_agreement": _mean(weather),
        "time_of_day_agreement": _mean(time_of_day),
        "log_road_users_error": _mean(users),
    }
    figures |= {f"recall_{name}": found[i] / wanted[i] for i, name in enumerate(CATEGORIES) if wanted[i]}
    figures |= {"scored_objects": wanted.sum(), "frames": len(rows)}
    return {name: round(float(value), 4) for name, value in figures.items() if np.isfinite(value)}


def _agreement(logits: torch.Tensor, wanted: np.ndarray) -> np.ndarray:
    """1 or 0 for each frame whose value is known."""
    return (logits.argmax(dim=1).numpy() == wanted)[wanted >= 0].astype(np.float64)


def _mean(parts: list[np.ndarray]) -> float:
    values = np.concatenate(parts)
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else float("nan")
