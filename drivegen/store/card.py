"""The dataset card, README.md: what Hugging Face reads (YAML) and what people read."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from drivegen.store.manifest import Manifest, canonical_json

# Licences by their Hugging Face identifiers, https://huggingface.co/docs/hub/repositories-licenses
_LICENSES = {
    "Apache-2.0": "apache-2.0",
    "MIT": "mit",
    "CC0-1.0": "cc0-1.0",
    "CC-BY-4.0": "cc-by-4.0",
    "CC-BY-SA-4.0": "cc-by-sa-4.0",
    "CC-BY-NC-4.0": "cc-by-nc-4.0",
    "CC-BY-NC-SA-4.0": "cc-by-nc-sa-4.0",
}
_SIZES = ((1e3, "n<1K"), (1e4, "1K<n<10K"), (1e5, "10K<n<100K"), (1e6, "100K<n<1M"), (1e7, "1M<n<10M"))
# Parts of the settings that a run found rather than was told: what lies in its data, and on what it computed.
_IDENTITIES = ("layouts", "compute", "judge")
# What a run says of who judged.
_JUDGES = {
    "observer_sha256": "The judge that looked at the clips has sha256 `{}`.",
    "training_clips_sha256": "The training clips that they were compared with have sha256 `{}`.",
}
_COUNTED = ("frame_kind", "weather", "time_of_day", "crowdedness_level", "camera")

_LOADING = """\
```python
from datasets import load_dataset
frames = load_dataset("parquet", data_files="frames/{split}-*.parquet", split="train")  # images as PIL, boxes nested

import pandas
clips = pandas.read_parquet("clips", columns=["clip_id", "weather", "crowdedness"])

import polars
cars = polars.scan_parquet("objects/*.parquet").filter(polars.col("category") == "car").collect()

import duckdb
duckdb.sql("select category, count(*) from 'objects/*.parquet' where scored group by category").show()

import pyarrow.dataset
table = pyarrow.dataset.dataset("frames").to_table(columns=["clip_id", "frame_index", "objects"])

from pathlib import Path
from drivegen.store import StoreDataset, StoreReader
from torch.utils.data import DataLoader
loader = DataLoader(StoreDataset(Path(".")), batch_size=8, collate_fn=list, num_workers=2)
clip = next(StoreReader(Path(".")).clips())
```"""


def write_card(path: Path, manifest: Manifest, clips: pa.Table) -> None:
    """Write the card of a store.

    Args:
        clips: the rows of `clips` (without media).
    """
    rows = clips.to_pylist()
    parts = [_front_matter(manifest, rows), _overview(manifest, rows), _contents(manifest), _again(manifest)]
    path.write_text("\n".join(parts), encoding="utf-8")


def _front_matter(manifest: Manifest, rows: list[dict[str, Any]]) -> str:
    licenses = sorted({row["license"] or "unknown" for row in rows})
    known = _LICENSES.get(licenses[0]) if len(licenses) == 1 else None
    frames = manifest.totals["frames"]
    size = next((name for limit, name in _SIZES if frames < limit), "n>10M")
    split = manifest.store["split"]
    lines = ["---", f"license: {known or 'other'}"]
    if known is None:
        lines.append(f"license_name: {canonical_json(', '.join(licenses))}")
    lines += ["task_categories:", "- object-detection", "tags:", "- autonomous-driving", "- video", "- 3d-boxes"]
    lines += ["- synthetic"] if any(row["is_synthetic"] for row in rows) else []
    lines += ["annotations_creators:", "- machine-generated", "size_categories:", f"- {size}", "configs:"]
    for table in ("frames", "clips", "objects"):
        lines += [f"- config_name: {table}", *(["  default: true"] if table == "frames" else [])]
        lines += ["  data_files:", f"  - split: {split}", f'    path: "{table}/{split}-*.parquet"']
    return "\n".join([*lines, "---", ""])


def _overview(manifest: Manifest, rows: list[dict[str, Any]]) -> str:
    totals = manifest.totals
    seconds = sum(row["duration_s"] for row in rows)
    sizes = sorted({f"{row['width_px']}x{row['height_px']}" for row in rows})
    lines = [
        "# Annotated driving clips",
        "",
        f"{totals['clips']} clips, {totals['frames']} frames, {totals['objects']} boxes, {seconds:.1f} s of driving at "
        f"{', '.join(sizes)} px, made by drivegen {manifest.drivegen_version}.",
        "",
    ]
    if not manifest.complete:
        lines += ["The run was stopped before its last clip; the same command goes on with it.", ""]
    unlabelled = sum(not row["labelled"] for row in rows)
    if unlabelled:
        lines += [f"{unlabelled} clips were made without boxes (`labelled` is false): they are not empty roads.", ""]
    if manifest.model:
        lines += [
            f"Model: {manifest.model.get('id', 'unnamed')}, sha256 `{manifest.model.get('sha256', 'unknown')}`.",
            "",
        ]
    return "\n".join([*lines, *_asked(rows), "", *_audit(manifest, rows)])


def _asked(rows: list[dict[str, Any]]) -> list[str]:
    lines = ["## What was asked, what is here, what the audit sees", ""]
    lines += ["| | asked | here | seen |", "|---|---|---|---|"]
    for name in _COUNTED:
        kind = name.removesuffix("_level")
        asked = Counter(row[f"{kind}_requested"] or "anything" for row in rows if f"{kind}_requested" in row)
        here = Counter(row[name] or "unknown" for row in rows)
        seen = [row[f"{kind}_achieved"] for row in rows if row.get(f"{kind}_achieved") is not None]
        lines.append(f"| {name.replace('_', ' ')} | {_counts(asked)} | {_counts(here)} | {_seen(seen)} |")
    users = sum(row["crowdedness"] for row in rows) / max(1, len(rows))
    return [*lines, "", f"The labels count {users:.1f} road users per frame on average."]


def _seen(values: list[Any]) -> str:
    """Words are counted, numbers averaged."""
    if values and isinstance(values[0], float):
        return f"{sum(values) / len(values):.1f} road users per frame"
    return _counts(Counter(values))


def _audit(manifest: Manifest, rows: list[dict[str, Any]]) -> list[str]:
    verdicts = Counter({True: "passed", False: "failed", None: "not judged"}[row["qc_pass"]] for row in rows)
    lines = ["## Audit", "", f"Auditor {', '.join(sorted({row['auditor'] for row in rows}))}: {_counts(verdicts)}."]
    failed = Counter(reason for row in rows for reason in row["qc_reasons"])
    if failed:
        lines.append(f"Reasons: {_counts(failed)} (`qc_reasons`); clips that pass have `qc_pass`.")
    remade = [row["qc_attempts"] for row in rows if row["qc_attempts"] > 1]
    if remade:
        lines.append(f"{len(remade)} clips were made again, {sum(remade) - len(remade)} times in all (`qc_attempts`).")
    if manifest.dropped:
        reasons = Counter(reason for found in manifest.dropped.values() for reason in found)
        told = f" ({_counts(reasons)})" if reasons else ""
        lines.append(f"{len(manifest.dropped)} clips were found unfit and left out{told}: what is here was selected.")
    return [*lines, ""]


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items()))


def _contents(manifest: Manifest) -> str:
    return f"""\
