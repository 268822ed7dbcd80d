"""The road users of a moment as polygons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core import Track
from drivegen.core.arrays import Floats, Integers
from drivegen.world.bodies import BODIES, GAIT_PHASES, unit_mesh
from drivegen.world.mesh import Material, Mesh
from drivegen.world.painter import Batch
from drivegen.world.scenes import WorldScene
from drivegen.world.street import street_light
from drivegen.world.view import View

DRAWN_M = 130.0
STRIDE_M = 1.4
"""Way of a whole gait cycle of a pedestrian; a cyclist's pedals turn once in three of these."""
BRAKING_MPS2 = -1.0


@dataclass(frozen=True, eq=False)
class Actors:
    """N tracks that may be in sight, far ones first.

    Attributes:
        tracks: the tracks.
        centres: (N, 3) middle of their boxes, global frame.
        yaws: (N,) headings.
        sizes: (N, 3) length, width, height.
        nearest: (N,) distance of the nearest corner from the camera.
        phases: (N,) of the gait, in twelfths of a cycle.
        braking: (N,) whether brake lights are on.
    """

    tracks: tuple[Track, ...]
    centres: Floats
    yaws: Floats
    sizes: Floats
    nearest: Floats
    phases: Integers
    braking: Floats

    @property
    def heights(self) -> Floats:
        """(N,) metres."""
        return self.sizes[:, 2]

    def footprints(self) -> Floats:
        """Outlines (N, 4, 2) on the ground."""
        signs = 0.5 * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
        local = self.sizes[:, None, :2] * signs
        c, s = np.cos(self.yaws)[:, None], np.sin(self.yaws)[:, None]
        x = c * local[..., 0] - s * local[..., 1]
        y = s * local[..., 0] + c * local[..., 1]
        return np.stack([x, y], axis=-1) + self.centres[:, None, :2]


def actors_at(scene: WorldScene, view: View, timestamp_us: int) -> Actors:
    """The tracks in front of the camera at a time."""
    rows = []
    for track in scene.scenario.tracks:
        if not track.trajectory.covers(timestamp_us):
            continue
        place, yaw, size = _state(track, timestamp_us)
        offset = place - view.position
        reach = 0.5 * float(np.hypot(size[0], size[1]))
        if float(offset @ view.rotation[2]) < -reach - 12.0 or float(np.hypot(*offset[:2])) > DRAWN_M:
            continue
        rows.append((track, place, yaw, size))
    n = len(rows)
    centres = np.array([row[1] for row in rows]).reshape(n, 3)
    yaws = np.array([row[2] for row in rows]).reshape(n)
    sizes = np.array([row[3] for row in rows]).reshape(n, 3)
    nearest = _nearest(centres, yaws, sizes, view)
    order = np.argsort(-nearest, kind="stable")
    tracks = tuple(rows[i][0] for i in order)
    return Actors(
        tracks=tracks,
        centres=centres[order],
        yaws=yaws[order],
        sizes=sizes[order],
        nearest=nearest[order],
        phases=np.array([_phase(t, c) for t, c in zip(tracks, centres[order], strict=True)], dtype=np.int64),
        braking=np.array([_braking(t, timestamp_us) for t in tracks], dtype=np.float64),
    )


def _state(track: Track, timestamp_us: int) -> tuple[Floats, float, Floats]:
    """Centre (3,), heading and size (3,); read off at a key time, else interpolated."""
    path = track.trajectory
    key = int(np.searchsorted(path.timestamps_us, timestamp_us))
    if key < len(path.timestamps_us) and path.timestamps_us[key] == timestamp_us:
        w, x, y, z = path.rotations[key]
        yaw = float(np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)))
        return path.positions[key], yaw, track.sizes[key]
    pose = path.pose_at(timestamp_us)
    return pose.translation, pose.yaw_rad, track.size_at(timestamp_us)


def _nearest(centres: Floats, yaws: Floats, sizes: Floats, view: View) -> Floats:
    """Distance (N,) of each box's nearest corner, which is what decides who hides whom."""
    if not len(centres):
        return np.zeros(0)
    plain = Actors((), centres, yaws, sizes, np.zeros(0), np.zeros(0, np.int64), np.zeros(0)).footprints()
    flat = np.linalg.norm(plain - view.position[:2], axis=-1)
    low, high = view.position[2], np.abs(view.position[2] - sizes[:, 2])
    rise = np.minimum(np.abs(low), high)
    return np.hypot(flat.min(axis=1), rise)


def _phase(track: Track, centre: Floats) -> int:
    """The gait follows the way that was walked, so that feet do not slide."""
    body = BODIES.get(track.body or "")
    if body is None or not body.moves:
        return 0
    start = track.trajectory.positions[0]
    way = float(np.hypot(*(centre - start)[:2])) + 0.37 * (sum(map(ord, track.track_id)) % 11)
    return int(way / (STRIDE_M * (3.0 if track.body == "bicycle" else 1.0)) * GAIT_PHASES) % GAIT_PHASES


def _braking(track: Track, timestamp_us: int) -> bool:
    if track.category in ("pedestrian", "bicycle") or track.attribute == "vehicle.parked":
        return False
    now = float(np.linalg.norm(track.trajectory.velocity_at(timestamp_us)))
    before = float(np.linalg.norm(track.trajectory.velocity_at(timestamp_us - 300_000)))
    return now < 0.3 or (now - before) / 0.3 < BRAKING_MPS2


def actor_batch(scene: WorldScene, view: View, actors: Actors) -> list[tuple[float, Batch]]:
    """Polygons of each actor with its distance."""
    street = street_light(scene.meshes.lamps, actors.centres[:, :2])
    return [(float(actors.nearest[i]), _batch(actors, i, view, float(street[i]))) for i in range(len(actors.tracks))]


def _batch(actors: Actors, i: int, view: View, street: float) -> Batch:
    track = actors.tracks[i]
    body = track.body or _default_body(track.category)
    mesh = unit_mesh(body, int(actors.phases[i]), bool(_ahead_of(actors, i, view, BODIES[body].split or 0.0)))
    mesh = mesh.painted(track.appearance or (0.5, 0.5, 0.5)).scaled(actors.sizes[i])
    c, s = np.cos(actors.yaws[i]), np.sin(actors.yaws[i])
    quads = mesh.quads @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    floor = actors.centres[i] - np.array([0.0, 0.0, 0.5 * actors.sizes[i, 2]])
    return _as_batch(mesh, quads + floor, track, bool(actors.braking[i]), street)


def _ahead_of(actors: Actors, i: int, view: View, split: float) -> bool:
    """Whether the camera is before the plane x = split of the actor's unit box."""
    offset = view.position[:2] - actors.centres[i, :2]
    along = np.array([np.cos(actors.yaws[i]), np.sin(actors.yaws[i])])
    return bool(offset @ along > split * actors.sizes[i, 0])


def _as_batch(mesh: Mesh, quads: Floats, track: Track, braking: bool, street: float) -> Batch:
    n = len(mesh)
    parked = track.attribute == "vehicle.parked"
    lit = np.full(n, 0.0 if parked else 1.0)
    if braking:
        lit = np.where(mesh.material == Material.TAIL_LIGHT, 1.8, lit)
    snow = np.full(n, 0.9 if parked else 0.3 if track.category not in ("pedestrian", "bicycle") else 0.1)
    return Batch(quads, mesh.rgb, mesh.material, mesh.radius, mesh.two_sided, lit, snow, np.full(n, street))


def _default_body(category: str) -> str:
    """A body for tracks that do not name one."""
    return next(name for name, body in BODIES.items() if body.category == category)
