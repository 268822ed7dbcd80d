"""The product's sentence: for each request generate, audit, write."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from drivegen.audit import Auditor, make_auditor
from drivegen.core.clips import Clip
from drivegen.core.errors import DataError
from drivegen.generation.compute import deterministic_compute
from drivegen.generation.config import SampleConfig
from drivegen.generation.generators import Generator, make_generator
from drivegen.generation.identity import resolved_config
from drivegen.generation.report import SampleReport, Tally
from drivegen.generation.requests import Request, ScenarioSource
from drivegen.generation.sheet import write_contact_sheet
from drivegen.generation.sources import plan
from drivegen.store import StoreWriter, config_hash

Progress = Callable[[int, int], None]


def sample(config: SampleConfig, progress: Progress | None = None) -> SampleReport:
    """Make a dataset of annotated clips.

    Clips that an earlier run of the same command wrote are kept; asking for more extends the dataset. When the run is
    stopped, by an error or by Ctrl-C, what was written stays, verifies, and the same command goes on from there.

    Args:
        progress: told how many of how many clips are done.

    Raises:
        ConfigError: settings that cannot be met.
        DataError: input, model or store that cannot be read or written.
    """
    started = time.perf_counter()
    with deterministic_compute(config):
        source, generator, auditor = plan(config), make_generator(config), make_auditor(config.audit)
        tally = _fill_store(config, source, generator, auditor, progress or _silent)
    sheet = write_contact_sheet(config.out, clips=config.sheet_clips)
    return SampleReport(
        out=config.out,
        contact_sheet=sheet,
        generator=config.generator,
        model=(generator.model() or {}).get("id", ""),
        tally=tally,
        skipped=(*source.skipped(), *generator.skipped()),
        seconds=time.perf_counter() - started,
    )


def _fill_store(
    config: SampleConfig, source: ScenarioSource, generator: Generator, auditor: Auditor, progress: Progress
) -> Tally:
    resolved = resolved_config(config, layouts=source.identity(), compute=generator.identity())
    stamp = config_hash(resolved)
    tally = Tally()
    with StoreWriter(config.out, config.store, resolved, generator.model(), levels=config.crowdedness_levels) as store:
        for requests in _batches(source, config.batch):
            missing = {request.clip_id for request in requests if not store.has(request.clip_id)}
            tally.kept += len(requests) - len(missing)
            # A batch is made whole, whatever is missing of it: a clip's bytes must not depend on who was there already.
            for clip in generator.generate(requests) if missing else ():
                if clip.clip_id in missing:
                    finished = _audited(clip, auditor, stamp)
                    store.write(finished)
                    tally.add(finished)
                    progress(tally.done, len(source))
            progress(tally.done, len(source))
        if not tally.done:
            raise DataError("no clip could be made", where=config.out, got="; ".join(generator.skipped()[:1]))
    return tally


def _audited(clip: Clip, auditor: Auditor, stamp: str) -> Clip:
    """The clip with its verdict and the hash of the settings that it was made with."""
    return replace(clip, verdict=auditor.audit(clip), provenance=replace(clip.provenance, config_hash=stamp))


def _batches(requests: Iterable[Request], size: int) -> Iterator[Sequence[Request]]:
    iterator = iter(requests)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def _silent(done: int, total: int) -> None:
    """Tell nobody."""
