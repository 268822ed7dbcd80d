"""The data module hands Lightning the batches of the process and step that it is at."""

from __future__ import annotations

from itertools import islice

import numpy as np
import torch

from drivegen.training.batches import BatchStream, FrameSource
from drivegen.training.datamodule import StageData


def test_batches_are_those_of_the_stream() -> None:
    frames = np.random.default_rng(0).integers(0, 255, (9, 2, 2, 3), dtype=np.uint8)
    source = FrameSource(frames, np.arange(9))
    loader = StageData(source, 4, 5, first_step=2).train_dataloader()
    expected = islice(BatchStream(source, 4, 5, first_step=2), 3)
    for batch, same in zip(islice(loader, 3), expected, strict=True):
        assert isinstance(same, torch.Tensor)
        assert torch.equal(batch, same)
