"""How the joints of a walking person move (sagittal angles over a cycle, after Winter, Biomechanics of Human Gait)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_PHASE = np.array([0.0, 0.10, 0.25, 0.40, 0.50, 0.60, 0.74, 0.87, 0.96, 1.0])
"""Share of the cycle since the heel touched the ground; the foot leaves it at 0.6."""
_HIP_DEG = np.array([14.0, 12.0, 2.5, -6.0, -9.5, -6.0, 4.0, 10.5, 14.5, 14.0])
_KNEE_DEG = np.array([5.0, 13.0, 10.0, 6.0, 14.0, 40.0, 62.0, 43.0, 9.0, 5.0])
_FOOT_DEG = np.array([18.0, 2.0, 0.0, -8.0, -24.0, -52.0, -48.0, -16.0, 14.0, 18.0])
"""Toe above the heel."""
_ARM_DEG = 14.0


@dataclass(frozen=True)
class Leg:
    """Angles of a leg, radians: thigh forwards from the vertical, knee's bend, toe above heel."""

    hip: float
    knee: float
    foot: float


@dataclass(frozen=True)
class Arm:
    """Angles of an arm, radians: upper arm forwards from the vertical, elbow's bend."""

    shoulder: float
    elbow: float


def leg_at(phase: float) -> Leg:
    """A leg whose heel touches the ground at phase 0."""
    at = phase % 1.0
    hip, knee, foot = (np.deg2rad(np.interp(at, _PHASE, c)) for c in (_HIP_DEG, _KNEE_DEG, _FOOT_DEG))
    return Leg(float(hip), float(knee), float(foot))


def arm_at(phase: float) -> Arm:
    """The arm on the side of the leg of that phase: it swings against the leg."""
    swing = -float(np.cos(2 * np.pi * phase))
    return Arm(np.deg2rad(4.0 + _ARM_DEG * swing), np.deg2rad(32.0 + 6.0 * swing))


STANDING_LEGS = (Leg(np.deg2rad(3.0), np.deg2rad(3.0), 0.0), Leg(np.deg2rad(-4.0), np.deg2rad(2.0), 0.0))
STANDING_ARMS = (Arm(np.deg2rad(4.0), np.deg2rad(16.0)), Arm(np.deg2rad(10.0), np.deg2rad(95.0)))
