"""The sky: gradient, clouds, glow of a low sun, and the far silhouettes where it meets the land."""

from __future__ import annotations

import cv2
import numpy as np

from drivegen.core import TimeOfDay, Weather
from drivegen.world.config import Profile
from drivegen.world.lighting import Look
from drivegen.world.texture import SIZE, cloud_noise, look_up
from drivegen.world.view import Image32, View


def paint_sky(view: View, look: Look, profile: Profile, seed: int) -> Image32:
    """The backdrop (h, w, 3) at the frame's final size, colours in [0, 1]."""
    elevation = view.grid.elevation
    azimuth = view.grid.azimuth + np.float32(view.global_from_ego.yaw_rad)
    up: Image32 = np.clip(elevation / 0.45, 0.0, 1.0)[..., None].astype(np.float32) ** np.float32(0.7)
    sky: Image32 = look.horizon.astype(np.float32) * (1 - up) + look.zenith.astype(np.float32) * up
    sky = _sun_glow(sky, look, azimuth, elevation)
    sky = _clouds(sky, look, azimuth, elevation, seed)
    return _skyline(sky, view, look, profile, azimuth, seed)


def _sun_glow(sky: Image32, look: Look, azimuth: Image32, elevation: Image32) -> Image32:
    """Light around the sun; at dusk a wide warm glow along the horizon below it."""
    if look.time_of_day is TimeOfDay.NIGHT or look.weather in (Weather.FOG, Weather.RAIN, Weather.SNOW):
        return sky
    sun_azimuth = np.arctan2(look.sun_direction[1], look.sun_direction[0])
    sun_elevation = np.arcsin(look.sun_direction[2])
    away = np.angle(np.exp(1j * (azimuth - sun_azimuth))).astype(np.float32)
    if look.time_of_day is TimeOfDay.DUSK:
        glow = np.exp(-((away / 0.9) ** 2) - (np.maximum(elevation, 0) / 0.22) ** 2)
        strength = 0.55 if look.weather is Weather.CLEAR else 0.3
        return sky + strength * glow[..., None] * (np.array([1.0, 0.66, 0.34], np.float32) - sky)
    glow = np.exp(-(away**2 + (elevation - sun_elevation) ** 2) / 0.12)
    return sky + 0.5 * glow[..., None] * (1.0 - sky)


def _clouds(sky: Image32, look: Look, azimuth: Image32, elevation: Image32, seed: int) -> Image32:
    """Clouds on a plane high above, seen in perspective."""
    slope = np.tan(np.clip(elevation, 0.0, 1.2)) + 0.10
    reach = 26.0 / slope
    texture = cloud_noise(11)
    shift = seed % SIZE
    u, v = reach * np.cos(azimuth) + shift + 4096, reach * np.sin(azimuth) + 4096
    noise = look_up(texture, u, v)
    density = np.clip((noise - (1.0 - look.cover)) / 0.35, 0.0, 1.0) * np.clip(elevation / 0.08, 0.0, 1.0)
    density = cv2.GaussianBlur(density, (3, 3), 0)
    light = look.cloud.astype(np.float32) * (0.90 + 0.10 * noise[..., None])
    return sky + 0.8 * density[..., None] * (light - sky)


def _skyline(sky: Image32, view: View, look: Look, profile: Profile, azimuth: Image32, seed: int) -> Image32:
    """Hills, woods or far roofs, pale with haze."""
    texture = cloud_noise(23)[seed % SIZE]
    turn = (azimuth / (2 * np.pi) * 1024.0) + 4096.0
    fine = texture[turn.astype(np.int32) & (SIZE - 1)]
    broad = texture[(turn / 8).astype(np.int32) & (SIZE - 1)]
    if profile is Profile.URBAN:
        height = 0.012 + 0.05 * np.round(broad * 4) / 4 * (fine > 0.4)
    elif profile is Profile.SUBURBAN:
        height = 0.012 + 0.020 * fine + 0.02 * broad
    else:
        height = 0.006 + 0.010 * fine + 0.035 * broad**2
    pixel = 1.0 / (view.focal_px * view.final_size[0] / view.size[0])
    share = np.clip((height - view.grid.elevation) / pixel + 0.5, 0.0, 1.0)
    clear = float(np.exp(-look.haze_per_m * 450.0))
    base = np.array([0.30, 0.36, 0.30] if profile is not Profile.URBAN else [0.42, 0.43, 0.45])
    if look.snow > 0:
        base = 0.5 * base + 0.4
    colour = look.haze + 0.55 * clear * (base * (look.ambient + 0.3 * look.sun) - look.haze)
    return sky + share[..., None] * (colour.astype(np.float32) - sky)
