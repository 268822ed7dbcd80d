"""panda3d's software renderer as a candidate."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from renderer_candidates import Candidate
from renderer_soup import NEAR_M, Eye, Soup

from drivegen.core.arrays import Bytes


class Panda(Candidate):
    """panda3d's own software renderer, without a display."""

    label = "panda3d software (p3tinydisplay)"
    packages = ("panda3d",)
    note = "fixed function: vertex colours, lights, textures, linear fog; no shaders"

    def __init__(self) -> None:
        core = importlib.import_module("panda3d.core")
        core.load_prc_file_data("", "load-display p3tinydisplay\nnotify-level error\naux-display")
        self._core: Any = core
        self._engine = core.GraphicsEngine.get_global_ptr()
        self._pipe = core.GraphicsPipeSelection.get_global_ptr().make_pipe("TinyOffscreenGraphicsPipe")
        if self._pipe is None:
            raise RuntimeError("no offscreen software pipe")
        self._made: dict[tuple[int, tuple[int, int]], tuple[Any, Any, Any]] = {}
        self._kept: list[Soup] = []

    def draw(self, soup: Soup, eye: Eye) -> Bytes:
        """The geometry is handed over once; only the camera moves."""
        key = (id(soup), eye.size)
        if key not in self._made:
            self._kept.append(soup)
            self._made[key] = self._scene(soup, eye)
        camera, texture, _ = self._made[key]
        x, y, z = eye.position
        camera.set_pos(-y, x, z)
        for other, (_, _, buffer) in self._made.items():
            buffer.set_active(other == key)
        self._engine.render_frame()
        height, width = eye.size
        data = np.frombuffer(texture.get_ram_image_as("RGB"), np.uint8)
        return data.reshape(height, width, 3)[::-1]

    def _scene(self, soup: Soup, eye: Eye) -> tuple[Any, Any, Any]:
        core, (height, width) = self._core, eye.size
        buffer = self._engine.make_output(
            self._pipe, "off", 0, core.FrameBufferProperties.get_default(),
            core.WindowProperties.size(width, height), core.GraphicsPipe.BF_refuse_window,
        )  # fmt: skip
        if buffer is None:
            raise RuntimeError("no offscreen buffer")
        texture = core.Texture()
        buffer.add_render_texture(texture, core.GraphicsOutput.RTM_copy_ram)
        buffer.set_clear_color((0, 0, 0, 1))
        root = core.NodePath("root")
        node = root.attach_new_node(self._node(soup))
        node.set_two_sided(True)
        node.set_light_off()
        lens = core.PerspectiveLens()
        lens.set_film_size(width, height)
        lens.set_focal_length(eye.focal_px)
        lens.set_near_far(NEAR_M, 400.0)
        camera = root.attach_new_node(core.Camera("camera", lens))
        buffer.make_display_region().set_camera(camera)
        return camera, texture, buffer

    def _node(self, soup: Soup) -> Any:
        core = self._core
        data = core.GeomVertexData("soup", core.GeomVertexFormat.get_v3c4(), core.Geom.UH_static)
        corners = soup.triangles.reshape(-1, 3)
        colours = np.repeat(soup.rgb, 6, axis=0) / 255.0
        data.set_num_rows(len(corners))
        vertex, colour = core.GeomVertexWriter(data, "vertex"), core.GeomVertexWriter(data, "color")
        for (x, y, z), (red, green, blue) in zip(corners, colours, strict=True):
            vertex.add_data3(-y, x, z)
            colour.add_data4(red, green, blue, 1.0)
        triangles = core.GeomTriangles(core.Geom.UH_static)
        triangles.add_next_vertices(len(corners))
        triangles.close_primitive()
        geometry = core.Geom(data)
        geometry.add_primitive(triangles)
        node = core.GeomNode("soup")
        node.add_geom(geometry)
        return node
