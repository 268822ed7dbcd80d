"""What a recorded root tells in free text: ambience from scene descriptions, the licence from its licence file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from drivegen.core import Ambience, TimeOfDay, Weather

# Words about light that are neither day nor night: with one of them, silence about night does not mean day.
_OTHER_LIGHT: Final = frozenset({"dusk", "dawn", "twilight", "sunset", "sunrise", "evening"})
_NOT_RAINING: Final = re.compile(r"\b(after|before|no|without)\s+(the\s+)?rain\b")

UNKNOWN_LICENSE: Final = "see source dataset"
_LICENSE_FILES: Final = ("LICENSE", "LICENSE.txt", "LICENSE.md")
# Most restrictive first: a text that names several is taken at its strictest.
_LICENSES: Final[tuple[tuple[str, str], ...]] = (
    (r"CC[ -]BY-NC-SA[ -]4\.0|Attribution-NonCommercial-ShareAlike 4\.0", "CC-BY-NC-SA-4.0"),
    (r"CC[ -]BY-NC[ -]4\.0|Attribution-NonCommercial 4\.0", "CC-BY-NC-4.0"),
    (r"CC[ -]BY-SA[ -]4\.0|Attribution-ShareAlike 4\.0", "CC-BY-SA-4.0"),
    (r"CC[ -]BY[ -]4\.0|Creative Commons Attribution 4\.0", "CC-BY-4.0"),
)


def ambience_from_description(description: str) -> Ambience:
    """Weather and time of day as nuScenes scene descriptions tell them ("Night, rain, parked cars, peds").

    They name rain and night; a description that does not name night was recorded by day. One that does not name rain
    says only that it does not rain, which is no weather: it stays unknown, as everything does for an empty description.
    """
    text = description.lower()
    words = set(re.findall(r"[a-z]+", text))
    if not words:
        return Ambience()
    raining = "rain" in re.findall(r"[a-z]+", _NOT_RAINING.sub(" ", text))
    time_of_day = TimeOfDay.NIGHT if "night" in words else None if words & _OTHER_LIGHT else TimeOfDay.DAY
    return Ambience(Weather.RAIN if raining else None, time_of_day)


def license_of(root: Path) -> str:
    """SPDX name of the Creative Commons licence that the root's licence file names, else "see source dataset"."""
    for name in _LICENSE_FILES:
        try:
            text = (root / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for pattern, spdx in _LICENSES:
            if re.search(pattern, text, re.IGNORECASE):
                return spdx
    return UNKNOWN_LICENSE
