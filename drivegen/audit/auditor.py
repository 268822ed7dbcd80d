"""What an audit is, and the closed table of those there are.

The sampler calls `audit(clip)` on every clip and writes the verdict beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

from drivegen.audit.config import AuditConfig, PerceptionAuditConfig
from drivegen.audit.frames import FrameAuditor
from drivegen.audit.perception import PerceptionAuditor
from drivegen.audit.reliability import RELIABILITY_FILE, Reliability
from drivegen.audit.training_index import TrainingIndex
from drivegen.core.clips import Clip, Verdict
from drivegen.core.errors import ConfigError, DataError
from drivegen.core.observations import Observer


class Auditor(Protocol):
    """Judges clips, one at a time, from the clip alone."""

    def audit(self, clip: Clip) -> Verdict:
        """What is good or bad about the clip; never changes it."""
        ...


class NoAuditor:
    """Judges nothing: `passed` stays unknown."""

    def audit(self, clip: Clip) -> Verdict:
        """The empty verdict."""
        return Verdict(auditor="none", passed=None)


Maker = Callable[[AuditConfig, Observer | None, TrainingIndex | None], Auditor]


def make_auditor(
    config: AuditConfig, observer: Observer | None = None, training_index: TrainingIndex | None = None
) -> Auditor:
    """The auditor of a configuration.

    Args:
        observer: a judge in place of the net that the configuration names; read by kind=perception.
        training_index: the training clips of the model, unless the configuration names others. Left aside when another
            judge than ours made it: features of two judges do not compare.

    Raises:
        DataError: the audit net, the predictions or the index cannot be read, or do not belong together.
        ConfigError: cuda is asked for where there is none.
    """
    return AUDITORS[config.kind](config, observer, training_index)


def make_unmeasured_auditor(config: AuditConfig) -> PerceptionAuditor:
    """The auditor of a configuration as if nothing were known of its judge: to measure that, whatever is known so far.

    Raises:
        ConfigError: an auditor that does not look.
        DataError: the audit net or the predictions cannot be read.
    """
    if config.kind != "perception":
        raise ConfigError("does not look", where="audit.kind", expected="perception", got=config.kind)
    return PerceptionAuditor(_with_predictions(make_observer(config), config), config.perception, config.frames)


def make_observer(config: AuditConfig) -> Observer:
    """The judge that a configuration names: the audit net.

    Raises:
        DataError: it is not there, or is the evaluation net, which no filter may see.
        ConfigError: cuda is asked for where there is none.
    """
    # Importing torch is left to those who look at pixels with it.
    from drivegen.models.perception import PerceptionObserver, default_perception_folder, load_perception

    settings = config.perception
    folder = settings.net or default_perception_folder("audit")
    if not folder.is_dir():
        raise DataError(
            "no audit net", where=folder, expected="a folder of drivegen train stage=perception",
            remedy="set audit.perception.net=FOLDER, or audit.kind=frames to look for blank frames only",
        )  # fmt: skip
    device = _device(settings.device)
    loaded = load_perception(folder)
    if loaded.info.role == "evaluation":
        raise DataError(
            "the evaluation net must not filter: what it measures would be its own choice",
            where=folder,
            expected="a net of role audit or other",
            remedy="leave audit.perception.net empty, or train another: drivegen train stage=perception",
        )
    return PerceptionObserver(loaded.net, loaded.sha256, device)


def _device(wanted: Literal["auto", "cpu", "cuda"]) -> str:
    import torch

    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise ConfigError("no such device", where="audit.perception.device", got="cuda", remedy="set it to auto or cpu")
    return "cuda" if there and wanted != "cpu" else "cpu"


def _make_perception(config: AuditConfig, observer: Observer | None, index: TrainingIndex | None) -> Auditor:
    settings = config.perception
    judge = observer or make_observer(config)
    named = _index_for(judge, settings.training_index, index)
    judge = _with_predictions(judge, config)
    return PerceptionAuditor(judge, settings, config.frames, named, _reliability_of(judge, settings))


def _with_predictions(judge: Observer, config: AuditConfig) -> Observer:
    """The judge with the user's detections in place of its own, if there are any."""
    path = config.perception.predictions
    if path is None:
        return judge
    from drivegen.audit.detectors import PredictedObserver, read_predictions

    return PredictedObserver(judge, read_predictions(path))


def _reliability_of(judge: Observer, settings: PerceptionAuditConfig) -> Reliability | None:
    """What is known of a judge; what is known of the named net is left aside when another judge is in its place.

    A file that the settings name is taken at its word.
    """
    path = reliability_path(settings)
    if path is None:
        return None
    known = Reliability.load(path)
    return known if settings.reliability is not None or known.observer_sha256 == judge.sha256 else None


def reliability_path(settings: PerceptionAuditConfig) -> Path | None:
    """The file that tells how far the judge is to be trusted: a named one, else that of the net's folder, if any."""
    if settings.reliability is not None:
        return settings.reliability
    from drivegen.models.perception import default_perception_folder

    path = (settings.net or default_perception_folder("audit")) / RELIABILITY_FILE
    return path if path.is_file() else None


def _index_for(judge: Observer, path: Path | None, given: TrainingIndex | None) -> TrainingIndex | None:
    """The index that a path names, which has to be this judge's, or the given one, if it is."""
    if path is None:
        return given if given is not None and given.features_sha256 == judge.features_sha256 else None
    index = TrainingIndex.load(path)
    if index.features_sha256 != judge.features_sha256:
        raise DataError(
            "made by another judge",
            where=path,
            expected=f"features_sha256 {judge.features_sha256}",
            got=index.features_sha256,
            remedy="build it again: drivegen audit 'training.roots=[...]' out=...",
        )
    return index


AUDITORS: dict[str, Maker] = {
    "none": lambda config, observer, index: NoAuditor(),
    "frames": lambda config, observer, index: FrameAuditor(config.frames),
    "perception": _make_perception,
}
