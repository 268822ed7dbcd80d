"""Who makes the frames of requests: nobody (reference frames), the image model alone, or the video model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from drivegen.core.arrays import Bytes
from drivegen.core.cameras import Camera
from drivegen.core.clips import Clip
from drivegen.core.errors import DataError
from drivegen.generation.assembly import clip_of, labels_of, provenance_of
from drivegen.generation.config import REFERENCE_SIZE, SampleConfig
from drivegen.generation.model_generator import Drawn, ModelGenerator
from drivegen.generation.requests import Request


class Generator(Protocol):
    """Answers requests with clips."""

    def generate(self, requests: Sequence[Request]) -> list[Clip]:
        """The clips of the requests, in order; each depends on its own request alone.

        A request whose recorded frames cannot be read has no clip; `skipped` tells why.
        """
        ...

    def identity(self) -> dict[str, Any]:
        """What decides the bytes of its frames, as plain values."""
        ...

    def model(self) -> dict[str, str] | None:
        """`id` and `sha256` of the model folder; None when there is none."""
        ...

    def training_index(self) -> Path | None:
        """What an audit compares with to find copies: the clips that the model was trained on; None when not known."""
        ...

    def skipped(self) -> tuple[str, ...]:
        """Requests that have no clip, one line each."""
        ...


class ReferenceGenerator:
    """The frames that a perfect generator would make: rendered by the world or recorded by a real camera."""

    def __init__(self, config: SampleConfig) -> None:
        self._config = config
        self._size = config.image_size or REFERENCE_SIZE
        self._skipped: list[str] = []

    def generate(self, requests: Sequence[Request]) -> list[Clip]:
        """See `Generator.generate`."""
        clips = []
        for request in requests:
            try:
                camera, frames = request.reference.read(self._size)
            except DataError as error:
                self._skipped.append(f"clip {request.clip_id} left out: {error}")
            else:
                clips.append(self._clip(request, camera, frames))
        return clips

    def identity(self) -> dict[str, Any]:
        """See `Generator.identity`."""
        return {"image_size": list(self._size)}

    def model(self) -> None:
        """There is none."""
        return

    def training_index(self) -> None:
        """Nothing was trained."""
        return

    def skipped(self) -> tuple[str, ...]:
        """See `Generator.skipped`."""
        return tuple(self._skipped)

    def _clip(self, request: Request, camera: Camera, frames: Bytes) -> Clip:
        labels = labels_of(request, camera, self._config.label_policy)
        provenance = provenance_of(request, request.reference.kind, "reference")
        return clip_of(request, frames, labels, provenance, labelled=self._config.labelled)


def make_generator(config: SampleConfig, drawn: Drawn | None = None) -> Generator:
    """The generator of a run.

    Args:
        drawn: told how many frames of a batch the models have drawn so far; rendered and recorded ones come at once.

    Raises:
        ConfigError: it cannot make what is asked, such as the image size.
        DataError: the model folder is missing, damaged or lacks a part.
    """
    if config.generator == "reference":
        return ReferenceGenerator(config)
    return ModelGenerator(config, drawn)
