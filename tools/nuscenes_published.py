"""What has been published of nuScenes, with its sources: constants, none of them measured here."""

from __future__ import annotations

PAPER = "Caesar et al., nuScenes: a multimodal dataset for autonomous driving, CVPR 2020, arXiv 1903.11027v5"
TABLES = "counts over the public v1.0-trainval tables (850 scenes)"

SCENES, KEYFRAMES, BOXES = 850, 34_149, 1_166_187
# Annotations of v1.0-trainval by the detection challenge's classes; what has none (debris, animals) is left out.
CLASS_COUNTS = {
    "car": 493_322,
    "truck": 88_519,
    "bus": 14_501 + 1_820,
    "trailer": 24_860,
    "construction_vehicle": 14_671,
    # adult, construction worker, child, police officer: what the challenge counts
    "pedestrian": 208_240 + 9_161 + 2_066 + 727,
    "motorcycle": 12_617,
    "bicycle": 11_859,
    "traffic_cone": 97_959,
    "barrier": 152_087,
}
# Visible fraction over all six cameras.
VISIBILITY_COUNTS = {"v0-40": 335_059, "v40-60": 130_594, "v60-80": 155_814, "v80-100": 544_720}
ATTRIBUTE_COUNTS = {
    "vehicle.parked": 420_226,
    "vehicle.moving": 149_203,
    "vehicle.stopped": 65_975,
    "pedestrian.moving": 157_444,
    "pedestrian.standing": 46_530,
    "pedestrian.sitting_lying_down": 13_939,
    "cycle.without_rider": 17_345,
    "cycle.with_rider": 7_331,
}
# Of the paper, section 3: per key frame, all around.
VEHICLES_PER_KEYFRAME, PEDESTRIANS_PER_KEYFRAME = 20, 7
EGO_SPEED_KMH = 16
RAIN_SHARE, NIGHT_SHARE = 0.194, 0.116
# Of the paper's supplement: mean speed of moving objects, m/s.
MOVING_SPEED_MPS = {"car": 6.6, "pedestrian": 1.3, "bicycle": 4.0}
