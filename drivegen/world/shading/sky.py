"""The sky of a scene as a panorama: gradient, sun, clouds, stars; and what of it lights and mirrors in things."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from drivegen.core import TimeOfDay, Weather
from drivegen.core.arrays import Floats
from drivegen.world.compiled import compiled, inlined
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.shading.look import Look
from drivegen.world.shading.noise import CLOUD, noise_atlas, smooth, texture

ROWS, COLUMNS = 192, 1024
MIRROR_ROWS, MIRROR_COLUMNS = 96, 256
_STARS = 420
_BELT_RGB = np.array([0.17, 0.070, 0.075])


@dataclass(frozen=True, eq=False)
class Sky:
    """What surrounds a scene.

    Attributes:
        panorama: (ROWS, COLUMNS, 3) radiance; columns are azimuths from -pi, rows are +-sqrt |sine of elevation|
            from -1 to 1, so that most rows lie near the horizon.
        surroundings: (MIRROR_ROWS, MIRROR_COLUMNS, 3) the same, coarse, with a street's dark silhouettes and ground:
            what car paint and window panes mirror.
        harmonics: (9, 3) irradiance over pi as spherical harmonics of the normal (Ramamoorthi and Hanrahan 2001).
    """

    panorama: Floats32
    surroundings: Floats32
    harmonics: Floats32


def make_sky(look: Look, rng: np.random.Generator) -> Sky:
    """The sky that belongs to a look; clouds and skyline are drawn from rng."""
    directions = _directions(ROWS, COLUMNS)
    colours = _gradient(look, directions)
    shift = rng.uniform(0.0, 4000.0, 2)
    panorama = np.ascontiguousarray(colours, dtype=np.float32)
    _add_clouds(
        panorama, directions.astype(np.float32), noise_atlas(), look.cloud.astype(np.float32),
        (look.cover, look.relief, float(shift[0]), float(shift[1])), look.sun_direction.astype(np.float32),
        look.glow_rgb.astype(np.float32),
    )  # fmt: skip
    if look.night and look.weather is Weather.CLEAR:
        _add_stars(panorama, rng)
    _veil(panorama, directions, look)
    if look.time_of_day is not TimeOfDay.NIGHT and look.weather is Weather.CLEAR:
        _add_sun(panorama, directions, look)
    _add_ground(panorama, directions, look)
    return Sky(panorama, _surroundings(panorama, look, rng), _harmonics(panorama, directions))


def _directions(rows: int, columns: int) -> Floats:
    """Unit vectors (rows, columns, 3) of a panorama's cells."""
    s = (np.arange(rows) + 0.5) / rows * 2.0 - 1.0
    up = np.sign(s) * s * s
    azimuth = (np.arange(columns) + 0.5) / columns * 2.0 * np.pi - np.pi
    level = np.sqrt(1.0 - up * up)
    return np.stack(
        np.broadcast_arrays(level[:, None] * np.cos(azimuth), level[:, None] * np.sin(azimuth), up[:, None]), axis=-1
    )


def _gradient(look: Look, directions: Floats) -> Floats:
    """Horizon to zenith, with the glow around the sun, low and wide at dusk."""
    up = np.clip(directions[..., 2], 0.0, 1.0)[..., None]
    colours = look.horizon + (look.zenith - look.horizon) * (1.0 - (1.0 - up) ** 3.2)
    cosine = np.clip(directions @ look.sun_direction, -1.0, 1.0)[..., None]
    if look.time_of_day is TimeOfDay.DUSK:
        level = directions[..., :2] / np.maximum(np.linalg.norm(directions[..., :2], axis=-1, keepdims=True), 1e-6)
        towards = (level @ (look.sun_direction[:2] / np.linalg.norm(look.sun_direction[:2])))[..., None]
        band = np.exp(-up / 0.16) * np.clip(0.5 + 0.5 * towards, 0.0, 1.0) ** 3
        # Opposite the sun a pink belt lies over the blue of the earth's shadow.
        belt = np.exp(-(((up - 0.13) / 0.11) ** 2)) * np.clip(0.35 - 0.65 * towards, 0.0, 1.0)
        belt = look.glow_rgb.max() * belt * _BELT_RGB
        return colours + look.glow_rgb * (0.55 * band + 0.8 * np.clip(cosine, 0.0, 1.0) ** 60) + belt
    return colours + look.glow_rgb * (0.25 * np.clip(cosine, 0.0, 1.0) ** 8 + 0.9 * np.clip(cosine, 0.0, 1.0) ** 90)


