"""Worker processes: none is left when the block that needs them raises."""

from __future__ import annotations

import multiprocessing
import time

import pytest

from drivegen.world.workers import worker_pool


def test_workers_are_stopped_in_the_middle_when_the_block_raises() -> None:
    others = set(multiprocessing.active_children())
    begin_s = time.monotonic()
    with pytest.raises(KeyboardInterrupt), worker_pool(1) as pool:
        assert pool.submit(abs, -3).result() == 3
        pool.submit(time.sleep, 100.0)
        raise KeyboardInterrupt
    assert set(multiprocessing.active_children()) <= others
    assert time.monotonic() - begin_s < 60.0
