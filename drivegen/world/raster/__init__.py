"""Triangles to samples: views, batches, the z-buffer, shadow maps, and the truth that follows from them."""

from drivegen.world.raster.assemble import DETAIL_FOCAL_PX, assemble
from drivegen.world.raster.batch import NO_INSTANCE, Batch, object_batch, static_batch
from drivegen.world.raster.gbuffer import GBuffer, rasterise
from drivegen.world.raster.maps import depth_map, instance_map
from drivegen.world.raster.motion import screen_motion
from drivegen.world.raster.protocol import DrawnScene
from drivegen.world.raster.shadow_kernels import shadow_at
from drivegen.world.raster.shadow_map import ShadowMap, scene_shadows, shadow_map
from drivegen.world.raster.sightings import sightings
from drivegen.world.raster.view import View, make_view

__all__ = [
    "DETAIL_FOCAL_PX",
    "NO_INSTANCE",
    "Batch",
    "DrawnScene",
    "GBuffer",
    "ShadowMap",
    "View",
    "assemble",
    "depth_map",
    "instance_map",
    "make_view",
    "object_batch",
    "rasterise",
    "scene_shadows",
    "screen_motion",
    "shadow_at",
    "shadow_map",
    "sightings",
    "static_batch",
]
