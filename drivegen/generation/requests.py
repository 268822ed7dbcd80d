"""What is to be made, clip by clip: requests, and how the asked values are dealt out to them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from drivegen.core.ambience import Ambience, TimeOfDay, Weather
from drivegen.core.arrays import Bytes
from drivegen.core.cameras import Camera
from drivegen.core.clips import Requested
from drivegen.core.crowdedness import Crowdedness
from drivegen.core.provenance import FrameKind
from drivegen.core.scenario import Scenario
from drivegen.core.seeds import derive_seed, stream
from drivegen.generation.config import SampleConfig

# Longest part of a foreign name in a clip's key: the whole has to fit a file name.
MAX_NAME = 80


class ReferenceFrames(Protocol):
    """The frames that a perfect generator would make of a request: rendered or recorded."""

    @property
    def kind(self) -> FrameKind:
        """Rendered or recorded."""
        ...

    def read(self, size: tuple[int, int]) -> tuple[Camera, Bytes]:
        """The camera fitted to `size` (h, w) and its frames (T, h, w, 3) uint8.

        Raises:
            DataError: a recorded frame is absent or truncated.
        """
        ...


@dataclass(frozen=True, eq=False)
class Request:
    """One clip to be made.

    Attributes:
        clip_id: unique key; letters, digits, dot, dash and underscore only.
        scenario: what happens, with the ambience that was asked for in the place of its own.
        camera: which camera of the rig.
        frame_times_us: (T,) when it takes the clip's frames.
        fps: frames per second.
        seed: of everything random in the clip's frames.
        requested: what was asked for.
        sample_index: position of the clip in the whole run.
        reference: frames of the same scenario as they were recorded or can be rendered.
        start_seed: of the first frame, where several clips share it; None takes `seed`.
        future: which of those clips this is, from 0; None when there is one.
    """

    clip_id: str
    scenario: Scenario
    camera: str
    frame_times_us: tuple[int, ...]
    fps: float
    seed: int
    requested: Requested
    sample_index: int
    reference: ReferenceFrames
    start_seed: int | None = None
    future: int | None = None

    @property
    def layout_source(self) -> str:
        """Where the layout comes from, and which of its futures the clip shows."""
        source = self.scenario.source
        return source if self.future is None else f"{source}; future_index={self.future}"


class ScenarioSource(Protocol):
    """A deterministic sequence of requests: clip i depends on the settings and i alone."""

    def __len__(self) -> int:
        """Number of requests."""
        ...

    def __iter__(self) -> Iterator[Request]:
        """The requests in order."""
        ...

    def identity(self) -> dict[str, str]:
        """What the layouts come from, by content rather than by place; part of what decides a clip's bytes."""
        ...

    def skipped(self) -> tuple[str, ...]:
        """What had to be left out of the input so far, one line each."""
        ...


@dataclass(frozen=True)
class Asked:
    """What one clip is asked to show; None where the scenario decides."""

    weather: Weather | None = None
    time_of_day: TimeOfDay | None = None
    level: Crowdedness | None = None

    @property
    def requested(self) -> Requested:
        """The same as the record that clips carry."""
        return Requested(self.weather, self.time_of_day, self.level)

    def ambience(self, brought: Ambience) -> Ambience:
        """The scenario's ambience with the asked values in the place of its own."""
        return Ambience(self.weather or brought.weather, self.time_of_day or brought.time_of_day)


def asked_of(config: SampleConfig, index: int) -> Asked:
    """What moment `index` is asked to show.

    Every cycle through the combinations of the asked values visits each once, in an order of its own, so that few
    clips already mix them and many cover them evenly.
    """
    combinations = list(itertools.product(config.weathers, config.times_of_day, config.levels))
    cycle, position = divmod(index, len(combinations))
    order = stream(config.seed, "asked", cycle).permutation(len(combinations))
    return Asked(*combinations[int(order[position])])


def clip_seed(config: SampleConfig, sample_index: int) -> int:
    """The seed of a clip's noise."""
    return derive_seed(config.seed, "clip", sample_index)


def clip_id_of(scenario_id: str, camera: str, sample_index: int) -> str:
    """A clip's key: unique in its run, and safe as part of a file name whatever the foreign names hold."""
    return f"{safe_name(scenario_id)[:MAX_NAME]}-{safe_name(camera)[:MAX_NAME]}-{sample_index:05d}"


def safe_name(name: str) -> str:
    """A name with everything but letters, digits, dot, dash and underscore replaced; begins with a letter or digit."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name).lstrip("._-") or "unnamed"
