"""The ten nuScenes detection classes and the groups that this project makes of them."""

from __future__ import annotations

from typing import Final

# Order fixes `category_id` in the store and the channels of the models: append, never reorder.
CATEGORIES: Final[tuple[str, ...]] = (
    "car",
    "truck",
    "bus",
    "trailer",
    "construction_vehicle",
    "pedestrian",
    "motorcycle",
    "bicycle",
    "traffic_cone",
    "barrier",
)
CATEGORY_ID: Final[dict[str, int]] = {name: index for index, name in enumerate(CATEGORIES)}

VEHICLES: Final = frozenset({"car", "truck", "bus", "trailer", "construction_vehicle"})
CYCLES: Final = frozenset({"motorcycle", "bicycle"})
PEDESTRIANS: Final = frozenset({"pedestrian"})
STATIC_OBJECTS: Final = frozenset({"traffic_cone", "barrier"})
# What crowdedness counts.
ROAD_USERS: Final = VEHICLES | CYCLES | PEDESTRIANS

# Groups in the order of the layout raster's class masks.
CATEGORY_GROUPS: Final[tuple[frozenset[str], ...]] = (VEHICLES, CYCLES, PEDESTRIANS, STATIC_OBJECTS)
