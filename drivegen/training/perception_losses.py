"""Losses of the perception nets, each a scalar that is finite whatever is unknown."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from drivegen.models.perception import ClipOutputs, FrameOutputs
from drivegen.models.perception.config import STRIDE
from drivegen.training.perception_arrays import CONDITIONED
from drivegen.training.perception_batches import ClipBatch, FrameBatch
from drivegen.training.perception_config import PerceptionStage
from drivegen.training.perception_targets import DenseTargets, dense_targets

# Exponents of the focal loss, CenterNet's.
_FOCUS, _RELIEF = 2.0, 4.0
# Nearer than this the logarithm of a depth says nothing.
_LEAST_DEPTH_M = 0.5
_SPEED_SCALE_MPS, _YAW_SCALE_RADPS = 10.0, 0.2
_SMOOTHED = 0.02


def frame_losses(outputs: FrameOutputs, batch: FrameBatch) -> dict[str, Tensor]:
    """Unweighted losses of single frames, named as `PerceptionWeights` names them.

    Args:
        batch: labels in pixels of the images that the net was given; it may have enlarged them.
    """
    height, width = outputs.class_logits.shape[-2:]
    boxes_px = batch.boxes_px * (STRIDE * width / batch.frames.shape[2])
    targets = dense_targets(boxes_px, batch.category, batch.role, batch.depth_m, (height, width), STRIDE)
    return {
        "classes": focal_loss(outputs.class_logits, targets),
        "boxes": giou_loss(outputs.box_ltrb, targets),
        "depth": _depth_loss(outputs.log_depth, batch, targets),
        "heading": _heading_loss(outputs.alpha, batch, targets),
        "weather": known_cross_entropy(outputs.weather_logits, batch.weather),
        "time_of_day": known_cross_entropy(outputs.time_logits, batch.time_of_day),
        "road_users": _count_loss(outputs.log_road_users, batch.road_users),
    }


def clip_losses(outputs: ClipOutputs, batch: ClipBatch) -> dict[str, Tensor]:
    """Unweighted losses of clips."""
    natural = batch.natural.to(outputs.order_logit)
    return {
        "speed": known_smooth_l1(outputs.speed_mps, batch.speed_mps, _SPEED_SCALE_MPS),
        "yaw_rate": known_smooth_l1(outputs.yaw_rate_radps, batch.yaw_rate_radps, _YAW_SCALE_RADPS),
        "order": F.binary_cross_entropy_with_logits(outputs.order_logit.float(), natural.float()),
        "weather": known_cross_entropy(outputs.weather_logits, batch.weather),
        "time_of_day": known_cross_entropy(outputs.time_logits, batch.time_of_day),
        "road_users": _count_loss(outputs.log_road_users, batch.road_users),
    }


def region_loss(logits: Tensor, category: Tensor) -> Tensor:
    """Cross-entropy of logits (N, 11) of what stands in boxes, smoothed: some objects can hardly be seen. 0 of none."""
    if not len(logits):
        return logits.sum()
    return F.cross_entropy(logits.float(), category, label_smoothing=_SMOOTHED)


def focal_loss(logits: Tensor, targets: DenseTargets) -> Tensor:
    """CenterNet's penalty-reduced focal loss of class maps (B, C, h, w), per object (arXiv:1904.07850, equation 1)."""
    logits = logits.float()
    probability = logits.sigmoid()
    found = (1.0 - probability) ** _FOCUS * F.logsigmoid(logits)
    empty = (1.0 - targets.heat) ** _RELIEF * probability**_FOCUS * F.logsigmoid(-logits)
    counted = torch.where(targets.ignored[:, None], torch.zeros_like(empty), empty)
    return -torch.where(targets.positive, found, counted).sum() / targets.objects


def giou_loss(ltrb: Tensor, targets: DenseTargets) -> Tensor:
    """1 - generalised intersection over union of boxes (B, 4, h, w), per object (arXiv:1902.09630)."""
    found, wanted = ltrb.float(), targets.box_ltrb
    # Both boxes hold the cell's centre, so that overlap and hull follow from the distances side by side.
    inner, outer = torch.minimum(found, wanted), torch.maximum(found, wanted)
    shared, hull = _area(inner), _area(outer)
    union = _area(found) + _area(wanted) - shared
    giou = shared / union.clamp_min(1e-6) - (hull - union) / hull.clamp_min(1e-6)
    return ((1.0 - giou) * targets.weight).sum() / targets.objects


