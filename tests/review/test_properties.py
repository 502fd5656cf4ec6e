"""What holds of every pair of registries: no gain hides, no layout counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from keyctl.history.tree import Tree
from keyctl.model.finding import Risk
from keyctl.registry.files import DOCUMENTS
from keyctl.registry.load import load_documents
from keyctl.registry.reader import read
from keyctl.registry.schema import types
from keyctl.review.compare import Compared, compare
from keyctl.review.fields import Limits
from keyctl.review.side import Side
from tests.registry.strategies import Plain, Written, registries, yaml_text

LIMITS = Limits(lambda _key: 400, date(2026, 11, 25))
OPPOSITE = {
    Risk.REDUCTION: {Risk.ESCALATION, Risk.RENEWAL},
    Risk.NEUTRAL: {Risk.NEUTRAL},
    Risk.RENEWAL: {Risk.REDUCTION},
    Risk.ESCALATION: {Risk.REDUCTION, Risk.ESCALATION},  # sideways, such as another account: a gain either way
}
Files = Mapping[str, bytes]


def side(files: Files) -> Side:
    """As a commit would hold the files."""
    loaded = load_documents(files)
    assert loaded.registry is not None, loaded.findings
    blobs = {path: sha256(data).hexdigest() for path, data in files.items()}
    empty = Tree("", {}, {})
    return Side(empty, "", blobs, files, loaded.registry, loaded.refused, (), loaded)


def told(before: Files, after: Files) -> Compared:
    return compare(side(before), side(after), LIMITS)


ADDRESSES = ["203.0.113.1", "203.0.113.2", "203.0.113.0/24", "198.51.100.0/25", "198.51.100.128/25", "2001:db8::1"]
ips = st.just("any") | st.lists(st.sampled_from([*ADDRESSES, "@nat", "@host"]), min_size=1, max_size=3, unique=True)
days = st.sampled_from(["2026-12-31", "2027-03-31", "2027-10-06", "2028-01-01"])
SCOPES = [["read"], ["read", "trade.spot"], ["read", "trade.futures"], ["read", "trade.spot", "trade.futures"]]


@st.composite
def keys(draw: st.DrawFn, name: str) -> dict[str, Any]:
    document: dict[str, Any] = {
        "account": draw(st.sampled_from(["one", "two"])),
        "owner": draw(st.sampled_from(["hedger", "ledger"])),
        "purpose": f"{name} {draw(st.sampled_from(['quotes', 'hedges']))}",
        "scopes": draw(st.sampled_from(SCOPES)),
        "ips": draw(ips),
        "issued": "2026-09-01",
    }
    living = draw(st.lists(st.sampled_from([f"{name}-id-{n}" for n in range(3)]), max_size=2, unique=True))
    if living:
        document["id"] = living[0]
    if len(living) > 1:
        document["retiring"] = {"id": living[1], "until": draw(st.sampled_from(["2026-12-03", "2026-12-24"]))}
    dead = draw(st.lists(st.sampled_from([f"{name}-dead-{n}" for n in range(3)]), max_size=2, unique=True))
    if dead:
        document["revoked"] = [{"id": one, "on": "2026-06-01", "reason": "leaked"} for one in dead]
    if draw(st.booleans()):
        document["expires"] = draw(days)
    if draw(st.booleans()):
        document["deliver"] = draw(st.sampled_from(["vault:kv/hedger", "vault:kv/other"]))
    for flag in ("disabled", "protected"):
        if draw(st.booleans()):
            document[flag] = Plain("true")
    return document


@st.composite
def worlds(draw: st.DrawFn, nat: st.SearchStrategy[list[str]] | None = None) -> dict[str, bytes]:
    """Three keys at most, on the same accounts; ``nat`` is what that network holds, else always the same address."""
    random = Random(draw(st.integers(0, 99)))
    documents: dict[str, dict[str, Any]] = {
        "registry/registry.yaml": {"version": Plain("1"), "id": "7b0f6f0e-6a51-4c0a-9d3e-2f6a5c1f9b42"},
        "registry/accounts.yaml": {"one": {"exchange": "bybit"}, "two": {"exchange": "bybit"}},
        "registry/apps.yaml": {
            "hedger": {"team": "a", "kind": "internal", "sink": "vault:kv/hedger"},
            "ledger": {"team": "b", "kind": "internal"},
        },
        "registry/networks.yaml": {"nat": draw(nat) if nat is not None else ["203.0.113.1"], "host": ["198.51.100.7"]},
    }
    for name in draw(st.lists(st.sampled_from(["alfa", "bravo", "carol"]), unique=True)):
        documents[f"keys.d/{name}.yaml"] = draw(keys(name))
    return {path: yaml_text(document, random).encode() for path, document in documents.items()}


networks = st.lists(st.sampled_from(ADDRESSES), min_size=1, max_size=3, unique=True)


@given(worlds(), worlds())
@settings(deadline=None, max_examples=150)
def test_the_way_back_is_the_opposite(one: Files, other: Files) -> None:
    there = {
        (r.pair.key.name, r.difference.field, r.difference.before, r.difference.after): r for r in told(one, other).rows
    }
    back = {
        (r.pair.key.name, r.difference.field, r.difference.after, r.difference.before): r for r in told(other, one).rows
    }
    for what, row in there.items():
        if what in back:
            assert back[what].difference.risk in OPPOSITE[row.difference.risk], what
        else:
            # An id that was living and is revoked has a row for that already.
            assert row.difference.field == "revoked", what


@given(worlds(), networks, networks)
@settings(deadline=None, max_examples=80)
def test_a_network_s_edit_and_its_way_back_are_opposites_key_by_key(
    world: Files, one: list[str], other: list[str]
) -> None:
    def holding(given: list[str]) -> Files:
        text = f"nat: [{', '.join(f'{address!r}' for address in given)}]\nhost: ['198.51.100.7']\n"
        return {**world, "registry/networks.yaml": text.encode()}

    there = {row.pair.key.name: row.difference for row in told(holding(one), holding(other)).rows}
    back = {row.pair.key.name: row.difference for row in told(holding(other), holding(one)).rows}
    assert there.keys() == back.keys()
    for name, difference in there.items():
        assert difference.field == "ips"
        assert back[name].risk in OPPOSITE[difference.risk]


@given(worlds(networks), worlds(networks), worlds(networks))
@settings(deadline=None, max_examples=150)
def test_two_reviews_in_a_row_cover_the_review_of_both(one: Files, two: Files, three: Files) -> None:
    parts = [row for way in (told(one, two), told(two, three)) for row in way.rows]
    fields = {(row.pair.key.name, _family(row.difference.field)) for row in parts}
    born_or_gone = {row.pair.key.name for row in parts if row.pair.old is None or row.pair.new is None}
    gained = {row.pair.key.name for row in parts if row.difference.risk in (Risk.ESCALATION, Risk.RENEWAL)}
    for row in told(one, three).rows:
        name = row.pair.key.name
        assert name in born_or_gone or (name, _family(row.difference.field)) in fields, row
        if row.difference.risk is Risk.ESCALATION:
            assert name in gained, row


def _family(field: str) -> str:
    """An id's fields take turns, and so do a list and the names in it."""
    return {"networks": "ips", "retiring": "id", "retiring.until": "id", "revoked": "id"}.get(field, field)


