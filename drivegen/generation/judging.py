"""Who judges the clips of a run, by content, and how long that takes."""

from __future__ import annotations

import time
from pathlib import Path

from drivegen.audit import TrainingIndex, make_auditor, make_observer, reliability_path
from drivegen.core.clips import Clip, Verdict
from drivegen.core.errors import ConfigError
from drivegen.core.observations import Observer
from drivegen.generation.compute import thread_count
from drivegen.generation.config import SampleConfig
from drivegen.generation.identity import content_hash
from drivegen.generation.stretches import audit_in_stretches


class Judge:
    """The auditor of a run.

    Args:
        observer: a judge of the user's in place of the net that the settings name; None takes that one.
        model_index: the training clips of the model that draws; they are passed over, with a note, when another judge
            looked at them. Ones that the settings name come first.

    Attributes:
        notes: what could not be done, one line each.
        seconds: wall-clock time spent judging so far.

    Raises:
        ConfigError: an observer for an audit that does not look.
        DataError: the audit net or an index cannot be read, or the index that the settings name is another judge's.
    """

    def __init__(self, config: SampleConfig, observer: Observer | None = None, model_index: Path | None = None) -> None:
        self.notes: tuple[str, ...] = ()
        self.seconds = 0.0
        self._identity: dict[str, str | int] = {}
        looks = config.audit.kind == "perception"
        if observer is not None and not looks:
            remedy = "set audit.kind=perception"
            raise ConfigError("does not look", where="audit.kind", got=config.audit.kind, remedy=remedy)
        index = None
        if looks:
            observer = observer or make_observer(config.audit)
            index = self._index(config, observer, model_index)
            known = reliability_path(config.audit.perception)
            if known is not None:
                self._identity["reliability_sha256"] = content_hash([known])
            # What a net sees depends on the order of its sums in the last digits, which threads decide.
            self._identity |= {"observer_sha256": observer.sha256, "threads": thread_count(config)}
        self._auditor = make_auditor(config.audit, observer, index)

    def audit(self, clip: Clip) -> Verdict:
        """Look at a clip and judge it."""
        started = time.perf_counter()
        verdict = audit_in_stretches(self._auditor, clip)
        self.seconds += time.perf_counter() - started
        return verdict

    def identity(self) -> dict[str, str | int]:
        """What decides its verdicts beside the settings, as plain values."""
        return dict(self._identity)

    def _index(self, config: SampleConfig, observer: Observer, model_index: Path | None) -> TrainingIndex | None:
        path = config.audit.perception.training_index or model_index
        if path is None:
            return None
        index = TrainingIndex.load(path)
        if index.features_sha256 != observer.features_sha256 and path == model_index:
            self.notes = (f"not compared with training clips: {path} was made by another judge",)
            return None
        self._identity["training_clips_sha256"] = content_hash([path])
        return index
