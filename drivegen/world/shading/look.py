"""The light of a scene for each weather and time of day, slightly different in every scene; linear radiance.

Units: a white surface under a clear noon sun has a radiance of about 4; exposure brings pictures to the screen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core import Ambience, TimeOfDay, Weather
from drivegen.core.arrays import Floats
from drivegen.world.shading.palettes import DAY, DUSK, NIGHT, Palette


@dataclass(frozen=True, eq=False)
class Look:
    """Everything that weather and time of day decide about a picture.

    Attributes:
        weather, time_of_day: what it is the look of.
        zenith, horizon, cloud, glow_rgb: (3,) radiances of the sky; glow_rgb is that of the sky around the sun.
        cover: share of the sky that clouds take, in [0, 1]; relief: how much their brightness varies.
        sun: (3,) irradiance over pi of a surface that faces the sun (the moon at night).
        sun_direction: (3,) unit vector towards it, global frame.
        fill: (3,) irradiance over pi that reaches everything.
        haze: (3,) radiance of distant things; haze_per_m: extinction per metre.
        wet, snow: how wet the road is, and how much of the ground is white, in [0, 1].
        lamps: how bright street lamps are, in [0, 1]; lamp_rgb: (3,) their colour, largest part 1.
        lit: share of windows with light; beam: how bright the ego's head-lights are, in [0, 1].
        exposure: what radiance is multiplied with before the tone curve.
        bloom: how much light strays inside the lens, in [0, 1].
        saturation: of the sensor's colours; noise: its noise as a share of mid grey; contrast: of the tone curve.
        wind_mps: (2,) wind that carries rain and flakes.
    """

    weather: Weather
    time_of_day: TimeOfDay
    zenith: Floats
    horizon: Floats
    cloud: Floats
    glow_rgb: Floats
    cover: float
    relief: float
    sun: Floats
    sun_direction: Floats
    fill: Floats
    haze: Floats
    haze_per_m: float
    wet: float
    snow: float
    lamps: float
    lamp_rgb: Floats
    lit: float
    beam: float
    exposure: float
    bloom: float
    saturation: float
    noise: float
    contrast: float
    wind_mps: Floats

    @property
    def casts_shadows(self) -> bool:
        """Whether the sun (or moon) is strong enough for shadows with an edge."""
        return float(self.sun.max()) * self.exposure > 0.15

    @property
    def night(self) -> bool:
        """Whether it is night."""
        return self.time_of_day is TimeOfDay.NIGHT


_ELEVATION_DEG = {TimeOfDay.DAY: (30.0, 58.0), TimeOfDay.DUSK: (5.0, 11.0), TimeOfDay.NIGHT: (35.0, 60.0)}
_LAMPS = {TimeOfDay.DAY: 0.0, TimeOfDay.DUSK: 0.7, TimeOfDay.NIGHT: 1.0}
_LIT = {TimeOfDay.DAY: 0.03, TimeOfDay.DUSK: 0.22, TimeOfDay.NIGHT: 0.36}
_BEAM = {TimeOfDay.DAY: 0.0, TimeOfDay.DUSK: 0.35, TimeOfDay.NIGHT: 1.0}
_NOISE = {TimeOfDay.DAY: 0.012, TimeOfDay.DUSK: 0.03, TimeOfDay.NIGHT: 0.065}
_LAMP_COLOURS = ((1.0, 0.62, 0.24), (1.0, 0.72, 0.40), (1.0, 0.86, 0.66), (0.92, 0.96, 1.0))


def make_look(ambience: Ambience, rng: np.random.Generator) -> Look:
    """The light of a scene.

    Args:
        ambience: weather and time of day; unknown ones are taken as clear and day.
    """
    weather = ambience.weather or Weather.CLEAR
    time = ambience.time_of_day or TimeOfDay.DAY
    palette: Palette = {TimeOfDay.DAY: DAY, TimeOfDay.DUSK: DUSK, TimeOfDay.NIGHT: NIGHT}[time][weather]
    azimuth = rng.uniform(-np.pi, np.pi)
    elevation = np.radians(rng.uniform(*_ELEVATION_DEG[time]))
    brightness = rng.uniform(0.92, 1.08)
    tint = 1.0 + rng.uniform(-0.035, 0.035, 3)
    level = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
    gloomy = weather in (Weather.RAIN, Weather.FOG, Weather.SNOW)
    lamp_rgb = np.array(_LAMP_COLOURS[int(rng.integers(len(_LAMP_COLOURS)))])
    return Look(
        weather=weather,
        time_of_day=time,
        zenith=np.array(palette.zenith) * tint,
        horizon=np.array(palette.horizon) * tint,
        cloud=np.array(palette.cloud) * tint,
        glow_rgb=np.array(palette.glow),
        cover=float(np.clip(palette.cover + rng.uniform(-0.16, 0.16), 0.0, 1.0)),
        relief=palette.relief,
        sun=np.array(palette.sun) * brightness,
        sun_direction=level,
        fill=np.array(palette.fill) * brightness,
        haze=np.array(palette.haze) * tint,
        haze_per_m=float(rng.uniform(*palette.haze_per_m)),
        wet=float(rng.uniform(0.8, 1.0)) if weather is Weather.RAIN else 0.25 if weather is Weather.SNOW else 0.0,
        snow=float(rng.uniform(0.8, 1.0)) if weather is Weather.SNOW else 0.0,
        lamps=_LAMPS[time],
        lamp_rgb=lamp_rgb,
        lit=_LIT[time] * (1.6 if gloomy and time is not TimeOfDay.NIGHT else 1.0),
        beam=max(_BEAM[time], 0.25 if gloomy else 0.0),
        exposure=palette.exposure * float(rng.uniform(0.92, 1.09)),
        bloom=palette.bloom,
        saturation=palette.saturation,
        noise=_NOISE[time],
        contrast=palette.contrast,
        wind_mps=rng.normal(0.0, 1.6, 2),
    )
