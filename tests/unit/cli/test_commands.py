"""The small commands' own parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivegen.cli.audit import verdict_table
from drivegen.cli.doctor import DoctorCommand, Finding, examine
from drivegen.cli.export import ExportCommand
from drivegen.cli.verify import VerifyCommand, job
from drivegen.core import ConfigError, DataError, Verdict


def test_verdict_table() -> None:
    table = verdict_table([("a", Verdict("frames", True, {"flicker": 1.25})), ("bb", Verdict("none"))])
    assert table.splitlines() == [
        "clip_id  verdict     flicker",
        "a        passed      1.25",
        "bb       not judged  -",
        "2 clips: 1 passed, 0 failed, 1 not judged",
    ]


def test_export_goes_beside_the_store() -> None:
    assert ExportCommand(Path("out/sample")).folder == Path("out/sample-mp4")
    assert ExportCommand(Path("out/sample"), format="png").folder == Path("out/sample-png")
    assert ExportCommand(Path("out/sample"), out=Path("x")).folder == Path("x")
    with pytest.raises(ConfigError, match="scale: must be at least 1"):
        ExportCommand(Path("s"), scale=0)


def test_verify_wants_to_know_which_version(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected one v1\.0-\* folder; got none"):
        job(VerifyCommand(root=tmp_path))
    for name in ("v1.0-mini", "v1.0-test"):
        (tmp_path / name).mkdir()
    with pytest.raises(DataError, match=r"got v1\.0-mini, v1\.0-test; give version="):
        job(VerifyCommand(root=tmp_path))


def test_doctor_looks_at_everything(tmp_path: Path) -> None:
    findings = list(examine(DoctorCommand(out=tmp_path / "not" / "there", min_free_gb=1e9)))
    text = "\n".join(map(str, findings))
    assert "python 3." in text
    assert "numpy " in text
    assert "device cpu: " in text
    assert str(Finding(f"disk at {tmp_path}: ", problem=True)).strip() in text
