"""What a difference between two versions does to a key's power."""

from __future__ import annotations

import pytest

from keyctl.history.versions import Document, Unread, compared, parse
from keyctl.model.finding import Risk
from keyctl.model.life import Deed

BASE = """
account: bybit-mm
owner: hedger
purpose: quotes
scopes: [read, trade.spot]
ips: ["203.0.113.10", "203.0.113.11"]
id: First00001
issued: 2026-01-01
expires: 2026-06-30
retiring: {id: Older00000, until: 2026-02-01}
protected: true
"""


def document(text: str) -> Document:
    read = parse(text.encode())
    assert not isinstance(read, Unread)
    return read


def difference(old: str, new: str) -> dict[str, Risk]:
    _, changes = compared(document(BASE.replace(old, new)), document(BASE), lambda _: None, lambda _: None)
    _, reverse = compared(document(BASE), document(BASE.replace(old, new)), lambda _: None, lambda _: None)
    assert {change.field for change in changes} == {change.field for change in reverse}
    return {change.field: change.risk for change in reverse}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("trade.spot]", "trade.spot, withdraw]", {"scopes": Risk.ESCALATION}),
        ("[read, trade.spot]", "[read]", {"scopes": Risk.REDUCTION}),
        ("[read, trade.spot]", "[trade.spot, read]", {}),
        ('"203.0.113.11"]', '"203.0.113.12"]', {"ips": Risk.ESCALATION}),
        ('"203.0.113.10", "203.0.113.11"', '"203.0.113.10/31"', {"ips": Risk.NEUTRAL}),
        ('["203.0.113.10", "203.0.113.11"]', "any", {"ips": Risk.ESCALATION}),
        (', "203.0.113.11"]', "]", {"ips": Risk.REDUCTION}),
        ("2026-06-30", "2026-12-31", {"expires": Risk.RENEWAL}),
        ("2026-06-30", "2026-03-31", {"expires": Risk.REDUCTION}),
        ("expires: 2026-06-30\n", "", {"expires": Risk.ESCALATION}),
        ("owner: hedger", "owner: signals", {"owner": Risk.ESCALATION}),
        ("account: bybit-mm", "account: bybit-arb", {"account": Risk.ESCALATION}),
        ("protected: true", "protected: true\ndeliver: vault:x", {"deliver": Risk.ESCALATION}),
        ("protected: true", "protected: true\ndisabled: true", {"disabled": Risk.REDUCTION}),
        ("protected: true", "protected: false", {"protected": Risk.NEUTRAL}),
        ("purpose: quotes", "purpose: other", {"purpose": Risk.NEUTRAL}),
        ("until: 2026-02-01", "until: 2026-03-01", {"retiring.until": Risk.RENEWAL}),
    ],
)
def test_each_field_by_what_it_opens(old: str, new: str, expected: dict[str, Risk]) -> None:
    assert difference(old, new) == expected


def test_a_later_expiry_beside_an_escalation_is_no_renewal() -> None:
    wider = BASE.replace("2026-06-30", "2026-12-31").replace("trade.spot]", "withdraw]")
    _, changes = compared(document(BASE), document(wider), lambda _: None, lambda _: None)
    assert {change.risk for change in changes} == {Risk.ESCALATION}


def test_an_id_by_its_fingerprint_is_the_same_id() -> None:
    by_fingerprint = BASE.replace(
        "id: First00001", 'id: "sha256:a2ba0cf9bd8b4fc6ed7cb4d26dd0a2e5b9d5a4f1c9a0b3e7a0c4f0c9c0b1a2d3"'
    )
    deeds, _ = compared(document(BASE), document(by_fingerprint), lambda _: None, lambda _: None)
    assert deeds == (Deed.ROTATED,)
    from keyctl.model.identifier import fingerprint_of

    same = BASE.replace("id: First00001", f'id: "{fingerprint_of("First00001")}"')
    assert compared(document(BASE), document(same), lambda _: None, lambda _: None) == ((), ())


def test_a_revocation_that_is_confirmed_later_is_a_deed_of_its_own() -> None:
    entry = "revoked:\n  - {id: Dead000001, on: 2026-06-01, reason: leaked}\n"
    confirmed = entry.replace("leaked}", "leaked, confirmed: 2026-06-02}")
    deeds, changes = compared(document(BASE + entry), document(BASE + confirmed), lambda _: None, lambda _: None)
    assert deeds == (Deed.CONFIRMED,)
    assert [change.risk for change in changes] == [Risk.NEUTRAL]
    deeds, changes = compared(document(BASE + confirmed), document(BASE), lambda _: None, lambda _: None)
    assert deeds == (Deed.UNREVOKED,)
    assert [change.risk for change in changes] == [Risk.ESCALATION]
