"""What a camera really sees of every track, measured in instance masks."""

from __future__ import annotations

import numpy as np

from drivegen.core import Camera
from drivegen.core.arrays import Bytes, Floats, Integers
from drivegen.core.projection import SURROUND
from drivegen.core.sightings import Sightings
from drivegen.world.compiled import compiled
from drivegen.world.geometry.mesh import Floats32
from drivegen.world.raster.assemble import assemble
from drivegen.world.raster.batch import Batch, Integers32
from drivegen.world.raster.gbuffer import Window, draw_mesh, windowed
from drivegen.world.raster.outline import face_into_camera, may_show, misses_samples, near_clip, rows, snap, span
from drivegen.world.raster.protocol import DrawnScene
from drivegen.world.raster.view import View, make_view

# Scenery beyond this hides nothing that is labelled.
REACH_M = 110.0
# Small scenery is drawn up to this share of its usual distance.
DETAIL = 0.5
FINE_HEIGHT_PX = 256
# From the last sample of a box to its edge.
_OPEN_END = np.array([0, 0, 1, 1])
# Limbs and mirrors may stick out of a box a little.
_SLACK, _SLACK_M = 1.04, 0.05


def sightings(
    scene: DrawnScene, camera: Camera, times_us: Integers | None = None, *, samples: int | None = None
) -> Sightings:
    """How much of every track of a scene a camera sees at some times, by default at all its frames.

    A track's fraction is the number of samples that show it over the number that it covers when drawn alone on a
    canvas that reaches `projection.SURROUND` of the image beyond each edge.

    Args:
        samples: S; masks have S x S samples per pixel of the camera at its own size. None: 2, or 1 for cameras of
            FINE_HEIGHT_PX and more (against 6 x 6 samples at 128 x 256, S = 2 errs by 0.006 in the mean fraction).
    """
    per_pixel = samples or (2 if camera.size[0] < FINE_HEIGHT_PX else 1)
    times = scene.scenario.frame_times_us[camera.name] if times_us is None else np.asarray(times_us, dtype=np.int64)
    names = tuple(track.track_id for track in scene.scenario.tracks)
    column = {name: n for n, name in enumerate(names)}
    fraction = np.zeros((len(times), len(names)))
    visible = np.full((len(times), len(names), 4), np.nan)
    for row, time in enumerate(times):
        view = make_view(camera, scene.scenario.ego.pose_at(int(time)), per_pixel)
        batch = assemble(scene, view, int(time), reach_m=REACH_M, detail=DETAIL, mirror=False)
        if not batch.instances:
            continue
        index = np.array([column[name] for name in batch.instances], dtype=np.int64)
        fraction[row, index], visible[row, index] = measure(view, batch)
    return Sightings(times, names, fraction, visible)


def measure(view: View, batch: Batch) -> tuple[Floats, Floats]:
    """Visible fractions (N,) and boxes of the visible samples (N, 4), pixels, of the objects of a batch."""
    count = len(batch.instances)
    shown, alone = np.zeros(count, np.int64), np.zeros(count, np.int64)
    boxes = np.tile(np.array([1 << 30, 1 << 30, -1, -1], np.int64), (count, 1))
    outlines = _outlines(view, batch)
    window = _window(view, outlines, 0.0)
    face, _ = draw_mesh(view, batch.mesh, window)
    _tally(face, batch.instance, shown, boxes)
    seen = shown > 0
    if seen.any():
        _alone(view, batch, _window(view, outlines[seen], SURROUND), shown, alone)
    # A face seen edge-on may win a sample here and lose it there: never more than the whole.
    fraction = np.minimum(shown / np.maximum(alone, 1), 1.0)
    place = boxes + np.array([*window[:2], *window[:2]]) + _OPEN_END
    visible = np.where(seen[:, None], place / view.samples, np.nan)
    return np.where(shown > 0, fraction, 0.0), visible


