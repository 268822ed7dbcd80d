"""What the user asks the evaluation for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from drivegen.core import ConfigError
from drivegen.evaluation.canonical import FeaturesConfig
from drivegen.evaluation.clip_measures import MeasureSettings
from drivegen.evaluation.control import ControlGate


@dataclass(frozen=True)
class EvaluateConfig:
    """A generated dataset, the reference that it is held to, and how."""

    store: Path | None = None
    """The dataset that is evaluated."""
    reference: Path | None = None
    """Dataset of rendered or recorded clips at the same rate; best of the same scenarios, as
    `drivegen sample generator=reference` makes them with the same seed."""
    out: Path = Path("out/evaluation")
    """Folder of the metric card, its page and its pictures."""
    net: Path | None = None
    """Folder of the perception net that judges; None: the evaluation net of the package, which nothing is trained or
    filtered by."""
    reconstructed: Literal["auto", "none"] | Path = "auto"
    """Model folder whose autoencoder reconstructs the reference, to tell its losses from those of generation. auto: the
    package's, where it made the clips; none: leave it out."""
    predictions: Path | None = None
    """Your own detector's detections in `store`, in place of the net's: Parquet, or COCO's results beside their
    images. Needs `reference_predictions`."""
    reference_predictions: Path | None = None
    """The same detector's detections in `reference`."""
    features: FeaturesConfig = field(default_factory=FeaturesConfig)
    limit: int | None = None
    """Clips of each dataset at most, evenly chosen; None: all."""
    workers: int = 1
    """Processes that look at clips; 1: this one, with `threads`."""
    threads: int | None = None
    """Compute threads of one process; None: every core."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    measures: MeasureSettings = field(default_factory=MeasureSettings)
    control: ControlGate = field(default_factory=ControlGate)
    seed: int = 0
    resamples: int = 1000
    """Bootstrap resamples of an interval."""
    frechet_resamples: int = 100
    """The same for distances and diversity, each of which costs matrix decompositions."""
    splits: int = 20
    """Random halves of the reference for floors."""
    pictures: int = 6
    """Scenarios on the side-by-side picture; 0: none."""
    compare: tuple[Path, ...] = ()
    """Metric cards (card.json or their folders) to be put side by side instead."""

    def __post_init__(self) -> None:
        if self.compare:
            if self.store is not None or self.reference is not None:
                raise ConfigError("compares cards, not datasets", where="compare", remedy="leave out store, reference")
            if len(self.compare) < 2:
                raise ConfigError("too few cards", where="compare", expected="at least 2", got=len(self.compare))
            return
        for name in ("store", "reference"):
            if getattr(self, name) is None:
                remedy = f"drivegen evaluate store=... reference=... ({name} is a dataset), or compare=[a.json,b.json]"
                raise ConfigError("missing key", where=name, remedy=remedy)
        if (self.predictions is None) != (self.reference_predictions is None):
            raise ConfigError("one detector judges both datasets", where="predictions, reference_predictions")
        limits = {"workers": 1, "resamples": 2, "frechet_resamples": 2, "splits": 2, "pictures": 0}
        limits |= {name: 1 for name in ("limit", "threads") if getattr(self, name) is not None}
        for name, least in limits.items():
            if getattr(self, name) < least:
                raise ConfigError("too few", where=name, expected=f">= {least}", got=getattr(self, name))
