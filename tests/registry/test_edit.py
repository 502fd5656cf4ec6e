"""Edits change what they are about and not one byte more."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from keyctl.model.place import Pointer
from keyctl.registry.canonical import key_fields
from keyctl.registry.edit import EditRefused, add_entry, append, remove, set_scalar
from keyctl.registry.layout import Mapping, Sequence, layout, scalars, spots
from keyctl.registry.quoting import flow_text, is_date, written
from keyctl.registry.reader import Node, YamlError, read
from tests.registry.strategies import Written, registries

KEY = """# yaml-language-server: $schema=../schemas/key.schema.json
# The desk's.
account: bybit-mm            # where
owner: 'hedger'
id: "w8HqB0tXn3KcVz"
scopes:
- read
- trade.spot                 # nothing else
ips: [
  "203.0.113.10",            # the office
  "@nat",
]
expires: 2026-11-30          # one quarter
retiring: {id: old, until: 2026-12-03}
revoked:
  # the leak
  - id: gone
    on: 2026-06-01
    reason: >-
      leaked
      in a ticket

  - {id: "0123", on: 2026-06-02, reason: rotated}   # as planned
# the end"""

SHAPES = {
    "as it is": lambda text: text,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "break at the end": lambda text: text + "\n",
    "byte-order mark": lambda text: "\ufeff" + text,
}


@pytest.fixture(params=list(SHAPES))
def data(request: pytest.FixtureRequest) -> bytes:
    text: str = SHAPES[request.param](KEY)
    return text.encode()


def document(data: bytes) -> Any:
    return read(data)


def test_a_new_day_replaces_the_old_one_and_the_remark_stays(data: bytes) -> None:
    assert set_scalar(data, ("expires",), "2027-02-28") == data.replace(b"2026-11-30 ", b"2027-02-28 ")


@pytest.mark.parametrize(
    ("pointer", "text", "old", "new"),
    [
        (("owner",), "it's", b"'hedger'", b"'it''s'"),
        (("id",), "NewId", b'"w8HqB0tXn3KcVz"', b'"NewId"'),
        (("account",), "no", b"bybit-mm", b'"no"'),
        (("account",), "a: b", b"bybit-mm", b'"a: b"'),
        (("retiring", "id"), "a,b", b"id: old", b'id: "a,b"'),
        (("scopes", 1), "withdraw", b"trade.spot", b"withdraw"),
        (("ips", 0), "203.0.113.11", b'"203.0.113.10"', b'"203.0.113.11"'),
        (("revoked", 1, "id"), "1e5", b'"0123"', b'"1e5"'),
    ],
)
def test_another_text_keeps_the_quotes_and_gets_them_where_it_needs_them(
    data: bytes, pointer: Pointer, text: str, old: bytes, new: bytes
) -> None:
    assert data.count(old) == 1
    assert set_scalar(data, pointer, text) == data.replace(old, new)


def test_a_folded_text_becomes_one_line(data: bytes) -> None:
    edited = set_scalar(data, ("revoked", 0, "reason"), "leaked")
    assert document(edited)["revoked"][0]["reason"] == "leaked"
    assert b"reason: leaked" in edited and b"in a ticket" not in edited


def test_a_new_entry_goes_where_the_order_puts_it(data: bytes) -> None:
    edited = add_entry(data, (), "issued", "2026-09-01", key_fields())
    lines = edited.decode().splitlines()
    assert lines[lines.index("issued: 2026-09-01") - 1] == "]"
    assert remove(edited, ("issued",)) == data


def test_a_new_list_of_mappings_has_a_line_for_each() -> None:
    before = b"account: a\r\nowner: b # x"
    edited = add_entry(before, (), "revoked", [{"id": "0123", "on": "2026-06-01", "reason": "leaked"}], key_fields())
    assert edited == before + b'\r\nrevoked:\r\n  - {id: "0123", on: 2026-06-01, reason: leaked}'
    assert remove(edited, ("revoked",)) == before


@pytest.mark.parametrize(
    ("pointer", "name", "value"),
    [
        ((), "protected", True),
        ((), "aaa", {"b": ["c", "d: e"]}),
        (("retiring",), "note", "a: b"),
        (("revoked", 0), "confirmed", "2026-06-01"),
        (("revoked", 1), "confirmed", "2026-06-02"),
    ],
)
def test_adding_an_entry_and_removing_it_leaves_the_same_bytes(
    data: bytes, pointer: Pointer, name: str, value: Node
) -> None:
    edited = add_entry(data, pointer, name, value)
    assert edited != data
    assert remove(edited, (*pointer, name)) == data


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        (("scopes",), "withdraw"),
        (("ips",), "@other"),
        (("revoked",), {"id": "later", "on": "2026-11-25", "reason": "rotated"}),
    ],
)
def test_appending_and_removing_leaves_the_same_bytes(data: bytes, pointer: Pointer, value: Node) -> None:
    edited = append(data, pointer, value)
    last = len(document(data)[pointer[0]])
    assert document(edited)[pointer[0]][last] == value
    assert remove(edited, (*pointer, last)) == data


def test_the_first_entry_of_an_empty_list_or_mapping() -> None:
    assert append(b"revoked: []  # none\n", ("revoked",), "x") == b"revoked: [x]  # none\n"
    assert add_entry(b"{}\n", (), "a", "b") == b"{a: b}\n"
    assert remove(b"revoked: [x]\n", ("revoked", 0)) == b"revoked: []\n"