def identity_loss(identity: Tensor, batch: FrameBatch, temperature: float, same_class: float) -> Tensor:
    """InfoNCE (arXiv:1807.03748) between the objects of the first and of the second frames of pairs, both ways.

    What is the same track is to be alike; all other objects of the other frames of the batch are to differ, those of
    the same class `same_class` times as much.

    Args:
        identity: (B, E, h, w) of frames in pairs; sampled at the boxes' centres.
    """
    vectors = sample_at_centres(identity, batch)
    usable = (batch.role >= CONDITIONED) & (batch.track >= 0)
    first, second = usable[0::2].flatten(), usable[1::2].flatten()
    vectors_a, vectors_b = vectors[0::2].flatten(0, 1)[first], vectors[1::2].flatten(0, 1)[second]
    track_a, track_b = batch.track[0::2].flatten()[first], batch.track[1::2].flatten()[second]
    class_a, class_b = batch.category[0::2].flatten()[first], batch.category[1::2].flatten()[second]
    same = track_a[:, None] == track_b[None, :]
    if not bool(same.any()):
        return identity.float().sum() * 0.0
    alike = vectors_a @ vectors_b.T / temperature
    harder = ((class_a[:, None] == class_b[None, :]) & ~same).to(alike.dtype)
    alike = alike + harder * torch.log(torch.tensor(same_class, dtype=alike.dtype, device=alike.device))
    return 0.5 * (_contrast(alike, same) + _contrast(alike.T, same.T))


def sample_at_centres(maps: Tensor, batch: FrameBatch) -> Tensor:
    """Maps (B, E, h, w) at the centres of the boxes, between cells bilinearly, as unit vectors (B, K, E)."""
    height, width = batch.frames.shape[1:3]
    boxes = torch.nan_to_num(batch.boxes_px)
    size = torch.tensor([width, height], device=boxes.device, dtype=boxes.dtype)
    places = (boxes[..., :2] + boxes[..., 2:]) / size - 1.0
    sampled = F.grid_sample(
        maps.float(), places[:, :, None], mode="bilinear", padding_mode="border", align_corners=False
    )
    return F.normalize(rearrange(sampled, "b e k 1 -> b k e"), dim=-1, eps=1e-6)


def known_cross_entropy(logits: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy of logits (B, C), mean over the targets (B,) that are known (not -1); 0 when none is."""
    known = wanted >= 0
    total = F.cross_entropy(logits.float(), wanted.long().clamp_min(0), reduction="none") * known
    return total.sum() / known.sum().clamp_min(1)


def known_smooth_l1(found: Tensor, wanted: Tensor, scale: float) -> Tensor:
    """Smooth L1 of the error in units of `scale`, mean over the targets that are not NaN; 0 when all are."""
    known = torch.isfinite(wanted)
    error = torch.where(known, found.float() - torch.nan_to_num(wanted), torch.zeros_like(found, dtype=torch.float32))
    total = F.smooth_l1_loss(error / scale, torch.zeros_like(error), reduction="none", beta=0.1)
    return total.sum() / known.sum().clamp_min(1)


def weighted_sum(losses: dict[str, Tensor], config: PerceptionStage) -> Tensor:
    """Sum of the losses by the weights of their names; names such as `clip_weather` weigh as `weather`."""
    weights = vars(config.weights)
    return torch.stack([weights[name.removeprefix("clip_")] * value for name, value in losses.items()]).sum()


def _contrast(alike: Tensor, same: Tensor) -> Tensor:
    """Cross-entropy of each row's own partner among all columns, mean over the rows that have one."""
    rows = same.any(dim=1)
    own = torch.logsumexp(alike[rows].masked_fill(~same[rows], -1e9), dim=1)
    return (torch.logsumexp(alike[rows], dim=1) - own).mean()


def _depth_loss(log_depth: Tensor, batch: FrameBatch, targets: DenseTargets) -> Tensor:
    depth = _of_owner(batch.depth_m, targets)
    known = depth > _LEAST_DEPTH_M
    wanted = torch.where(known, depth, torch.ones_like(depth)).log()
    error = F.smooth_l1_loss(log_depth.float(), wanted, reduction="none", beta=0.1)
    return (error * targets.weight * known).sum() / targets.objects


def _heading_loss(alpha: Tensor, batch: FrameBatch, targets: DenseTargets) -> Tensor:
    wanted = _of_owner(batch.alpha_rad, targets)
    known = torch.isfinite(wanted)
    wanted = torch.nan_to_num(wanted)
    direction = F.normalize(alpha.float(), dim=1, eps=1e-4)
    cosine = direction[:, 0] * wanted.sin() + direction[:, 1] * wanted.cos()
    return ((1.0 - cosine) * targets.weight * known).sum() / targets.objects


def _count_loss(log_count: Tensor, count: Tensor) -> Tensor:
    return known_smooth_l1(log_count, torch.log1p(count), 1.0)


def _of_owner(values: Tensor, targets: DenseTargets) -> Tensor:
    """Values (B, K) of the objects, at the cells (B, h, w) that they own."""
    owner = targets.owner
    return values.float().gather(1, owner.flatten(1)).unflatten(1, owner.shape[1:])


def _area(ltrb: Tensor) -> Tensor:
    left, top, right, bottom = ltrb.unbind(dim=1)
    return (left + right) * (top + bottom)
