"""The kinds of place that a scene can lie in."""

from __future__ import annotations

from enum import StrEnum


class Profile(StrEnum):
    """What lies along the road."""

    URBAN = "urban"
    SUBURBAN = "suburban"
    RURAL = "rural"
