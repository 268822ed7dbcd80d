"""Images, manifest, card, Croissant description, problems."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from drivegen.core import Clip, DataError, Provenance
from drivegen.core.provenance import FrameKind
from drivegen.store import Problem, StoreConfig, StoreReader, StoreWriter, config_hash
from drivegen.store.images import decode_image, encode_image
from drivegen.store.manifest import file_sha256


def test_png_keeps_every_pixel_and_the_order_of_colours() -> None:
    image = np.random.default_rng(0).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    np.testing.assert_array_equal(decode_image(encode_image(image, StoreConfig()), "x"), image)
    red = np.zeros((16, 16, 3), np.uint8) + np.array([200, 0, 0], np.uint8)
    decoded = decode_image(encode_image(red, StoreConfig(image_format="jpeg")), "x")
    assert decoded[8, 8, 0] > 190 and decoded[8, 8, 2] < 10


@pytest.mark.parametrize("data", [None, b"", b"not an image", b"\x89PNG\r\n\x1a\n"])
def test_bytes_that_are_no_image(data: bytes | None) -> None:
    with pytest.raises(DataError, match="clip-3 frame 2: image"):
        decode_image(data, "clip-3 frame 2")


def test_manifest_lists_every_file_and_what_was_asked(tmp_path: Path, write_store: Callable[..., object]) -> None:
    write_store(tmp_path)
    manifest = StoreReader(tmp_path).manifest
    assert manifest.totals == {"clips": 3, "frames": 9, "objects": 27}
    assert manifest.config == {"seed": 1} and manifest.config_hash == config_hash({"seed": 1})
    assert manifest.complete and manifest.model == {}
    for entry in (*manifest.tables.clips, *manifest.tables.frames, *manifest.tables.objects):
        path = tmp_path / entry.path
        assert (entry.bytes, entry.sha256) == (path.stat().st_size, file_sha256(path))


def test_hash_of_settings_ignores_order_and_tells_values_apart() -> None:
    assert config_hash({"a": 1, "b": (1, 2)}) == config_hash({"b": [1, 2], "a": 1})
    assert config_hash({"a": 1}) != config_hash({"a": 1.5})


def _front_matter(root: Path) -> dict[str, object]:
    text = (root / "README.md").read_text()
    values: dict[str, object] = yaml.safe_load(text.split("---\n")[1])
    return values


def test_card_has_one_configuration_per_table(tmp_path: Path, write_store: Callable[..., object]) -> None:
    write_store(tmp_path)
    front = _front_matter(tmp_path)
    assert front["license"] == "mit" and front["annotations_creators"] == ["machine-generated"]
    assert front["size_categories"] == ["n<1K"] and "synthetic" in front["tags"]
    configs = {c["config_name"]: c for c in front["configs"]}
    assert set(configs) == {"frames", "clips", "objects"} and configs["frames"]["default"] is True
    assert configs["objects"]["data_files"] == [{"split": "train", "path": "objects/train-*.parquet"}]


def test_card_tells_what_was_asked_what_is_there_and_how_to_make_it_again(
    tmp_path: Path, make_clip: Callable[..., Clip]
) -> None:
    recorded = Provenance(FrameKind.RECORDED, "reference", 1, license="CC BY-NC: ask us")
    asked = {"clips": 2, "weather": ["rain", "fog"], "sampler": {"name": "heun"}, "note": "it's", "split": None}
    asked |= {"layouts": {"drive": "cd34"}, "compute": {"batch": 4, "model_sha256": "ab12"}}
    with StoreWriter(tmp_path, StoreConfig(), asked, {"id": "tiny", "sha256": "ab12"}) as writer:
        writer.write(make_clip("a", labelled=False))
        writer.write(make_clip("b", provenance=recorded))
    text = (tmp_path / "README.md").read_text()
    assert "| weather | rain 2 | rain 2 |" in text and "| time of day | anything 2 | night 2 |" in text
    assert "1 clips were made without boxes" in text and "Model: tiny, sha256 `ab12`" in text
    for override in (
        "clips=2",
        "sampler.name=heun",
        "split=null",
        "'weather=[rain,fog]'",
        "batch=4",
        "store.split=train",
    ):
        assert f"    {override}" in text
    assert "The scenarios come from `drive`, sha256 `cd34`." in text and "layouts" not in text
    front = _front_matter(tmp_path)
    assert front["license"] == "other" and front["license_name"] == "CC BY-NC: ask us, MIT"


@pytest.mark.parametrize(
    ("layouts", "told"),
    [
        ({"source": "world"}, "The scenarios come from the world."),
        ({"source": "catalogue", "sha256": "ef56"}, "The scenarios come from the catalogue, sha256 `ef56`."),
    ],
)
def test_card_tells_where_the_scenarios_come_from_and_who_judged(
    tmp_path: Path, make_clip: Callable[..., Clip], layouts: dict[str, str], told: str
) -> None:
    judge = {"observer_sha256": "ab99", "training_clips_sha256": "cd88", "threads": 3}
    with StoreWriter(tmp_path, StoreConfig(), {"layouts": layouts, "judge": judge}) as writer:
        writer.write(make_clip("a"))
    text = (tmp_path / "README.md").read_text()
    assert told in text and "has sha256 `ab99`" in text and "compared with have sha256 `cd88`" in text
    assert "    threads=3" in text and "observer_sha256=" not in text


def test_description_names_files_hashes_and_columns(tmp_path: Path, write_store: Callable[..., object]) -> None:
    write_store(tmp_path)
    value = json.loads((tmp_path / "croissant.json").read_text())
    files = [item for item in value["distribution"] if item["@type"] == "cr:FileObject"]
    assert len(files) == 6 and all(file_sha256(tmp_path / f["contentUrl"]) == f["sha256"] for f in files)
    fields = {f["@id"]: f["dataType"] for table in value["recordSet"] for f in table["field"]}
    assert fields["frames/image"] == "sc:ImageObject" and fields["clips/is_synthetic"] == "sc:Boolean"
    assert fields["objects/depth_m"] == "sc:Float" and fields["objects/track_id"] == "sc:Text"
    ids = {item["@id"] for item in value["distribution"]} | set(fields)
    keys = [key["@id"] for table in value["recordSet"] for key in table["key"]]
    assert set(keys) <= ids


def test_problem_in_one_line() -> None:
    assert str(Problem("a.parquet", "row 1", "fps", "is NaN")) == "a.parquet: row 1: fps: is NaN"
    assert str(Problem("a.parquet", "", "", "missing")) == "a.parquet: missing"
