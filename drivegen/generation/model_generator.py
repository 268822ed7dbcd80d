"""Clips by the models: conditions from the labels, latents from the pipeline, frames from the decoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from drivegen.audit import INDEX_FILE
from drivegen.conditions import Conditions, collate, conditions_of
from drivegen.core.clips import Clip
from drivegen.core.config import encode
from drivegen.core.errors import ConfigError, DataError
from drivegen.core.labels import FrameLabels
from drivegen.core.provenance import FrameKind
from drivegen.data import fit_camera
from drivegen.generation.assembly import clip_of, labels_of, provenance_of
from drivegen.generation.compute import device_of, thread_count
from drivegen.generation.config import SampleConfig
from drivegen.generation.pipeline import (
    call_length,
    decode_frames,
    generate_clip_latents,
    generate_latents_image,
    require_image,
)
from drivegen.generation.requests import Request
from drivegen.models.folders import PARTS, Models, Part, available_parts, default_model_folder, load_model


class ModelGenerator:
    """Draws clips from a model folder: by the video model, or frame by frame by the image model alone.

    Raises:
        ConfigError: no such folder, or an image size that the models do not draw.
        DataError: the folder is damaged or lacks a part.
    """

    def __init__(self, config: SampleConfig) -> None:
        self._config = config
        self._device = device_of(config)
        self._folder = config.model or _shipped()
        self._models = _load(self._folder, config)
        self._conditions = require_image(self._models).config.conditions
        if config.generator == "video_ldm":
            call_length(self._models)
        size = self._conditions.image_size
        if config.image_size not in (None, size):
            raise ConfigError(
                "the model draws another size",
                where="image_size",
                expected=f"{list(size)} for model {self._models.info.name}",
                got=list(config.image_size or ()),
                remedy="leave image_size out, or name another model",
            )
        for net in (self._models.codec, self._models.image, self._models.video):
            if net is not None:
                net.to(self._device).eval()

    def generate(self, requests: Sequence[Request]) -> list[Clip]:
        """See `generators.Generator.generate`."""
        size = self._config.batch
        return [clip for i in range(0, len(requests), size) for clip in self._batch(requests[i : i + size])]

    def identity(self) -> dict[str, Any]:
        """See `generators.Generator.identity`."""
        return {
            "model_sha256": self._models.sha256,
            "sampler": encode(self._config.sampler),
            "batch": self._config.batch,
            "threads": thread_count(self._config),
            "device": self._device.type,
        }

    def model(self) -> dict[str, str]:
        """See `generators.Generator.model`."""
        return {"id": self._models.info.name, "sha256": self._models.sha256}

    def training_index(self) -> Path | None:
        """See `generators.Generator.training_index`: a file of the model folder."""
        path = self._folder / INDEX_FILE
        return path if path.is_file() else None

    def skipped(self) -> tuple[str, ...]:
        """See `generators.Generator.skipped`: the models draw every request."""
        return ()

    def _batch(self, requests: Sequence[Request]) -> list[Clip]:
        """Up to `batch` clips, computed in a batch of exactly that size.

        Sums are ordered by the shape of a batch, so a clip has the same bytes in every run only when the shape is
        always the same: missing clips are filled up with the last one, and lists of boxes to their full length.
        """
        labels = [self._labels(request) for request in requests]
        parts = [self._conditions_of(*pair) for pair in zip(requests, labels, strict=True)]
        missing = self._config.batch - len(requests)
        conditions = collate([*parts, *[parts[-1]] * missing]).pad_boxes(self._conditions.max_boxes)
        seeds = [request.seed for request in requests]
        draw = generate_clip_latents if self._config.generator == "video_ldm" else generate_latents_image
        latents = draw(self._models, conditions.to(self._device), [*seeds, *seeds[-1:] * missing], self._config.sampler)
        frames = decode_frames(self._models, latents).numpy()
        return [self._clip(*answer) for answer in zip(requests, frames, labels, strict=False)]

    def _labels(self, request: Request) -> tuple[FrameLabels, ...]:
        camera, _ = fit_camera(request.scenario.cameras[request.camera], self._conditions.image_size)
        return labels_of(request, camera, self._config.label_policy)

    def _conditions_of(self, request: Request, labels: tuple[FrameLabels, ...]) -> Conditions:
        scenario = request.scenario
        return conditions_of(
            labels,
            scenario.ambience,
            scenario.road_map,
            request.fps,
            self._conditions,
            labelled=self._config.labels == "boxes",
        )

    def _clip(self, request: Request, frames: np.ndarray, labels: tuple[FrameLabels, ...]) -> Clip:
        info = self._models.info
        provenance = provenance_of(
            request,
            FrameKind.GENERATED,
            self._config.generator,
            model_id=info.name,
            model_sha256=self._models.sha256,
        )
        return clip_of(request, frames, labels, provenance, labelled=self._config.labels == "boxes")


def _load(folder: Path, config: SampleConfig) -> Models:
    if not folder.is_dir():
        raise ConfigError(
            "no such model folder",
            where="model",
            got=folder,
            remedy="name a folder that drivegen train wrote, such as model=out/train/model",
        )
    # What the folder lacks is missed by name, and with a way out, by whoever needs it.
    wanted: tuple[Part, ...] = PARTS if config.generator == "video_ldm" else ("autoencoder", "image")
    return load_model(folder, parts=[part for part in available_parts(folder) if part in wanted])


def _shipped() -> Path:
    folder = default_model_folder()
    if not folder.is_dir():
        raise DataError(
            "no weights ship with this copy of the package",
            where=folder,
            remedy="train some (drivegen train) and name them with model=..., or sample generator=reference",
        )
    return folder
