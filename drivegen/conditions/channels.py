"""Names and order of the layout raster's channels; the order is part of every model's weights."""

from __future__ import annotations

from typing import Final

# What the conditioned objects paint. Class masks are those of `core.CATEGORY_GROUPS`.
OBJECT_CHANNELS: Final[tuple[str, ...]] = (
    "vehicle",
    "cycle",
    "pedestrian",
    "static",
    "inverse_depth",
    "front",
    "rear",
    "heading_sin",
    "heading_cos",
    "red",
    "green",
    "blue",
)

# What the road map paints.
MAP_CHANNELS: Final[tuple[str, ...]] = (
    "road",
    "lane_line",
    "sidewalk",
    "crossing",
    "structure",
    "structure_inverse_depth",
    "structure_red",
    "structure_green",
    "structure_blue",
)

RASTER_CHANNELS: Final[tuple[str, ...]] = OBJECT_CHANNELS + MAP_CHANNELS

OBJECT_SLICE: Final = slice(0, len(OBJECT_CHANNELS))
MAP_SLICE: Final = slice(len(OBJECT_CHANNELS), len(RASTER_CHANNELS))
CLASS_SLICE: Final = slice(0, 4)
HEADING_SLICE: Final = slice(OBJECT_CHANNELS.index("heading_sin"), OBJECT_CHANNELS.index("heading_cos") + 1)
APPEARANCE_SLICE: Final = slice(OBJECT_CHANNELS.index("red"), OBJECT_CHANNELS.index("blue") + 1)

# Colour of a cuboid whose appearance is unknown or dropped.
UNKNOWN_GREY: Final = 0.5
