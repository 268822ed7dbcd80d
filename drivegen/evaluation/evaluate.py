"""The evaluation: look at every clip of both datasets once, then say how far they are apart."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from operator import itemgetter

from drivegen.core import Observer
from drivegen.evaluation.assemble import make_card
from drivegen.evaluation.card import GENERATED, PASSED, RECONSTRUCTED, REFERENCE, write_card
from drivegen.evaluation.clip_lists import same_views
from drivegen.evaluation.clip_measures import ClipMeasures
from drivegen.evaluation.config import EvaluateConfig
from drivegen.evaluation.looking import forget, look_at_clip, reconstructor
from drivegen.evaluation.page import write_page
from drivegen.evaluation.plan import Plan, make_plan
from drivegen.evaluation.plots import write_plots
from drivegen.evaluation.report import EvaluateReport
from drivegen.evaluation.side_by_side import write_side_by_side
from drivegen.evaluation.streams import Measured, SetStats
from drivegen.execution import run_pure

Progress = Callable[[int, int], None]


def evaluate(
    config: EvaluateConfig, observer: Observer | None = None, progress: Progress | None = None
) -> EvaluateReport:
    """Hold a generated dataset to a reference and write the metric card, its page and its pictures into `config.out`.

    Args:
        observer: your own judge, in place of the net's folder; it looks in this process.
        progress: told how many of how many clips were looked at.

    Raises:
        ConfigError: settings that cannot be met.
        DataError: datasets or nets that cannot be read, or cannot be held to one another.
    """
    # Folders may have been written anew since this process looked at them last.
    forget()
    with _threads(config):
        plan = make_plan(config, observer)
        measured = look_at(plan, progress or _silent)
        card = make_card(config, plan, measured)
        write_card(card, config.out)
        look = plan.reference_look
        reconstruct = None if look.autoencoder is None else reconstructor(look.autoencoder, look.device)
        pairs = same_views(plan.generated, plan.reference, config.pictures)
        stores = plan.generated.store, plan.reference.store
        side_by_side = write_side_by_side(*stores, pairs, config.out, reconstruct)
    pictures = [*write_plots(card, config.out), *([side_by_side] if side_by_side else [])]
    return EvaluateReport(card, config.out, write_page(card, config.out, pictures), tuple(pictures))


def look_at(plan: Plan, progress: Progress) -> Measured:
    """Measure every clip, one at a time; memory does not grow with their number."""
    tell = _Counting(progress, len(plan.generated.clip_ids) + len(plan.reference.clip_ids))
    min_iou = plan.settings.min_iou
    stats = {name: SetStats(min_iou) for name in (REFERENCE, RECONSTRUCTED, GENERATED, PASSED)}
    same = {name: SetStats(min_iou, with_features=False) for name in (REFERENCE, RECONSTRUCTED, PASSED)}
    keys: dict[str, set[int]] = {GENERATED: set(), PASSED: set()}
    seen = _measured(plan, tell)
    for measures, *_ in itertools.islice(seen, len(plan.generated.clip_ids)):
        for name in (GENERATED, PASSED) if measures.passed else (GENERATED,):
            stats[name].add(measures)
            keys[name].add(measures.key)
    for measures, *reconstructed in seen:
        for name, one in zip((REFERENCE, RECONSTRUCTED), (measures, *reconstructed), strict=False):
            stats[name].add(one)
            if one.key in keys[GENERATED]:
                same[name].add(one)
        if measures.key in keys[PASSED]:
            same[PASSED].add(measures)
    return _sorted_out(stats, same)


def _sorted_out(stats: dict[str, SetStats], same: dict[str, SetStats]) -> Measured:
    """What was measured without the sets that are none."""
    # A filter that lets everything or nothing through makes no set of its own.
    if stats[PASSED].clips in (0, stats[GENERATED].clips):
        del stats[PASSED]
    if not stats[RECONSTRUCTED].clips:
        del stats[RECONSTRUCTED]
    whole, shared = stats[REFERENCE], same[REFERENCE].clips
    held_to = {name: same[PASSED] if name == PASSED else same[REFERENCE] for name in stats if name != REFERENCE}
    beside = {name: there if there.clips else whole for name, there in held_to.items()}
    both: tuple[str, ...] = (REFERENCE, RECONSTRUCTED)
    cut = {name: same[name] for name in both if name in stats and shared}
    return Measured(stats, cut, beside, shared)


def _measured(plan: Plan, tell: Callable[[], None]) -> Iterator[tuple[ClipMeasures, ...]]:
    """All generated clips, then all of reference, by the same processes."""
    generated = ((plan.generated_look, clip_id) for clip_id in plan.generated.clip_ids)
    reference = ((plan.reference_look, clip_id) for clip_id in plan.reference.clip_ids)
    function = look_at_clip if plan.observer is None else partial(look_at_clip, observer=plan.observer)
    for measures in run_pure(function, itertools.chain(generated, reference), plan.workers, name=itemgetter(1)):
        yield measures
        tell()


@dataclass
class _Counting:
    """Tells how many are done at each call."""

    progress: Progress
    total: int
    done: int = 0

    def __call__(self) -> None:
        self.done += 1
        self.progress(self.done, self.total)


@contextmanager
def _threads(config: EvaluateConfig) -> Iterator[None]:
    """Compute threads of this process for the length of a block."""
    import torch

    before = torch.get_num_threads()
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _silent(done: int, total: int) -> None:
    """Tell nobody."""
