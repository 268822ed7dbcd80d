"""A perception net as a judge of clips."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from drivegen.core.arrays import Bytes, Floats
from drivegen.core.errors import DataError
from drivegen.core.observations import ClipObservation, Features, FrameObservation, Observer
from drivegen.models.perception.decode import detections_of, identities_of
from drivegen.models.perception.net import PerceptionNet
from drivegen.models.perception.regions import look_again, look_at_regions
from drivegen.models.perception.resizing import images_of, resize_frames
from drivegen.models.perception.windows import spans_of


@dataclass(frozen=True, eq=False)
class _Look:
    """What is in one frame, whatever is asked about it: what was seen, and identities (E, h, w) of its places."""

    seen: FrameObservation
    identities: Tensor


class PerceptionObserver(Observer):
    """Looks at one clip at a time, so that what it sees never depends on other clips.

    Args:
        net: put into evaluation mode; must not be trained any more.
        sha256: hash of its weights.
        device: where it runs.
        batch: frames looked at together; memory grows with it.
        remembered: frames kept in mind, so that clips of the same frames in another order are looked at once.
    """

    def __init__(
        self, net: PerceptionNet, sha256: str, device: str = "cpu", batch: int = 16, remembered: int = 0
    ) -> None:
        self._net = net.to(device).eval()
        self._sha256 = sha256
        self._device = device
        self._batch = batch
        self._remembered = remembered
        self._memory: OrderedDict[tuple[tuple[int, ...], bytes], _Look] = OrderedDict()

    @property
    def sha256(self) -> str:
        """Hash of the net's weights."""
        return self._sha256

    @cached_property
    def features_sha256(self) -> str:
        """Hash of the clip branch alone: training the frame branch further does not change it."""
        digest = hashlib.sha256(repr(self._net.config.clip_size).encode())
        for name, tensor in sorted(self._net.clip_branch.state_dict().items()):
            digest.update(f"{name} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().float().cpu().numpy().tobytes())
        return digest.hexdigest()

    @torch.inference_mode()
    def observe(
        self, frames: Bytes, boxes_px: Sequence[Floats], fps: float, window_frames: int = 16
    ) -> ClipObservation:
        """What is seen in a clip of any frame size; see `core.Observer`.

        Raises:
            DataError: not T frames uint8 (T, H, W, 3) with T sets of boxes, or a rate or window that is not positive.
        """
        _check(frames, boxes_px, fps, window_frames)
        seen: list[FrameObservation] = []
        identities: list[Features] = []
        regions: list[Floats] = []
        size = (frames.shape[1], frames.shape[2])
        for start in range(0, len(frames), self._batch):
            chosen = slice(start, start + self._batch)
            images = images_of(resize_frames(frames[chosen], self._net.config.image_size), self._device)
            for look, boxes in zip(self._looks(frames[chosen], images), boxes_px[chosen], strict=True):
                seen.append(look.seen)
                identities.append(identities_of(look.identities, boxes, size))
            if self._net.region_branch is not None:
                regions += look_at_regions(self._net, images, boxes_px[chosen], size)
        speed, yaw_rate, order, features = self._watch(frames, 1.0 / fps, window_frames)
        return ClipObservation(
            tuple(seen), tuple(identities), speed, yaw_rate, order, features, min(window_frames, len(frames)),
            tuple(regions),
        )  # fmt: skip

    def _looks(self, frames: Bytes, images: Tensor) -> list[_Look]:
        """What is in single frames (B, H, W, 3), of which `images` are what the net takes."""
        size = (frames.shape[1], frames.shape[2])
        if not self._remembered:
            return self._look(images, size)
        keys = [(frame.shape, frame.tobytes()) for frame in frames]
        known = {key: self._memory[key] for key in keys if key in self._memory}
        places = {key: i for i, key in enumerate(keys) if key not in known}
        if places:
            known |= zip(places, self._look(images[list(places.values())], size), strict=True)
        for key in keys:
            self._memory[key] = known[key]
            self._memory.move_to_end(key)
        while len(self._memory) > self._remembered:
            self._memory.popitem(last=False)
        return [known[key] for key in keys]

    def _look(self, images: Tensor, size: tuple[int, int]) -> list[_Look]:
        """What is in single frames, of `size` before they were resized."""
        config = self._net.config
        outputs = self._net.forward_frames(images)
        weather = outputs.weather_logits.double().softmax(dim=1).cpu().numpy()
        time = outputs.time_logits.double().softmax(dim=1).cpu().numpy()
        users = outputs.log_road_users.double().expm1().clamp(min=0).cpu().numpy()
        features = outputs.feature.float().cpu().numpy()
        found = [detections_of(outputs, i, size, max_detections=config.max_detections) for i in range(len(images))]
        if self._net.region_branch is not None:
            found = look_again(self._net, images, found, size)
        return [
            _Look(
                FrameObservation(found[i], weather[i], time[i], float(users[i]), features[i].copy()),
                outputs.identity[i].clone(),
            )
            for i in range(len(images))
        ]

    def _watch(self, frames: Bytes, interval_s: float, window_frames: int) -> tuple[Floats, Floats, Floats, Features]:
        """Speed and yaw rate of every step, order probability and features of every window."""
        small = resize_frames(frames, self._net.config.clip_size)
        speed, yaw_rate = np.zeros(len(frames) - 1), np.zeros(len(frames) - 1)
        order, features = [], []
        interval = torch.tensor([interval_s], device=self._device)
        for span in spans_of(len(frames), window_frames):
            outputs = self._net.forward_clips(images_of(small[span.start : span.stop], self._device)[None], interval)
            steps = slice(*span.steps)
            own = slice(span.steps[0] - span.start, span.steps[1] - span.start)
            speed[steps] = outputs.speed_mps[0, own].double().cpu().numpy()
            yaw_rate[steps] = outputs.yaw_rate_radps[0, own].double().cpu().numpy()
            if span.described:
                features.append(outputs.feature[0].float().cpu().numpy())
                # One frame has no order.
                alone = span.stop - span.start < 2
                order.append(float("nan") if alone else float(outputs.order_logit[0].double().sigmoid()))
        return speed, yaw_rate, np.array(order), np.stack(features)


def _check(frames: Bytes, boxes_px: Sequence[Floats], fps: float, window_frames: int) -> None:
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3 or 0 in frames.shape:
        raise DataError(
            "wrong frames", where="observe", expected="uint8 (T, H, W, 3)", got=f"{frames.dtype} {frames.shape}"
        )
    if len(boxes_px) != len(frames):
        raise DataError("one set of boxes per frame", where="observe", expected=len(frames), got=len(boxes_px))
    if not fps > 0 or window_frames < 1:
        raise DataError(
            "out of range", where="observe: fps, window_frames", expected="positive", got=(fps, window_frames)
        )
