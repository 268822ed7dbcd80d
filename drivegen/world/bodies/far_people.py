"""People for far away: limbs of three or four sides, a head that is one ball with a face and hair."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.bodies.batch import BatchBuilder
from drivegen.world.bodies.catalogue import Size
from drivegen.world.bodies.gait import STANDING_ARMS, STANDING_LEGS, Arm, Leg, arm_at, leg_at
from drivegen.world.bodies.limbs import Point, ahead_of, swept
from drivegen.world.bodies.outfits import Hat, Load, Outfit, Top, outfit_of
from drivegen.world.bodies.people import Frame
from drivegen.world.geometry import Colour, Material, Mesh, MeshBuilder

_WIDER = {3: 1.16, 4: 1.10, 5: 1.05, 6: 1.02}
"""By number of sides: what makes a prism as wide on the mean as the finer limb that it stands for."""
_STRIPE: Colour = (0.90, 0.91, 0.88)


def far_person_mesh(body: str, size_m: Size, *, phase: float, standing: bool, variant: int) -> Mesh:
    """A person of about this height who walks along x; upper clothes white. The joints are those of `person_mesh`."""
    o, child = outfit_of(variant, body), body == "child"
    f = Frame.of(size_m[2], child=child)
    h = f.height
    legs = STANDING_LEGS if standing else (leg_at(phase), leg_at(phase + 0.5))
    arms = STANDING_ARMS if standing else (arm_at(phase), arm_at(phase + 0.5))
    b = BatchBuilder()
    hip_z = f.thigh + f.shank + 0.045 * h
    for side, leg in zip((1, -1), legs, strict=True):
        _leg(b, f, o, np.array([0.0, side * f.hip_y, hip_z]), leg)
    lean = 0.0 if standing else 0.03
    shoulder = np.array([lean * h * 0.6, 0.0, hip_z + 0.285 * h])
    wrists = [_arm(b, f, o, shoulder, side, arm) for side, arm in zip((1, -1), arms, strict=True)]
    axis = np.array([lean, 0.0, 1.0])
    far_torso(b, f, o, np.array([0.0, 0.0, hip_z]), axis / np.linalg.norm(axis))
    if o.top in (Top.COAT, Top.DRESS):
        _skirt(b, h, o, hip_z, legs)
    neck = np.array([lean * 0.33 * h, 0.0, hip_z + 0.33 * h])
    far_head(b, h * (1.22 if child else 1.0), o, neck)
    _load(b, h, o, hip_z, wrists[0])
    return b.build()


def prism(
    b: MeshBuilder, path: Sequence[Point], radii: Sequence[tuple[float, float]], h: float, rgb: Colour,
    material: Material = Material.CLOTH, *, sides: int = 3, caps: tuple[bool, bool] = (False, False),
) -> None:  # fmt: skip
    """As `swept`, with radii over the height and few sides, a little wider to make up for these."""
    wide = h * _WIDER[sides]
    swept(b, path, [(x * wide, y * wide) for x, y in radii], rgb, material, sides=sides, caps=caps)


def _leg(b: MeshBuilder, f: Frame, o: Outfit, hip: Floats, leg: Leg) -> None:
    knee = hip + f.thigh * ahead_of(leg.hip)
    ankle = knee + f.shank * ahead_of(leg.hip - leg.knee)
    far_leg(b, f.height, o, (hip + 0.12 * (knee - hip), knee, ankle), leg.foot, bare=o.top is Top.DRESS)


def far_leg(
    b: MeshBuilder, h: float, o: Outfit, joints: tuple[Floats, Floats, Floats], foot_rad: float, *, bare: bool = False
) -> None:
    """A leg through hip, knee and ankle, with its shoe."""
    size = [(0.055, 0.045), (0.040, 0.037), (0.022, 0.021) if bare else (0.031, 0.029)]
    prism(b, joints, size, h, o.skin if bare else o.trousers, Material.SKIN if bare else Material.CLOTH)
    cos, sin = np.cos(foot_rad), np.sin(foot_rad)
    heel, toe = (
        joints[2] + h * np.array([x * cos - z * sin, 0.0, x * sin + z * cos])
        for x, z in ((-0.034, -0.018), (0.108, -0.030))
    )
    prism(b, [heel, toe], [(0.026, 0.024), (0.014, 0.022)], h, o.shoes, Material.RUBBER)


def _arm(b: MeshBuilder, f: Frame, o: Outfit, shoulder: Floats, side: int, arm: Arm) -> Floats:
    out = np.array([0.0, side * 0.10, 0.0])
    start = shoulder + np.array([0.0, side * f.shoulder_y, 0.0])
    elbow = start + f.upper_arm * (ahead_of(arm.shoulder) + out * 1.6)
    wrist = elbow + f.forearm * (ahead_of(arm.shoulder + arm.elbow) + out * 0.3)
    far_arm(b, f.height, o, (start, elbow, wrist))
    return wrist


def far_arm(b: MeshBuilder, h: float, o: Outfit, joints: tuple[Floats, Floats, Floats]) -> None:
    """An arm through shoulder, elbow and wrist; the hand is the end of a bare one, or a plate."""
    start, elbow, wrist = joints
    hand = wrist + (wrist - elbow) / np.linalg.norm(wrist - elbow) * 0.05 * h
    top = start + np.array([0.0, -np.sign(start[1]) * 0.012 * h, 0.022 * h])
    size = [(0.029, 0.027), (0.026, 0.025), (0.019, 0.018)]
    if o.top in (Top.SHIRT, Top.DRESS):
        prism(b, [top, elbow], size[:2], h, o.upper)
        prism(b, [elbow, hand], [(0.023, 0.021), (0.013, 0.012)], h, o.skin, Material.SKIN)
        return
    prism(b, [top, elbow, wrist], size, h, o.upper)
    up = np.array([0.0, 0.0, 0.018 * h])
    b.quads(np.array([[wrist - up, hand - up, hand + up, wrist + up]]), o.skin, Material.SKIN, two_sided=True)


def far_torso(b: MeshBuilder, f: Frame, o: Outfit, hip: Floats, axis: Floats) -> None:
    """Pelvis and upper body along a direction."""
    h = f.height
    lower = o.trousers if o.top is not Top.DRESS else o.upper
    prism(b, [hip + axis * z * h for z in (-0.07, 0.05)], [(0.050, 0.080), (0.062, 0.092)], h, lower, sides=4)
    heights, size = (0.04, 0.26, 0.355), [(0.056, 0.080), (0.064, 0.112), (0.030, 0.034)]
    prism(b, [hip + axis * z * h for z in heights], size, h, o.upper, sides=6)
    if o.reflective:
        band = [hip + axis * z * h for z in (0.11, 0.19)]
        prism(b, band, [(0.063, 0.095), (0.066, 0.105)], h, _STRIPE, Material.SIGN, sides=6)


def _skirt(b: MeshBuilder, h: float, o: Outfit, hip_z: float, legs: tuple[Leg, Leg]) -> None:
    low = hip_z - (0.19 if o.top is Top.COAT else 0.17) * h
    swings = [float(np.sin(leg.hip)) * (hip_z - low) for leg in legs]
    reach, shift = 0.5 * abs(swings[0] - swings[1]) / h, 0.5 * (swings[0] + swings[1])
    path = [(shift, 0.0, low), (0.0, 0.0, hip_z + 0.06 * h)]
    prism(b, path, [(0.070 + reach, 0.108), (0.058, 0.086)], h, o.upper, sides=4)


def far_head(b: MeshBuilder, h: float, o: Outfit, neck: Floats, *, nod_m: float = 0.0) -> None:
    """A ball whose front below the brow is the face; hair down the neck."""
    centre = neck + np.array([0.012 * h + nod_m, 0.0, 0.082 * h])
    helmet = o.hat is Hat.HELMET
    radii = np.array([0.064, 0.053, 0.070] if not helmet else [0.070, 0.058, 0.074]) * h
    ball = _unit_ball()
    way = ball.mean(axis=1)
    face = (way[:, 0] > 0.1) & (way[:, 2] < 0.1) if helmet else (way[:, 0] > 0.1 + way[:, 2])
    corners = centre + np.array([-0.004 * h, 0.0, 0.004 * h]) + ball * radii
    hair = o.helmet if helmet else o.bag if o.hat is Hat.CAP else o.hair
    b.triangles(corners[face], o.skin, Material.SKIN)
    b.triangles(corners[~face], hair, Material.PLASTIC if helmet else Material.CLOTH)
    if o.hat is Hat.LONG_HAIR:
        prism(b, [centre - [0.04 * h, 0.0, 0.115 * h], centre - [0.035 * h, 0.0, 0.0]],
              [(0.014, 0.036), (0.026, 0.046)], h, o.hair, sides=4)  # fmt: skip


@lru_cache(maxsize=1)
def _unit_ball() -> Floats:
    """Triangles (20, 3, 3) of a ball about as wide as one of radius 1: two rings of five, and poles."""
    turn = 2.0 * np.pi * np.arange(6) / 5.0
    lower, upper = (np.stack([0.90 * np.cos(turn), 0.90 * np.sin(turn), np.full(6, z)], axis=-1) for z in (-0.5, 0.5))
    pole = np.zeros((5, 3)) + np.array([0.0, 0.0, 1.0])
    return np.concatenate([
        np.stack([lower[:-1], lower[1:], upper[1:]], axis=1), np.stack([lower[:-1], upper[1:], upper[:-1]], axis=1),
        np.stack([upper[:-1], upper[1:], pole], axis=1), np.stack([lower[1:], lower[:-1], -pole], axis=1),
    ])  # fmt: skip


def _load(b: MeshBuilder, h: float, o: Outfit, hip_z: float, hand: Floats) -> None:
    if o.load is Load.BACKPACK:
        middle = np.array([-0.085 * h, 0.0, hip_z + 0.18 * h])
        up = np.array([0.0, 0.0, 0.11 * h])
        size = [(0.058, 0.088), (0.044, 0.076)]
        prism(b, [middle - up, middle + up], size, h, o.bag, sides=4, caps=(False, True))
    if o.load is Load.BAG:
        top = hand - [0.0, 0.0, 0.05 * h]
        prism(b, [top - [0.0, 0.0, 0.20 * h], top], [(0.105, 0.028)] * 2, h, o.bag, sides=4)
