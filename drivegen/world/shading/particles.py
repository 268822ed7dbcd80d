"""Rain and snow in the air: drops in a box of air around the camera, as streaks of the exposure's length."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drivegen.core import Weather
from drivegen.core.arrays import Floats
from drivegen.core.seeds import stream
from drivegen.world.compiled import compiled
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster import GBuffer, View
from drivegen.world.shading.borrow import borrowed
from drivegen.world.shading.light import LightField, beam_power, lamp_light
from drivegen.world.shading.look import Look


@dataclass(frozen=True)
class _Kind:
    """What falls: speed m/s, its spread, size m, count, opacity of one drop, wobble m/s; `smear` times the exposure is
    how long its streak is drawn (drops are seen as lines, which the eye and slow night exposures make longer), and
    `least` is the share of a pixel (squared) that the smallest one still covers."""

    speed_mps: float
    spread_mps: float
    size_m: float
    count: int
    opacity: float
    wobble_mps: float
    smear: float
    least: float


_KINDS = {
    Weather.RAIN: _Kind(8.0, 1.6, 0.006, 5200, 0.60, 0.0, 3.2, 0.012),
    Weather.SNOW: _Kind(1.25, 0.35, 0.013, 9000, 0.95, 0.5, 1.0, 0.05),
}


def falls(look: Look) -> bool:
    """Whether something falls from the sky."""
    return look.weather in _KINDS


def add_particles(
    radiance: Floats32,
    view: View,
    gbuffer: GBuffer,
    look: Look,
    lights: LightField,
    harmonics: Floats32,
    *,
    seed: int,
    seconds: float,
    velocity: Floats,
    exposure_s: float,
) -> None:
    """Draw what falls over linear radiance (h, w, 3), in place.

    Args:
        seed: of the scene; the same drops are seen by all its cameras.
        seconds: time since the scene's start.
        velocity: (3,) of the camera, m/s.
        exposure_s: how long the shutter is open.
    """
    kind = _KINDS[look.weather]
    rng = stream(seed, "particles")
    share = rng.random((kind.count, 4)).astype(np.float32)
    fall = np.array([look.wind_mps[0], look.wind_mps[1], -kind.speed_mps])
    # Drops are seen against the sky's light from all around; lamps are added per drop.
    ambient = (harmonics[0] + look.fill + 0.25 * look.sun) * (1.15 if look.snow else 0.95)
    if not look.snow:
        ambient = 0.6 * ambient + 0.5 * look.haze
    eye = np.concatenate([view.position, view.rotation.ravel(), np.array([view.fx, view.fy, view.cx, view.cy])])
    _draw(
        share, fall, (kind.spread_mps, kind.size_m, kind.opacity, kind.wobble_mps, kind.least), float(seconds),
        np.asarray(velocity, dtype=np.float64), float(exposure_s) * kind.smear, eye, view.samples, gbuffer.depth,
        ambient.astype(np.float64), lights.beam, lights.lamps, lights.cells, lights.corners, radiance,
    )  # fmt: skip


@compiled
def _draw(
    share: Floats32, fall: Floats, kind: tuple[float, float, float, float, float], seconds: float, velocity: Floats,
    exposure_s: float, eye: Floats, samples: int, depth: Floats32, ambient: Floats, beam: Floats, lamps: Floats32,
    cells: npt.NDArray[np.int16], corners: Floats, out: Floats32,
) -> None:  # fmt: skip
    share, fall, velocity, eye = borrowed(share), borrowed(fall), borrowed(velocity), borrowed(eye)
    depth = borrowed(depth)
    ambient, beam, lamps, cells = borrowed(ambient), borrowed(beam), borrowed(lamps), borrowed(cells)
    corners, out = borrowed(corners), borrowed(out)
    spread, size, opacity, wobble, least = kind
    # Flakes in front of the lens would be large blots out of focus.
    nearest = 1.7 if size > 0.01 else 0.8
    for k in range(share.shape[0]):
        speed = fall[2] - spread * (share[k, 3] - 0.5)
        phase = 40.0 * share[k, 3] + seconds * 2.2
        # Where in the box around the camera the drop is now; the box repeats through all the air.
        x = _wrapped(share[k, 0] * 22.0 + fall[0] * seconds + wobble * math.sin(phase) - eye[0], 22.0)
        y = _wrapped(share[k, 1] * 22.0 + fall[1] * seconds + wobble * math.cos(1.3 * phase) - eye[1], 22.0)
        z = _wrapped(share[k, 2] * 12.0 + speed * seconds - eye[2], 12.0)
        tx = x - (fall[0] - velocity[0]) * exposure_s
        ty = y - (fall[1] - velocity[1]) * exposure_s
        tz = z - (speed - velocity[2]) * exposure_s
        ahead = eye[9] * x + eye[10] * y + eye[11] * z
        behind = eye[9] * tx + eye[10] * ty + eye[11] * tz
        if ahead < nearest or behind < nearest:
            continue
        ax = ((eye[3] * x + eye[4] * y + eye[5] * z) / ahead * eye[12] + eye[14]) / samples
        ay = ((eye[6] * x + eye[7] * y + eye[8] * z) / ahead * eye[13] + eye[15]) / samples
        bx = ((eye[3] * tx + eye[4] * ty + eye[5] * tz) / behind * eye[12] + eye[14]) / samples
        by = ((eye[6] * tx + eye[7] * ty + eye[8] * tz) / behind * eye[13] + eye[15]) / samples
        if max(ax, bx) < -9 or max(ay, by) < -9 or min(ax, bx) > out.shape[1] + 9 or min(ay, by) > out.shape[0] + 9:
            continue
        true = 0.5 * size * (0.6 + 0.8 * share[k, 3]) * eye[12] / samples / ahead
        # Close flakes are out of focus: larger and fainter. None is drawn smaller than half a pixel.
        radius = math.sqrt(true * true + 0.30 + (0.010 * eye[12] / samples / ahead) ** 2 * (size > 0.01))
        strength = opacity * min(1.0, math.sqrt((true * true + least) / (radius * radius)))
        gx, gy, gz = eye[0] + x, eye[1] + y, eye[2] + z
        lit = 0.35 * beam_power(beam, gx, gy, gz)
        lr, lg, lb = lamp_light(lamps, cells, corners, gx, gy, gz, 0.0, 0.0, 0.3)
        red = ambient[0] + lit + lr
        green = ambient[1] + 0.97 * lit + lg
        blue = ambient[2] + 0.9 * lit + lb
        _streak(ax, ay, bx, by, radius, strength, ahead, samples, depth, red, green, blue, out)


@compiled
def _wrapped(value: float, period: float) -> float:
    """value plus a whole number of periods, within half a period of 0."""
    return value - period * math.floor(value / period + 0.5)


@compiled
def _streak(
    ax: float, ay: float, bx: float, by: float, radius: float, strength: float, ahead: float, samples: int,
    depth: Floats32, red: float, green: float, blue: float, out: Floats32,
) -> None:  # fmt: skip
    """A line with round ends and a soft edge, behind whatever is nearer."""
    height, width = out.shape[0], out.shape[1]
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    # The longer the way, the shorter the drop shades each pixel.
    thin = strength * min(1.0, 2.4 * radius / (math.sqrt(square) + 1e-6)) ** 0.5
    for row in range(max(0, int(min(ay, by) - radius - 1)), min(height, int(max(ay, by) + radius + 2))):
        for column in range(max(0, int(min(ax, bx) - radius - 1)), min(width, int(max(ax, bx) + radius + 2))):
            px, py = column + 0.5 - ax, row + 0.5 - ay
            along = min(max((px * dx + py * dy) / square, 0.0), 1.0) if square > 1e-9 else 0.0
            ox, oy = px - along * dx, py - along * dy
            away = math.sqrt(ox * ox + oy * oy)
            share = thin * min(max(radius + 0.5 - away, 0.0), 1.0)
            if share <= 0.0 or depth[row * samples, column * samples] < ahead:
                continue
            out[row, column, 0] += share * (red - out[row, column, 0])
            out[row, column, 1] += share * (green - out[row, column, 1])
            out[row, column, 2] += share * (blue - out[row, column, 2])
