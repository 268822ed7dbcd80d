"""Scenarios as tensors: labels, layout rasters, ego motion, camera, ambience and crowdedness, with a null for each."""

from drivegen.conditions.batch import PARTS, TIME_NULL, WEATHER_NULL, Conditions, collate
from drivegen.conditions.build import conditions_of
from drivegen.conditions.caching import from_arrays, to_arrays
from drivegen.conditions.channels import MAP_CHANNELS, OBJECT_CHANNELS, RASTER_CHANNELS
from drivegen.conditions.config import ConditionConfig
from drivegen.conditions.dropout import DropoutConfig, drop_conditions
from drivegen.conditions.layout import draw_layout

__all__ = [
    "MAP_CHANNELS",
    "OBJECT_CHANNELS",
    "PARTS",
    "RASTER_CHANNELS",
    "TIME_NULL",
    "WEATHER_NULL",
    "ConditionConfig",
    "Conditions",
    "DropoutConfig",
    "collate",
    "conditions_of",
    "draw_layout",
    "drop_conditions",
    "from_arrays",
    "to_arrays",
]
