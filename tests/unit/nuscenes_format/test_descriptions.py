"""What free text tells and what it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivegen.core import Ambience, TimeOfDay, Weather
from drivegen.nuscenes_format.descriptions import UNKNOWN_LICENSE, ambience_from_description, license_of

RAIN, DAY, NIGHT = Weather.RAIN, TimeOfDay.DAY, TimeOfDay.NIGHT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Parked truck, construction, intersection, turn left", Ambience(None, DAY)),
        ("Rain, busy street, turn right", Ambience(RAIN, DAY)),
        ("Night, rain, parked cars, peds", Ambience(RAIN, NIGHT)),
        ("Night, after rain, many peds, PMD", Ambience(None, NIGHT)),
        ("Night, difficult lighting, wait at light", Ambience(None, NIGHT)),
        ("Heavy rain, wait at intersection", Ambience(RAIN, DAY)),
        ("After the rain, then rain again", Ambience(RAIN, DAY)),
        ("Train crossing, drainage, nightclub", Ambience(None, DAY)),
        ("snow, dusk, 12 tracks", Ambience(None, None)),
        ("", Ambience(None, None)),
        ("  ", Ambience(None, None)),
    ],
)
def test_description(text: str, expected: Ambience) -> None:
    assert ambience_from_description(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("under a Creative Commons Attribution 4.0 International Public License (CC BY 4.0)", "CC-BY-4.0"),
        ("CC BY-NC-SA 4.0; tools under CC BY 4.0", "CC-BY-NC-SA-4.0"),
        ("Apache License, Version 2.0", UNKNOWN_LICENSE),
    ],
)
def test_license_file(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "LICENSE.txt").write_text(text)
    assert license_of(tmp_path) == expected


def test_without_a_license_file_nothing_is_claimed(tmp_path: Path) -> None:
    assert license_of(tmp_path) == UNKNOWN_LICENSE