def test_an_entry_before_all_others_stands_below_the_head() -> None:
    before = b"# head\nowner: b\n"
    edited = add_entry(before, (), "account", "a", ["account", "owner"])
    assert edited == b"# head\naccount: a\nowner: b\n"
    assert remove(edited, ("account",)) == before


@pytest.mark.parametrize(
    "edit",
    [
        lambda: set_scalar(b"a: [x]\n", ("a",), "y"),
        lambda: set_scalar(b"a: x\n", ("b",), "y"),
        lambda: set_scalar(b"a:\nb: c\n", ("a",), "y"),
        lambda: add_entry(b"a: x\n", (), "a", "y"),
        lambda: add_entry(b"a: x\n", ("a",), "b", "y"),
        lambda: append(b"a:\n", ("a",), "y"),
        lambda: remove(b"a: x\n", ("a",)),
        lambda: remove(b"a: x\n", ("b",)),
        lambda: remove(b"l:\n  - a: x\n    b: y\n", ("l", 0, "a")),
        lambda: remove(b"l: [a, # first\n  b]\n", ("l", 1)),
    ],
)
def test_what_can_not_be_done_without_touching_more_is_refused(edit: Any) -> None:
    with pytest.raises(EditRefused):
        edit()


def test_files_that_are_no_strict_yaml_are_not_edited() -> None:
    with pytest.raises(YamlError):
        set_scalar(b"a: &x y\n", ("a",), "z")
    with pytest.raises(YamlError):
        append(b"a: 1\na: 2\n", ("a",), "z")


def shaped(text: str, crlf: bool, cut: bool) -> bytes:
    if cut:
        text = text.rstrip("\n")
    return (text.replace("\n", "\r\n") if crlf else text).encode()


KEY_FILES = st.builds(
    lambda written, crlf, cut: [
        shaped(text, crlf, cut)
        for path, text in written.files.items()
        if text.strip().strip("\ufeff") not in ("", "{}")
    ],
    registries(max_keys=2),
    st.booleans(),
    st.booleans(),
)
TEXTS = st.sampled_from(["2027-02-28", "plain", "two words", "a: b", "x #y", "no", "0123", "1e5", "[", "it's", 'a"b\\'])


@given(KEY_FILES, st.randoms(use_true_random=False), TEXTS)
def test_any_scalar_can_be_set_and_set_back(files: list[bytes], random: Any, text: str) -> None:
    for data in files:
        laid = layout(data)
        written_out = [(pointer, spot) for pointer, spot in scalars(laid.root) if spot.start != spot.end]
        if not written_out:
            continue
        pointer, spot = random.choice(written_out)
        edited = set_scalar(data, pointer, text)
        meant = document(data)
        inner = meant
        for step in pointer[:-1]:
            inner = inner[step]
        old, inner[pointer[-1]] = inner[pointer[-1]], text
        assert read(edited) == meant
        back = set_scalar(edited, pointer, old)
        assert read(back) == read(data)
        kept = dict(scalars(layout(edited).root))[pointer].style == spot.style and "\\" not in laid.text
        if kept and (spot.style or written(old, flow=True) == old):
            assert back == data


@given(KEY_FILES, st.randoms(use_true_random=False), TEXTS)
def test_any_addition_can_be_taken_back(files: list[bytes], random: Any, text: str) -> None:
    for data in files:
        pointer, spot = random.choice(
            [one for one in spots(layout(data).root) if isinstance(one[1], Mapping | Sequence)]
        )
        if isinstance(spot, Mapping):
            order = random.sample(names := [key.value for key, _ in spot.members], len(names))
            order.insert(random.randint(0, len(order)), "new-entry")
            edited = add_entry(data, pointer, "new-entry", random.choice([text, [text], {"a": text}]), order)
            back = (*pointer, "new-entry")
        else:
            edited = append(data, pointer, text)
            back = (*pointer, len(spot.items))
        assert read(edited) != read(data)
        assert remove(edited, back) == data


@given(
    st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)
    | st.text("0123456789.:_-+exobn", min_size=1, max_size=10)
    | st.sampled_from(
        ["a: b", "a #b", " a", "a ", "- a", "?", "y", "NO", "Off", ".inf", "0x1F", "@a", "%b", "a,b", "a:", "0?"]
    )
)
def test_what_is_written_is_read_as_text_by_any_reader(text: str) -> None:
    assume(not is_date(text))
    for quote in ("", "'", '"'):
        assert yaml.safe_load(f"a: {written(text, flow=False, quote=quote)}") == {"a": text}
        assert yaml.safe_load(f"[{written(text, flow=True, quote=quote)}, x]") == [text, "x"]
        try:
            assert read(f"a: {written(text, flow=False, quote=quote)}".encode()) == {"a": text}
        except YamlError:
            assert not text.isprintable() or not text.isascii()


def test_a_whole_value_on_one_line() -> None:
    value: Node = {"id": "0123", "on": "2026-06-01", "note": "a, b", "yes": True, "n": 3, "l": ["@a", None]}
    assert flow_text(value) == '{id: "0123", on: 2026-06-01, note: "a, b", yes: true, n: 3, l: ["@a", null]}'


def test_every_registry_that_can_be_written_has_a_layout() -> None:
    @given(registries(max_keys=2))
    def laid_out(written: Written) -> None:
        for data in written.documents.values():
            laid = layout(data)
            found = dict(scalars(laid.root))
            for pointer, spot in found.items():
                text = laid.text[spot.start : spot.end]
                assert yaml.load(text or "''", yaml.BaseLoader) == spot.value or spot.style in ("|", ">"), pointer

    laid_out()
