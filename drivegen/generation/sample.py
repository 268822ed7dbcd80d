"""The product's sentence: for each request generate, audit, write."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from drivegen.core.errors import DataError
from drivegen.core.observations import Observer
from drivegen.generation.attempts import make_clips
from drivegen.generation.compute import deterministic_compute
from drivegen.generation.config import SampleConfig
from drivegen.generation.generators import Generator, make_generator
from drivegen.generation.identity import resolved_config
from drivegen.generation.judging import Judge
from drivegen.generation.report import SampleReport, Tally
from drivegen.generation.requests import Request, ScenarioSource
from drivegen.generation.sheet import write_contact_sheet
from drivegen.generation.sources import plan
from drivegen.store import StoreWriter, config_hash

Progress = Callable[[int, int], None]


def sample(
    config: SampleConfig,
    progress: Progress | None = None,
    *,
    frames: Progress | None = None,
    observer: Observer | None = None,
) -> SampleReport:
    """Make a dataset of annotated clips.

    Clips that an earlier run of the same command wrote are kept; asking for more extends the dataset. When the run is
    stopped, by an error or by Ctrl-C, what was written stays, verifies, and the same command goes on from there.

    Args:
        progress: told how many of how many clips are done.
        frames: told how many of how many frames are drawn, within a clip too: for clips that take minutes.
        observer: a judge of your own in place of the audit net (audit.kind=perception); to put only your own detector
            in its place, wrap the net: `audit.detectors.DetectorObserver`.

    Raises:
        ConfigError: settings that cannot be met.
        DataError: input, model or store that cannot be read or written; no clip that could be made or passed.
    """
    started = time.perf_counter()
    with deterministic_compute(config):
        source, tally = plan(config), Tally()
        teller = _Teller(tally, len(source), config.num_frames, progress, frames)
        generator = make_generator(config, teller.drawn)
        judge = Judge(config, observer, generator.training_index())
        _fill_store(config, source, generator, judge, teller)
    sheet = write_contact_sheet(config.out, clips=config.sheet_clips)
    return SampleReport(
        out=config.out,
        contact_sheet=sheet,
        generator=config.generator,
        model=(generator.model() or {}).get("id", ""),
        tally=tally,
        skipped=(*source.skipped(), *generator.skipped()),
        seconds=time.perf_counter() - started,
        audit_seconds=judge.seconds,
        notes=judge.notes,
    )


@dataclass(frozen=True)
class _Teller:
    """Says how far a run is, in clips and in frames."""

    tally: Tally
    total_clips: int
    frames_per_clip: int
    clips: Progress | None
    frames: Progress | None

    def settled(self) -> None:
        """A clip is done, or those of a batch that were there have been counted."""
        if self.clips is not None:
            self.clips(self.tally.done, self.total_clips)

    def drawn(self, frames: int) -> None:
        """So many frames of the batch in hand are drawn; those that are drawn for others' sake may be too many."""
        if self.frames is not None:
            total = self.total_clips * self.frames_per_clip
            self.frames(min(total, self.tally.done * self.frames_per_clip + frames), total)


def _fill_store(
    config: SampleConfig,
    source: ScenarioSource,
    generator: Generator,
    judge: Judge,
    teller: _Teller,
) -> None:
    tally = teller.tally
    identities = {"layouts": source.identity(), "compute": generator.identity(), "judge": judge.identity()}
    resolved = resolved_config(config, **identities)
    stamp = config_hash(resolved)
    with StoreWriter(config.out, config.store, resolved, generator.model(), levels=config.crowdedness_levels) as store:
        for requests in _batches(source, config.batch):
            missing = _missing(requests, store, tally)
            for clip in make_clips(requests, missing, generator, judge, config.audit.retry):
                finished = replace(clip, provenance=replace(clip.provenance, config_hash=stamp))
                rejected = clip.verdict.passed is False
                leave_out = rejected and config.audit.rejected == "drop"
                if leave_out:
                    store.drop(finished)
                else:
                    store.write(finished)
                tally.add(finished, left_out=leave_out)
                teller.settled()
            teller.settled()
            teller.drawn(0)
        if not tally.there:
            raise _nothing(config, generator, tally)


def _missing(requests: Sequence[Request], store: StoreWriter, tally: Tally) -> set[str]:
    """Which clips of a batch an earlier run has neither written nor left out; the others are counted."""
    ids = {request.clip_id for request in requests}
    there, left_out = {i for i in ids if store.has(i)}, {i for i in ids if store.left_out(i)}
    tally.kept += len(there)
    tally.left_out_before += len(left_out)
    return ids - there - left_out


def _nothing(config: SampleConfig, generator: Generator, tally: Tally) -> DataError:
    if tally.left_out or tally.left_out_before:
        remedy = "audit.rejected=keep writes them with their reasons; audit.retry=3 makes them again"
        got = tally.reasons_in_words if tally.left_out else None
        return DataError("every clip was rejected", where=config.out, got=got, remedy=remedy)
    return DataError("no clip could be made", where=config.out, got="; ".join(generator.skipped()[:1]))


def _batches(requests: Iterable[Request], size: int) -> Iterator[Sequence[Request]]:
    iterator = iter(requests)
    while batch := list(itertools.islice(iterator, size)):
        yield batch
