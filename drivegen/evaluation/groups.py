"""Scenarios dealt into groups: figures with intervals from a state that does not grow with the number of clips.

The bootstrap draws whole scenarios, because the frames of one resemble one another. Instead of keeping every scenario,
sums are kept per group of scenarios, dealt by the hash of their ids, and groups are drawn (the bootstrap of clusters).
The clips of a rig share a scenario, and so a group.
"""

from __future__ import annotations

import hashlib
from typing import Final

from drivegen.core import ConfigError

# Enough for intervals of 95 %; the divisors of it are the numbers of groups that can be compared with one another.
GROUPS: Final = 100
# What the outer products of all groups may take.
_MAX_STATE_BYTES = 1 << 28


def group_of(scenario_id: str, groups: int = GROUPS) -> int:
    """The group 0 .. groups - 1 of a scenario: the same in every process and on every machine (BLAKE2b of its id)."""
    digest = hashlib.blake2b(scenario_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") % GROUPS % groups


def groups_for(dim: int) -> int:
    """How many groups a Frechet distance of `dim` features can afford: 100 up to 579, at least 10.

    A group holds `dim` x `dim` sums of float64, so that 2,048 features (Inception) take 335 MB in ten groups.
    """
    fitting = [n for n in (100, 50, 20) if n * dim * dim * 8 <= _MAX_STATE_BYTES]
    return max([10, *fitting])


def check_groups(groups: int) -> None:
    """Refuse a number of groups that does not divide 100: coarser groups must be unions of finer ones.

    Raises:
        ConfigError: it does not.
    """
    if groups < 2 or GROUPS % groups:
        raise ConfigError("must divide 100", where="groups", expected="2, 4, 5, 10, 20, 25, 50 or 100", got=groups)
