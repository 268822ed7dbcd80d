"""Work in processes gives what it gives in this one: results, order and errors; Ctrl-C and crashes end cleanly."""

from __future__ import annotations

import importlib
import multiprocessing
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivegen.core import ConfigError, DataError
from drivegen.execution import WorkError, run_pure

# Functions that worker processes can import: test modules are none of those.
WORK = """
import os
import time

from drivegen.core import DataError


def square(number: int) -> int:
    # Later items finish first.
    time.sleep(0.002 * (10 - number % 10))
    return number * number


def fail_at_three(number: int) -> int:
    if number == 3:
        raise ValueError("three is\\nnot allowed")
    return number


def refuse_at_three(number: int) -> int:
    if number == 3:
        raise DataError("is damaged", remedy="make it again")
    return number


def die_at_three(number: int) -> int:
    if number == 3:
        os._exit(9)
    return number
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The module of those functions."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "pool_test_work.py").write_text(WORK)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield importlib.import_module("pool_test_work")


def name_of(number: int) -> str:
    return f"clip-{number}"


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_results_come_in_order(workers: int, work: Any) -> None:
    assert list(run_pure(work.square, range(12), workers)) == [n * n for n in range(12)]
    assert list(run_pure(work.square, [], workers)) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failure_names_its_item_in_one_line(workers: int, work: Any) -> None:
    with pytest.raises(WorkError, match=r"^clip-3: ValueError: three is not allowed$"):
        list(run_pure(work.fail_at_three, range(5), workers, name=name_of))
    with pytest.raises(DataError, match=r"^clip-3: is damaged; make it again$") as caught:
        list(run_pure(work.refuse_at_three, range(5), workers, name=name_of))
    assert caught.value.where == "clip-3"
    assert not multiprocessing.active_children()


def test_a_dead_worker_is_reported(work: Any) -> None:
    with pytest.raises(WorkError, match="fewer workers"):
        list(run_pure(work.die_at_three, range(5), 2, name=name_of))


def test_items_are_taken_as_they_are_needed(work: Any) -> None:
    taken: list[int] = []

    def endless() -> Iterator[int]:
        number = 0
        while True:
            taken.append(number)
            yield number
            number += 1

    results = run_pure(work.square, endless(), 2)
    assert [next(results) for _ in range(3)] == [0, 1, 4]
    assert len(taken) < 12
    results.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()
    assert next(run_pure(work.square, endless(), 1)) == 0


def test_what_cannot_be_sent_is_reported() -> None:
    with pytest.raises(WorkError, match=r"^7: .*lambda"):
        list(run_pure(lambda number: number, [7], 2))


def test_a_negative_number_of_workers_is_refused(work: Any) -> None:
    with pytest.raises(ConfigError, match="workers"):
        run_pure(work.square, [1], -1)


SCRIPT = """
import os, signal, sys, time
from pathlib import Path
from drivegen.execution import run_pure

def work(number):
    Path(sys.argv[1], f"{number}-{os.getpid()}").touch()
    time.sleep(30)

if __name__ == "__main__":
    # A shell that puts this test into the background has its children ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        list(run_pure(work, range(4), 2))
    except KeyboardInterrupt:
        print("stopped")
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_its_parent(tmp_path: Path, how: signal.Signals) -> None:
    script, started = tmp_path / "script.py", tmp_path / "started"
    script.write_text(SCRIPT)
    started.mkdir()
    parent = subprocess.Popen([sys.executable, script, started], stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while len(list(started.iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    parent.send_signal(how)
    out, _ = parent.communicate(timeout=20)
    assert out.strip() == ("stopped" if how is signal.SIGINT else "")
    for process in (int(path.name.split("-")[1]) for path in started.iterdir()):
        while _alive(process):
            assert time.monotonic() < deadline, "a worker outlived its parent"
            time.sleep(0.05)


def _alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"
