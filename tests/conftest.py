"""What all tests share: one compute thread each, reproducible hypothesis, recorded data where it is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Before torch, OpenBLAS and OpenMP start their threads: the tests themselves run side by side.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

settings.register_profile(
    "drivegen", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("drivegen")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the recorded data sets; tests that need it are skipped where it is not there."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("DRIVEGEN_SHARED_DATA", beside))
    if not folder.is_dir():
        pytest.skip("no recorded data here; DRIVEGEN_SHARED_DATA names its folder")
    return folder
