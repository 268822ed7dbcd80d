"""What the ablation compares, after table 1 (right) of Video LDM, and the trainings that it takes.

Blattmann et al. 2023 (arXiv 2304.08818), section 4.1.1 and appendix table 7. All arms of a seed that can share an image
model do share it, so that their differences are those of what came after.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

Space = Literal["latent", "pixel"]


class Arm(StrEnum):
    """A way to a video model, or of drawing from it."""

    OURS = "ours"
    CONTEXT_GUIDED = "context_guided"
    ATTENTION_ONLY = "attention_only"
    END_TO_END = "end_to_end"
    PIXEL = "pixel"

    @property
    def words(self) -> str:
        """As a reader calls it."""
        return self.value.replace("_", " ")


class Run(StrEnum):
    """A training."""

    IMAGE = "image"
    VIDEO = "video"
    ATTENTION_ONLY = "attention_only"
    END_TO_END = "end_to_end"
    PIXEL_IMAGE = "pixel_image"
    PIXEL_VIDEO = "pixel_video"


@dataclass(frozen=True)
class Plan:
    """How a training differs from the others.

    Attributes:
        stage: of `drivegen train`.
        before: the training that it goes on from; None: it starts fresh, on an autoencoder that is given.
        space: what it works on.
    """

    stage: Literal["image", "video"]
    before: Run | None
    space: Space = "latent"


PLANS: Final[dict[Run, Plan]] = {
    Run.IMAGE: Plan("image", None),
    Run.VIDEO: Plan("video", Run.IMAGE),
    Run.ATTENTION_ONLY: Plan("video", Run.IMAGE),
    Run.END_TO_END: Plan("video", None),
    Run.PIXEL_IMAGE: Plan("image", None, "pixel"),
    Run.PIXEL_VIDEO: Plan("video", Run.PIXEL_IMAGE, "pixel"),
}

# The training that each arm draws its clips from.
MODELS: Final[dict[Arm, Run]] = {
    Arm.OURS: Run.VIDEO,
    Arm.CONTEXT_GUIDED: Run.VIDEO,
    Arm.ATTENTION_ONLY: Run.ATTENTION_ONLY,
    Arm.END_TO_END: Run.END_TO_END,
    Arm.PIXEL: Run.PIXEL_VIDEO,
}

WHAT: Final[dict[Arm, str]] = {
    Arm.OURS: "image model first, then temporal layers over it, frozen",
    Arm.CONTEXT_GUIDED: "the same model, drawn with guidance by its known frames",
    Arm.ATTENTION_ONLY: "temporal attention in the place of the 3D convolutions",
    Arm.END_TO_END: "no image model first: all weights from scratch, on clips",
    Arm.PIXEL: "pixels in the place of latents",
}


@dataclass(frozen=True)
class Distances:
    """Frechet distances of video (FVD) and of images (FID)."""

    video: float
    image: float


# Their own features (I3D, Inception), data and scale: the order of the arms can be compared, the figures cannot.
PAPER: Final[dict[Arm, Distances]] = {
    Arm.OURS: Distances(534.17, 48.26),
    Arm.CONTEXT_GUIDED: Distances(508.82, 54.16),
    Arm.ATTENTION_ONLY: Distances(704.41, 50.01),
    Arm.END_TO_END: Distances(1155.10, 71.26),
    Arm.PIXEL: Distances(639.56, 59.70),
}


def runs_of(arm: Arm) -> tuple[Run, ...]:
    """The trainings of an arm, the first one first."""
    runs = [MODELS[arm]]
    while (before := PLANS[runs[0]].before) is not None:
        runs.insert(0, before)
    return tuple(runs)