@compiled
def _add_clouds(
    panorama: Floats32,
    directions: Floats32,
    atlas: Floats32,
    cloud: Floats32,
    shape: tuple[float, float, float, float],
    sun: Floats32,
    glow: Floats32,
) -> None:
    """Clouds on a plane high above, seen in perspective; thick ones are darker below."""
    cover, relief, east, north = shape
    for row in range(panorama.shape[0]):
        for column in range(panorama.shape[1]):
            up = float(directions[row, column, 2])
            if up < 0.01:
                continue
            reach = 1.0 / (up + 0.09)
            x = float(directions[row, column, 0]) * reach + east
            y = float(directions[row, column, 1]) * reach + north
            spread = 0.012 * reach
            broad = texture(atlas, CLOUD, x, y, 0.030, spread)
            fine = texture(atlas, CLOUD, y * 1.7, x * 1.7, 0.011, spread)
            wide = texture(atlas, CLOUD, x * 0.31 + 7.0, y * 0.31, 0.030, spread)
            value = 0.62 * broad + 0.34 * fine + 0.45 * wide
            edge = 1.25 - 2.5 * cover
            density = smooth(edge - 0.35, edge + 0.75, value)
            # Thick parts let less light through; the rim towards the sun is bright.
            thick = smooth(edge, edge + 2.0, value + 0.35 * fine)
            facing = max(0.0, directions[row, column, 0] * sun[0] + directions[row, column, 1] * sun[1])
            light = 1.0 + relief * (0.30 * broad * (1.0 - cover) - 0.95 * thick + 0.42) - 0.16 * relief * fine
            share = density * min(1.0, up / 0.05) * 0.95
            for c in range(3):
                bright = cloud[c] * max(light, 0.15) + 0.30 * glow[c] * facing**4 * (1.0 - 0.7 * thick)
                panorama[row, column, c] += share * (bright - panorama[row, column, c])


def _add_stars(panorama: Floats32, rng: np.random.Generator) -> None:
    rows = rng.integers(int(ROWS * 0.58), int(ROWS * 0.88), _STARS)
    columns = rng.integers(0, COLUMNS, _STARS)
    panorama[rows, columns] += (0.022 * rng.exponential(1.0, _STARS))[:, None].astype(np.float32)


def _veil(panorama: Floats32, directions: Floats, look: Look) -> None:
    """Haze in front of the low sky; in fog in front of all of it."""
    up = np.clip(directions[..., 2], 0.002, 1.0)
    clear = np.exp(-look.haze_per_m * 90.0 / up)[..., None].astype(np.float32)
    panorama *= clear
    panorama += (1.0 - clear) * look.haze.astype(np.float32)


def _add_sun(panorama: Floats32, directions: Floats, look: Look) -> None:
    """The disc, larger than the real one as an overexposed sensor shows it."""
    cosine = directions @ look.sun_direction
    disc = np.clip((cosine - math.cos(math.radians(1.5))) / (1.0 - math.cos(math.radians(1.0))), 0.0, 1.0)
    panorama += disc[..., None].astype(np.float32) * (22.0 * look.sun).astype(np.float32)


def _add_ground(panorama: Floats32, directions: Floats, look: Look) -> None:
    """Below the horizon: the light that the ground throws back, hazy near the horizon."""
    albedo = 0.14 + 0.5 * look.snow
    above = directions[..., 2] > 0
    mean = panorama[above].clip(0.0, 4.0).mean(axis=0)
    ground = albedo * (mean + look.fill + look.sun * max(float(look.sun_direction[2]), 0.0))
    near = np.clip(-directions[..., 2] / 0.25, 0.0, 1.0)[..., None] ** 0.5
    below = look.haze + (ground - look.haze) * near
    panorama[~above] = below[~above].astype(np.float32)


