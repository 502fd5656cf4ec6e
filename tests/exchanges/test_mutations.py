"""Law 4 for decoding: whatever one field of a documented answer turns into, no key looks safer than it is."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyctl.exchanges.errors import ExchangeError
from keyctl.model.live import LiveKey
from keyctl.model.observed import Known, NotObservable, value_of
from tests.exchanges.payloads import GONE, Meaning, Payload, Steps, meaning, payloads

OTHERS: tuple[object, ...] = (None, "", [], {}, True, False, 0, 1, -1, 7, 1.5, "text", "*", [None], ["*"], [{}], [""])
BASES = [base for base in payloads() if base.keys is not None]
LISTS = [base for base in payloads() if base.subaccounts is not None]


def paths(value: object, at: Steps = ()) -> Iterator[Steps]:
    if at:
        yield at
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths(inner, (*at, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*at, index))


def changed(answer: Any, path: Steps, value: object) -> Any:
    copy = deepcopy(answer)
    node = copy
    for step in path[:-1]:
        node = node[step]
    if value is GONE:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return copy


def damages(answer: Any, known: Meaning) -> Iterator[tuple[Steps, object, Any]]:
    """Every answer that one change of one field makes and that is not another good one, with the change."""
    for path in paths(answer):
        for value in (GONE, *OTHERS):
            if not known.another_answer(path, value):
                yield path, value, changed(answer, path, value)


def shortens(known: Meaning, path: Steps, value: object) -> bool:
    """Whether a change makes an honest shorter listing: an empty one, or one row less; who expects more refuses it."""
    row = isinstance(path[-1], int) and path[:-1] in known.listings
    return (path in known.listings and value == []) or (row and value is GONE)


def safer(before: LiveKey, after: LiveKey) -> list[str]:
    """The fields of a key that look safer than they did, and are not merely unknown."""
    found = []
    old, new = value_of(before.scopes), value_of(after.scopes)
    if old is not None and new is not None and not old <= new:
        found.append("scopes")
    if before.ips != after.ips and isinstance(after.ips, Known) and isinstance(before.ips, Known):
        was, now = before.ips.value, after.ips.value
        if not now.covers(was):
            found.append("ips")
    for name in ("enabled", "created_at", "modified_at", "expires_at", "last_used_at"):
        value = getattr(after, name)
        if value != getattr(before, name) and not isinstance(value, NotObservable):
            found.append(name)
    return found


@pytest.mark.parametrize("base", BASES, ids=str)
def test_no_damage_to_one_field_makes_a_key_look_safer(base: Payload) -> None:
    known, before = meaning(base.exchange), base.decoded(base.answer)
    tried = 0
    for path, value, damaged in damages(base.answer, known):
        tried += 1
        try:
            after = base.decoded(damaged)
        except ExchangeError:
            continue
        if shortens(known, path, value):
            assert len(after) < len(before)
            continue
        assert len(after) == len(before), (path, value)
        for old, new in zip(before, after, strict=True):
            assert safer(old, new) == [], (path, value)
    assert tried > 50


@pytest.mark.parametrize("base", LISTS, ids=str)
def test_no_damage_to_one_field_loses_a_sub_account_or_unfreezes_it(base: Payload) -> None:
    known, before = meaning(base.exchange), base.members(base.answer)
    tried = 0
    for path, value, damaged in damages(base.answer, known):
        tried += 1
        try:
            after = base.members(damaged)
        except ExchangeError:
            continue
        if shortens(known, path, value):
            assert len(after) < len(before)
            continue
        assert [new.uid for new in after] == [old.uid for old in before], (path, value)
        for old, new in zip(before, after, strict=True):
            assert new.frozen == old.frozen or isinstance(new.frozen, NotObservable), (path, value)
    assert tried > 50


@pytest.mark.parametrize("base", BASES, ids=str)
def test_fields_that_nobody_declared_change_nothing(base: Payload) -> None:
    known, before = meaning(base.exchange), base.decoded(base.answer)
    for path in ((), *paths(base.answer)):
        node = base.answer
        for step in path:
            node = node[step]
        if isinstance(node, dict) and not known.open_objects & set(path[-1:]):
            extra = changed(base.answer, (*path, "secretOfSomebody"), {"deep": ["x"]})
            assert base.decoded(extra) == before


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(BASES), st.lists(st.tuples(st.integers(0, 10_000), json_values), min_size=1, max_size=4))
def test_whatever_is_answered_it_decodes_or_is_an_exchange_error(base: Payload, damage: list[tuple[int, Any]]) -> None:
    answer = deepcopy(base.answer)
    for number, value in damage:
        every = list(paths(answer))
        answer = changed(answer, every[number % len(every)], value) if every else value
    try:
        assert all(isinstance(key, LiveKey) for key in base.decoded(answer))
    except ExchangeError as error:
        assert error.message and error.remedy


@pytest.mark.parametrize("base", BASES, ids=str)
def test_an_error_shows_nothing_of_the_value_that_it_is_about(base: Payload) -> None:
    known, refused = meaning(base.exchange), 0
    for path in paths(base.answer):
        if path[-1] in known.open_objects:
            continue  # its names are rights, and errors name fields
        for value in ({"canary-7f3a": "x", "x": "canary-7f3a"}, ["canary-7f3a"], "canary-7f3a ключ"):
            try:
                base.decoded(changed(base.answer, path, value))
            except ExchangeError as error:
                refused += 1
                assert "canary" not in str(error) + repr(error), path
    assert refused > 5
