"""From a request and its frames to a clip."""

from __future__ import annotations

from drivegen.core.arrays import Bytes
from drivegen.core.cameras import Camera
from drivegen.core.clips import Clip
from drivegen.core.labels import FrameLabels, LabelPolicy, label_frame
from drivegen.core.provenance import FrameKind, Provenance
from drivegen.generation.requests import Request


def labels_of(request: Request, camera: Camera, policy: LabelPolicy) -> tuple[FrameLabels, ...]:
    """The labels of each frame of a request, as `camera` (its camera, cropped and resized) sees them."""
    return tuple(label_frame(request.scenario, camera, time, policy) for time in request.frame_times_us)


def clip_of(
    request: Request, frames: Bytes, labels: tuple[FrameLabels, ...], provenance: Provenance, *, labelled: bool
) -> Clip:
    """The clip that answers a request.

    A clip made without boxes keeps the labels of its scenario, so that its crowdedness stays known, and says by
    `labelled=False` that the frames need not follow them; the store then writes none.

    Args:
        frames: (T, H, W, 3) uint8 RGB.
    """
    return Clip(
        clip_id=request.clip_id,
        scenario_id=request.scenario.scenario_id,
        camera=request.camera,
        frames=frames,
        labels=labels,
        ambience=request.scenario.ambience,
        fps=request.fps,
        provenance=provenance,
        requested=request.requested,
        labelled=labelled,
    )


def provenance_of(
    request: Request, kind: FrameKind, generator: str, *, model_id: str = "", model_sha256: str = ""
) -> Provenance:
    """How a request was answered; the hash of the settings is stamped on by the sampler."""
    return Provenance(
        kind=kind,
        generator=generator,
        seed=request.seed,
        model_id=model_id,
        model_sha256=model_sha256,
        layout_source=request.layout_source,
        license=request.scenario.license,
    )