def _surroundings(panorama: Floats32, look: Look, rng: np.random.Generator) -> Floats32:
    """The panorama behind a street's silhouettes: what stands around a mirror."""
    rows, columns = ROWS // MIRROR_ROWS, COLUMNS // MIRROR_COLUMNS
    coarse = panorama.reshape(MIRROR_ROWS, rows, MIRROR_COLUMNS, columns, 3).mean(axis=(1, 3))
    height = np.repeat(rng.uniform(0.04, 0.30, MIRROR_COLUMNS // 8), 8) * rng.uniform(0.8, 1.0, MIRROR_COLUMNS)
    up = _directions(MIRROR_ROWS, MIRROR_COLUMNS)[..., 2]
    sky = panorama[_directions(ROWS, COLUMNS)[..., 2] > 0].mean(axis=0)
    wall = np.repeat(rng.uniform(0.12, 0.34, MIRROR_COLUMNS // 8), 8)[None, :, None]
    dark = wall * (sky + 0.5 * look.sun + look.fill) + 0.25 * look.lit * look.lamps * 0.12 * look.lamp_rgb
    share = (np.clip((height - up) / 0.02, 0.0, 1.0) * (up > -0.01))[..., None]
    return np.ascontiguousarray(coarse + share * (dark - coarse), dtype=np.float32)


def _harmonics(panorama: Floats32, directions: Floats) -> Floats32:
    """Irradiance over pi from the panorama without its sun (that is a light of its own)."""
    s = (np.arange(ROWS) + 0.5) / ROWS * 2.0 - 1.0
    weight = (2.0 * np.abs(s) * (2.0 / ROWS) * (2.0 * np.pi / COLUMNS))[:, None, None]
    radiance = np.minimum(panorama, 6.0 * np.median(panorama, axis=(0, 1)))
    basis = _basis(directions)
    coefficients = np.einsum("rck,rcj->kj", basis * weight, radiance)
    falloff = np.array([1.0, 2 / 3, 2 / 3, 2 / 3, 0.25, 0.25, 0.25, 0.25, 0.25])
    return np.ascontiguousarray(coefficients * falloff[:, None] * _NORMS[:, None], dtype=np.float32)


_NORMS = np.array([0.282095, 0.488603, 0.488603, 0.488603, 1.092548, 1.092548, 0.315392, 1.092548, 0.546274])


def _basis(d: Floats) -> Floats:
    """The nine real harmonics up to degree 2, (..., 9)."""
    x, y, z = d[..., 0], d[..., 1], d[..., 2]
    terms = [np.ones_like(x), y, z, x, x * y, y * z, 3.0 * z * z - 1.0, x * z, x * x - y * y]
    return np.stack(terms, axis=-1) * _NORMS


@inlined
def sky_light(harmonics: Floats32, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Irradiance over pi on a surface with unit normal (x, y, z)."""
    xy, yz, zz, xz, square = x * y, y * z, 3.0 * z * z - 1.0, x * z, x * x - y * y
    return (
        _sky_light(harmonics, 0, x, y, z, xy, yz, zz, xz, square),
        _sky_light(harmonics, 1, x, y, z, xy, yz, zz, xz, square),
        _sky_light(harmonics, 2, x, y, z, xy, yz, zz, xz, square),
    )


@inlined
def _sky_light(
    h: Floats32, c: int, x: float, y: float, z: float, xy: float, yz: float, zz: float, xz: float, square: float
) -> float:
    first = h[0, c] + h[1, c] * y + h[2, c] * z + h[3, c] * x
    return max(first + h[4, c] * xy + h[5, c] * yz + h[6, c] * zz + h[7, c] * xz + h[8, c] * square, 0.0)


@inlined
def look_up(panorama: Floats32, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Radiance of a panorama towards the unit vector (x, y, z), bilinear."""
    rows, columns = panorama.shape[0], panorama.shape[1]
    s = math.sqrt(abs(z))
    if z < 0.0:
        s = -s
    fr = min(max((s * 0.5 + 0.5) * rows - 0.5, 0.0), rows - 1.001)
    fc = (_angle(y, x) * (0.5 / math.pi) + 0.5) * columns - 0.5
    r, c = int(fr), math.floor(fc)
    tr, tc = fr - r, fc - c
    # Both panoramas have a power of two of columns.
    c0, c1 = c & (columns - 1), (c + 1) & (columns - 1)
    a, b = (1.0 - tr) * (1.0 - tc), (1.0 - tr) * tc
    d, e = tr * (1.0 - tc), tr * tc
    red = panorama[r, c0, 0] * a + panorama[r, c1, 0] * b + panorama[r + 1, c0, 0] * d + panorama[r + 1, c1, 0] * e
    green = panorama[r, c0, 1] * a + panorama[r, c1, 1] * b + panorama[r + 1, c0, 1] * d + panorama[r + 1, c1, 1] * e
    blue = panorama[r, c0, 2] * a + panorama[r, c1, 2] * b + panorama[r + 1, c0, 2] * d + panorama[r + 1, c1, 2] * e
    return red, green, blue


@inlined
def _angle(y: float, x: float) -> float:
    """atan2 within 1e-4 rad (a polynomial is several times faster)."""
    ax, ay = abs(x), abs(y)
    big = max(ax, ay)
    if big < 1e-12:
        return 0.0
    q = min(ax, ay) / big
    s = q * q
    r = ((-0.0464964749 * s + 0.15931422) * s - 0.327622764) * s * q + q
    if ay > ax:
        r = 0.5 * math.pi - r
    if x < 0.0:
        r = math.pi - r
    return -r if y < 0.0 else r
