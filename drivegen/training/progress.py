"""Progress of the preparations on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

from drivegen.nuscenes_format import Skipped

_PLAIN_INTERVAL_S = 10.0


def say(text: str) -> None:
    """One line on stderr."""
    print(text, file=sys.stderr, flush=True)


def report_skips(title: str, skipped: Iterable[Skipped]) -> None:
    """One line about what had to be left out; nothing where nothing had."""
    unique = list(dict.fromkeys((note.where, note.why) for note in skipped))
    if unique:
        where, why = unique[0]
        say(f"{title}: {len(unique)} skipped, the first: {where}: {why}")


@contextmanager
def reporting(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show progress for the length of a block; yields a function of (done, total)."""
    if sys.stderr.isatty():
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(title, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
        return
    start = last = time.monotonic()

    def plain(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _PLAIN_INTERVAL_S:
            last = now
            say(f"{title}: {done}/{total}, {(total - done) * (now - start) / max(done, 1):.0f} s left")

    yield plain
