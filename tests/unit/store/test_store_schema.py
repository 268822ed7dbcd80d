"""The columns: frozen list, documentation, Hugging Face features, how leaves are written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import datasets
from drivegen.store.parquet import arrow_schema, leaf_paths
from drivegen.store.schema import COLUMNS, MEDIA, TABLES, TableName, column_list
from drivegen.store.schema_doc import schema_markdown

ROOT = Path(__file__).resolve().parents[3]


def test_columns_are_the_frozen_ones() -> None:
    """Datasets in the world have these columns.

    After a wanted change raise SCHEMA_VERSION and write `column_list()` to the file as JSON with indent 1.
    """
    assert json.loads((ROOT / "datasets" / "store_columns.json").read_text()) == column_list()


def test_page_of_columns_is_up_to_date() -> None:
    page = (ROOT / "docs" / "schema.md").read_text()
    assert page == schema_markdown(), "run python -m drivegen.store.schema_doc docs/schema.md"


@pytest.mark.parametrize("table", TABLES)
def test_names_are_unique_and_every_column_says_what_it_means(table: TableName) -> None:
    names = [c.name for c in COLUMNS[table]]
    assert len(set(names)) == len(names)
    assert all(c.meaning and (c.media != "") == (c.type == MEDIA) for c in COLUMNS[table])
    suffixes = {"m": "_m", "px": "_px", "s": "_s", "us": "_us", "m/s": "_mps"}
    assert all(c.name.endswith(suffixes[c.unit]) for c in COLUMNS[table] if c.unit)


@pytest.mark.parametrize("table", TABLES)
def test_hugging_face_features_have_the_types_of_the_file(table: TableName) -> None:
    """`datasets` takes the features from the metadata only when their Arrow types are those of the columns."""
    schema = arrow_schema(table)
    features = datasets.Features.from_arrow_schema(schema)
    assert features.arrow_schema.types == schema.types
    for column in COLUMNS[table]:
        if column.media:
            assert type(features[column.name]).__name__ == column.media


def test_leaves_are_written_as_decided(tmp_path: Path, write_store: Callable[..., object]) -> None:
    write_store(tmp_path, ("a",))
    for table in TABLES:
        path = next((tmp_path / table).glob("*.parquet"))
        group = pq.read_metadata(path).row_group(0)
        leaves = [leaf for c in COLUMNS[table] for leaf in leaf_paths(c.type, c.name)]
        chunks = [group.column(i) for i in range(group.num_columns)]
        assert [c.path_in_schema for c in chunks] == leaves
        keys = {c.name for c in COLUMNS["objects"] + COLUMNS["clips"] if c.key}
        for chunk in chunks:
            media = chunk.path_in_schema.endswith(".bytes")
            assert chunk.compression == ("UNCOMPRESSED" if media else "ZSTD")
            coded = "RLE_DICTIONARY" in chunk.encodings
            assert coded == (chunk.path_in_schema.split(".")[-1] in keys), chunk.path_in_schema
        assert pq.read_schema(path).equals(arrow_schema(table), check_metadata=True)


def test_a_row_group_of_frames_is_a_segment_of_one_clip(
    tmp_path: Path, write_store: Callable[..., object], make_clip: Callable[..., object]
) -> None:
    write_store(tmp_path, ("a", "b"), frames_per_row_group=2)
    with pq.ParquetFile(tmp_path / "frames" / "train-00000-of-00001.parquet") as file:
        groups = [file.read_row_group(i, columns=["clip_id", "segment_index"]) for i in range(file.num_row_groups)]
    assert [(g["clip_id"].to_pylist(), g["segment_index"].to_pylist()) for g in groups] == [
        (["a", "a"], [0, 0]),
        (["a"], [1]),
        (["b", "b"], [0, 0]),
        (["b"], [1]),
    ]
