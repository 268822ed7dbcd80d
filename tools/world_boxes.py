"""Boxes against instance masks: whether cuboids hold their objects, and whether anything visible lacks a box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from figures import Figure, Figures, bootstrap_of_means, wilson
from world_pool import over

from drivegen.core import Camera, FrameLabels, LabelPolicy, label_frame
from drivegen.core.arrays import Booleans, Floats
from drivegen.core.categories import CATEGORIES
from drivegen.core.projection import silhouette
from drivegen.world import WorldConfig, WorldScene, make_scene
from drivegen.world.raster import Batch, View, assemble, make_view, rasterise

CAMERA = "CAM_FRONT"
SAMPLES = 2
MIN_HEIGHT_PX = 20.0
TOLERANCE_PX = 1.0


@dataclass(frozen=True)
class BoxesTask:
    """Some frames of one scene."""

    config: WorldConfig
    index: int
    frames: int


@dataclass
class SceneBoxes:
    """What was found in one scene; lists are over unoccluded objects, one entry per object and frame."""

    categories: list[str] = field(default_factory=list)
    iou: list[float] = field(default_factory=list)
    contained: list[bool] = field(default_factory=list)
    excess_px: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    frames: int = 0
    visible: int = 0
    without_box: list[str] = field(default_factory=list)
    fraction_error: list[float] = field(default_factory=list)
    worst: list[str] = field(default_factory=list)


def boxes_of_scene(task: BoxesTask) -> SceneBoxes:
    """Measure evenly spread frames of a scene."""
    scene = make_scene(task.config, task.index)
    camera, times = scene.scenario.cameras[CAMERA], scene.scenario.frame_times_us[CAMERA]
    found = SceneBoxes()
    for frame in np.unique(np.linspace(0, len(times) - 1, task.frames + 2).round().astype(int)[1:-1]):
        _measure(scene, camera, int(times[frame]), int(frame), found)
    return found


def _measure(scene: WorldScene, camera: Camera, time_us: int, frame: int, found: SceneBoxes) -> None:
    view = make_view(camera, scene.scenario.ego.pose_at(time_us), SAMPLES)
    batch = assemble(scene, view, time_us)
    face = rasterise(view, batch).face
    owner = np.where(face >= 0, batch.instance[face], -1)
    counts = np.bincount(owner[owner >= 0].ravel(), minlength=len(batch.instances))
    labels = label_frame(scene.scenario, camera, time_us, LabelPolicy())
    place = f"{scene.scenario.scenario_id} frame {frame}"
    found.frames += 1
    row = {track_id: i for i, track_id in enumerate(labels.track_ids)}
    for index in np.flatnonzero(counts):
        track_id = batch.instances[index]
        if track_id not in row:
            if _distance(batch, view, int(index)) <= LabelPolicy().max_distance_m:
                found.without_box.append(f"{place} {track_id}")
            continue
        found.visible += 1
        mask = owner == index
        alone = rasterise(view, only(batch, int(index))).face >= 0
        if int(alone.sum()) == int(counts[index]):
            _compare(labels, row[track_id], mask, camera, f"{place} {track_id}", found)


def only(batch: Batch, index: int) -> Batch:
    """The faces of one object."""
    faces = np.flatnonzero(batch.instance == index)
    return replace(
        batch, mesh=batch.mesh.take(faces), instance=batch.instance[faces], emission=batch.emission[faces],
        snow=batch.snow[faces], static_count=0,
    )  # fmt: skip


def _distance(batch: Batch, view: View, index: int) -> float:
    """Metres from the camera to the nearest corner of an object's box, as the label policy measures it."""
    corners = np.stack(np.meshgrid(*[(-0.5, 0.5)] * 3), axis=-1).reshape(-1, 3) * batch.sizes[index]
    points = corners @ batch.rotations[index].T + batch.centres[index]
    return float(np.linalg.norm(points - view.position, axis=1).min())


def _compare(labels: FrameLabels, i: int, mask: Booleans, camera: Camera, place: str, found: SceneBoxes) -> None:
    """One unoccluded object's cuboid beside its mask, when it is tall enough."""
    rows, columns = np.nonzero(mask)
    seen = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / SAMPLES
    if seen[3] - seen[1] < MIN_HEIGHT_PX:
        return
    height, width = camera.size
    boxed = np.clip(labels.amodal_px[i], 0, (width, height, width, height))
    boxes = labels.boxes_ego.transformed(camera.ego_from_camera.inverse())
    outline = silhouette(boxes.corners()[i], camera)
    excess = _excess(outline, rows, columns)
    found.categories.append(labels.categories[i])
    found.iou.append(_iou(boxed, seen))
    found.contained.append(excess <= TOLERANCE_PX)
    found.excess_px.append(excess)
    found.whole.append(bool((seen > 0).all() and seen[2] < width and seen[3] < height))
    # What the labels say of an object that nothing hides and no edge cuts.
    if found.whole[-1]:
        found.fraction_error.append(abs(1.0 - float(labels.visible_fraction[i])))
    if excess > TOLERANCE_PX or found.iou[-1] < 0.5:
        found.worst.append(
            f"{place} {labels.categories[i]} {labels.bodies[i]}: {excess:.2f} px, IoU {found.iou[-1]:.2f}"
        )


