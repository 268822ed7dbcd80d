"""A batch of conditions, and what it means to leave a part of them out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from drivegen.conditions.channels import APPEARANCE_SLICE, CLASS_SLICE, MAP_SLICE, OBJECT_SLICE, UNKNOWN_GREY
from drivegen.core import ConfigError, DataError, TimeOfDay, Weather

# Index of the null class of each label; the others are positions in the enumeration.
WEATHER_NULL: Final = len(Weather)
TIME_NULL: Final = len(TimeOfDay)

# What `Conditions.without` can leave out.
PARTS: Final[tuple[str, ...]] = (
    "weather",
    "time_of_day",
    "crowdedness",
    "camera",
    "boxes",
    "raster_objects",
    "raster_map",
    "ego_motion",
)

_PER_FRAME: Final = (
    "boxes",
    "box_category",
    "box_heading",
    "box_appearance",
    "box_appearance_known",
    "box_mask",
    "raster",
    "ego_motion",
)
_PER_BOX: Final = tuple(name for name in _PER_FRAME if name.startswith("box"))


@dataclass(eq=False)
class Conditions:
    """Conditions of B clips of T frames with at most N boxes each.

    Attributes:
        weather, time_of_day: (B,) long; position in the enumeration, or the null class.
        crowdedness: (B,) mean visible road users per frame.
        crowdedness_known: (B,) bool.
        camera: (B, 6) fx/w, fy/h, cx/w, cy/h, height above the ground in metres, pitch in radians (positive down).
        camera_known: (B,) bool.
        boxes: (B, T, N, 8, 3) corners in the order of `core.boxes.FACES`: u/w and v/h clamped to [-1, 2], log of the
            depth in metres.
        box_category: (B, T, N) long, position in `core.CATEGORIES`.
        box_heading: (B, T, N, 2) sine and cosine of the heading about the camera's vertical; an object that drives
            away has (0, 1), one that drives to the right (1, 0).
        box_appearance: (B, T, N, 3) R, G, B in [0, 1]; zero where unknown.
        box_appearance_known: (B, T, N) bool.
        box_mask: (B, T, N) bool, True where there is a box.
        raster: (B, T, 21, h, w) channels of `channels.RASTER_CHANNELS`; headings in [-1, 1], the rest in [0, 1].
        objects_known, map_known: (B,) bool, whether those channels of the raster mean anything; zero where not.
        ego_motion: (B, T, 4) metres forward and left and radians of yaw since the previous frame, metres per second;
            the first frame has not moved, and its speed is that of the following interval.
        ego_known: (B,) bool.
        frame_interval_s: (B,) seconds between frames.
    """

    weather: Tensor
    time_of_day: Tensor
    crowdedness: Tensor
    crowdedness_known: Tensor
    camera: Tensor
    camera_known: Tensor
    boxes: Tensor
    box_category: Tensor
    box_heading: Tensor
    box_appearance: Tensor
    box_appearance_known: Tensor
    box_mask: Tensor
    raster: Tensor
    objects_known: Tensor
    map_known: Tensor
    ego_motion: Tensor
    ego_known: Tensor
    frame_interval_s: Tensor

    @property
    def batch_size(self) -> int:
        """B."""
        return self.weather.shape[0]

    @property
    def num_frames(self) -> int:
        """T."""
        return self.raster.shape[1]

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.raster.device

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> Conditions:
        """The same conditions elsewhere; `dtype` applies to the floating-point tensors only."""
        return self._map(lambda x: x.to(device=device, dtype=dtype if x.is_floating_point() else None))

    def frame(self, t: int) -> Conditions:
        """Frame t alone: T = 1."""
        if not -self.num_frames <= t < self.num_frames:
            raise DataError("no such frame", where="Conditions.frame", expected=f"0..{self.num_frames - 1}", got=t)
        t %= self.num_frames
        return self.frames(slice(t, t + 1))

    def frames(self, index: slice) -> Conditions:
        """Some of the frames; ego motion stays that between the original neighbours."""
        return dataclasses.replace(self, **{name: getattr(self, name)[:, index] for name in _PER_FRAME})

    def select(self, index: slice | Tensor) -> Conditions:
        """Some of the clips, by a slice, an index tensor or a mask (B,)."""
        return self._map(lambda x: x[index])

    def pad_boxes(self, count: int) -> Conditions:
        """The same conditions with room for `count` boxes, at least N."""
        missing = count - self.box_mask.shape[2]
        return self if missing <= 0 else dataclasses.replace(self, **{n: self._padded(n, missing) for n in _PER_BOX})

    @staticmethod
    def cat(parts: Sequence[Conditions]) -> Conditions:
        """Clips one after another along B; the box lists are padded to the longest.

        Raises:
            DataError: nothing to join, or clips whose frames or rasters differ in number or size.
        """
        if not parts:
            raise DataError("no conditions to join", where="Conditions.cat", expected="at least one")
        shapes = {tuple(part.raster.shape[1:]) for part in parts}
        if len(shapes) > 1:
            raise DataError(
                "clips of different shape", where="Conditions.cat", expected="equal (T, 21, h, w)", got=sorted(shapes)
            )
        count = max(part.box_mask.shape[2] for part in parts)
        padded = [part.pad_boxes(count) for part in parts]
        return Conditions(
            **{f.name: torch.cat([getattr(p, f.name) for p in padded]) for f in dataclasses.fields(Conditions)}
        )

    def without(self, *parts: str) -> Conditions:
        """The same conditions with these `PARTS` unknown.

        Raises:
            ConfigError: a name that is not a part.
        """
        everywhere = torch.ones(self.batch_size, dtype=torch.bool, device=self.device)
        result = self
        for part in parts:
            result = result.nulled(part, everywhere)
        return result

    def unconditional(self) -> Conditions:
        """The same conditions with everything unknown."""
        return self.without(*PARTS)

    def nulled(self, part: str, rows: Tensor) -> Conditions:
        """The same conditions with one of `PARTS` unknown in the clips that `rows` (B,) bool marks."""
        if part not in PARTS:
            raise ConfigError("unknown part", where="conditions", expected="one of " + ", ".join(PARTS), got=part)
        return dataclasses.replace(self, **_NULLS[part](self, rows))

    def appearance_nulled(self, rows: Tensor) -> Conditions:
        """The same conditions with every object's appearance unknown in the clips that `rows` (B,) bool marks."""
        coverage = self.raster[:, :, CLASS_SLICE].sum(dim=2, keepdim=True)
        raster = self.raster.clone()
        raster[:, :, APPEARANCE_SLICE] = torch.where(
            _like(rows, raster), UNKNOWN_GREY * coverage, raster[:, :, APPEARANCE_SLICE]
        )
        return dataclasses.replace(
            self,
            box_appearance=_zeroed(self.box_appearance, rows),
            box_appearance_known=_zeroed(self.box_appearance_known, rows),
            raster=raster,
        )

    def _map(self, function: Callable[[Tensor], Tensor]) -> Conditions:
        return Conditions(**{f.name: function(getattr(self, f.name)) for f in dataclasses.fields(self)})

    def _padded(self, name: str, missing: int) -> Tensor:
        values: Tensor = getattr(self, name)
        room = values.new_zeros(*values.shape[:2], missing, *values.shape[3:])
        return torch.cat([values, room], dim=2)


