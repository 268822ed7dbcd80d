"""Regions: what is cut out of frames, and what a net says stands in boxes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from drivegen.core.categories import CATEGORIES
from drivegen.core.detections import Detections
from drivegen.core.errors import DataError
from drivegen.models.perception import NOTHING, PerceptionConfig, PerceptionNet, PerceptionObserver, with_regions
from drivegen.models.perception.region_crops import SIDE, cut_regions
from drivegen.models.perception.regions import look_again, look_at_regions

BuildNet = Callable[..., PerceptionNet]

BOXES = torch.tensor([[10.0, 8.0, 30.0, 28.0], [90.0, 20.0, 126.0, 40.0], [0.0, 0.0, 6.0, 12.0]])


@pytest.fixture
def looking(config: PerceptionConfig, build: BuildNet) -> PerceptionNet:
    """A net with a region branch."""
    return build(replace(config, region_width=8))


def _images(net: PerceptionNet, batch: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(batch, 3, *net.config.image_size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_a_box_fills_the_middle_of_its_square() -> None:
    # Brightness rises by one from pixel to pixel; a square of twice the side of a box of 20 pixels has SIDE of them.
    x = torch.arange(64.0).expand(48, 64)
    image = torch.stack([x, torch.arange(48.0)[:, None].expand(48, 64), torch.ones(48, 64)])[None]
    cut = cut_regions(image, torch.tensor([0]), torch.tensor([[22.0, 14.0, 42.0, 34.0]]))[0]
    assert cut.shape == (4, SIDE, SIDE)
    torch.testing.assert_close(cut[0, 5], torch.arange(12.0, 52.0))
    torch.testing.assert_close(cut[1, 8:36, 3], torch.arange(12.0, 40.0))
    inside = cut[3].bool()
    assert inside[10:30, 10:30].all() and int(inside.sum()) == 400


def test_thin_boxes_keep_their_shape_and_edges_go_on() -> None:
    image = torch.zeros(1, 3, 32, 64)
    image[..., :8, :] = 1.0
    cut = cut_regions(image, torch.tensor([0]), torch.tensor([[0.1, 0.0, 4.1, 16.0]]))[0]
    # A quarter as wide as tall; above the picture its first row goes on.
    assert int(cut[3].any(dim=0).sum()) * 4 == int(cut[3].any(dim=1).sum()) == SIDE // 2
    assert (cut[0, : SIDE // 4] == 1.0).all()


def test_large_regions_miss_no_thin_things() -> None:
    image = torch.zeros(1, 3, 256, 512)
    image[..., ::4] = 1.0
    cut = cut_regions(image, torch.tensor([0]), torch.tensor([[100.0, 60.0, 300.0, 200.0]]))[0]
    # Lines that lie closer than the square has pixels come out as their mean.
    assert cut[0, 10:-10, 10:-10].std() < 0.1
    assert float(cut[0, 10:-10, 10:-10].mean()) == pytest.approx(0.25, abs=0.05)


def test_a_region_does_not_depend_on_the_others(looking: PerceptionNet) -> None:
    images = _images(looking, 2)
    frames = torch.tensor([0, 1, 0])
    with torch.no_grad():
        together = looking.forward_regions(images, frames, BOXES)
        alone = torch.cat([looking.forward_regions(images[f : f + 1], torch.tensor([0]), BOXES[i : i + 1])
                           for i, f in enumerate([0, 1, 0])])  # fmt: skip
    assert together.shape == (3, len(CATEGORIES) + 1)
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(together[0], together[2])


def test_size_matters_though_every_square_is_alike(looking: PerceptionNet) -> None:
    image = torch.full((1, 3, *looking.config.image_size), 0.3)
    boxes = torch.tensor([[10.0, 10, 20, 20], [10.0, 10, 40, 40]])
    with torch.no_grad():
        logits = looking.forward_regions(image, torch.tensor([0, 0]), boxes)
    assert not torch.allclose(logits[0], logits[1], atol=1e-4)


def test_looks_are_probabilities_in_the_order_of_the_boxes(looking: PerceptionNet) -> None:
    images = _images(looking, 2)
    size = (images.shape[-2] * 2, images.shape[-1] * 2)
    boxes = [2 * BOXES.double().numpy(), np.array([[np.nan] * 4, [4.0, 4, 4.5, 30], [20.0, 20, 50, 60]])]
    with torch.no_grad():
        seen = look_at_regions(looking, images, boxes, size)
        again = look_at_regions(looking, images[1:], [boxes[1][2:] / 2], (size[0] // 2, size[1] // 2))
    assert [one.shape for one in seen] == [(3, NOTHING + 1)] * 2
    np.testing.assert_allclose(seen[0].sum(axis=1), 1.0)
    assert np.isnan(seen[1][:2]).all()
    np.testing.assert_allclose(seen[1][2], again[0][0], rtol=1e-4)
    assert look_at_regions(looking, images, [np.zeros((0, 4))] * 2, size)[1].shape == (0, NOTHING + 1)


def test_observers_tell_of_regions_only_with_a_branch(looking: PerceptionNet, net: PerceptionNet) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (3, 64, 128, 3), dtype=np.uint8)
    asked = [BOXES.double().numpy(), np.zeros((0, 4)), BOXES[:1].double().numpy()]
    seen = PerceptionObserver(looking, "x", batch=2).observe(frames, asked, 4.0)
    assert [len(one) for one in seen.regions] == [3, 0, 1]
    alone = PerceptionObserver(looking, "x").observe(frames[2:], asked[2:], 4.0)
    np.testing.assert_allclose(seen.regions[2], alone.regions[0], rtol=1e-4)
    assert PerceptionObserver(net, "x").observe(frames, asked, 4.0).regions == ()


def test_a_net_is_given_a_region_branch_and_keeps_the_rest(net: PerceptionNet) -> None:
    given = with_regions(net, 8)
    for name, value in net.state_dict().items():
        assert torch.equal(value, given.state_dict()[name]), name
    again = with_regions(given, 8)
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in given.state_dict().items())
    assert with_regions(given, 0).region_branch is None


def test_a_net_without_one_refuses(net: PerceptionNet) -> None:
    with pytest.raises(DataError, match=r"forward_regions.*no region branch|no region branch.*forward_regions"):
        net.forward_regions(_images(net, 1), torch.tensor([0]), BOXES[:1])


def _said(images: torch.Tensor, boxes: np.ndarray, likely: dict[int, dict[int, float]]) -> torch.nn.Module:
    """A region branch that says of each box, by its place among all asked about, how likely classes are."""

    class Said(torch.nn.Module):
        def forward(self, images: torch.Tensor, frame_of: torch.Tensor, boxes_px: torch.Tensor) -> torch.Tensor:
            answers = torch.full((len(boxes_px), NOTHING + 1), 1e-9)
            for row, box in enumerate(boxes_px.double().numpy()):
                place = int(np.abs(boxes - box).sum(axis=1).argmin())
                for category, value in likely[place].items():
                    answers[row, category] = value
            answers[:, NOTHING] = 1.0 - answers[:, :NOTHING].sum(dim=1)
            return answers.log()

    return Said()


def test_detections_are_as_sure_as_both_looks(looking: PerceptionNet) -> None:
    images = _images(looking, 1)
    car, other, faint = [10.0, 10, 30, 30], [80.0, 10, 100, 40], [50.0, 50, 60, 60]
    found = Detections.of_boxes(np.array([car, car, other, faint]), np.array([0.8, 0.6, 0.5, 0.05]), [0, 1, 2, 3])
    looking.region_branch = _said(  # type: ignore[assignment]
        images, np.array([car, other, faint]), {0: {0: 0.3, 1: 0.6}, 1: {2: 0.02}, 2: {3: 1.0}}
    )
    with torch.no_grad():
        seen = look_again(looking, images, [found], (images.shape[-2], images.shape[-1]))[0]
    # In one place the truck fits best (0.6 * 0.6 against 0.8 * 0.3): it is as sure as there is anything.
    assert seen.category_ids.tolist() == [1, 0, 2, 3]
    np.testing.assert_allclose(
        seen.scores, [np.sqrt(0.8 * 0.9), np.sqrt(0.8 * 0.3), np.sqrt(0.5 * 0.02), 0.05], rtol=1e-4
    )
    assert len(look_again(looking, images, [Detections.empty()], (64, 128))[0]) == 0
