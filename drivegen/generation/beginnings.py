"""How clips begin: several that go on from one first frame, and clips that go on from a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from einops import rearrange

from drivegen.core.ambience import Ambience, TimeOfDay, Weather
from drivegen.core.arrays import Bytes
from drivegen.core.seeds import derive_seed
from drivegen.data.image_window import centred_window, fit_image
from drivegen.generation.config import SampleConfig
from drivegen.generation.identity import content_hash
from drivegen.generation.prediction import KeyState
from drivegen.generation.requests import Request, ScenarioSource
from drivegen.models import Models
from drivegen.nuscenes_format.images import read_image


class SharedBeginnings:
    """The requests of a source, each as often as it is to have futures (`futures`), or with a picture before it.

    Future 0 is the clip that there would be alone. A picture (`start_frame`) shows other things than the scenario: what
    was not asked for is then unknown, and the scenario gives motion alone.
    """

    def __init__(self, source: ScenarioSource, config: SampleConfig) -> None:
        self._source, self._config = source, config

    def __len__(self) -> int:
        return len(self._source) * self._config.futures

    def __iter__(self) -> Iterator[Request]:
        for request in self._source:
            begun = request if self._config.start_frame is None else after_picture(request)
            yield from futures_of(begun, self._config.futures)

    def identity(self) -> dict[str, str]:
        """Those of the source, and the picture by its content."""
        picture = self._config.start_frame
        return self._source.identity() | ({} if picture is None else {"start_frame_sha256": content_hash([picture])})

    def skipped(self) -> tuple[str, ...]:
        """Those of the source."""
        return self._source.skipped()


def futures_of(request: Request, count: int) -> Iterator[Request]:
    """`count` requests that share scenario and first frame; only one is the request itself."""
    if count == 1:
        yield request
        return
    for future in range(count):
        yield replace(
            request,
            clip_id=f"{request.clip_id}-future{future}",
            seed=derive_seed(request.seed, "future", future) if future else request.seed,
            sample_index=request.sample_index * count + future,
            start_seed=request.seed,
            future=future,
        )


def after_picture(request: Request) -> Request:
    """The request for a clip that begins with a picture: of weather and light, only what was asked for is known."""
    asked = request.requested
    ambience = Ambience(
        Weather(asked.weather) if asked.weather else None, TimeOfDay(asked.time_of_day) if asked.time_of_day else None
    )
    source = f"{request.scenario.source}; begins with a picture"
    return replace(request, scenario=replace(request.scenario, ambience=ambience, source=source))


def unknown_after_picture(request: Request) -> tuple[str, ...]:
    """Parts of the conditions (`conditions.PARTS`) that nobody knows of a clip that begins with a picture."""
    return ("camera", "raster_map", *(() if request.requested.crowdedness else ("crowdedness",)))


def read_start_frame(path: Path, size: tuple[int, int]) -> Bytes:
    """A picture, its middle cut to the aspect ratio of `size` (h, w) and scaled to it: (h, w, 3) uint8 RGB.

    Raises:
        DataError: the file is absent, truncated or no image.
    """
    image = read_image(path)
    return fit_image(image, centred_window((image.shape[0], image.shape[1]), size), size)


@torch.inference_mode()
def state_after(models: Models, picture: Bytes, clips: int) -> KeyState:
    """The state of `clips` clips whose first key frame is a picture (h, w, 3) uint8, as the autoencoder sees it."""
    device = models.codec.mean.device
    video = rearrange(torch.from_numpy(picture).to(device), "h w c -> 1 1 c h w").float() / 127.5 - 1.0
    return KeyState(1, models.codec.encode(video).expand(clips, -1, -1, -1, -1).contiguous())
