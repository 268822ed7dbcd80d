"""Properties of config decoding and of seeds that hold for any value."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivegen.core import (
    ConfigError,
    Crowdedness,
    CrowdednessLevels,
    LabelPolicy,
    TimeOfDay,
    Weather,
    decode,
    derive_seed,
    encode,
)


@dataclass(frozen=True)
class Leaf:
    rate: float = 0.5
    size: tuple[int, int] = (64, 128)
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tree:
    count: int = 1
    flag: bool = False
    kind: Literal["light", "kl"] = "light"
    out: Path | None = None
    weather: tuple[Weather, ...] | Weather | None = None
    time_of_day: TimeOfDay | None = None
    levels: dict[str, Crowdedness] = field(default_factory=dict)
    leaf: Leaf = field(default_factory=Leaf)
    leaves: tuple[Leaf, ...] = ()
    policy: LabelPolicy = field(default_factory=LabelPolicy)


numbers = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
leaf_values = st.builds(
    Leaf, rate=numbers, size=st.tuples(st.integers(), st.integers()), names=st.lists(words, max_size=3).map(tuple)
)
trees = st.builds(
    Tree,
    count=st.integers(),
    flag=st.booleans(),
    kind=st.sampled_from(["light", "kl"]),
    out=st.none() | words.map(Path),
    weather=st.none() | st.sampled_from(Weather) | st.lists(st.sampled_from(Weather), max_size=3).map(tuple),
    time_of_day=st.none() | st.sampled_from(TimeOfDay),
    levels=st.dictionaries(words, st.sampled_from(Crowdedness), max_size=3),
    leaf=leaf_values,
    leaves=st.lists(leaf_values, max_size=3).map(tuple),
)


@given(trees)
def test_decode_undoes_encode_through_json(tree: Tree) -> None:
    assert decode(Tree, json.loads(json.dumps(encode(tree)))) == tree


@given(words, st.sampled_from(["", "leaf", "policy", "leaves"]))
def test_an_unknown_key_is_refused_with_its_full_path(key: str, place: str) -> None:
    # A leading x keeps the key apart from every field there is.
    key = f"x_{key}"
    mapping = {"": {key: 1}, "leaves": {"leaves": [{}, {key: 1}]}}.get(place, {place: {key: 1}})
    path = {"": key, "leaves": f"leaves[1].{key}"}.get(place, f"{place}.{key}")
    with pytest.raises(ConfigError) as caught:
        decode(Tree, mapping)
    assert caught.value.where == path
    assert caught.value.what == "unknown key"


@given(st.none() | st.booleans() | st.lists(st.integers(), max_size=2) | st.dictionaries(words, words, max_size=1))
def test_a_value_of_the_wrong_type_is_refused(value: object) -> None:
    with pytest.raises(ConfigError, match=r"^count: wrong type; expected int"):
        decode(Tree, {"count": value})


@given(st.floats(0, 1e6))
def test_every_count_has_the_level_whose_bounds_hold_it(count: float) -> None:
    levels = CrowdednessLevels()
    low, high = levels.bounds(levels.level(count))
    assert low <= count < high


names = st.lists(words | st.integers(), max_size=3).map(tuple)


@given(st.integers(0, 2**40), st.lists(names, min_size=2, max_size=8, unique_by=lambda n: tuple(map(str, n))))
def test_seeds_differ_by_name_and_not_by_order(seed: int, streams: list[tuple[str | int, ...]]) -> None:
    forth = {tuple(map(str, n)): derive_seed(seed, *n) for n in streams}
    back = {tuple(map(str, n)): derive_seed(seed, *n) for n in reversed(streams)}
    assert forth == back
    assert len(set(forth.values())) == len(streams)
