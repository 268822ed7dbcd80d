"""People on foot: limbs with knees and elbows that swing with the gait, clothes, hair, bags."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivegen.core.arrays import Floats
from drivegen.world.bodies.batch import BatchBuilder
from drivegen.world.bodies.catalogue import Size
from drivegen.world.bodies.gait import STANDING_ARMS, STANDING_LEGS, Arm, Leg, arm_at, leg_at
from drivegen.world.bodies.limbs import ahead_of, swept
from drivegen.world.bodies.outfits import Hat, Load, Outfit, Top, outfit_of
from drivegen.world.geometry import Colour, Material, Mesh, MeshBuilder

_STRIPE: Colour = (0.90, 0.91, 0.88)


@dataclass(frozen=True)
class Frame:
    """Lengths of a person's parts, metres."""

    height: float
    hip_y: float
    shoulder_y: float
    thigh: float
    shank: float
    upper_arm: float
    forearm: float

    @staticmethod
    def of(height_m: float, *, child: bool = False) -> Frame:
        """An adult's or a child's proportions."""
        leg, arm = (0.225, 0.165) if child else (0.243, 0.172)
        h = height_m
        return Frame(h, 0.050 * h, 0.106 * h, leg * h, leg * h, arm * h, 0.150 * h)


def person_mesh(body: str, size_m: Size, *, phase: float, standing: bool, variant: int) -> Mesh:
    """A person of about this height who walks along x; upper clothes white."""
    outfit, child = outfit_of(variant, body), body == "child"
    frame = Frame.of(size_m[2], child=child)
    legs = STANDING_LEGS if standing else (leg_at(phase), leg_at(phase + 0.5))
    arms = STANDING_ARMS if standing else (arm_at(phase), arm_at(phase + 0.5))
    if variant % 3 == 0:
        arms = (STANDING_ARMS[0], arms[1]) if standing else arms
    b = BatchBuilder()
    sides = 6
    hip_z = frame.thigh + frame.shank + 0.045 * frame.height
    for side, leg in zip((1, -1), legs, strict=True):
        _leg(b, frame, outfit, (0.0, side * frame.hip_y, hip_z), leg, sides)
    lean = 0.0 if standing else 0.03
    shoulder_z = hip_z + 0.285 * frame.height
    hands = [
        _arm(b, frame, outfit, (lean * frame.height * 0.6, side * frame.shoulder_y, shoulder_z), arm, side, sides)
        for side, arm in zip((1, -1), arms, strict=True)
    ]
    torso(b, frame, outfit, (0.0, 0.0, hip_z), np.array([lean, 0.0, 1.0]), sides + 2)
    if outfit.top in (Top.COAT, Top.DRESS):
        _skirt(b, frame, outfit, hip_z, legs, sides + 2)
    neck = np.array([lean * 0.33 * frame.height, 0.0, hip_z + 0.33 * frame.height])
    head(b, frame.height * (1.22 if child else 1.0), outfit, neck)
    _load(b, frame, outfit, hip_z, hands[0])
    return b.build()


def _leg(b: MeshBuilder, f: Frame, o: Outfit, hip: tuple[float, float, float], leg: Leg, sides: int) -> None:
    h = f.height
    start = np.array(hip)
    knee = start + f.thigh * ahead_of(leg.hip)
    ankle = knee + f.shank * ahead_of(leg.hip - leg.knee)
    top = start + np.array([0.0, 0.0, 0.03 * h])
    calf = knee + 0.3 * (ankle - knee)
    bare = o.top is Top.DRESS
    size = ((0.040, 0.026), (0.052, 0.043), (0.036, 0.034), (0.034, 0.032), (0.021, 0.020))
    if not bare:
        size = ((0.040, 0.026), (0.055, 0.045), (0.040, 0.037), (0.037, 0.035), (0.030, 0.028))
    rgb, material = (o.skin, Material.SKIN) if bare else (o.trousers, Material.CLOTH)
    swept(
        b,
        [top, start + 0.12 * (knee - start), knee, calf, ankle],
        [(x * h, y * h) for x, y in size],
        rgb,
        material,
        sides=sides,
    )
    shoe(b, h, o.shoes, ankle, leg.foot)


