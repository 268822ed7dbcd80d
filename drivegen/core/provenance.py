"""Where a clip comes from and how to make it again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FrameKind(StrEnum):
    """Who made the pixels: the embedded world, a real camera, or the models."""

    RENDERED = "rendered"
    RECORDED = "recorded"
    GENERATED = "generated"


@dataclass(frozen=True)
class Provenance:
    """How a clip was made.

    Attributes:
        kind: rendered, recorded or generated.
        generator: name of what made the frames, such as reference or video_ldm.
        seed: seed of the request.
        model_id: name of the model folder; empty for reference frames.
        model_sha256: hash of its weights; empty for reference frames.
        config_hash: hash of the settings that decide the clip's bytes.
        layout_source: where the scenario comes from.
        license: licence of the layout's source.
    """

    kind: FrameKind
    generator: str
    seed: int
    model_id: str = ""
    model_sha256: str = ""
    config_hash: str = ""
    layout_source: str = ""
    license: str = ""
