"""Progress of long work on stderr: a bar with rate and time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

# Called as report(done, total).
Report = Callable[[int, int], None]

# Plain lines come no more often than this.
PLAIN_INTERVAL_S = 10.0


@contextmanager
def progress(title: str, unit: str) -> Iterator[Report]:
    """Show progress for the length of a block.

    Args:
        title: what is being done, such as "world".
        unit: what is counted, in the plural, such as "scenes".

    Yields:
        A function of (done, total).
    """
    if sys.stderr.isatty():
        with _bar(title, unit) as report:
            yield report
    else:
        yield PlainProgress(title, unit)


class PlainProgress:
    """Prints a line now and then: done, total, rate, time left."""

    def __init__(self, title: str, unit: str, interval_s: float = PLAIN_INTERVAL_S) -> None:
        self._title, self._unit, self._interval_s = title, unit, interval_s
        self._start: float | None = None
        self._first = 0
        self._last_line = float("-inf")

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if self._start is None:
            # What an earlier run finished does not count for the rate.
            self._start, self._first = now, done
        if now - self._last_line < self._interval_s and done < total:
            return
        self._last_line = now
        print(self._line(done, total, now - self._start), file=sys.stderr, flush=True)

    def _line(self, done: int, total: int, seconds: float) -> str:
        line = f"{self._title}: {done}/{total} {self._unit}"
        fresh = done - self._first
        if fresh <= 0 or seconds <= 0:
            return line
        rate = fresh / seconds
        return f"{line}, {rate:.2f} {self._unit}/s, {max(0, total - done) / rate:.0f} s left"


class _RateColumn(ProgressColumn):
    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        """The rate as text; empty until it is known."""
        return Text(f"{task.speed:.2f} {self._unit}/s" if task.speed else "")


@contextmanager
def _bar(title: str, unit: str) -> Iterator[Report]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit))
    with Progress(*columns, _RateColumn(unit), TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None)

        def report(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield report
