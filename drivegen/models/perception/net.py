"""A perception net: one branch for frames, one for clips, and perhaps one for regions of frames."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from drivegen.core.errors import DataError
from drivegen.models.perception.clip_branch import ClipBranch
from drivegen.models.perception.config import PerceptionConfig
from drivegen.models.perception.frame_branch import FrameBranch
from drivegen.models.perception.outputs import ClipOutputs, FrameOutputs
from drivegen.models.perception.region_branch import RegionBranch


class PerceptionNet(nn.Module):
    """Looks at frames, at clips and at regions of frames.

    The branches share nothing, so that one can be trained or used without the others.

    Args:
        config: what it was built from.
        trunk: of the frame branch, as `config.kind` says; see `build_perception`.
    """

    def __init__(self, config: PerceptionConfig, trunk: nn.Module) -> None:
        super().__init__()
        self.config = config
        self.frame_branch = FrameBranch(config, trunk)
        self.clip_branch = ClipBranch(config)
        self.region_branch = RegionBranch(config.region_width) if config.region_width else None

    def forward_frames(self, images: Tensor) -> FrameOutputs:
        """What is in frames.

        Args:
            images: (B, 3, H, W) in [-1, 1] at `config.image_size`.

        Raises:
            DataError: images of another size.
        """
        _check_shape("forward_frames", images, (3, *self.config.image_size), axes=4)
        if self.config.enlarged > 1:
            images = F.interpolate(images, self.config.looked_at, mode="bilinear", align_corners=False)
        return self.frame_branch(images)

    def forward_clips(self, video: Tensor, interval_s: Tensor) -> ClipOutputs:
        """What happens in clips.

        Args:
            video: (B, T, 3, H, W) in [-1, 1] at `config.clip_size`; T is at least 1.
            interval_s: (B,) seconds between frames.

        Raises:
            DataError: frames of another size.
        """
        _check_shape("forward_clips", video, (3, *self.config.clip_size), axes=5)
        return self.clip_branch(video, interval_s)

    def forward_regions(self, images: Tensor, frame_of: Tensor, boxes_px: Tensor) -> Tensor:
        """What stands in boxes.

        Args:
            images: (B, 3, H, W) in [-1, 1] at `config.image_size`.
            frame_of: (N,) which image each box lies in.
            boxes_px: (N, 4) in pixels of the images, finite; they may reach beyond an image's edges.

        Returns:
            (N, 11) logits of the classes of `core.CATEGORIES`, and last of nothing that fits the box.

        Raises:
            DataError: images of another size, or a net without a region branch.
        """
        _check_shape("forward_regions", images, (3, *self.config.image_size), axes=4)
        if self.region_branch is None:
            raise DataError(
                "the net has no region branch",
                where="forward_regions",
                remedy="train one: drivegen train stage=perception model=FOLDER perception.region_width=32",
            )
        return self.region_branch(images, frame_of, boxes_px)


def _check_shape(where: str, x: Tensor, expected: tuple[int, ...], axes: int) -> None:
    if x.ndim != axes or tuple(x.shape[-3:]) != expected or 0 in x.shape[1:]:
        raise DataError(
            "frames do not fit the perception net", where=where, expected=("...", *expected), got=tuple(x.shape)
        )
