"""Clips by the models: conditions from the labels, frames from the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from drivegen.audit import INDEX_FILE
from drivegen.core.arrays import Bytes
from drivegen.core.clips import Clip
from drivegen.core.config import encode
from drivegen.core.errors import ConfigError, DataError
from drivegen.core.labels import FrameLabels, recamera
from drivegen.core.provenance import FrameKind
from drivegen.data import fit_camera
from drivegen.generation.assembly import clip_of, labels_of, provenance_of
from drivegen.generation.beginnings import read_start_frame, state_after, unknown_after_picture
from drivegen.generation.clip_conditions import ClipScript, ScriptWindows
from drivegen.generation.compute import device_of, thread_count
from drivegen.generation.config import SampleConfig
from drivegen.generation.frame_room import frame_room
from drivegen.generation.identity import sampler_identity
from drivegen.generation.interpolating import require_interpolation
from drivegen.generation.pipeline import Chain, generate_clip_frames, generate_image_frames
from drivegen.generation.prediction import KeyState, begin, call_length, require_image
from drivegen.generation.requests import Request
from drivegen.generation.upsampling import require_upsampler
from drivegen.models.folders import Models, Part, available_parts, default_model_folder, load_model

# Told how many frames of a batch are there, over all its clips.
Drawn = Callable[[int], None]


class ModelGenerator:
    """Draws clips from a model folder: by the video model, or frame by frame by the image model alone.

    Args:
        config: settings of the run.
        drawn: told now and then how far a batch is, for clips that take minutes.

    Raises:
        ConfigError: no such folder, or an image size that the models do not draw.
        DataError: the folder is damaged or lacks a part.
    """

    def __init__(self, config: SampleConfig, drawn: Drawn | None = None) -> None:
        self._config, self._drawn = config, drawn
        self._device = device_of(config)
        self._folder = config.model or _shipped()
        self._models = _load(self._folder, config)
        self._conditions = require_image(self._models).config.conditions
        self._size = self._conditions.image_size
        self._chain = Chain(config.interpolate, config.upsampling if config.upsample else None)
        if config.generator == "video_ldm":
            call_length(self._models)
        if config.interpolate:
            require_interpolation(self._models)
        if config.upsample:
            self._size = require_upsampler(self._models).config.large_size(self._size)
        if config.image_size not in (None, self._size):
            raise ConfigError(
                "the model draws another size",
                where="image_size",
                expected=f"{list(self._size)} for model {self._models.info.name}",
                got=list(config.image_size or ()),
                remedy="leave image_size out, or name another model",
            )
        self._picture: Bytes | None = None
        if config.start_frame is not None:
            self._picture = read_start_frame(config.start_frame, self._conditions.image_size)
        for net in self._networks():
            net.to(self._device).eval()

    def generate(self, requests: Sequence[Request]) -> list[Clip]:
        """See `generators.Generator.generate`."""
        size = self._config.batch
        return [clip for i in range(0, len(requests), size) for clip in self._batch(requests[i : i + size])]

    def identity(self) -> dict[str, Any]:
        """See `generators.Generator.identity`."""
        upsampling = {"upsampling": encode(self._config.upsampling)} if self._config.upsample else {}
        return {
            "model_sha256": self._models.sha256,
            "sampler": sampler_identity(self._config.sampler),
            **upsampling,
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
        scripts = self._scripts(requests)
        missing = self._config.batch - len(requests)
        frames = frame_room((len(requests), len(scripts[0].labels), *self._size, 3), self._config.out)
        done = 0
        for block in self._blocks([*requests, *[requests[-1]] * missing], [*scripts, *[scripts[-1]] * missing]):
            frames[:, done : done + block.shape[1]] = block[: len(requests)].numpy()
            done += block.shape[1]
            if self._drawn is not None:
                self._drawn(done * len(requests))
        answers = zip(requests, frames, scripts, strict=True)
        return [self._clip(request, shown, script.labels) for request, shown, script in answers]

    def _blocks(self, requests: Sequence[Request], scripts: Sequence[ClipScript]) -> Iterator[Tensor]:
        """The frames of a whole batch (B, t, H, W, 3), as they come."""
        windows, seeds = self._windows(scripts), [request.seed for request in requests]
        if self._config.generator == "image_ldm":
            return generate_image_frames(self._models, windows, seeds, self._config.sampler, self._chain)
        state = self._first_frames(requests, scripts)
        return generate_clip_frames(self._models, windows, seeds, self._config.sampler, self._chain, state)

    def _first_frames(self, requests: Sequence[Request], scripts: Sequence[ClipScript]) -> KeyState | None:
        """The first frames of clips that share them with others; None where each clip has its own."""
        if self._picture is not None:
            return state_after(self._models, self._picture, len(requests))
        drawn: dict[int, Tensor] = {}
        latents = []
        for request, script in zip(requests, scripts, strict=True):
            seed = request.start_seed
            if seed is None:
                return None
            if seed not in drawn:
                # The last bits of a result depend on its place in the batch, so this one always has the first.
                alike, count = self._windows([script] * len(requests)), len(requests)
                state = begin(self._models, alike, [seed] * count, self._config.sampler, stride=self._chain.stride)
                drawn[seed] = state.newest[:1]
            latents.append(drawn[seed])
        return KeyState(1, torch.cat(latents))

    def _windows(self, scripts: Sequence[ClipScript]) -> ScriptWindows:
        return ScriptWindows(scripts, self._conditions, self._device)

    def _scripts(self, requests: Sequence[Request]) -> list[ClipScript]:
        """What is to be seen in each clip; futures of one scenario share it."""
        made: dict[tuple[int, str], ClipScript] = {}
        for request in requests:
            key = (id(request.scenario), request.camera)
            if key not in made:
                made[key] = self._script(request)
        return [made[id(request.scenario), request.camera] for request in requests]

    def _script(self, request: Request) -> ClipScript:
        scenario = request.scenario
        camera, _ = fit_camera(scenario.cameras[request.camera], self._conditions.image_size)
        return ClipScript(
            labels_of(request, camera, self._config.label_policy),
            scenario.ambience,
            scenario.road_map,
            request.fps,
            labelled=self._config.labelled,
            unknown=() if self._picture is None else unknown_after_picture(request),
        )

    def _networks(self) -> Iterator[nn.Module]:
        models = self._models
        nets = (models.codec, models.image, models.video, models.decoder, models.interpolation, models.upsampler)
        return (net for net in nets if net is not None)

    def _clip(self, request: Request, frames: Bytes, labels: tuple[FrameLabels, ...]) -> Clip:
        info = self._models.info
        if self._size != self._conditions.image_size:
            camera, _ = fit_camera(request.scenario.cameras[request.camera], self._size)
            labels = tuple(recamera(frame, camera, self._config.label_policy) for frame in labels)
        provenance = provenance_of(
            request,
            FrameKind.GENERATED,
            self._config.generator,
            model_id=info.name,
            model_sha256=self._models.sha256,
        )
        return clip_of(request, frames, labels, provenance, labelled=self._config.labelled)


def _load(folder: Path, config: SampleConfig) -> Models:
    if not folder.is_dir():
        raise ConfigError(
            "no such model folder",
            where="model",
            got=folder,
            remedy="name a folder that drivegen train wrote, such as model=out/train/model",
        )
    # What the folder lacks is missed by name, and with a way out, by whoever needs it.
    wanted: set[Part] = {"autoencoder", "image", "decoder"}
    wanted |= {"video"} if config.generator == "video_ldm" else set()
    wanted |= {"interpolation"} if config.interpolate else set()
    wanted |= {"upsampler"} if config.upsample else set()
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
