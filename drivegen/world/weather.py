"""What the air and the sensor do to a finished picture: rain, flakes, glow of lights, contrast, noise."""

from __future__ import annotations

import cv2
import numpy as np

from drivegen.core import Weather
from drivegen.core.arrays import Bytes, Floats
from drivegen.world.lighting import Look
from drivegen.world.painter import Painted
from drivegen.world.texture import SIZE, white_noise
from drivegen.world.view import Image32, View


def fall(picture: Image32, view: View, look: Look, seed: int, seconds: float, speed_mps: float) -> Image32:
    """Rain or snow in the air (h, w, 3): drops in a box that drives with the camera, wrapping at its sides.

    Args:
        seconds: time since the scene's start.
        speed_mps: speed of the vehicle, towards which the drops fly.
    """
    if look.weather not in (Weather.RAIN, Weather.SNOW):
        return picture
    rain = look.weather is Weather.RAIN
    rng = np.random.default_rng(seed)
    count = 420 if rain else 520
    box = np.array([14.0, 8.0, 20.0])
    velocity = np.array([rng.uniform(-1.0, 1.0), 8.5 if rain else 1.3, -speed_mps])
    start = rng.random((count, 3)) * box
    places = np.mod(start + velocity * seconds, box) - np.array([7.0, 4.0, 0.0])
    places[:, 2] += 1.5
    mask = np.zeros(view.final_size, dtype=np.uint8)
    scale = view.final_size[0] / view.size[0]
    head = view.to_pixels(places) * scale
    if rain:
        tail = view.to_pixels(places - np.array([velocity[0], velocity[1], -0.4 * speed_mps]) * 0.028) * scale
        for a, b, depth in zip(_fixed(head), _fixed(tail), places[:, 2], strict=True):
            cv2.line(mask, a, b, float(np.clip(420.0 / depth, 26, 110)), 1, cv2.LINE_AA, 4)
        share, colour = 0.62, 0.55 * look.horizon + 0.45 * look.ambient
    else:
        for centre, depth in zip(_fixed(head), places[:, 2], strict=True):
            radius = max(7, int(0.030 * view.focal_px * scale / depth * 16))
            cv2.circle(mask, centre, radius, float(np.clip(900.0 / depth, 90, 235)), -1, cv2.LINE_AA, 4)
        share, colour = 0.85, np.minimum(1.0, look.ambient * 1.15 + 0.12 * look.lamps + 0.35 * look.beam)
    weight = mask.astype(np.float32)[..., None] * np.float32(share / 255.0)
    return picture + weight * (colour.astype(np.float32) - picture)


def _fixed(pixels: Floats) -> list[list[int]]:
    return np.round(np.clip(pixels - 0.5, -2000, 4000) * 16).astype(np.int64).tolist()


def glow(picture: Image32, canvas: Bytes, view: View, look: Look, lights: list[Painted]) -> Image32:
    """Light that bleeds around lamps that are really seen: whose own colour stands on the canvas where they are."""
    if look.glow <= 0.25 or look.lamps <= 0:
        return picture
    halo = np.zeros((*view.final_size, 3), dtype=np.uint8)
    scale = view.final_size[0] / view.size[0]
    drawn = False
    for group in lights:
        for place, radius, rgb in zip(group.pixels, group.radius_px, group.rgb, strict=True):
            column, row = int(place[0]), int(place[1])
            if not (0 <= row < view.size[0] and 0 <= column < view.size[1]):
                continue
            if np.abs(canvas[row, column] - np.clip(rgb * 255, 0, 255)).max() > 12:
                continue
            drawn = True
            size = int(np.clip(radius * scale * 1.7, 0.8, 9.0) * 16)
            colour = (np.clip(rgb * 255 * 0.85, 0, 255)).tolist()
            cv2.circle(halo, [int(v * scale * 16) for v in place], size, colour, -1, cv2.LINE_8, 4)
    if not drawn:
        return picture
    spread = max(1.0, view.final_size[0] / 40.0)
    soft = cv2.GaussianBlur(halo, (0, 0), spread).astype(np.float32) / 255.0
    return 1.0 - (1.0 - picture) * (1.0 - np.float32(min(1.0, 0.85 * look.glow)) * soft)


def expose(picture: Image32, look: Look, seed: int) -> Bytes:
    """Contrast, saturation and noise of the sensor; (h, w, 3) in [0, 1] to uint8."""
    grey = picture.mean(axis=-1, keepdims=True)
    picture = grey + np.float32(look.saturation) * (picture - grey)
    pivot = np.float32(0.45)
    picture = pivot + np.float32(look.contrast) * (picture - pivot) if look.lamps < 1.0 else picture
    height, width = picture.shape[:2]
    rng = np.random.default_rng(seed)
    row, column = (int(v) for v in rng.integers(0, SIZE, 2))
    noise = white_noise(17)
    grain = np.empty_like(picture)
    for channel in range(3):
        rows = (np.arange(height) + row + 83 * channel) % SIZE
        columns = (np.arange(width) + column + 31 * channel) % SIZE
        grain[..., channel] = noise[np.ix_(rows, columns)]
    return np.clip((picture + np.float32(look.noise) * grain) * 255.0 + 0.5, 0, 255).astype(np.uint8)
