"""Known frames."""

from __future__ import annotations

import pytest
import torch

from drivegen.core import DataError
from drivegen.models import Context


def test_known_frames() -> None:
    latents = torch.randn(2, 4, 3, 2, 2)
    context = Context.known(latents, [0, -1])
    assert context.mask.tolist() == [[True, False, False, True]] * 2
    assert torch.equal(context.latents[:, [0, 3]], latents[:, [0, 3]])
    assert not context.latents[:, 1:3].any()


def test_nothing_known() -> None:
    latents = torch.randn(2, 4, 3, 2, 2)
    for context in (
        Context.none_like(latents),
        Context.none_like(Context.known(latents, [1])),
        Context.known(latents, []),
    ):
        assert not context.mask.any()
        assert not context.latents.any()
        assert context.latents.shape == latents.shape


def test_cat_and_to() -> None:
    latents = torch.randn(1, 4, 3, 2, 2)
    joined = Context.cat([Context.known(latents, [0]), Context.none_like(latents)])
    assert joined.mask.any(dim=1).tolist() == [True, False]
    half = joined.to("cpu", torch.float16)
    assert (half.latents.dtype, half.mask.dtype) == (torch.float16, torch.bool)


def test_bad_input() -> None:
    latents = torch.randn(1, 4, 3, 2, 2)
    with pytest.raises(DataError, match=r"no such frame; expected 0 to 3; got \[4\]"):
        Context.known(latents, [4])
    with pytest.raises(DataError, match="context has the wrong shape"):
        Context(latents, torch.zeros(1, 3, dtype=torch.bool))
