"""The batches of a stage as Lightning asks for them."""

from __future__ import annotations

import pytorch_lightning as pl
from torch.utils.data import DataLoader

from drivegen.training.batches import BatchStream, Source, item_names


class StageData(pl.LightningDataModule):
    """Endless training batches straight from the caches; each process of a run sees its own.

    Args:
        source: where the batches come from.
        batch: samples per batch and process.
        seed: seed of the run.
        first_step: the step that the first batch is for, so that a resumed run goes on where it stopped.
    """

    def __init__(self, source: Source, batch: int, seed: int, *, first_step: int = 0) -> None:
        super().__init__()
        self.source, self.batch, self.seed, self.first_step = source, batch, seed, first_step

    def train_dataloader(self) -> DataLoader:
        """Batches of this process; reading from memory maps needs no worker processes."""
        trainer = self.trainer
        rank, world = (trainer.global_rank, trainer.world_size) if trainer is not None else (0, 1)
        return DataLoader(self._stream(rank, world), batch_size=None, num_workers=0)

    def names(self, step: int, rank: int, world: int) -> list[str]:
        """What the samples are called that process `rank` of `world` sees at a step."""
        return item_names(self.source, self._stream(rank, world).items(step))

    def _stream(self, rank: int, world: int) -> BatchStream:
        return BatchStream(self.source, self.batch, self.seed, first_step=self.first_step, rank=rank, world=world)
