"""A store of schema version 1, as version 1 wrote it, is read, verified and opened frame by frame like one of today.

tests/golden/store_version_1 was written by the last code of that version (commit 39c31bd) from the clips of conftest:
`a` of three frames that passed, `b` of one that did not, `c` unlabelled and not judged. Nothing can write it again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from drivegen.core import Achieved, Clip, DataError, Verdict
from drivegen.store import StoreConfig, StoreDataset, StoreReader, StoreWriter, verify_store
from drivegen.store.manifest import file_sha256
from drivegen.store.parquet import arrow_schema, read_rows
from drivegen.store.schema import COLUMNS, SCHEMA_VERSION, TABLES, TableName
from drivegen.store.versions import columns_of

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "store_version_1"
SHARD = "train-00000-of-00001.parquet"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A copy of the old store."""
    return shutil.copytree(GOLDEN, tmp_path / "old")


def test_a_store_of_version_1_verifies_and_comes_back(make_clip: Callable[..., Clip]) -> None:
    assert verify_store(GOLDEN) == []
    reader = StoreReader(GOLDEN)
    a, b, c = reader.clips()
    assert (a.verdict.auditor, a.verdict.passed, a.verdict.scores["sharpness"]) == ("frames", True, 0.5)
    assert np.isnan(a.verdict.scores["flicker"])
    assert b.verdict == Verdict("frames", False, {"blank": 1.0}, reasons=(), achieved=Achieved(), attempts=1)
    assert c.verdict == Verdict() and not c.labelled
    made = make_clip("a", size=(16, 32))
    np.testing.assert_array_equal(a.frames, made.frames)
    for got, expected in zip(a.labels, made.labels, strict=True):
        assert got.track_ids == expected.track_ids
        # Sums of another numpy differ in the last digit.
        np.testing.assert_allclose(got.amodal_px, expected.amodal_px, rtol=1e-12)
    dataset = StoreDataset(GOLDEN)
    assert len(dataset) == 5 and dataset[1]["track_ids"] == made.labels[1].track_ids


@pytest.mark.parametrize("table", TABLES)
def test_rows_of_version_1_get_the_columns_of_today(table: TableName) -> None:
    path = GOLDEN / table / SHARD
    assert pq.read_schema(path).equals(arrow_schema(table, 1), check_metadata=True)
    for clip_id in (None, "a"):
        rows = read_rows(path, table, clip_id, version=1)
        assert rows.schema.equals(arrow_schema(table)), clip_id
    assert columns_of(table) == COLUMNS[table]
    names = {column.name for column in columns_of(table, 1)}
    assert "audit_passed" in names if table == "clips" else "qc_iou" not in names


def test_tables_of_an_old_store_are_given_as_they_are() -> None:
    clips = StoreReader(GOLDEN).table("clips").to_table(columns=["clip_id", "audit_passed"])
    assert clips.to_pylist()[1] == {"clip_id": "b", "audit_passed": False}
    assert StoreReader(GOLDEN).table("objects").to_table(columns=["audit_iou"]).num_rows > 0


def test_a_store_of_the_first_months_verifies(old: Path) -> None:
    """Version 1 began without `visibility_measured`."""
    path = old / "frames" / SHARD
    with pq.ParquetFile(path) as file:
        groups = [file.read_row_group(i) for i in range(file.num_row_groups)]
    schema = arrow_schema("frames", 1, lacking={"visibility_measured"})
    with pq.ParquetWriter(path, schema) as writer:
        for group in groups:
            writer.write_table(group.select(schema.names).cast(schema))
    _trust(old, "frames")
    assert verify_store(old) == []
    assert [frame.visibility_measured for frame in StoreReader(old).clip("a").labels] == [False] * 3


def test_what_is_wrong_with_an_old_store_is_told(old: Path) -> None:
    path = old / "clips" / SHARD
    table = pq.read_table(path)
    pq.write_table(table.drop_columns(["audit_passed"]), path)
    _trust(old, "clips")
    assert "audit_passed: structure: column is missing" in "\n".join(map(str, verify_store(old)))


def test_an_old_store_is_not_gone_on_with(old: Path, contents: Callable[[Path], dict[str, bytes]]) -> None:
    before = contents(old)
    with pytest.raises(DataError, match=f"not gone on with; expected {SCHEMA_VERSION}; got 1; choose another out"):
        StoreWriter(old, StoreConfig(frames_per_row_group=2), {"seed": 1})
    assert contents(old) == before


@pytest.mark.parametrize("version", [0, 99, "1", None])
def test_other_versions_are_refused(old: Path, version: object) -> None:
    manifest = json.loads((old / "manifest.json").read_text())
    (old / "manifest.json").write_text(json.dumps(manifest | {"schema_version": version}))
    with pytest.raises(DataError, match="another schema version"):
        StoreReader(old)


def _trust(root: Path, table: TableName) -> None:
    """Make manifest and description agree with what a file is now."""
    path = root / table / SHARD
    facts = {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
    manifest = json.loads((root / "manifest.json").read_text())
    manifest["tables"][table][0].update(facts)
    (root / "manifest.json").write_text(json.dumps(manifest))
    description = json.loads((root / "croissant.json").read_text())
    next(item for item in description["distribution"] if item["@id"] == f"{table}/{SHARD}").update(
        sha256=facts["sha256"]
    )
    (root / "croissant.json").write_text(json.dumps(description))
