"""Boxes to ask a region branch about: those of objects, and those where nothing fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from drivegen.models.perception import NOTHING
from drivegen.training.perception_arrays import PADDING, SCORED
from drivegen.training.perception_batches import FrameBatch

OBJECTS_PER_FRAME = 8
EMPTY_PER_FRAME = 4
_CANDIDATES = 14
# Kinds of empty boxes: another frame's object, an object moved aside by about its width, one with a box that misses it.
_FOREIGN, _ASIDE, _LOOSE = 0, 1, 2
_KIND_SHARES = (0.5, 0.22, 0.28)
# Of the smaller of an empty box and any object's, at most so much is shared by a foreign one ...
_SHARED = 0.15
# ... and at most this intersection over union is left to one moved aside, and to a loose one.
_ASIDE_IOU, _LOOSE_IOU = 0.25, 0.3
# A proposal that overlaps an object so much shows it.
_PROPOSED_IOU = 0.5
# Objects' boxes are a little off: standard deviation of each edge, in sides.
_JITTER = 0.06
_ASIDE_WIDTHS = (0.8, 1.6)
_LOOSE_SIDES, _LOOSE_LOG_SCALE = 0.8, 0.5
# A box may reach beyond the frame by this share of its width.
_OUTSIDE = 1.0 / 3.0


class Regions(NamedTuple):
    """N boxes in B frames."""

    frame_of: Tensor
    """(N,) row of the frame."""
    boxes_px: Tensor
    """(N, 4) in pixels of the frames."""
    category: Tensor
    """(N,) place in `core.CATEGORIES`, or NOTHING."""


def draw_regions(batch: FrameBatch, generator: torch.Generator) -> Regions:
    """At most OBJECTS_PER_FRAME scored objects of each frame, and at most EMPTY_PER_FRAME boxes where nothing fits.

    Empty boxes are those of objects of the same batch, so that neither size nor place gives them away: only pixels do.
    """
    frames, rows = _objects(batch, generator)
    if not len(frames):
        nobody = batch.boxes_px.new_zeros((0, 4))
        return Regions(frames, nobody, frames)
    boxes = batch.boxes_px[frames, rows]
    empty_frames, empty = _empty(batch, frames, boxes, generator)
    return Regions(
        torch.cat([frames, empty_frames]),
        torch.cat([_jittered(boxes, generator), empty]),
        torch.cat([batch.category[frames, rows].long(), torch.full_like(empty_frames, NOTHING)]),
    )


def judge_proposals(batch: FrameBatch, proposals: Sequence[Tensor]) -> Regions:
    """What stands in boxes that a detector proposes: an object, or nothing; boxes half on an object are left out.

    A second stage learns from the slips of the first (R-CNN, section 2.3).

    Args:
        proposals: (D, 4) boxes of each of the first frames of the batch.
    """
    boxes = torch.cat([batch.boxes_px.new_zeros((0, 4)), *(of_frame.to(batch.boxes_px) for of_frame in proposals)])
    counts = torch.tensor([len(of_frame) for of_frame in proposals], dtype=torch.long, device=boxes.device)
    frames = torch.arange(len(counts), device=boxes.device).repeat_interleave(counts)
    iou, _ = _overlaps(boxes[:, None], batch.boxes_px[frames])
    iou = torch.where(_written(batch)[frames], iou, torch.zeros_like(iou))
    best, row = iou.max(dim=1)
    is_object = (best >= _PROPOSED_IOU) & (batch.role[frames, row] == SCORED)
    category = torch.where(is_object, batch.category[frames, row].long(), NOTHING)
    kept = is_object | (best < _LOOSE_IOU)
    return Regions(frames[kept], boxes[kept], category[kept])


def joined(one: Regions, other: Regions) -> Regions:
    """The boxes of both."""
    return Regions(*(torch.cat(parts) for parts in zip(one, other, strict=True)))


def _objects(batch: FrameBatch, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Frame (N,) and place in it (N,) of some scored objects, drawn at random."""
    scored = (batch.role == SCORED) & torch.isfinite(batch.boxes_px).all(dim=-1)
    lot = torch.rand(scored.shape, generator=generator, device=scored.device).masked_fill(~scored, -1.0)
    most = min(OBJECTS_PER_FRAME, scored.shape[1])
    drawn = torch.zeros_like(scored).scatter_(1, lot.topk(most, dim=1).indices, True) & scored
    frames, rows = torch.nonzero(drawn, as_tuple=True)
    return frames, rows


