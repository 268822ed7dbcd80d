"""Training of the perception nets."""

from __future__ import annotations

import torch
from torch import Tensor

from drivegen.models.perception import PerceptionNet, detections_of
from drivegen.training.perception_batches import (
    ClipBatch,
    FrameBatch,
    PerceptionBatch,
    clip_video,
    degrade,
    expose,
    mirror_clips,
    mirror_frames,
    to_images,
)
from drivegen.training.perception_config import PerceptionStage
from drivegen.training.perception_losses import clip_losses, frame_losses, identity_loss, region_loss, weighted_sum
from drivegen.training.perception_regions import Regions, draw_regions, joined, judge_proposals
from drivegen.training.perception_views import zoom_frames
from drivegen.training.stage_module import StageModule

# Boxes that the region branch is asked about when the frame branch proposes them.
_PROPOSAL_SCORE, _PROPOSALS_PER_FRAME = 0.1, 12


class PerceptionModule(StageModule):
    """Detection, ambience and identity from pairs of frames, motion and order from clips.

    Args:
        net: what `models.perception.build_perception` builds; frames come at its `image_size`.
        config: weights of the losses, augmentation, optimiser.
        seed: seed of the run.
    """

    net: PerceptionNet

    def __init__(self, net: PerceptionNet, config: PerceptionStage, seed: int) -> None:
        net.frame_branch.requires_grad_(config.trains("frames"))
        net.clip_branch.requires_grad_(config.trains("clips"))
        self._looks_at_regions = net.region_branch is not None and config.trains("regions")
        if net.region_branch is not None:
            net.region_branch.requires_grad_(self._looks_at_regions)
        super().__init__(net, config.optim, seed)
        self.config = config

    def losses(self, batch: PerceptionBatch, generator: torch.Generator) -> dict[str, Tensor]:
        """Losses of a batch by name; in training it is mirrored, zoomed, degraded and exposed at random."""
        pairs, images = self._varied_pairs(batch.pairs, generator)
        config, losses = self.config, dict[str, Tensor]()
        if config.trains("frames"):
            found = self.net.forward_frames(images)
            losses |= frame_losses(found, pairs)
            losses["identity"] = identity_loss(found.identity, pairs, config.temperature, config.same_class)
        if config.trains("clips"):
            clips, video = self._varied_clips(batch.clips, generator)
            of_clips = clip_losses(self.net.forward_clips(video, clips.interval_s), clips)
            losses |= {name if name not in losses else f"clip_{name}": value for name, value in of_clips.items()}
        if self._looks_at_regions:
            regions = draw_regions(pairs, generator)
            if config.proposals:
                regions = joined(regions, self._proposed(pairs, images))
            logits = self.net.forward_regions(images, regions.frame_of, regions.boxes_px)
            losses["regions"] = region_loss(logits, regions.category)
        return {"loss": weighted_sum(losses, config), **losses}

    def _proposed(self, pairs: FrameBatch, images: Tensor) -> Regions:
        """Boxes of what the frame branch detects in the first frames."""
        size = images.shape[-2], images.shape[-1]
        with torch.no_grad():
            found = self.net.forward_frames(images[: self.config.proposals])
        seen = [
            detections_of(found, i, size, min_score=_PROPOSAL_SCORE, max_detections=_PROPOSALS_PER_FRAME)
            for i in range(len(found.class_logits))
        ]
        return judge_proposals(pairs, [torch.from_numpy(one.boxes_px) for one in seen])

    def _varied_pairs(self, pairs: FrameBatch, generator: torch.Generator) -> tuple[FrameBatch, Tensor]:
        images = to_images(pairs.frames)
        if not self.training:
            return pairs, images
        if self.config.mirror:
            # Both frames of a pair or none: an object is told from its mirror image.
            chosen = self._chance(len(images) // 2, 0.5, generator).repeat_interleave(2)
            pairs, images = mirror_frames(pairs, images, chosen)
        pairs, images = zoom_frames(
            pairs, images, self._zoom(len(images), generator), self._places(len(images), generator)
        )
        images = expose(images, self._exposure(len(images), generator))
        return pairs, degrade(images, self._chance(len(images), self.config.degraded, generator))

    def _varied_clips(self, clips: ClipBatch, generator: torch.Generator) -> tuple[ClipBatch, Tensor]:
        size = self.net.config.clip_size
        if not self.training:
            return clips, clip_video(clips.frames, size)
        if self.config.mirror:
            clips = mirror_clips(clips, self._chance(len(clips.frames), 0.5, generator))
        return clips, expose(clip_video(clips.frames, size), self._exposure(len(clips.frames), generator))

    def _chance(self, count: int, probability: float, generator: torch.Generator) -> Tensor:
        return torch.rand(count, generator=generator, device=self.device) < probability

    def _zoom(self, count: int, generator: torch.Generator) -> Tensor:
        zoom = 1.0 + (self.config.max_zoom - 1.0) * torch.rand(count, generator=generator, device=self.device)
        return torch.where(self._chance(count, self.config.zoomed, generator), zoom, torch.ones_like(zoom))

    def _places(self, count: int, generator: torch.Generator) -> Tensor:
        return torch.rand(count, 2, generator=generator, device=self.device)

    def _exposure(self, count: int, generator: torch.Generator) -> Tensor:
        return 1.0 + self.config.exposure * (2.0 * torch.rand(count, generator=generator, device=self.device) - 1.0)
