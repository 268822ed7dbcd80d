"""Writes docs/schema.md from the declared columns: `python -m drivegen.store.schema_doc docs/schema.md`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from drivegen.store.schema import CLIPS, CONVENTIONS, FRAMES, MEDIA, OBJECT, OBJECTS, SCHEMA_VERSION, Column
from drivegen.store.versions import EARLIER, Earlier

_INTRODUCTION = f"""\
# Columns of the store

Schema version {SCHEMA_VERSION}. This page is generated from `drivegen/store/schema.py`:

    python -m drivegen.store.schema_doc docs/schema.md

{CONVENTIONS}

A store is a folder: `clips/`, `frames/` and `objects/` hold `SPLIT-00000-of-0000N.parquet`; file i of each table \
holds the same clips, sorted by clip_id. A row group of `frames` holds one segment of one clip, at most 64 frames. \
`manifest.json` lists rows, bytes and sha256 of every file and the settings that made them; `README.md` is a Hugging \
Face dataset card, `croissant.json` a Croissant description. Images are `struct<bytes, path>`, as Hugging Face's Image \
feature. "null" says whether a row may lack the value.

Unlabelled clips (`labelled` is false) were made without boxes: their object lists are empty because nobody knows.
"""

# How a value that stands for what an earlier version did not know is told.
_UNKNOWN = {"None": "null", "[]": "an empty list"}


def schema_markdown() -> str:
    """The page as Markdown."""
    keys = [column for column in OBJECTS if column not in OBJECT]
    parts = [
        _INTRODUCTION,
        _table("clips", "One row per clip.", CLIPS),
        _table("frames", "One row per frame.", FRAMES),
        _table("objects", "One row per object and frame.", keys),
        _table(
            "objects, and frames.objects", "The rest of `objects`; the fields of each item of `frames.objects`.", OBJECT
        ),
        _earlier_versions(),
    ]
    return "\n".join(parts)


def _earlier_versions() -> str:
    lines = [
        "## Earlier versions",
        "",
        "Stores of earlier schema versions are read, verified, exported and judged again as if they had the columns "
        "above; they are not gone on with. Opened with another reader their columns have their old names.",
        "",
    ]
    for version, earlier in sorted(EARLIER.items(), reverse=True):
        lines += [f"Version {version}:", "", *_differences(earlier), ""]
    return "\n".join(lines)


def _differences(earlier: Earlier) -> list[str]:
    renamed = [f"* `{then}` is now `{now}`." for now, then in earlier.names.items()]
    absent = [f"* no `{name}`: {_UNKNOWN.get(str(value), str(value))}." for name, value in earlier.absent.items()]
    optional = [f"* `{name}` may be missing: null." for name in sorted(earlier.optional)]
    return [*renamed, *absent, *optional]


def _table(name: str, introduction: str, columns: Sequence[Column]) -> str:
    lines = [f"## {name}", "", introduction, "", "| column | type | unit | null | meaning |", "|---|---|---|---|---|"]
    for c in columns:
        null = "yes" if c.nullable else ""
        lines.append(f"| `{c.name}` | {_type_name(c)} | {c.unit} | {null} | {c.meaning} |")
    return "\n".join([*lines, ""])


def _type_name(column: Column) -> str:
    if column.type == MEDIA:
        return column.media
    if pa.types.is_list(column.type):
        if not pa.types.is_struct(column.type.value_type):
            return f"list of {column.type.value_type}"
        fields = [f.name for f in column.type.value_type]
        return f"list of struct ({', '.join(fields)})" if len(fields) < 4 else "list of struct (below)"
    return "float64" if pa.types.is_floating(column.type) else str(column.type)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_markdown(), encoding="utf-8")