@given(registries(), st.integers(0, 2**16))
@settings(deadline=None, max_examples=60)
def test_another_layout_is_nothing(written: Written, seed: int) -> None:
    random = Random(seed)
    again: dict[str, bytes] = {}
    for path, data in written.documents.items():
        document = read(data, types(DOCUMENTS.get(path, "key"))) if _holds_something(data) else {}
        assert isinstance(document, dict)
        members = list(document.items())
        random.shuffle(members)
        again[path] = yaml_text({name: _as_text(value) for name, value in members}, random).encode()
    compared = told(written.documents, again)
    assert (list(compared.rows), dict(compared.edits)) == ([], {})


@given(registries())
@settings(deadline=None, max_examples=40)
def test_every_key_of_a_new_registry_is_issued_and_of_a_lost_one_removed(written: Written) -> None:
    full = side(written.documents)
    nothing = Side(full.tree, None, {}, {}, side(_empty(written)).registry, frozenset(), (), None)
    assert {row.pair.key.name for row in compare(nothing, full, LIMITS).rows} == set(written.registry.keys)
    assert {row.difference.risk for row in compare(nothing, full, LIMITS).rows} <= {Risk.ESCALATION}
    assert {row.difference.risk for row in compare(full, nothing, LIMITS).rows} <= {Risk.REDUCTION}


def _empty(written: Written) -> Files:
    kept = {path: data for path, data in written.documents.items() if path == "registry/registry.yaml"}
    return {**kept, "registry/accounts.yaml": b"{}\n", "registry/apps.yaml": b"{}\n"}


def _holds_something(data: bytes) -> bool:
    return any(line and not line.startswith(b"#") for line in data.removeprefix(b"\xef\xbb\xbf").splitlines())


def _as_text(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _as_text(inner) for name, inner in node.items()}
    if isinstance(node, list):
        return [_as_text(inner) for inner in node]
    return Plain(str(node).lower()) if isinstance(node, bool | int) else node