def shoe(b: MeshBuilder, h: float, rgb: Colour, ankle: Floats, pitch_rad: float) -> None:
    """A shoe under an ankle, its toe raised by an angle."""
    cos, sin = np.cos(pitch_rad), np.sin(pitch_rad)
    line = [(-0.036, -0.012), (-0.018, -0.018), (0.055, -0.027), (0.110, -0.034)]
    path = [ankle + h * np.array([x * cos - z * sin, 0.0, x * sin + z * cos]) for x, z in line]
    radii = [(0.012, 0.014), (0.027, 0.024), (0.018, 0.029), (0.007, 0.016)]
    swept(b, path, [(x * h, y * h) for x, y in radii], rgb, Material.RUBBER, sides=5, caps=(True, True))


def _arm(
    b: MeshBuilder, f: Frame, o: Outfit, shoulder: tuple[float, float, float], arm: Arm, side: int, sides: int
) -> Floats:
    """An arm from the shoulder; returns where its hand is."""
    out = np.array([0.0, side * 0.10, 0.0])
    start = np.array(shoulder)
    elbow = start + f.upper_arm * (ahead_of(arm.shoulder) + out * 1.6)
    wrist = elbow + f.forearm * (ahead_of(arm.shoulder + arm.elbow) + out * 0.3)
    limb(b, f.height, o, (start, elbow, wrist), sides)
    return wrist


def limb(b: MeshBuilder, h: float, o: Outfit, joints: tuple[Floats, Floats, Floats], sides: int) -> None:
    """An arm with its hand through shoulder, elbow and wrist."""
    start, elbow, wrist = joints
    inwards = np.array([0.0, -np.sign(start[1]) * 0.028 * h, 0.022 * h])
    upper = [start + inwards, start, 0.75 * start + 0.25 * elbow, elbow]
    size = [(0.008, 0.012), (0.031, 0.026), (0.033, 0.029), (0.026, 0.025), (0.019, 0.019)]
    radii = [(x * h, y * h) for x, y in size]
    # Lower arms are bare under short sleeves.
    if o.top in (Top.SHIRT, Top.DRESS):
        cuff = elbow + 0.05 * (elbow - start)
        swept(b, [*upper[:3], cuff], radii[:4], o.upper, sides=sides)
        bare = [(0.022 * h, 0.021 * h), (0.022 * h, 0.021 * h), (0.016 * h, 0.016 * h)]
        swept(b, [elbow - 0.05 * (elbow - start), elbow, wrist], bare, o.skin, Material.SKIN, sides=sides)
    else:
        swept(b, [*upper, wrist], radii, o.upper, sides=sides, caps=(False, True))
    hand = wrist + (wrist - elbow) / np.linalg.norm(wrist - elbow) * 0.05 * h
    palm = [(0.016 * h, 0.012 * h), (0.022 * h, 0.014 * h), (0.008 * h, 0.008 * h)]
    swept(b, [wrist, 0.5 * (wrist + hand), hand], palm, o.skin, Material.SKIN, sides=5, caps=(False, True))


def torso(b: MeshBuilder, f: Frame, o: Outfit, hip: tuple[float, float, float], up: Floats, sides: int) -> None:
    """Pelvis in trousers, and the upper body to the neck, along a direction."""
    h, start, axis = f.height, np.array(hip), up / np.linalg.norm(up)

    def at(share: float) -> Floats:
        point: Floats = start + axis * share * h
        return point

    lower = o.trousers if o.top is not Top.DRESS else o.upper
    pelvis = [(0.022, 0.040), (0.058, 0.084), (0.062, 0.092), (0.055, 0.082)]
    swept(b, [at(-0.075), at(-0.045), at(0.0), at(0.06)], [(x * h, y * h) for x, y in pelvis], lower, sides=sides,
          caps=(True, False))  # fmt: skip
    chest = [(0.060, 0.090), (0.054, 0.080), (0.065, 0.098), (0.062, 0.112), (0.044, 0.078), (0.030, 0.032)]
    heights = (0.02, 0.085, 0.20, 0.275, 0.315, 0.335)
    swept(b, [at(z) for z in heights], [(x * h, y * h) for x, y in chest], o.upper, sides=sides)
    if o.reflective:
        for z in (0.10, 0.18):
            x, y = np.interp(z, heights, [c[0] for c in chest]), np.interp(z, heights, [c[1] for c in chest])
            size = (float(x) * h + 0.006, float(y) * h + 0.006)
            swept(b, [at(z), at(z + 0.035)], [size, size], _STRIPE, Material.SIGN, sides=sides)


