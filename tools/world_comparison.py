"""The world's statistics beside those published of nuScenes, as a Markdown table."""

from __future__ import annotations

from typing import Any

import nuscenes_published as published
from figures import table

from drivegen.core.categories import CATEGORIES

Rows = dict[str, dict[str, Any]]


def comparison(rows: Rows) -> list[str]:
    """The lines of the table, from the figures of the results file."""
    return table(["", "embedded world", "nuScenes"], [*_sizes(rows), *_speeds(rows), *_classes(rows), *_shares(rows)])


def _value(rows: Rows, key: str) -> str:
    return f"{rows[key]['value']:g}" if key in rows else ""


def _share(rows: Rows, key: str) -> float:
    return float(rows[key]["value"]) if key in rows else 0.0


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _sizes(rows: Rows) -> list[list[object]]:
    per_frame = published.BOXES / published.KEYFRAMES
    reach = _value(rows, "distance_m_median"), _value(rows, "distance_m_p10"), _value(rows, "distance_m_p90")
    return [
        ["key frames", _value(rows, "statistics_keyframes"), f"{published.KEYFRAMES:,}"],
        ["boxes", _value(rows, "statistics_boxes"), f"{published.BOXES:,}"],
        [
            "boxes a key frame (front camera beside all around)",
            _value(rows, "labels_per_frame_mean"),
            f"{per_frame:.1f}",
        ],
        ["vehicles and cycles all around", _value(rows, "vehicles_around_mean"), published.VEHICLES_PER_KEYFRAME],
        ["pedestrians all around", _value(rows, "pedestrians_around_mean"), published.PEDESTRIANS_PER_KEYFRAME],
        ["distance, median (10th to 90th percentile), m", "{} ({} to {})".format(*reach), "as far as 80"],
    ]


def _speeds(rows: Rows) -> list[list[object]]:
    body: list[list[object]] = [
        ["ego speed, mean, m/s", _value(rows, "ego_speed_mps_mean"), f"{published.EGO_SPEED_KMH / 3.6:.1f}"]
    ]
    for category, speed in published.MOVING_SPEED_MPS.items():
        body.append([f"speed of a moving {category}, mean, m/s", _value(rows, f"moving_speed_{category}"), speed])
    return body


def _classes(rows: Rows) -> list[list[object]]:
    boxes = sum(published.CLASS_COUNTS.values())
    return [
        [
            f"{category.replace('_', ' ')}, share of boxes",
            _percent(rows[f"class_share_{category}"]["value"]),
            _percent(published.CLASS_COUNTS[category] / boxes),
        ]
        for category in CATEGORIES
    ]


def _shares(rows: Rows) -> list[list[object]]:
    levels = sum(published.VISIBILITY_COUNTS.values())
    body: list[list[object]] = [
        ["rain, share of frames", _percent(_share(rows, "weather_rain")), _percent(published.RAIN_SHARE)],
        ["night, share of frames", _percent(_share(rows, "time_night")), _percent(published.NIGHT_SHARE)],
    ]
    body.append(["boxes of which nothing is seen", _percent(_share(rows, "hidden_share")), None])
    for level, count in published.VISIBILITY_COUNTS.items():
        mine = _share(rows, f"visibility_{level}")
        body.append(
            [f"visibility {level} (here: of boxes of which anything is seen)", _percent(mine), _percent(count / levels)]
        )
    for group in ("vehicle", "pedestrian", "cycle"):
        known = {key: count for key, count in published.ATTRIBUTE_COUNTS.items() if key.startswith(group)}
        ours = {key: _share(rows, f"attribute_{key}") for key in known}
        for key, count in known.items():
            share = ours[key] / max(1e-9, sum(ours.values()))
            body.append([f"{key}, share of {group}s", _percent(share), _percent(count / sum(known.values()))])
    return body