def _empty(batch: FrameBatch, frames: Tensor, boxes: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Frame (M,) and box (M, 4) of places where nothing fits, from objects (N,) and their boxes (N, 4)."""
    count, width = len(batch.boxes_px), batch.frames.shape[2]
    kind = _kinds((count, _CANDIDATES), generator, boxes.device)
    any_box = boxes[torch.randint(len(boxes), kind.shape, generator=generator, device=boxes.device)]
    own = _own(frames, count, kind.shape[1], generator)
    has_own = own >= 0
    own_box = boxes[own.clamp_min(0)]
    kind = torch.where(has_own, kind, torch.full_like(kind, _FOREIGN))
    candidates = torch.where(
        (kind == _FOREIGN)[..., None],
        _somewhere(any_box, width, generator),
        torch.where((kind == _ASIDE)[..., None], _aside(own_box, generator), _loose(own_box, generator)),
    )
    fits = _apart(candidates, kind, batch) & _within(candidates, width)
    first = fits & (fits.cumsum(dim=1) <= EMPTY_PER_FRAME)
    rows, places = torch.nonzero(first, as_tuple=True)
    return rows, candidates[rows, places]


def _own(frames: Tensor, count: int, candidates: int, generator: torch.Generator) -> Tensor:
    """For each of `count` frames, (count, candidates) objects of its own drawn at random; -1 where it has none."""
    held = torch.bincount(frames, minlength=count)
    first = held.cumsum(dim=0) - held
    drawn = torch.rand((count, candidates), generator=generator, device=frames.device)
    # Objects come in order of their frames.
    place = first[:, None] + (drawn * held[:, None]).long()
    return torch.where(held[:, None] > 0, place, torch.full_like(place, -1))


def _kinds(shape: tuple[int, int], generator: torch.Generator, device: torch.device) -> Tensor:
    foreign, aside, _ = _KIND_SHARES
    drawn = torch.rand(shape, generator=generator, device=device)
    return (drawn >= foreign).long() + (drawn >= foreign + aside).long()


def _somewhere(boxes: Tensor, width: int, generator: torch.Generator) -> Tensor:
    """Half of the boxes (..., 4) as they are, half anywhere in their row."""
    free = (width - (boxes[..., 2] - boxes[..., 0])).clamp_min(0.0)
    step = free * _uniform(boxes, generator) - boxes[..., 0]
    return _moved(boxes, torch.where(_uniform(boxes, generator) < 0.5, step, torch.zeros_like(step)))


def _aside(boxes: Tensor, generator: torch.Generator) -> Tensor:
    """Boxes (..., 4) moved to either side by about their width."""
    least, most = _ASIDE_WIDTHS
    side = torch.where(_uniform(boxes, generator) < 0.5, -1.0, 1.0)
    widths = least + (most - least) * _uniform(boxes, generator)
    return _moved(boxes, side * widths * (boxes[..., 2] - boxes[..., 0]))


def _loose(boxes: Tensor, generator: torch.Generator) -> Tensor:
    """Boxes (..., 4) of other sizes, somewhere on or beside the object."""
    low, high = boxes.split(2, dim=-1)
    sides = high - low
    moves = torch.rand(sides.shape, generator=generator, device=boxes.device) * 2 - 1
    scale = torch.exp(_LOOSE_LOG_SCALE * torch.randn(sides.shape, generator=generator, device=boxes.device))
    centre = (low + high) / 2 + _LOOSE_SIDES * moves * sides
    return torch.cat([centre - scale * sides / 2, centre + scale * sides / 2], dim=-1)


def _jittered(boxes: Tensor, generator: torch.Generator) -> Tensor:
    """Boxes (N, 4) with every edge a little off."""
    sides = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
    return boxes + _JITTER * sides * torch.randn(boxes.shape, generator=generator, device=boxes.device)


def _apart(candidates: Tensor, kind: Tensor, batch: FrameBatch) -> Tensor:
    """Whether candidates (B, E, 4) are far enough from whatever is written in their frames, (B, E)."""
    iou, of_smaller = _overlaps(candidates[:, :, None], batch.boxes_px[:, None])
    bound = torch.tensor([_SHARED, _ASIDE_IOU, _LOOSE_IOU], device=iou.device)[kind]
    overlap = torch.where((kind == _FOREIGN)[..., None], of_smaller, iou)
    known = _written(batch)[:, None]
    return (torch.where(known, overlap, torch.zeros_like(overlap)) < bound[..., None]).all(dim=-1)


def _written(batch: FrameBatch) -> Tensor:
    """Which (B, K) of the objects are there at all."""
    return (batch.role > PADDING) & torch.isfinite(batch.boxes_px).all(dim=-1)


def _overlaps(boxes: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Intersection over union, and over the smaller of the two, of boxes (..., 4) and others (..., 4)."""
    low, high = torch.maximum(boxes[..., :2], others[..., :2]), torch.minimum(boxes[..., 2:], others[..., 2:])
    shared = (high - low).clamp_min(0.0).prod(dim=-1)
    first, second = ((box[..., 2:] - box[..., :2]).clamp_min(1e-3).prod(dim=-1) for box in (boxes, others))
    return shared / (first + second - shared), shared / torch.minimum(first, second)


def _within(boxes: Tensor, width: int) -> Tensor:
    """Whether boxes (..., 4) lie in the frame, but for a part of their width."""
    over = _OUTSIDE * (boxes[..., 2] - boxes[..., 0])
    return (boxes[..., 0] >= -over) & (boxes[..., 2] <= width + over)


def _moved(boxes: Tensor, step: Tensor) -> Tensor:
    """Boxes (..., 4) moved to the right by `step` (...)."""
    still = torch.zeros_like(step)
    return boxes + torch.stack([step, still, step, still], dim=-1)


def _uniform(boxes: Tensor, generator: torch.Generator) -> Tensor:
    """A random number in [0, 1) for each of boxes (..., 4)."""
    return torch.rand(boxes.shape[:-1], generator=generator, device=boxes.device)