def collate(items: Sequence[Conditions]) -> Conditions:
    """Join the conditions of single clips into a batch."""
    return Conditions.cat(list(items))


def _like(rows: Tensor, values: Tensor) -> Tensor:
    """(B,) viewed so that it broadcasts over `values` (B, ...)."""
    return rows.to(values.device).view(-1, *[1] * (values.ndim - 1))


def _zeroed(values: Tensor, rows: Tensor) -> Tensor:
    """`values` (B, ...) with the marked clips set to zero or False."""
    return values.masked_fill(_like(rows, values), 0)


def _zeroed_channels(raster: Tensor, rows: Tensor, channels: slice) -> Tensor:
    result = raster.clone()
    result[:, :, channels] = _zeroed(raster[:, :, channels], rows)
    return result


# What becomes of a part that is left out, for the clips `rows`.
_NULLS: Final[dict[str, Callable[[Conditions, Tensor], dict[str, Tensor]]]] = {
    "weather": lambda c, rows: {"weather": c.weather.masked_fill(rows, WEATHER_NULL)},
    "time_of_day": lambda c, rows: {"time_of_day": c.time_of_day.masked_fill(rows, TIME_NULL)},
    "crowdedness": lambda c, rows: {
        "crowdedness": _zeroed(c.crowdedness, rows),
        "crowdedness_known": _zeroed(c.crowdedness_known, rows),
    },
    "camera": lambda c, rows: {
        "camera": _zeroed(c.camera, rows),
        "camera_known": _zeroed(c.camera_known, rows),
    },
    "boxes": lambda c, rows: {name: _zeroed(getattr(c, name), rows) for name in _PER_BOX},
    "raster_objects": lambda c, rows: {
        "raster": _zeroed_channels(c.raster, rows, OBJECT_SLICE),
        "objects_known": _zeroed(c.objects_known, rows),
    },
    "raster_map": lambda c, rows: {
        "raster": _zeroed_channels(c.raster, rows, MAP_SLICE),
        "map_known": _zeroed(c.map_known, rows),
    },
    "ego_motion": lambda c, rows: {
        "ego_motion": _zeroed(c.ego_motion, rows),
        "ego_known": _zeroed(c.ego_known, rows),
    },
}
