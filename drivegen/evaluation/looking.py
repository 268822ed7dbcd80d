"""From a clip's id to its measures: a pure function that any process can do by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from drivegen.audit.detectors import PredictedObserver, read_predictions
from drivegen.core import Clip, DataError, Observer
from drivegen.core.arrays import Bytes
from drivegen.evaluation.canonical import CanonicalFeatures, FeaturesConfig, open_canonical
from drivegen.evaluation.clip_measures import ClipMeasures, Features, MeasureSettings, measure_clip
from drivegen.store import StoreReader

Reconstruct = Callable[[Bytes], Bytes]


@dataclass(frozen=True)
class Look:
    """How the clips of a store are measured, by paths alone: what a worker process is told.

    Attributes:
        store: the dataset.
        net: the judge's folder; None takes the observer that `measure` is given.
        settings: of the measures.
        device: where networks run.
        autoencoder: model folder that also reconstructs the clips; None leaves that out.
        predictions: of a user's detector for this store.
        features: further feature networks.
    """

    store: Path
    net: Path | None
    settings: MeasureSettings = field(default_factory=MeasureSettings)
    device: str = "cpu"
    autoencoder: Path | None = None
    predictions: Path | None = None
    features: FeaturesConfig = field(default_factory=FeaturesConfig)

    def __call__(self, clip_id: str) -> tuple[ClipMeasures, ...]:
        """The measures of a clip and, with an autoencoder, of its reconstruction."""
        if self.net is None:
            raise DataError("no judge", where="Look.net", remedy="give its folder, or an observer to measure()")
        return self.measure(clip_id, open_observer(self.net, self.device, self.predictions))

    def measure(self, clip_id: str, observer: Observer) -> tuple[ClipMeasures, ...]:
        """The same, by an observer of this process."""
        clip = _reader(self.store).clip(clip_id)
        measured = [self._of(clip, observer)]
        if self.autoencoder is not None:
            frames = reconstructor(self.autoencoder, self.device)(clip.frames)
            measured.append(self._of(replace(clip, frames=frames), observer))
        return tuple(measured)

    def _of(self, clip: Clip, observer: Observer) -> ClipMeasures:
        extra: dict[str, Features] = {}
        for network in open_networks(self.features, self.device):
            extra[network.kind] = network.features(clip.frames, self.settings.window_frames)
        return measure_clip(clip, observer, self.settings, extra)


def look_at_clip(item: tuple[Look, str], observer: Observer | None = None) -> tuple[ClipMeasures, ...]:
    """The measures of one clip of one store: what any executor is given.

    Args:
        item: how, and the clip's id.
        observer: a judge of this process; None: that of the look's folder.
    """
    look, clip_id = item
    return look(clip_id) if observer is None else look.measure(clip_id, observer)


def forget() -> None:
    """Drop what this process has open: folders may have been written anew since."""
    for opened in (_reader, open_observer, open_networks, reconstructor):
        opened.cache_clear()


@lru_cache(maxsize=2)
def _reader(store: Path) -> StoreReader:
    return StoreReader(store)


@lru_cache(maxsize=2)
def open_observer(net: Path, device: str, predictions: Path | None = None) -> Observer:
    """The judge of a folder, seeing a user's detections in place of its own where there are any; one per process.

    Raises:
        DataError: the folder or the predictions cannot be read.
    """
    from drivegen.models.perception import load_observer

    observer: Observer = load_observer(net, device)
    return observer if predictions is None else PredictedObserver(observer, read_predictions(predictions))


@lru_cache(maxsize=1)
def open_networks(features: FeaturesConfig, device: str) -> tuple[CanonicalFeatures, ...]:
    """Further feature networks, one set per process."""
    return open_canonical(features, device)


@lru_cache(maxsize=1)
def reconstructor(folder: Path, device: str) -> Reconstruct:
    """The autoencoder of a model folder as a function of frames (T, H, W, 3); one per process.

    Raises:
        DataError: no model folder, or one without an autoencoder.
    """
    import torch
    from einops import rearrange

    from drivegen.models import load_model

    models = load_model(folder, ("autoencoder",))
    codec, multiple = models.codec.to(device), models.info.autoencoder.downsampling

    def reconstruct(frames: Bytes) -> Bytes:
        if any(side % multiple for side in frames.shape[1:3]):
            raise DataError(
                "frames do not fit the autoencoder", where=folder, expected=f"sides in multiples of {multiple} px",
                got=frames.shape[1:3], remedy="reconstructed=none leaves it out",
            )  # fmt: skip
        video = torch.from_numpy(np.ascontiguousarray(frames)).to(device).float() / 127.5 - 1.0
        decoded = codec.decode(codec.encode(rearrange(video, "t h w c -> 1 t c h w")))
        pixels = rearrange(decoded, "1 t c h w -> t h w c")
        return np.asarray(((pixels + 1.0) * 127.5).round().clamp(0, 255).byte().cpu().numpy())

    return reconstruct
