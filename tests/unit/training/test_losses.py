"""The autoencoder's losses."""

from __future__ import annotations

import pytest
import torch

from drivegen.training.losses import edge_loss, psnr_db


def test_equal_images_cost_nothing() -> None:
    image = torch.rand(2, 3, 8, 8)
    assert edge_loss(image, image, (1, 2, 4)).item() == 0.0


def test_a_constant_offset_is_no_edge() -> None:
    image = torch.rand(2, 3, 8, 8)
    assert edge_loss(image + 0.25, image, (1, 2)).item() == pytest.approx(0.0, abs=1e-6)


def test_by_hand_at_one_scale() -> None:
    target = torch.zeros(1, 1, 2, 2)
    output = torch.tensor([[[[0.0, 1.0], [0.0, 3.0]]]])
    # Horizontal differences 1, 3; vertical differences 0, 2.
    assert edge_loss(output, target, (1,)).item() == pytest.approx(2.0 + 1.0)


def test_psnr_of_a_known_error() -> None:
    # An error of 0.2 in a range of 2 is 20 dB.
    assert psnr_db(torch.full((1, 3, 4, 4), 0.2), torch.zeros(1, 3, 4, 4)).item() == pytest.approx(20.0, abs=1e-3)
