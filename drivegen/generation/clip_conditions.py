"""The conditions of a clip, window by window: however long the clip is, only what one call of a model needs is there.

A window is conditioned as a training clip of its frames is: its crowdedness is the count of its own frames, and its
first frame has not moved. So a long drive is never told at its quiet end that it is crowded somewhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from drivegen.conditions import ConditionConfig, Conditions, collate, conditions_of
from drivegen.core.ambience import Ambience
from drivegen.core.labels import FrameLabels
from drivegen.core.road_map import RoadMap


class ConditionWindows(Protocol):
    """Conditions of B clips of `num_frames` frames each, made when they are asked for."""

    @property
    def num_frames(self) -> int:
        """Frames of each clip."""
        ...

    def window(self, start: int, count: int, stride: int = 1) -> Conditions:
        """Frames start, start + stride, ..., `count` of them, as a clip of their own at 1 / stride of the rate.

        Beyond the end of the clip the last frame is held, with the vehicle at rest.

        Args:
            start: a frame of the clip.
        """
        ...


@dataclass(frozen=True, eq=False)
class ClipScript:
    """What is to be seen in one clip.

    Attributes:
        labels: of each frame, at the size that the models draw.
        ambience: weather and time of day; None means unknown.
        road_map: None means unknown.
        fps: frames per second.
        labelled: False leaves boxes and objects unknown.
        unknown: further parts of the conditions (`conditions.PARTS`) that are unknown.
    """

    labels: tuple[FrameLabels, ...]
    ambience: Ambience
    road_map: RoadMap | None
    fps: float
    labelled: bool = True
    unknown: tuple[str, ...] = ()


class ScriptWindows:
    """Windows of clips of equal length, drawn from their labels.

    Args:
        scripts: of B clips.
        config: of the model's conditions.
        device: where the tensors go.
    """

    def __init__(self, scripts: Sequence[ClipScript], config: ConditionConfig, device: torch.device | str) -> None:
        self._scripts, self._config, self._device = scripts, config, device

    @property
    def num_frames(self) -> int:
        """See `ConditionWindows.num_frames`."""
        return len(self._scripts[0].labels)

    def window(self, start: int, count: int, stride: int = 1) -> Conditions:
        """See `ConditionWindows.window`; lists of boxes have their full length, whatever is in them."""
        chosen = slice(start, start + (count - 1) * stride + 1, stride)
        # Clips of a batch are often one scenario: many futures, or the last one again in the places left over.
        drawn = {id(script): self._draw(script, chosen, stride) for script in self._scripts}
        conditions = collate([drawn[id(script)] for script in self._scripts])
        return held(conditions.pad_boxes(self._config.max_boxes), count).to(self._device)

    def _draw(self, script: ClipScript, chosen: slice, stride: int) -> Conditions:
        conditions = conditions_of(
            script.labels[chosen],
            script.ambience,
            script.road_map,
            script.fps / stride,
            self._config,
            labelled=script.labelled,
        )
        return conditions.without(*script.unknown)


@dataclass(frozen=True, eq=False)
class WholeConditions:
    """Windows of conditions that are there as a whole, all at one rate."""

    conditions: Conditions

    @property
    def num_frames(self) -> int:
        """See `ConditionWindows.num_frames`."""
        return self.conditions.num_frames

    def window(self, start: int, count: int, stride: int = 1) -> Conditions:
        """See `ConditionWindows.window`; crowdedness and motion stay those of the whole."""
        chosen = slice(start, start + (count - 1) * stride + 1, stride)
        interval = self.conditions.frame_interval_s * stride
        return held(replace(self.conditions.frames(chosen), frame_interval_s=interval), count)


def window_of(conditions: Conditions, start: int, length: int) -> Conditions:
    """Frames start to start + length of a clip; see `held` for those beyond its end."""
    return held(conditions.frames(slice(start, start + length)), length)


def held(conditions: Conditions, length: int) -> Conditions:
    """Conditions of `length` frames: where some are missing, the last one is held, with the vehicle at rest.

    A model always sees as many frames as it was trained on; what it draws of the held ones is thrown away.
    """
    missing = length - conditions.num_frames
    if missing <= 0:
        return conditions
    kept = {name: _hold(getattr(conditions, name), missing) for name in _HELD}
    at_rest = conditions.ego_motion.new_zeros(conditions.batch_size, missing, conditions.ego_motion.shape[-1])
    return replace(conditions, ego_motion=torch.cat([conditions.ego_motion, at_rest], dim=1), **kept)


# Fields of Conditions with a frame axis, but for the ego motion.
_HELD = ("boxes", "box_category", "box_heading", "box_appearance", "box_appearance_known", "box_mask", "raster")


def _hold(values: Tensor, count: int) -> Tensor:
    """Repeat the last frame of (B, T, ...) `count` times more."""
    last = values[:, -1:]
    return torch.cat([values, last.expand(-1, count, *last.shape[2:])], dim=1)
