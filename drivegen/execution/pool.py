"""The same pure work in this process or in several: the results and their order do not depend on it."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from drivegen.core import ConfigError, DrivegenError

Item = TypeVar("Item")
Result = TypeVar("Result")

# Items under way or waiting per worker: enough that none idles while the slowest holds up the order.
_AHEAD = 3
# What numerical libraries ask for the number of their threads; read when they are first imported.
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class WorkError(DrivegenError):
    """A piece of work failed with something that is no error of ours: names the piece."""


def run_pure(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int = 1,
    *,
    name: Callable[[Item], str] = str,
) -> Iterator[Result]:
    """`function(item)` of each item, in the order of the items.

    Items are taken and results given as they are needed: a stream of any length takes the memory of a few. What is
    costly to make and the same for all items (a network) is made once per process by a cached function of its own.

    Args:
        function: pure, and importable by its name in another process (no lambda, nothing defined in a function).
        items: small values that can be sent to another process, such as ids.
        workers: processes; 0 or 1: this one.
        name: how an item is called in an error.

    Raises:
        WorkError: the function failed, or a worker died; our own errors come as they are, and say which item it was.
        ConfigError: a negative number of workers.
    """
    if workers < 0:
        raise ConfigError("cannot be negative", where="workers", got=workers)
    if workers <= 1:
        return (_named(function, item, name(item)) for item in items)
    return _run_in_pool(function, items, workers, name)


@contextmanager
def worker_pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of spawned processes of one core each, which leave nothing behind however their parent ends.

    When the block raises (Ctrl-C too), they are stopped in the middle of what they do: what they write must bear that.
    """
    others = set(multiprocessing.active_children())
    # Spawned, because a fork would copy whatever threads and locks the caller holds.
    pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"), initializer=_start)
    try:
        yield pool
    except BaseException:
        for worker in set(multiprocessing.active_children()) - others:
            worker.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _run_in_pool(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int, name: Callable[[Item], str]
) -> Iterator[Result]:
    waiting: deque[tuple[str, Future[Result]]] = deque()
    source = iter(items)
    with worker_pool(workers) as pool:
        while True:
            for item in itertools.islice(source, _AHEAD * workers - len(waiting)):
                waiting.append((name(item), pool.submit(_named, function, item, name(item))))
            if not waiting:
                return
            which, future = waiting.popleft()
            try:
                result = future.result()
            except BrokenProcessPool as error:
                raise WorkError(
                    "a worker process died",
                    where=f"{which} or a neighbour of it",
                    remedy="it may have run out of memory: use fewer workers",
                ) from error
            except DrivegenError:
                raise
            except Exception as error:
                # What pickling cannot send: a function without a name, a result with an open file.
                raise WorkError(f"{type(error).__name__}: {error}", where=which) from error
            yield result


def _named(function: Callable[[Item], Result], item: Item, name: str) -> Result:
    """`function(item)`; errors say which item it was."""
    try:
        return function(item)
    except DrivegenError as error:
        if error.where is None:
            error.where = name
            error.args = (f"{name}: {error}",)
        raise
    except Exception as error:
        raise WorkError(f"{type(error).__name__}: {error}", where=name) from error


def _start() -> None:
    # The processes are the parallelism.
    for variable in _THREAD_VARIABLES:
        os.environ[variable] = "1"
    for library in ("torch", "cv2"):
        # Imported already where the program itself imports them: their threads no longer follow the environment.
        module = sys.modules.get(library)
        if module is not None:
            (module.set_num_threads if library == "torch" else module.setNumThreads)(1)
    # Ctrl-C reaches parent and workers at once; the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when its parent was killed and could not tell it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
