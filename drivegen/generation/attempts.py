"""A batch of requests until its clips are good enough, or have been tried often enough."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from drivegen.core.clips import Clip
from drivegen.core.seeds import derive_seed
from drivegen.generation.generators import Generator
from drivegen.generation.judging import Judge
from drivegen.generation.requests import Request


def make_clips(
    requests: Sequence[Request], wanted: Collection[str], generator: Generator, judge: Judge, retry: int
) -> Iterator[Clip]:
    """The wanted clips of a batch with their verdicts, each as soon as it is settled.

    A clip that the audit rejects is remade with another seed, `retry` times at most. Kept is the first that passes,
    else the one with the fewest reasons, and of those the earliest.

    The batch is drawn whole at each attempt, whoever is wanted or rejected: a clip's bytes must depend neither on who
    was there already nor on how its neighbours fared.

    Args:
        requests: one compute batch.
        wanted: ids of the clips that are not there yet.
    """
    open_ids, best = set(wanted), dict[str, Clip]()
    for attempt in range(retry + 1):
        if not open_ids:
            return
        for drawn in generator.generate([at_attempt(request, attempt) for request in requests]):
            if drawn.clip_id not in open_ids:
                continue
            clip = better(best.get(drawn.clip_id), replace(drawn, verdict=judge.audit(drawn)))
            best[clip.clip_id] = clip
            if clip.verdict.passed is not False or attempt == retry:
                open_ids.discard(clip.clip_id)
                yield replace(clip, verdict=replace(clip.verdict, attempts=attempt + 1))


def at_attempt(request: Request, attempt: int) -> Request:
    """The request with the seed of its attempt; the first has its own."""
    return replace(request, seed=derive_seed(request.seed, "attempt", attempt)) if attempt else request


def better(kept: Clip | None, new: Clip) -> Clip:
    """Which of two attempts to keep: one that passes, else the one with fewer reasons, else the earlier."""
    if kept is None or new.verdict.passed is not False:
        return new
    return new if len(new.verdict.reasons) < len(kept.verdict.reasons) else kept
