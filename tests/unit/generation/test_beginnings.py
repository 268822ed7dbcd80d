"""Many clips from one first frame, and clips that begin with a picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivegen.core import Ambience, ConfigError, DataError, TimeOfDay, Weather
from drivegen.generation import SampleAuditConfig, SampleConfig, SamplerConfig, plan, sample
from drivegen.generation.attempts import at_attempt
from drivegen.generation.beginnings import futures_of, read_start_frame, state_after
from drivegen.models import Models, save_model
from drivegen.store import StoreReader, verify_store

from .conftest import HZ, SIZE, WriteRoot, drive


@pytest.fixture
def config(tmp_path: Path, write_root: WriteRoot, tiny_models: Models) -> SampleConfig:
    """One clip of tiny models with random weights, in three futures."""
    save_model(tmp_path / "model", tiny_models)
    return SampleConfig(
        clips=1,
        frames=5,
        fps=HZ,
        futures=3,
        scenarios="nuscenes",
        root=write_root(drive("a", 2, Ambience(Weather.RAIN, TimeOfDay.NIGHT))),
        model=tmp_path / "model",
        sampler=SamplerConfig(num_inference_steps=1, guidance=()),
        batch=2,
        threads=1,
        audit=SampleAuditConfig(kind="none"),
        sheet_clips=1,
        out=tmp_path / "out",
    )


def picture(path: Path, size: tuple[int, int]) -> Path:
    """Red on the left, blue on the right, green above and below the middle 2:1."""
    image = np.zeros((*size, 3), np.uint8)
    image[:, : size[1] // 2, 2], image[:, size[1] // 2 :, 0] = 250, 250
    border = (size[0] - size[1] // 2) // 2
    image[:border] = image[size[0] - border :] = (0, 250, 0)
    assert cv2.imwrite(str(path), image)
    return path


def test_futures_are_clips_of_their_own_with_one_first_frame(config: SampleConfig) -> None:
    sample(config)
    assert verify_store(config.out) == []
    clips = list(StoreReader(config.out).clips())
    assert [clip.clip_id[-8:] for clip in clips] == ["-future0", "-future1", "-future2"]
    assert [clip.provenance.layout_source[-14:] for clip in clips] == [f"future_index={i}"[-14:] for i in range(3)]
    assert len({clip.provenance.seed for clip in clips}) == 3
    assert len({clip.frames[0].tobytes() for clip in clips}) == 1
    assert len({clip.frames[4].tobytes() for clip in clips}) == 3
    # The boxes are those of one scenario.
    assert len({clip.labels[4].track_ids for clip in clips}) == 1


def test_a_future_that_is_made_again_keeps_its_first_frame(config: SampleConfig) -> None:
    first, second, _ = plan(config)
    again = at_attempt(second, 1)
    assert again.seed not in (first.seed, second.seed)
    assert again.start_seed == second.start_seed == first.start_seed == first.seed
    assert list(futures_of(first, 1)) == [first]


def test_clips_begin_with_the_picture_and_know_only_what_was_asked(config: SampleConfig, tmp_path: Path) -> None:
    start = picture(tmp_path / "start.png", (90, 120))
    asked = replace(config, start_frame=start, weather=Weather.SNOW, clips=2, futures=1)
    requests = list(plan(asked))
    assert {request.scenario.ambience for request in requests} == {Ambience(Weather.SNOW, None)}
    sample(asked)
    clips = list(StoreReader(asked.out).clips())
    assert not any(clip.labelled for clip in clips)
    assert len({clip.frames[0].tobytes() for clip in clips}) == 1
    assert len({clip.frames[1].tobytes() for clip in clips}) == 2
    assert StoreReader(asked.out).manifest.config["layouts"]["start_frame_sha256"]
    assert StoreReader(asked.out).manifest.config["labels"] == "none"
    # Another picture is another dataset.
    picture(start, (60, 120))
    with pytest.raises(DataError, match=r"other settings.*start_frame_sha256"):
        sample(asked)


def test_a_picture_is_cut_to_its_middle_and_scaled(tmp_path: Path, tiny_models: Models) -> None:
    shown = read_start_frame(picture(tmp_path / "start.png", (180, 240)), SIZE)
    assert shown.shape == (*SIZE, 3)
    assert (shown[2:-2, :30, 0] > 240).all() and (shown[2:-2, 34:, 2] > 240).all()
    assert not shown[2:-2, ..., 1].any()
    state = state_after(tiny_models, shown, 3)
    assert state.position == 1 and state.newest.shape == (3, 1, 4, SIZE[0] // 8, SIZE[1] // 8)


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\xff\xd8\xff\xe0 cut off"])
def test_a_bad_picture_is_told_in_one_line(config: SampleConfig, tmp_path: Path, content: bytes) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(content)
    with pytest.raises(DataError, match=r"image.*bad\.jpg|bad\.jpg.*image") as caught:
        sample(replace(config, start_frame=bad))
    assert "\n" not in str(caught.value)
    assert not config.out.exists()


def test_a_picture_that_is_not_there(config: SampleConfig) -> None:
    with pytest.raises(ConfigError, match="start_frame: no such file"):
        replace(config, start_frame=Path("/nowhere/a.jpg"))


@pytest.mark.parametrize(
    ("wanted", "stage"), [({"interpolate": 1}, "interpolation"), ({"upsample": True}, "upsampler")]
)
def test_parts_that_the_folder_lacks_are_named(config: SampleConfig, wanted: dict[str, object], stage: str) -> None:
    with pytest.raises(DataError, match=f"model folder tiny-random.*stage={stage}"):
        sample(replace(config, **wanted))
    assert not config.out.exists()