## Tables

* `clips/` one row per clip: weather, time of day, crowdedness, what was asked, how to make it again, verdict, poster.
* `frames/` one row per frame: image, calibration, poses, and its boxes nested in `objects`.
* `objects/` the same boxes flat, one row per box.

Every column is described in `docs/schema.md` of drivegen; frames of reference and units are in the schema metadata \
of each file (`drivegen.conventions`). Boxes are in the ego frame; 2D boxes are in pixels of the stored image.

## Load it

From the folder of this card:

{_LOADING.replace("{split}", manifest.store["split"])}

`drivegen verify store=.` checks every file against `manifest.json` and every box against its calibration.
"""


def _again(manifest: Manifest) -> str:
    config = dict(manifest.config)
    layouts, compute, judge = (config.pop(name, None) or {} for name in _IDENTITIES)
    clips = manifest.totals["clips"] + len(manifest.dropped)
    settings = {"clips": clips, "store": manifest.store, **config}
    settings |= {key: value for key, value in {**judge, **compute}.items() if not key.endswith("_sha256")}
    overrides = " \\\n    ".join(shlex.quote(f"{key}={value}") for key, value in _flat(settings, ""))
    sources = _sources(layouts)
    sources += [text.format(judge[name]) for name, text in _JUDGES.items() if name in judge]
    return "\n".join(
        [
            "## Make it again",
            "",
            "These are all settings that decide what is here (`config` in `manifest.json`); where the data, the model "
            "and the judge lie on your machine is left to you. The same versions, kind of device and number of threads "
            "give the same bytes.",
            *(["", *sources] if sources else []),
            "",
            "```bash",
            "drivegen sample out=again \\",
            f"    {overrides}",
            "```",
            "",
        ]
    )


def _sources(layouts: Mapping[str, str]) -> list[str]:
    """Where the scenarios come from: the world, a catalogue, or one or several roots."""
    if "source" in layouts:
        content = f", sha256 `{layouts['sha256']}`" if "sha256" in layouts else ""
        return [f"The scenarios come from the {layouts['source']}{content}."]
    return [f"The scenarios come from `{name}`, sha256 `{value}`." for name, value in sorted(layouts.items())]


def _flat(config: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for key, value in sorted(config.items()):
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", _override(value)


def _override(value: Any) -> str:
    """A value in the grammar of Hydra's overrides, which is JSON but for bare words and unquoted keys."""
    if isinstance(value, str) and value and all(c.isalnum() or c in "_-./:" for c in value):
        return value
    if isinstance(value, list):
        return "[" + ",".join(_override(v) for v in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{k}:{_override(v)}" for k, v in sorted(value.items())) + "}"
    return canonical_json(value)
