"""The canonical form: one order, quotes where readers differ, and not one comment or byte more or less."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.registry.canonical import canonical, key_fields
from keyctl.registry.files import DOCUMENTS
from keyctl.registry.load import load_documents
from keyctl.registry.reader import YamlError, read
from keyctl.registry.schema import types
from tests.packaging.checkout import ROOT, project_files
from tests.registry.strategies import Written, registries

CASES = {
    "entries take the order of the schema, each with the remark behind it": (
        "ips: any  # b\nowner: o\nscopes: [read]\naccount: a  # a\n",
        "account: a  # a\nowner: o\nscopes: [read]\nips: any  # b\n",
    ),
    "comments above an entry go with it, the editor line stays": (
        "# yaml-language-server: $schema=x\n# the owner\nowner: o\n\n# where\naccount: a\n",
        "# yaml-language-server: $schema=x\n\n# where\naccount: a\n# the owner\nowner: o\n",
    ),
    "the head of a file ends at its last blank line": (
        "# This key is the desk's.\n\n# o\nowner: o\naccount: a\n",
        "# This key is the desk's.\n\naccount: a\n# o\nowner: o\n",
    ),
    "comments at the end of the file stay there": (
        "owner: o\naccount: a\n# vim: set sw=2\n",
        "account: a\nowner: o\n# vim: set sw=2\n",
    ),
    "comments that are indented deeper belong to what they stand below": (
        "revoked:\n  - {id: x, on: 2026-06-01, reason: r}\n  # later ones go here\naccount: a\n",
        "account: a\nrevoked:\n  - {id: x, on: 2026-06-01, reason: r}\n  # later ones go here\n",
    ),
    "a file without a line break at its end keeps none": ("owner: o\naccount: a", "account: a\nowner: o"),
    "CRLF stays": ("owner: o\r\naccount: a", "account: a\r\nowner: o"),
    "entries of lists, in braces": (
        "revoked:\n  - {reason: r,   id: x, on: 2026-06-01}\n",
        "revoked:\n  - {id: x,   on: 2026-06-01, reason: r}\n",
    ),
    "entries of lists, in lines": (
        "revoked:\n  - on: 2026-06-01  # d\n    reason: r\n    id: x\n  - id: z\n",
        "revoked:\n  - id: x\n    on: 2026-06-01  # d\n    reason: r\n  - id: z\n",
    ),
    "a whole file in braces": ("{owner: o, account: a}\n", "{account: a, owner: o}\n"),
    "braces with comments between are left alone": (
        "retiring: {until: 2026-12-03, # soon\n  id: x}\n",
        "retiring: {until: 2026-12-03, # soon\n  id: x}\n",
    ),
    "fields that nobody knows come last, as they came": ("zzz: 1\naaa: 2\nowner: o\n", "owner: o\nzzz: 1\naaa: 2\n"),
    "ids and addresses that another reader takes for numbers get quotes": (
        "id: 0123\nips: [203.0.113.10, 2001:db8::1, '198.51.100.7']\n",
        'id: "0123"\nips: ["203.0.113.10", 2001:db8::1, \'198.51.100.7\']\n',
    ),
    "days lose theirs": (
        "issued: '2026-09-01'\nexpires: \"2026-11-30\"\n",
        "issued: 2026-09-01\nexpires: 2026-11-30\n",
    ),
    "what is true or false keeps none": ("protected: true\n", "protected: true\n"),
    "a purpose that is a truth to others gets quotes": ("purpose: on  # air\n", 'purpose: "on"  # air\n'),
    "folded texts move whole": (
        "purpose: >-\n  one\n  line\n\naccount: a\n",
        "account: a\npurpose: >-\n  one\n  line\n\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=list(CASES))
def test_the_canonical_form_of_a_key_file(before: str, after: str) -> None:
    assert canonical(before.encode(), "key").decode() == after
    assert canonical(after.encode(), "key").decode() == after


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("accounts", 'a:\n  uid: 90210011\n  exchange: bybit\n', 'a:\n  uid: "90210011"\n  exchange: bybit\n'),
        ("accounts", "a: {max_balance: {USD: 500}, closed: {on: '2026-01-01'}}\n",
         "a: {max_balance: {USD: 500}, closed: {on: 2026-01-01}}\n"),
        ("apps", "a: {countries: [DE, NO], hours: {from: 07:00, to: 19:00}}\n",
         'a: {countries: [DE, "NO"], hours: {from: "07:00", to: "19:00"}}\n'),
        ("networks", "nat: [203.0.113.16/30, 203.0.113.9]\n", 'nat: [203.0.113.16/30, "203.0.113.9"]\n'),
        ("registry", "version: 1\nbrakes: {max_deletes: 3}\n", "version: 1\nbrakes: {max_deletes: 3}\n"),
        ("revoked", "revoked:\n- {on: 2026-01-01, id: 0x12}\n", 'revoked:\n- {on: 2026-01-01, id: "0x12"}\n'),
        ("networks", "# none yet\n", "# none yet\n"),
    ],
)  # fmt: skip
def test_other_files_get_quotes_and_keep_their_order(name: str, before: str, after: str) -> None:
    assert canonical(before.encode(), name).decode() == after


def test_the_worked_example_is_canonical() -> None:
    for path in project_files():
        if path in DOCUMENTS or path.startswith("keys.d/"):
            data = (ROOT / path).read_bytes()
            assert canonical(data, DOCUMENTS.get(path, "key")) == data, path


def test_the_order_is_that_of_the_design() -> None:
    ranks = [key_fields().index(field) for field in (
        "account", "owner", "purpose", "id", "scopes", "ips", "issued", "expires", "retiring", "protected", "deliver",
        "revoked",
    )]  # fmt: skip
    assert ranks == sorted(ranks)


def test_what_is_no_strict_yaml_is_refused() -> None:
    with pytest.raises(YamlError):
        canonical(b"a: *b\n", "key")


@given(registries(max_keys=3), st.booleans(), st.booleans())
def test_nothing_but_order_and_quotes_changes_and_twice_is_once(written: Written, crlf: bool, cut: bool) -> None:
    before = {path: _shaped(data, crlf, cut) for path, data in written.documents.items()}
    after = {path: canonical(data, DOCUMENTS.get(path, "key")) for path, data in before.items()}
    for path, data in before.items():
        plan = types(DOCUMENTS.get(path, "key"))
        assert read(after[path], plan) == read(data, plan)
        assert canonical(after[path], DOCUMENTS.get(path, "key")) == after[path]
        assert _lines(after[path]) == _lines(data)
        assert after[path].endswith(b"\n") == data.endswith(b"\n")
    one, other = load_documents(before).registry, load_documents(after).registry
    assert one is not None and other is not None
    assert list(one.keys.values()) == list(other.keys.values())


def _shaped(data: bytes, crlf: bool, cut: bool) -> bytes:
    data = data.rstrip(b"\n") if cut else data
    return data.replace(b"\n", b"\r\n") if crlf else data


def _lines(data: bytes) -> list[bytes]:
    """The bytes of each line but its quotes, in a row of their own: lines and what stands in braces may change places,
    and nothing goes from one line to another."""
    text = data.removeprefix(b"\xef\xbb\xbf").translate(None, b"\"'\r")
    return sorted(bytes(sorted(line)) for line in text.split(b"\n"))
