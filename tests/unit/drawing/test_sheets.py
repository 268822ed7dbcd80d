"""Contact sheets, filmstrips and the files they become."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from drivegen.core import DataError
from drivegen.drawing import contact_sheet, filmstrip, write_png
from drivegen.drawing.text import ascii_only, fit_text, text_width


def flat(value: int, size: tuple[int, int] = (30, 50)) -> np.ndarray:
    return np.full((*size, 3), value, dtype=np.uint8)


def test_images_lie_in_rows_of_columns() -> None:
    sheet = contact_sheet([flat(10), flat(20), flat(30)], columns=2, pad_px=4)
    assert sheet.shape == (2 * 34 + 4, 2 * 54 + 4, 3)
    assert (sheet[4:34, 4:54] == 10).all()
    assert (sheet[4:34, 58:108] == 20).all()
    assert (sheet[38:68, 4:54] == 30).all()
    assert (sheet[38:68, 58:108] > 240).all()


def test_smaller_images_are_centred() -> None:
    sheet = contact_sheet([flat(10), flat(20, (10, 20))], columns=1, pad_px=0)
    assert (sheet[40:50, 15:35] == 20).all()
    assert (sheet[30:40] > 240).all()


def test_captions_and_title_stay_off_the_images() -> None:
    captions = ["a very long caption that does not fit below so small an image", "b"]
    sheet = contact_sheet([flat(10), flat(20)], columns=2, captions=captions, title="A title", pad_px=6)
    for value in (10, 20):
        assert (sheet == value).all(axis=2).sum() == 30 * 50
    # Dark ink above, grey ink below, none beyond its own cell.
    rows, columns = np.nonzero((sheet < 200).all(axis=2))
    assert rows.min() < 30
    image_bottom = np.nonzero((sheet == 10).all(axis=2))[0].max()
    below = columns[rows > image_bottom]
    assert len(below)
    assert not ((below > 56) & (below < 62)).any()


def test_sheets_refuse_what_they_cannot_lay_out() -> None:
    for images, columns in (([], 2), ([flat(1)], 0)):
        with pytest.raises(DataError, match="nothing to lay out"):
            contact_sheet(images, columns=columns)
    with pytest.raises(DataError, match="one caption per image; expected 1; got 2"):
        contact_sheet([flat(1)], columns=1, captions=["a", "b"])


def test_a_filmstrip_is_one_row() -> None:
    frames = np.stack([flat(10), flat(20), flat(30)])
    strip = filmstrip(frames)
    assert strip.shape == (30, 150, 3)
    assert strip[0, ::50, 0].tolist() == [10, 20, 30]
    named = filmstrip(frames, caption="clip")
    assert np.array_equal(named[:30], strip)
    assert (named[30:] < 200).any()
    with pytest.raises(DataError, match="no frames"):
        filmstrip(frames[:0])


def test_text_is_cut_to_its_width() -> None:
    assert fit_text("short", 9, 500) == "short"
    cut = fit_text("a rather long caption", 9, 80)
    assert cut.endswith("..")
    assert text_width(cut, 9) <= 80
    assert fit_text("anything", 9, 1) == ""
    assert ascii_only("caf\u00e9\nbar") == "caf? bar"


def test_a_png_is_read_back_whole(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    path = tmp_path / "new" / "picture.png"
    write_png(path, image)
    assert np.array_equal(cv2.imread(str(path))[..., ::-1], image)
    assert [file.name for file in path.parent.iterdir()] == ["picture.png"]


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="wrong image"):
        write_png(tmp_path / "a.png", np.zeros((4, 4), dtype=np.uint8))
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="picture cannot be written"):
        write_png(tmp_path / "file" / "a.png", flat(1))
