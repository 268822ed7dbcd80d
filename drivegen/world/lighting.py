"""The light of a scene: sky, sun, haze and lamps for each weather and time of day, slightly different in every scene.

Colours are display values in [0, 1]; surfaces multiply their daylight colour by the light that reaches them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core import Ambience, TimeOfDay, Weather
from drivegen.core.arrays import Floats


@dataclass(frozen=True, eq=False)
class Look:
    """Everything that weather and time of day decide about a picture.

    Attributes:
        weather, time_of_day: what it is the look of.
        zenith, horizon: (3,) colours of the sky.
        cloud: (3,) colour of clouds; cover: share of the sky they take, in [0, 1].
        sun: (3,) light of the sun; sun_direction: (3,) unit vector towards it, global frame.
        ambient: (3,) light from everywhere.
        haze: (3,) colour of distant things; haze_per_m: extinction per metre.
        shadow: how dark the sun's shadows are, in [0, 1]; contact: how dark it is below objects.
        wet, snow: how wet the road is, and how much of the ground is white, in [0, 1].
        lamps: how bright street lamps, lit windows and vehicle lights are, in [0, 1].
        beam: how bright the ego's head-lights are on what they reach.
        glow: how far bright lights bleed, in [0, 1].
        contrast, saturation, noise: of the sensor; noise is a standard deviation.
    """

    weather: Weather
    time_of_day: TimeOfDay
    zenith: Floats
    horizon: Floats
    cloud: Floats
    cover: float
    sun: Floats
    sun_direction: Floats
    ambient: Floats
    haze: Floats
    haze_per_m: float
    shadow: float
    contact: float
    wet: float
    snow: float
    lamps: float
    beam: float
    glow: float
    contrast: float
    saturation: float
    noise: float


# Daylight: zenith, horizon, cloud, sun, ambient; then cover, haze per metre, shadow, contrast, saturation.
_DAY: dict[Weather, tuple[tuple[tuple[float, float, float], ...], tuple[float, ...]]] = {
    Weather.CLEAR: (
        ((0.34, 0.53, 0.81), (0.78, 0.86, 0.93), (0.97, 0.97, 0.97), (0.62, 0.57, 0.47), (0.52, 0.56, 0.64)),
        (0.30, 0.0014, 0.85, 1.06, 1.08),
    ),
    Weather.CLOUDY: (
        ((0.60, 0.64, 0.69), (0.80, 0.82, 0.84), (0.88, 0.89, 0.90), (0.06, 0.06, 0.06), (0.82, 0.83, 0.86)),
        (0.85, 0.0022, 0.0, 0.96, 0.88),
    ),
    Weather.RAIN: (
        ((0.44, 0.47, 0.51), (0.62, 0.65, 0.68), (0.58, 0.60, 0.63), (0.02, 0.02, 0.02), (0.62, 0.64, 0.68)),
        (0.90, 0.0065, 0.0, 0.86, 0.76),
    ),
    Weather.SNOW: (
        ((0.72, 0.75, 0.79), (0.83, 0.85, 0.87), (0.86, 0.87, 0.88), (0.03, 0.03, 0.03), (0.86, 0.88, 0.92)),
        (0.60, 0.0075, 0.0, 0.92, 0.78),
    ),
    Weather.FOG: (
        ((0.74, 0.76, 0.78), (0.75, 0.77, 0.78), (0.76, 0.78, 0.79), (0.03, 0.03, 0.03), (0.76, 0.77, 0.79)),
        (0.20, 0.026, 0.0, 0.90, 0.72),
    ),
}  # fmt: skip


def make_look(ambience: Ambience, rng: np.random.Generator) -> Look:
    """The light of a scene.

    Args:
        ambience: weather and time of day; unknown ones are taken as clear and day.
    """
    weather = ambience.weather or Weather.CLEAR
    time = ambience.time_of_day or TimeOfDay.DAY
    colours, (cover, haze, shadow, contrast, saturation) = _DAY[weather]
    zenith, horizon, cloud, sun, ambient = (np.array(c) for c in colours)
    azimuth = rng.uniform(-np.pi, np.pi)
    elevation = np.radians(rng.uniform(28.0, 60.0))
    brightness = rng.uniform(0.93, 1.05)
    cover = float(np.clip(cover + rng.uniform(-0.2, 0.2), 0.0, 1.0))
    haze *= float(rng.uniform(0.85, 1.25))
    if time is TimeOfDay.DUSK:
        zenith, horizon, cloud, sun, ambient = _dusk(weather, zenith, horizon, cloud, sun, ambient)
        elevation, shadow = np.radians(rng.uniform(7.0, 12.0)), shadow * 0.6
    elif time is TimeOfDay.NIGHT:
        zenith, horizon, cloud, sun, ambient = _night(weather)
        shadow = 0.0
    direction = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
    night, dusk = time is TimeOfDay.NIGHT, time is TimeOfDay.DUSK
    gloomy = weather in (Weather.RAIN, Weather.FOG, Weather.SNOW)
    return Look(
        weather=weather,
        time_of_day=time,
        zenith=zenith,
        horizon=horizon,
        cloud=cloud,
        cover=cover,
        sun=sun * brightness,
        sun_direction=direction,
        ambient=ambient * brightness,
        haze=horizon * (0.96 if not night else 0.8),
        haze_per_m=float(haze),
        shadow=shadow,
        contact=0.35 if shadow > 0.3 else 0.48,
        wet=float(rng.uniform(0.75, 1.0)) if weather is Weather.RAIN else 0.0,
        snow=float(rng.uniform(0.75, 1.0)) if weather is Weather.SNOW else 0.0,
        lamps=1.0 if night else 0.8 if dusk else 0.35 if gloomy else 0.0,
        beam=1.0 if night else 0.12 if dusk else 0.0,
        glow=(1.0 if night else 0.5 if dusk else 0.2) * (1.5 if gloomy else 1.0),
        contrast=contrast,
        saturation=saturation * (0.8 if night else 1.0),
        noise=0.016 if night else 0.011 if dusk else 0.005,
    )


def _dusk(weather: Weather, *colours: Floats) -> tuple[Floats, ...]:
    """Daylight colours turned warm and low."""
    zenith, horizon, cloud, sun, ambient = colours
    warm = 1.0 if weather is Weather.CLEAR else 0.7 if weather is Weather.CLOUDY else 0.4
    tint = (1 - warm) * np.array([0.62, 0.55, 0.56]) + warm * np.array([0.98, 0.62, 0.36])
    return (
        zenith * np.array([0.50, 0.46, 0.56]),
        (1 - 0.5 * warm) * horizon * np.array([0.66, 0.54, 0.54]) + 0.5 * warm * tint,
        cloud * ((1 - warm) * np.array([0.50, 0.46, 0.50]) + warm * np.array([0.80, 0.52, 0.46])),
        sun * np.array([1.05, 0.58, 0.26]),
        ambient * np.array([0.64, 0.57, 0.62]),
    )


def _night(weather: Weather) -> tuple[Floats, ...]:
    """What a town's sky and the moon leave; fog, snow and low clouds throw the town's light back."""
    bright = {Weather.CLEAR: 0.75, Weather.CLOUDY: 0.95, Weather.RAIN: 0.9, Weather.SNOW: 1.7, Weather.FOG: 1.5}[
        weather
    ]
    return (
        np.array([0.040, 0.047, 0.082]) * bright,
        np.array([0.125, 0.112, 0.125]) * bright,
        np.array([0.085, 0.078, 0.085]) * bright,
        np.zeros(3),
        np.array([0.195, 0.195, 0.230]) * (0.75 + 0.25 * bright),
    )
