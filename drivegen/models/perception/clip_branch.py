"""The clip branch: what a net sees in the motion between frames."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from drivegen.core.ambience import TimeOfDay, Weather
from drivegen.models.perception.config import NORM_GROUPS, PerceptionConfig
from drivegen.models.perception.optical_flow import FLOW_CHANNELS, optical_flow
from drivegen.models.perception.outputs import ClipOutputs

POOL = (2, 4)
"""(rows, columns) into which the features of a picture are summarised ..."""
FLOW_POOL = (4, 8)
"""... and its displacements: left and right flow apart when the camera moves forward, and the near road moves most."""
TYPICAL_MPS = 10.0
"""Scale of the answers for speed and ..."""
TYPICAL_RADPS = 0.2
"""... for turning, so that the head's own numbers are about 1."""
SHORTEST_S = 1e-2


class ResidualBlock3d(nn.Module):
    """A convolution over time and picture and one over the picture, around a shortcut. (B, C, T, h, w), kept."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(NORM_GROUPS, channels)
        self.conv1 = nn.Conv3d(channels, channels, 3, padding=1)
        self.norm2 = nn.GroupNorm(NORM_GROUPS, channels)
        self.conv2 = nn.Conv3d(channels, channels, (1, 3, 3), padding=(0, 1, 1))
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        return x + self.conv2(F.silu(self.norm2(h)))


class ClipBranch(nn.Module):
    """Where the places of a frame went in the next one, and 3D convolutions over features and displacements.

    3D convolutions: Tran et al. 2015, arXiv:1412.0767. A step is what lies between two consecutive frames: steps are
    summarised one by one for motion, and all together for the rest.
    """

    def __init__(self, config: PerceptionConfig) -> None:
        super().__init__()
        fine, hidden = config.clip_width, config.clip_feature_dim
        coarse = NORM_GROUPS * round(config.clip_width * 4 / 3 / NORM_GROUPS)
        self.stem = nn.Sequential(nn.PixelUnshuffle(4), nn.Conv2d(48, fine, 3, padding=1), nn.SiLU())
        self.change = nn.Conv3d(fine, fine, 3, padding=1)
        self.down = nn.Conv2d(fine + FLOW_CHANNELS, coarse, 3, stride=2, padding=1)
        self.block = ResidualBlock3d(coarse)
        self.norm = nn.GroupNorm(NORM_GROUPS, coarse)
        self.look = nn.Linear(coarse * POOL[0] * POOL[1], hidden)
        self.flow = nn.Linear(FLOW_CHANNELS * FLOW_POOL[0] * FLOW_POOL[1], hidden)
        self.pace = nn.Linear(1, hidden)
        self.step = nn.Linear(2 * hidden, hidden)
        # Speed and turning, and how far the camera went and turned in a step.
        self.motion = nn.Linear(hidden, 4)
        self.feature = nn.Linear(4 * hidden, hidden)
        self.answers = nn.Linear(hidden, len(Weather) + len(TimeOfDay) + 2)

    def forward(self, video: Tensor, interval_s: Tensor) -> ClipOutputs:
        """Video (B, T, 3, H, W) in [-1, 1] with a frame every interval_s (B,) seconds; answers in single precision."""
        interval = interval_s.float().clamp(min=SHORTEST_S)[:, None]
        looks, steps = self._summaries(video, interval)
        speed, turn, way, turned = self.motion(steps).float().unbind(dim=-1)
        feature = self.feature(
            torch.cat([looks.mean(dim=1), steps.mean(dim=1), steps.amax(dim=1), steps.amin(dim=1)], dim=-1)
        )
        answers = self.answers(F.silu(feature)).float()
        weather, time, order, users = answers.split((len(Weather), len(TimeOfDay), 1, 1), dim=1)
        count = video.shape[1] - 1
        return ClipOutputs(
            # The sum of a rate and of a distance per time: either alone would have to learn a division or a product.
            speed_mps=(TYPICAL_MPS * speed + way / interval)[:, :count],
            yaw_rate_radps=(TYPICAL_RADPS * (turn + turned / interval))[:, :count],
            order_logit=order[:, 0],
            weather_logits=weather,
            time_logits=time,
            log_road_users=users[:, 0],
            feature=feature.float(),
        )

    def _summaries(self, video: Tensor, interval: Tensor) -> tuple[Tensor, Tensor]:
        """Of frames (B, T, D) and of steps (B, T - 1, D); a lone frame is taken for a step to itself."""
        B, T = video.shape[:2]
        flows = rearrange(optical_flow(video), "b t c h w -> (b t) c h w")
        x = self.stem(rearrange(video, "b t c h w -> (b t) c h w"))
        x = F.silu(self.change(rearrange(x, "(b t) c h w -> b c t h w", b=B)))
        x = rearrange(x, "b c t h w -> (b t) c h w")
        x = self.down(torch.cat([x, flows.to(x.dtype)], dim=1))
        x = self.block(rearrange(x, "(b t) c h w -> b c t h w", b=B))
        x = F.silu(self.norm(x))
        looks = self.look(_cells(rearrange(x, "b c t h w -> (b t) c h w"), POOL))
        looks = rearrange(looks, "(b t) d -> b t d", b=B) + self.pace(interval.log())[:, None]
        looks = F.silu(looks)
        # Displacements go past the convolutions: their norms would take away how large they are.
        motion = rearrange(self.flow(_cells(flows, FLOW_POOL)), "(b t) d -> b t d", b=B)
        one = slice(0, max(T - 1, 1))
        steps = torch.cat([looks[:, one], looks[:, -one.stop :]], dim=-1)
        return looks, F.silu(self.step(steps) + motion[:, one])


def _cells(x: Tensor, pool: tuple[int, int]) -> Tensor:
    """(N, C, h, w) to the means of pool[0] x pool[1] parts of the picture, (N, C * parts)."""
    return F.adaptive_avg_pool2d(x, pool).flatten(1)
