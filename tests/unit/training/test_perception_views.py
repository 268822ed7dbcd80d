"""A part of a frame has the labels of that part; stills give pairs and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from drivegen.core import ConfigError
from drivegen.training.perception_arrays import PADDING, WRITTEN, PerceptionArrays
from drivegen.training.perception_batches import frame_batch, to_images
from drivegen.training.perception_config import PerceptionStage
from drivegen.training.perception_source import PerceptionSource
from drivegen.training.perception_views import zoom_frames

MakeArrays = Callable[..., PerceptionArrays]


def test_enlarged_pixels_lie_in_enlarged_boxes(painted: MakeArrays) -> None:
    arrays = painted(clips=4)
    batch = frame_batch(arrays, np.arange(len(arrays.frames)))
    generator = torch.Generator().manual_seed(0)
    zoom = 1.0 + torch.rand(len(batch.frames), generator=generator)
    place = torch.rand(len(batch.frames), 2, generator=generator)
    seen, images = zoom_frames(batch, to_images(batch.frames), zoom, place)
    inside = 0
    for image, box, role in zip(images, seen.boxes_px[:, 0], seen.role[:, 0], strict=True):
        if role > WRITTEN:
            # A bilinear edge is up to two pixels soft.
            x_min, y_min, x_max, y_max = (box + torch.tensor([2.0, 2.0, -2.0, -2.0])).round().int().tolist()
            found = image[0, y_min:y_max, x_min:x_max]
            inside += found.numel()
            assert found.numel() == 0 or torch.allclose(found, torch.tensor(220 / 127.5 - 1.0), atol=0.02)
    assert inside > 100


def test_no_zoom_changes_nothing(painted: MakeArrays) -> None:
    arrays = painted(clips=1)
    batch = frame_batch(arrays, np.arange(len(arrays.frames)))
    images = to_images(batch.frames)
    same, seen = zoom_frames(batch, images, torch.ones(len(images)), torch.rand(len(images), 2))
    assert torch.allclose(seen, images, atol=1e-4)
    for name, before in batch._asdict().items():
        assert torch.allclose(getattr(same, name).double(), before.double(), atol=1e-4, equal_nan=True), name


def test_what_a_part_leaves_out_is_no_target(painted: MakeArrays) -> None:
    arrays = painted(clips=1)
    batch = frame_batch(arrays, np.array([0, 1, 2]))
    height, width = arrays.image_size
    whole = torch.tensor([[0.0, 0.0, width / 4, height / 4]])
    boxes = torch.full_like(batch.boxes_px, torch.nan)
    # Wholly inside the upper left quarter; a quarter of it there; nothing of it there.
    boxes[:, 0] = torch.stack([whole[0], whole[0] + torch.tensor([width * 0.4375, 0, width * 0.4375, 0]),
                               whole[0] + torch.tensor([width * 0.6, 0, width * 0.6, 0])])  # fmt: skip
    role = torch.full_like(batch.role, PADDING)
    role[:, 0] = 2
    batch = batch._replace(boxes_px=boxes, role=role)
    seen, _ = zoom_frames(batch, to_images(batch.frames), torch.full((3,), 2.0), torch.zeros(3, 2))
    assert seen.role[:, 0].tolist() == [2, WRITTEN, PADDING]
    assert torch.allclose(seen.boxes_px[0, 0], 2 * whole[0])
    assert torch.allclose(seen.depth_m, batch.depth_m / 2, equal_nan=True)
    assert seen.road_users.isnan().all()


def test_stills_give_pairs_of_their_own(painted: MakeArrays, perception_stage: PerceptionStage) -> None:
    clips, stills = painted(clips=3), painted(clips=4, seed=7)
    source = PerceptionSource(clips, perception_stage, 0, stills=stills)
    assert len(source) == 7
    moving = {frame.tobytes() for frame in clips.frames}
    still = {frame.tobytes() for frame in stills.frames}
    batch = source.fetch(np.arange(7))
    seen = [frame.numpy().tobytes() for frame in batch.pairs.frames]
    assert len(seen) == 14 and moving.issuperset(seen[:6]) and still.issuperset(seen[6:])
    assert all(frame.numpy().tobytes() in moving for frame in batch.clips.frames.flatten(0, 1))
    tracks = [set(part[part >= 0].tolist()) for part in (batch.pairs.track[:6], batch.pairs.track[6:])]
    assert tracks[0] and tracks[1] and not tracks[0] & tracks[1]


@pytest.mark.parametrize(("name", "value"), [("zoomed", 1.5), ("max_zoom", 0.5)])
def test_a_zoom_out_of_range_is_refused(perception_stage: PerceptionStage, name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=name):
        replace(perception_stage, **{name: value})