def _excess(outline: shapely.Polygon | None, rows: np.ndarray, columns: np.ndarray) -> float:
    """How far the mask reaches out of the silhouette, pixels of the picture; 0 when it stays inside."""
    if outline is None:
        return float("inf")
    # Only the outermost samples of every row can lie outside of a convex outline.
    edges = {(int(r), int(c)) for r in np.unique(rows) for c in _ends(columns[rows == r])}
    points = (np.array(sorted(edges))[:, ::-1] + 0.5) / SAMPLES
    return float(shapely.distance(outline, shapely.points(points)).max())


def _ends(columns: np.ndarray) -> tuple[int, int]:
    return int(columns.min()), int(columns.max())


def _iou(a: Floats, b: Floats) -> float:
    """Intersection over union of two rectangles x_min y_min x_max y_max."""
    overlap = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    return float(overlap / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - overlap))


def boxes_figures(config: WorldConfig, frames: int, workers: int = 0) -> tuple[Figures, list[str]]:
    """Figures over the scenes of a world, and the places of what went wrong."""
    tasks = [BoxesTask(config, index, frames) for index in range(config.scenes)]
    scenes = over(boxes_of_scene, tasks, "boxes", workers)
    size = "{}x{}".format(*config.size)
    missing = [place for scene in scenes for place in scene.without_box]
    errors = [error for scene in scenes for error in scene.fraction_error]
    figures = {
        "boxes_scenes": Figure(len(scenes), "scenes", seed=config.seed),
        "boxes_frames": Figure(sum(s.frames for s in scenes), f"frames of {size}", seed=config.seed),
        "boxes_without_box": Figure(
            len(missing), "visible objects within 80 m that no label has", sum(s.visible for s in scenes), config.seed
        ),
        "boxes_fraction_error": Figure(
            _round(max(errors, default=0.0)), "largest error of the labelled visible fraction of whole objects",
            len(errors), config.seed,
        ),
    }  # fmt: skip
    figures |= _containment(scenes, config.seed) | _overlap(scenes, config.seed) | _by_class(scenes, config.seed)
    return figures, [*missing, *(place for scene in scenes for place in scene.worst)]


def _containment(scenes: Sequence[SceneBoxes], seed: int) -> Figures:
    held = [flag for scene in scenes for flag in scene.contained]
    excess = max((value for scene in scenes for value in scene.excess_px), default=0.0)
    unit = "share of cuboids that hold their mask within 1 px"
    return {
        "boxes_contained": Figure(_share(held), unit, len(held), seed, wilson(sum(held), len(held))),
        "boxes_excess_max": Figure(_round(excess), "px, farthest that a mask leaves its cuboid", len(held), seed),
    }


def _overlap(scenes: Sequence[SceneBoxes], seed: int) -> Figures:
    groups = [np.array(scene.iou) for scene in scenes if scene.iou]
    if not groups:
        return {}
    values = np.concatenate(groups)
    uncut = [v for scene in scenes for v, whole in zip(scene.iou, scene.whole, strict=True) if whole]
    unit = "IoU of the cuboid's 2D box with the mask's"
    interval = bootstrap_of_means(groups, seed)
    return {
        "boxes_iou_median": Figure(_round(np.median(values)), f"median {unit}", len(values), seed),
        "boxes_iou_median_uncut": Figure(
            _round(np.median(uncut) if uncut else 0.0),
            "the same of those that no edge of the image cuts",
            len(uncut),
            seed,
        ),
        "boxes_iou_mean": Figure(_round(values.mean()), f"mean {unit}", len(values), seed, interval),
    }


def _by_class(scenes: Sequence[SceneBoxes], seed: int) -> Figures:
    figures: Figures = {}
    for category in CATEGORIES:
        rows = [
            (iou, held)
            for scene in scenes
            for name, iou, held in zip(scene.categories, scene.iou, scene.contained, strict=True)
            if name == category
        ]
        if rows:
            median = _round(np.median([iou for iou, _ in rows]))
            figures[f"boxes_iou_median_{category}"] = Figure(median, "median IoU", len(rows), seed)
            share = _share([held for _, held in rows])
            figures[f"boxes_contained_{category}"] = Figure(share, "share contained", len(rows), seed)
    return figures


def _share(flags: Sequence[bool]) -> float:
    return round(sum(flags) / max(1, len(flags)), 5)


def _round(value: float | np.floating) -> float:
    return round(float(value), 4)
