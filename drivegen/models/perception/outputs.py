"""What a perception net answers, as tensors."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class FrameOutputs:
    """Of B frames, on a grid of h x w cells of STRIDE pixels; cell (i, j) has its centre at STRIDE * (j + .5, i + .5).

    Pixels are those of the frames as they are looked at, enlarged (`PerceptionConfig.enlarged`).

    Attributes:
        class_logits: (B, 10, h, w) whether the centre of the visible box of an object of each class of
            `core.CATEGORIES` lies in the cell.
        box_ltrb: (B, 4, h, w) distances in pixels from the centre of the cell to the left, top, right and bottom edges
            of the visible box of that object; positive.
        log_depth: (B, h, w) natural logarithm of its distance along the optical axis in metres.
        alpha: (B, 2, h, w) sine and cosine of KITTI's observation angle, times any positive number.
        identity: (B, E, h, w) which object it is; compare directions, lengths mean nothing.
        weather_logits: (B, 5) in the order of `core.Weather`.
        time_logits: (B, 3) in the order of `core.TimeOfDay`.
        log_road_users: (B,) log(1 + number of visible road users).
        feature: (B, D) description of the frame.
    """

    class_logits: Tensor
    box_ltrb: Tensor
    log_depth: Tensor
    alpha: Tensor
    identity: Tensor
    weather_logits: Tensor
    time_logits: Tensor
    log_road_users: Tensor
    feature: Tensor


@dataclass(frozen=True, eq=False)
class ClipOutputs:
    """Of B clips of T frames.

    Attributes:
        speed_mps: (B, T - 1) forward speed of the camera between consecutive frames.
        yaw_rate_radps: (B, T - 1) likewise its turning, left positive.
        order_logit: (B,) whether the frames stand in their natural order at a steady rate.
        weather_logits: (B, 5) in the order of `core.Weather`.
        time_logits: (B, 3) in the order of `core.TimeOfDay`.
        log_road_users: (B,) log(1 + mean number of visible road users per frame).
        feature: (B, F) description of the clip.
    """

    speed_mps: Tensor
    yaw_rate_radps: Tensor
    order_logit: Tensor
    weather_logits: Tensor
    time_logits: Tensor
    log_road_users: Tensor
    feature: Tensor
