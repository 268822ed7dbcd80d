"""A stage ready to train, whatever the stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivegen.training.batches import Source
from drivegen.training.pictures import Painter
from drivegen.training.stage_module import StageModule


@dataclass(eq=False)
class Prepared:
    """A stage ready to train.

    Attributes:
        module: what is trained.
        source: what it is trained on.
        validation: batches to measure it by.
        painter: draws what it can do.
        frames_per_sample: frames of one sample, for the rate shown.
        save: writes the model folder, given the facts of the training; called with the averaged weights in place, on
            the CPU; returns the hash of the weights.
        facts: about the data.
    """

    module: StageModule
    source: Source
    validation: list[Any]
    painter: Painter
    frames_per_sample: int
    save: Callable[[Path, dict[str, Any]], str]
    facts: dict[str, Any] = field(default_factory=dict)
