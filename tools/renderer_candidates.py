"""The renderers to choose from, each drawing flat-coloured quads into a sample grid."""

from __future__ import annotations

from abc import ABC, abstractmethod

import cv2
import numpy as np
from renderer_soup import NEAR_M, Eye, Soup, clipped

from drivegen.core.arrays import Bytes, Floats, Integers

# How many quads an identity picture can tell apart: colours are 1 + index, so that 0 stays the background.
_ID_BASE = 256


class Candidate(ABC):
    """A renderer; making one raises ImportError or RuntimeError where it cannot run.

    Attributes:
        label: its name on the page.
        packages: distributions that it needs beyond those the project has anyway.
        note: how a shader for weather could be written in it.
    """

    label: str
    packages: tuple[str, ...] = ()
    note: str

    @abstractmethod
    def draw(self, soup: Soup, eye: Eye) -> Bytes:
        """A picture (h, w, 3) of the soup in its colours on black; a fourth channel may follow."""

    def faces(self, soup: Soup, eye: Eye) -> Integers:
        """The quad (h, w) that each sample shows, -1 none: drawn once more in colours that number the quads."""
        number = np.arange(1, len(soup.quads) + 1)
        rgb = np.stack([number % _ID_BASE, number // _ID_BASE, np.zeros_like(number)], axis=1).astype(np.uint8)
        picture = self.draw(Soup(soup.quads, rgb), eye).astype(np.int64)
        return picture[..., 0] + _ID_BASE * picture[..., 1] - 1


class Painter(Candidate):
    """Far to near with cv2.fillConvexPoly."""

    label = "OpenCV painter"
    note = "no depth per pixel: fog, shadows and reflections per polygon"

    def draw(self, soup: Soup, eye: Eye) -> Bytes:
        """Whole quads in the order of their centres."""
        image = np.zeros((*eye.size, 3), np.uint8)
        points, colours = eye.points(soup.quads), soup.rgb.tolist()
        whole = (points[..., 2] > NEAR_M).all(axis=1)
        fixed = _fixed(eye, points)
        for index in np.argsort(-np.linalg.norm(points.mean(axis=1), axis=1)):
            parts = [fixed[index]] if whole[index] else _fixed(eye, clipped(points[index][[[0, 1, 2], [0, 2, 3]]])[0])
            for part in parts:
                cv2.fillConvexPoly(image, part, colours[index], 8, 4)
        return image


class NumpyBuffer(Candidate):
    """A z-buffer with one vectorised step per triangle."""

    label = "numpy z-buffer"
    note = "per pixel, in numpy"

    def draw(self, soup: Soup, eye: Eye) -> Bytes:
        """Colours of the faces."""
        return coloured(soup, self.faces(soup, eye))

    def faces(self, soup: Soup, eye: Eye) -> Integers:
        """The nearest quad of each sample."""
        triangles, source = clipped(eye.points(soup.triangles))
        pixels, inverse = eye.project(triangles), 1.0 / triangles[..., 2]
        nearest, face = np.zeros(eye.size), np.full(eye.size, -1, dtype=np.int64)
        height, width = eye.size
        low = np.ceil(np.clip(pixels.min(axis=1) - 0.5, 0, (width, height))).astype(int)
        high = np.floor(np.clip(pixels.max(axis=1) - 0.5, -1, (width - 1, height - 1))).astype(int) + 1
        for index in np.flatnonzero((high > low).all(axis=1)):
            (left, top), (right, bottom) = low[index], high[index]
            x, y = np.arange(left, right) + 0.5, (np.arange(top, bottom) + 0.5)[:, None]
            (ax, ay), (bx, by), (cx, cy) = pixels[index]
            area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
            if abs(area) < 1e-9:
                continue
            b = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) / area
            c = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / area
            z = inverse[index] @ np.stack(np.broadcast_arrays(1 - b - c, b, c)).reshape(3, -1)
            z = z.reshape(b.shape)
            window = nearest[top:bottom, left:right]
            won = (b >= 0) & (c >= 0) & (b + c <= 1) & (z > window)
            window[won] = z[won]
            face[top:bottom, left:right][won] = source[index] // 2
        return face


def _fixed(eye: Eye, points: Floats) -> Integers:
    """Pixels with four fractional bits, as cv2 takes them; what lies behind the camera comes out as nonsense."""
    with np.errstate(divide="ignore", invalid="ignore"):
        pixels = np.nan_to_num(np.clip(eye.project(points) - 0.5, -30_000, 30_000))
    return np.asarray(np.round(pixels * 16), dtype=np.int32)


def coloured(soup: Soup, faces: np.ndarray) -> Bytes:
    """A picture (h, w, 4) of the faces (h, w) in their colours, on black; four bytes are looked up at once."""
    palette = np.zeros((len(soup.rgb) + 1, 4), np.uint8)
    palette[:-1, :3] = soup.rgb
    return np.take(palette.view(np.uint32)[:, 0], faces, mode="wrap")[..., None].view(np.uint8)