def _outlines(view: View, batch: Batch) -> Floats:
    """The samples (N, 4) x from, y from, x to, y to that objects may cover; everything for those at the lens."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
    half = 0.5 * _SLACK * batch.sizes + _SLACK_M
    corners = batch.centres[:, None] + np.einsum("nij,nkj->nki", batch.rotations, signs * half[:, None])
    points = (corners - view.position) @ view.rotation.T
    near = (points[..., 2] < view.lens[6]).any(axis=1)
    depth = np.where(near[:, None], 1.0, points[..., 2])
    x, y = view.fx * points[..., 0] / depth + view.cx, view.fy * points[..., 1] / depth + view.cy
    outlines = np.stack([x.min(axis=1), y.min(axis=1), x.max(axis=1), y.max(axis=1)], axis=-1)
    return np.where(near[:, None], np.array([-1e6, -1e6, 1e6, 1e6]), outlines)


def _window(view: View, outlines: Floats, surround: float) -> Window:
    """The part of the sample grid, or of one that reaches farther by a share of its size, that outlines lie in."""
    height, width = view.grid
    margin = np.array([round(surround * width), round(surround * height)])
    first, last = -margin, np.array([width, height]) + margin
    if len(outlines):
        low = np.clip(np.floor(outlines[:, :2].min(axis=0)) - 1, first, last)
        high = np.clip(np.ceil(outlines[:, 2:].max(axis=0)) + 1, low, last)
    else:
        low = high = first
    (x, y), (columns, rows) = low.astype(int).tolist(), (high - low).astype(int).tolist()
    return x, y, columns, rows


def _alone(view: View, batch: Batch, window: Window, shown: Integers, covered: Integers) -> None:
    """Count the samples of each object that is shown at all, drawn alone on the larger canvas."""
    canvas = np.full((window[3], window[2]), -1, np.int32)
    mesh = batch.mesh
    _stamp(
        mesh.corners, mesh.two_sided.view(np.uint8), batch.instance, batch.static_count, view.position, view.rotation,
        windowed(view.lens, window), shown, canvas, covered,
    )  # fmt: skip


@compiled
def _tally(face: Integers32, owner: Integers32, shown: Integers, boxes: Integers) -> None:
    for j in range(len(face)):
        for i in range(face.shape[1]):
            f = face[j, i]
            if f < 0 or owner[f] < 0:
                continue
            n = owner[f]
            shown[n] += 1
            boxes[n, 0], boxes[n, 1] = min(boxes[n, 0], i), min(boxes[n, 1], j)
            boxes[n, 2], boxes[n, 3] = max(boxes[n, 2], i), max(boxes[n, 3], j)


@compiled
def _stamp(
    corners: Floats32, two_sided: Bytes, owner: Integers32, first: int, position: Floats, rotation: Floats,
    lens: Floats, shown: Integers, canvas: Integers32, covered: Integers,
) -> None:  # fmt: skip
    """Mark each object's samples with its number, one object after the other; what is marked counts once."""
    vertices, polygon, pixels = np.empty((3, 3)), np.empty((8, 3)), np.empty((8, 2), np.int64)
    near = np.array([0.0, 0.0, 1.0, lens[6]])
    for f in range(first, len(corners)):
        if owner[f] < 0 or shown[owner[f]] == 0 or not may_show(corners, f, position, rotation, lens):
            continue
        if face_into_camera(corners, f, position, rotation, lens, two_sided[f] != 0, vertices) == 0.0:
            continue
        count = near_clip(vertices, lens[6], near, polygon)
        if count < 3:
            continue
        snap(polygon, count, lens, pixels)
        if misses_samples(pixels, count, canvas.shape[1], len(canvas)):
            continue
        for k in range(1, count - 1):
            top, bottom = rows(pixels, k, len(canvas))
            for j in range(top, bottom + 1):
                start, stop = span(pixels, k, j, canvas.shape[1])
                for i in range(start, stop + 1):
                    if canvas[j, i] != owner[f]:
                        canvas[j, i] = owner[f]
                        covered[owner[f]] += 1
