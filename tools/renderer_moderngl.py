"""OpenGL through moderngl as a candidate: a GPU, or Mesa's software rasteriser where the system has EGL."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from renderer_candidates import Candidate
from renderer_soup import NEAR_M, Eye, Soup

from drivegen.core.arrays import Bytes, Floats

_VERTEX = """
#version 330
in vec3 point; in vec3 colour; uniform mat4 project; flat out vec3 shade;
void main() { gl_Position = project * vec4(point, 1.0); shade = colour; }
"""
_FRAGMENT = """
#version 330
flat in vec3 shade; out vec4 pixel;
void main() { pixel = vec4(shade, 1.0); }
"""
_FAR_M = 400.0


class ModernGL(Candidate):
    """OpenGL 3.3 without a display."""

    label = "moderngl (EGL)"
    packages = ("moderngl", "glcontext")
    note = "GLSL shaders per pixel"

    def __init__(self) -> None:
        moderngl: Any = importlib.import_module("moderngl")
        try:
            self._context = moderngl.create_context(standalone=True, backend="egl")
        except Exception as problem:
            raise RuntimeError(f"no context: {problem}") from problem
        self._context.enable(moderngl.DEPTH_TEST)
        self._program = self._context.program(vertex_shader=_VERTEX, fragment_shader=_FRAGMENT)
        self._made: dict[int, Any] = {}
        self._targets: dict[tuple[int, int], Any] = {}
        self._kept: list[Soup] = []
        self.device = str(self._context.info["GL_RENDERER"])

    def draw(self, soup: Soup, eye: Eye) -> Bytes:
        """The geometry is handed over once; only the camera moves."""
        if id(soup) not in self._made:
            self._kept.append(soup)
            self._made[id(soup)] = self._upload(soup)
        if eye.size not in self._targets:
            self._targets[eye.size] = self._context.simple_framebuffer(eye.size[::-1], components=3)
        target = self._targets[eye.size]
        target.use()
        target.clear(0.0, 0.0, 0.0, 1.0)
        self._program["project"].write(_projection(eye).T.astype("f4").tobytes())
        self._made[id(soup)].render()
        height, width = eye.size
        return np.frombuffer(target.read(components=3, alignment=1), np.uint8).reshape(height, width, 3)[::-1]

    def _upload(self, soup: Soup) -> Any:
        corners = soup.triangles.reshape(-1, 3)
        colours = np.repeat(soup.rgb, 6, axis=0) / 255.0
        data = self._context.buffer(np.concatenate([corners, colours], axis=1).astype("f4").tobytes())
        return self._context.vertex_array(self._program, [(data, "3f 3f", "point", "colour")])


def _projection(eye: Eye) -> Floats:
    """Clip space from global (4, 4)."""
    height, width = eye.size
    f = 2 * eye.focal_px
    depth = (_FAR_M + NEAR_M) / (_FAR_M - NEAR_M), -2 * _FAR_M * NEAR_M / (_FAR_M - NEAR_M)
    clip = np.array([[f / width, 0, 0, 0], [0, -f / height, 0, 0], [0, 0, depth[0], depth[1]], [0, 0, 1, 0]])
    camera = np.eye(4)
    camera[:3, 3] = eye.points(np.zeros(3))
    camera[:3, :3] = eye.points(np.eye(3)).T - camera[:3, 3:]
    return np.asarray(clip @ camera, dtype=np.float64)
