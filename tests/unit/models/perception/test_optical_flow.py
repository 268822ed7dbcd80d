"""Displacements between frames."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from drivegen.models.perception.optical_flow import optical_flow

SIZE = (64, 128)


def _picture(margin: int = 32) -> torch.Tensor:
    """Smooth texture, larger than a frame on all sides."""
    noise = torch.randn(1, 3, (SIZE[0] + 2 * margin) // 8, (SIZE[1] + 2 * margin) // 8, generator=_seeded())
    return F.interpolate(noise, scale_factor=8.0, mode="bicubic", align_corners=False)


def _seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def _view(picture: torch.Tensor, right: float, down: float, zoom: float = 1.0) -> torch.Tensor:
    """The frame that a camera sees which has turned `right` and `down` pixels, (3, H, W)."""
    h, w = picture.shape[-2:]
    row = (torch.arange(SIZE[0]) + 0.5 - SIZE[0] / 2) / zoom + down
    column = (torch.arange(SIZE[1]) + 0.5 - SIZE[1] / 2) / zoom + right
    grid = torch.stack(torch.broadcast_tensors(column[None, :] * 2 / w, row[:, None] * 2 / h), dim=-1)[None]
    return F.grid_sample(picture, grid, align_corners=False)[0]


@pytest.mark.parametrize(("right", "down"), [(0.3, 0.0), (-1.5, 0.5), (6.0, -2.0), (-10.0, 0.0)])
def test_a_turning_camera_moves_everything_the_other_way(right: float, down: float) -> None:
    picture = _picture()
    found = optical_flow(torch.stack([_view(picture, 0, 0), _view(picture, right, down)])[None])
    assert found.shape == (1, 2, 3, 16, 32)
    inside = found[0, 0, :, 5:-5, 5:-5]
    error = 4 * torch.stack([inside[0].median(), inside[1].median()]) - torch.tensor([-right, -down])
    assert float(error.norm()) < 0.1 + 0.1 * abs(right)
    assert float(inside[2].mean()) < 0.1
    assert torch.equal(found[0, 1], torch.zeros_like(found[0, 1]))


def test_places_flow_apart_when_the_camera_moves_forward() -> None:
    picture = _picture()
    x, y = optical_flow(torch.stack([_view(picture, 0, 0), _view(picture, 0, 0, zoom=1.05)])[None])[0, 0, :2]
    assert float(x[:, :8].mean()) < -0.2 and float(x[:, -8:].mean()) > 0.2
    assert float(y[:4].mean()) < -0.1 and float(y[-4:].mean()) > 0.1


def test_still_blank_and_lone_frames_do_not_move() -> None:
    frame = _view(_picture(), 0, 0)
    assert float(optical_flow(frame.expand(1, 3, *frame.shape)).abs().max()) < 1e-5
    assert float(optical_flow(torch.full((1, 3, 3, *SIZE), -1.0)).abs().max()) < 1e-5
    assert torch.equal(optical_flow(frame[None, None]), torch.zeros(1, 1, 3, 16, 32))


def test_light_and_contrast_do_not_matter() -> None:
    picture = _picture()
    clip = torch.stack([_view(picture, 0, 0), _view(picture, 2.0, 0)])[None]
    torch.testing.assert_close(optical_flow(clip), optical_flow(0.3 * clip - 0.5), atol=0.05, rtol=0.05)


def test_what_does_not_belong_together_leaves_a_difference() -> None:
    other = torch.flip(_picture(), dims=(2, 3))
    rest = optical_flow(torch.stack([_view(_picture(), 0, 0), _view(other, 0, 0)])[None])[0, 0, 2]
    assert float(rest.mean()) > 0.3
