"""What an evaluation looks at, with which networks: everything that can be refused before the first clip is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from drivegen.core import ConfigError, DataError, Observer
from drivegen.evaluation.card import JudgeFacts
from drivegen.evaluation.clip_lists import ClipList, check_alike, clip_list
from drivegen.evaluation.clip_measures import MeasureSettings
from drivegen.evaluation.config import EvaluateConfig
from drivegen.evaluation.looking import Look, open_networks, open_observer, reconstructor
from drivegen.store import StoreReader

RESIZE_FILTER: Final = "area average where both sides shrink, else bilinear, aspect squeezed"
"""Of `models.perception`."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What is looked at, and how.

    Attributes:
        generated, reference: their clips.
        generated_look, reference_look: how those are measured.
        observer: a judge that lives in this process; None: that of the looks' folder.
        judge: what it is.
        networks: sha256 of further networks and predictions, by name.
        workers: processes.
        notes: what has to be known to read the figures.
    """

    generated: ClipList
    reference: ClipList
    generated_look: Look
    reference_look: Look
    observer: Observer | None
    judge: JudgeFacts
    networks: dict[str, str]
    workers: int
    notes: tuple[str, ...]

    @property
    def settings(self) -> MeasureSettings:
        """Of the measures, fitted to the clips."""
        return self.reference_look.settings


def make_plan(config: EvaluateConfig, observer: Observer | None = None) -> Plan:
    """Open both datasets and all networks once.

    Raises:
        ConfigError: settings that cannot be met.
        DataError: something that cannot be read, or datasets that cannot be held to one another.
    """
    if config.store is None or config.reference is None:
        raise ConfigError("missing key", where="store, reference")
    _check_observer(config, observer)
    generated, reference = (clip_list(StoreReader(s), config.limit) for s in (config.store, config.reference))
    check_alike(generated, reference)
    device = _device(config.device)
    net = None if observer is not None else config.net or _default_net()
    look = Look(config.store, net, fitted(config.measures, generated, reference), device, features=config.features)
    generated_look = replace(look, predictions=config.predictions)
    reference_look = replace(
        look, store=config.reference, autoencoder=_autoencoder(config), predictions=config.reference_predictions
    )
    networks: dict[str, str] = {network.kind: network.sha256 for network in open_networks(config.features, device)}
    for name, path in (("predictions", config.predictions), ("reference_predictions", config.reference_predictions)):
        if net is not None and path is not None:
            networks[name] = open_observer(net, device, path).sha256
    judge = _facts_of(observer) if observer is not None or net is None else _facts_of_folder(net)
    if reference_look.autoencoder is not None:
        reconstructor(reference_look.autoencoder, device)
    notes = _notes(config, generated, reference, judge)
    return Plan(generated, reference, generated_look, reference_look, observer, judge, networks, config.workers, notes)


def fitted(settings: MeasureSettings, generated: ClipList, reference: ClipList) -> MeasureSettings:
    """Windows no longer than the shortest clip, so that all are equally long; chunks that reach the longest's end."""
    shortest, longest = min(generated.shortest, reference.shortest), max(generated.longest, reference.longest)
    return replace(
        settings,
        window_frames=min(settings.window_frames, shortest),
        chunk_frames=max(settings.chunk_frames, -(-longest // settings.max_chunks)),
    )


def _check_observer(config: EvaluateConfig, observer: Observer | None) -> None:
    """A judge that lives in this process can neither be sent to others nor be read from a folder."""
    if observer is None:
        return
    for name in ("net", "predictions"):
        if getattr(config, name) is not None:
            raise ConfigError("an observer was given as well", where=name, got=getattr(config, name))
    if config.workers > 1:
        remedy = "use workers=1, or a net's folder"
        raise ConfigError("an observer looks in this process", where="workers", got=config.workers, remedy=remedy)


def _device(name: Literal["auto", "cpu", "cuda"]) -> str:
    import torch

    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise ConfigError("no CUDA device", where="device", expected="cpu or auto", got="cuda")
    return "cuda" if available and name != "cpu" else "cpu"


def _default_net() -> Path:
    from drivegen.models.perception import default_perception_folder

    folder = default_perception_folder("evaluation")
    if not folder.is_dir():
        remedy = "give net=... (train one: drivegen train stage=perception perception.role=evaluation)"
        raise DataError("the package has no evaluation net", where=folder, remedy=remedy)
    return folder


def _autoencoder(config: EvaluateConfig) -> Path | None:
    """The model folder that reconstructs the reference."""
    if config.reconstructed == "none":
        return None
    if isinstance(config.reconstructed, Path):
        if config.predictions is not None:
            remedy = "use reconstructed=none"
            raise ConfigError("predictions know no reconstructed frames", where="reconstructed", remedy=remedy)
        return config.reconstructed
    from drivegen.models import default_model_folder, model_sha256

    folder = default_model_folder()
    if config.store is None or config.predictions is not None or not folder.is_dir():
        return None
    made_by = StoreReader(config.store).manifest.model.get("sha256")
    return folder if made_by == model_sha256(folder) else None


def _facts_of_folder(folder: Path) -> JudgeFacts:
    from drivegen.models.perception import load_perception

    loaded = load_perception(folder)
    return JudgeFacts(loaded.info.name, loaded.info.config.kind, loaded.info.role, loaded.sha256, RESIZE_FILTER)


def _facts_of(observer: Observer | None) -> JudgeFacts:
    name = type(observer).__name__
    sha256 = observer.sha256 if observer is not None else ""
    return JudgeFacts(name, "observer", "other", sha256, str(getattr(observer, "resize_filter", "its own")))


def _notes(config: EvaluateConfig, generated: ClipList, reference: ClipList, judge: JudgeFacts) -> tuple[str, ...]:
    notes = []
    if judge.role == "audit":
        notes.append("The judge is an audit net: what it filtered looks better to it than it is.")
    if generated.shortest != generated.longest or (generated.shortest, generated.longest) != (
        reference.shortest,
        reference.longest,
    ):
        lengths = f"{generated.shortest} to {generated.longest} and {reference.shortest} to {reference.longest}"
        notes.append(f"Clips differ in length ({lengths} frames): measures over time compare what both have.")
    if config.predictions is not None:
        notes.append("Objects are those of the user's detector; all else is the net's.")
    if config.limit is not None:
        notes.append(f"At most {config.limit} clips of each dataset, evenly chosen.")
    return tuple(notes)