def _skirt(b: MeshBuilder, f: Frame, o: Outfit, hip_z: float, legs: tuple[Leg, Leg], sides: int) -> None:
    """The part of a coat or dress below the waist; it holds the thighs."""
    h = f.height
    low = hip_z - (0.19 if o.top is Top.COAT else 0.17) * h
    swings = [np.sin(leg.hip) * (hip_z - low) for leg in legs]
    reach, shift = 0.5 * abs(swings[0] - swings[1]), 0.5 * (swings[0] + swings[1])
    path = [(shift, 0.0, low), (0.45 * shift, 0.0, hip_z - 0.05 * h), (0.0, 0.0, hip_z + 0.07 * h)]
    size = [(0.072 * h + reach, 0.108 * h), (0.068 * h + 0.45 * reach, 0.102 * h), (0.058 * h, 0.086 * h)]
    swept(b, path, size, o.upper, sides=sides)


def head(b: MeshBuilder, h: float, o: Outfit, neck: Floats, *, nod_m: float = 0.0) -> None:
    """Neck, face and hair, cap or helmet above the point where the neck starts; leaning forwards by nod_m."""
    centre = neck + np.array([0.012 * h + nod_m, 0.0, 0.082 * h])
    swept(b, [neck - [0.0, 0.0, 0.01 * h], centre - [0.01 * h, 0.0, 0.03 * h]], [(0.031 * h, 0.032 * h)] * 2, o.skin,
          Material.SKIN, sides=6)  # fmt: skip
    rings, sides = 5, 8
    b.ball(tuple(centre), (0.054 * h, 0.043 * h, 0.064 * h), o.skin, Material.SKIN, rings=rings, sides=sides)
    back = centre + np.array([-0.012 * h, 0.0, 0.012 * h])
    if o.hat is Hat.HELMET:
        shell = tuple(back + np.array([0.010, 0.0, 0.012]) * h)
        b.ball(shell, (0.068 * h, 0.056 * h, 0.056 * h), o.helmet, Material.PLASTIC, rings=4, sides=sides)
        return
    b.ball(tuple(back), (0.053 * h, 0.048 * h, 0.063 * h), o.hair, Material.CLOTH, rings=rings - 1, sides=sides)
    if o.hat is Hat.LONG_HAIR:
        path = [back + np.array([-0.030, 0.0, 0.02]) * h, back + np.array([-0.036, 0.0, -0.055]) * h,
                back + np.array([-0.030, 0.0, -0.115]) * h]  # fmt: skip
        swept(b, path, [(0.026 * h, 0.044 * h), (0.024 * h, 0.046 * h), (0.010 * h, 0.030 * h)], o.hair, sides=6)
    if o.hat is Hat.CAP:
        crown = tuple(centre + np.array([0.002, 0.0, 0.030]) * h)
        b.ball(crown, (0.058 * h, 0.050 * h, 0.042 * h), o.bag, Material.CLOTH, rings=3, sides=sides)
        brim = centre + np.array([0.055, 0.0, 0.028]) * h
        low, high = brim - np.array([0.02, 0.032, 0.004]) * h, brim + np.array([0.035, 0.032, 0.004]) * h
        b.box(tuple(low), tuple(high), o.bag, Material.CLOTH, floor=True)


def _load(b: MeshBuilder, f: Frame, o: Outfit, hip_z: float, hand: Floats) -> None:
    h = f.height
    if o.load is Load.BACKPACK:
        middle = np.array([-0.085 * h, 0.0, hip_z + 0.19 * h])
        path = [middle + np.array([0.0, 0.0, z * h]) for z in (-0.115, -0.10, 0.04, 0.10, 0.115)]
        size = [(0.030, 0.060), (0.048, 0.080), (0.050, 0.082), (0.038, 0.070), (0.012, 0.045)]
        swept(b, path, [(x * h, y * h) for x, y in size], o.bag, sides=8, caps=(True, True))
    if o.load is Load.BAG:
        top = hand - [0.0, 0.0, 0.05 * h]
        low, high = top - np.array([0.085, 0.022, 0.20]) * h, top + np.array([0.085, 0.022, 0.0]) * h
        b.box(tuple(low), tuple(high), o.bag, Material.CLOTH, floor=True)
