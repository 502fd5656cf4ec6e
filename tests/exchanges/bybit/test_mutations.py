"""Law 4 for decoding: whatever one field of a documented answer turns into, no key looks safer than it is."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyctl.exchanges.bybit.decoding import decode
from keyctl.exchanges.errors import ExchangeError
from keyctl.model.live import LiveKey
from keyctl.model.observed import Known, NotObservable, value_of
from tests.exchanges.bybit.reading import Payload, payload, payloads

OTHERS: tuple[object, ...] = (None, "", [], {}, True, False, 0, 1, -1, 7, 1.5, "text", "*", [None], ["*"], [{}], [""])
GONE: Any = object()
Path = tuple[str | int, ...]
BASES = [base for base in payloads() if base.keys is not None]
FREE_TEXT = {"note", "apiKey", "id"}


def paths(value: object, at: Path = ()) -> Iterator[Path]:
    if at:
        yield at
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths(inner, (*at, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*at, index))


def changed(answer: Any, path: Path, value: object) -> Any:
    copy = deepcopy(answer)
    node = copy
    for step in path[:-1]:
        node = node[step]
    if value is GONE:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return copy


def says_something_else(path: Path, value: object) -> bool:
    """Whether the change is another answer that the documentation allows, rather than a damaged one."""
    name = path[-1]
    if name in FREE_TEXT:
        return isinstance(value, str)
    if name == "readOnly":
        return value in (0, 1) and not isinstance(value, bool)
    if name == "isMaster":
        return isinstance(value, bool)
    if "ips" in path[:-1]:
        return value is GONE
    # a group or value that is not there is a right that is not there: the documentation reads missing groups as empty
    return "permissions" in path[:-1] and (value is GONE or isinstance(value, str | list))


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


@pytest.mark.parametrize("base", BASES, ids=lambda base: base.name)
def test_no_damage_to_one_field_makes_a_key_look_safer(base: Payload) -> None:
    before = decode(base.endpoint, base.answer)
    tried = 0
    for path in paths(base.answer):
        for value in (GONE, *OTHERS):
            if says_something_else(path, value):
                continue
            tried += 1
            try:
                after = decode(base.endpoint, changed(base.answer, path, value))
            except ExchangeError:
                continue
            if path in (("result", "result"), ("result", "result", 0)):
                assert after == () and value in ([], GONE)  # an empty listing; who expects keys refuses it
                continue
            assert len(after) == len(before)
            for old, new in zip(before, after, strict=True):
                assert safer(old, new) == [], (path, value)
    assert tried > 100


@pytest.mark.parametrize("base", BASES, ids=lambda base: base.name)
def test_fields_that_nobody_declared_change_nothing(base: Payload) -> None:
    before = decode(base.endpoint, base.answer)
    for path in ((), *paths(base.answer)):
        node = base.answer
        for step in path:
            node = node[step]
        if isinstance(node, dict) and path[-1:] != ("permissions",):
            extra = changed(base.answer, (*path, "secretKey"), {"deep": ["x"]})
            assert decode(base.endpoint, extra) == before


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(BASES), st.lists(st.tuples(st.integers(0, 10_000), json_values), min_size=1, max_size=4))
def test_whatever_is_answered_it_decodes_or_is_an_exchange_error(base: Payload, damage: list[tuple[int, Any]]) -> None:
    answer = deepcopy(base.answer)
    for number, value in damage:
        every = list(paths(answer))
        answer = changed(answer, every[number % len(every)], value) if every else value
    try:
        assert all(isinstance(key, LiveKey) for key in decode(base.endpoint, answer))
    except ExchangeError as error:
        assert error.message and error.remedy


@settings(deadline=None, max_examples=50)
@given(json_values)
def test_an_error_shows_nothing_of_the_value_that_it_is_about(value: Any) -> None:
    answer = payload("get-query-api")
    answer["result"]["readOnly"] = {"canary-7f3a": value, "x": "canary-7f3a"}
    with pytest.raises(ExchangeError) as caught:
        decode("GET /v5/user/query-api", answer)
    assert "canary" not in str(caught.value) + repr(caught.value)
