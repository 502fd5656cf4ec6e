"""One field at a time: what differs, how documents show it, and whether the live key can do more than declared."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from keyctl.model.change import Change
from keyctl.model.finding import Risk
from keyctl.model.identifier import Identifier
from keyctl.model.ips import IpSet, parse_network
from keyctl.model.key import Key
from keyctl.model.live import LiveKey
from keyctl.model.names import AccountName, AppName, KeyName
from keyctl.model.observed import ABSENT, Absent, Known, NotObservable
from keyctl.model.place import Place
from keyctl.model.scopes import READ, WITHDRAW, Scope
from keyctl.model.times import end_of
from keyctl.reconcile.drift import Drift, drift

SPOT = Scope("trade.spot")
LAST_DAY = date(2026, 12, 31)
UNSAID = NotObservable("the venue does not say")
DECLARED = Key(
    KeyName("quotes"),
    AccountName("main"),
    AppName("hedger"),
    "quotes",
    frozenset({READ, SPOT}),
    IpSet.of([parse_network("203.0.113.7"), parse_network("203.0.113.8")]),
    Place("keys.d/quotes.yaml"),
    Identifier.of_text("quotesKey00000000"),
    expires=LAST_DAY,
)
REPORTED = LiveKey(
    identifier=Identifier.of_text("quotesKey00000000"),
    label=Known(""),
    scopes=Known(DECLARED.scopes),
    ips=Known(DECLARED.ips),
    enabled=Known(True),
    created_at=UNSAID,
    modified_at=UNSAID,
    expires_at=Known(end_of(LAST_DAY)),
    last_used_at=UNSAID,
)
NOTHING = Drift((), ())


def ips(*texts: str) -> IpSet:
    return IpSet.of(parse_network(text) for text in texts)


def only(compared: Drift) -> Change:
    """The one change, with nothing unknown."""
    assert compared.unknown == ()
    (change,) = compared.changes
    return change


@pytest.mark.parametrize("sets_expiry", [True, False])
def test_what_is_reported_as_declared_is_no_drift(sets_expiry: bool) -> None:
    assert drift(DECLARED, REPORTED, sets_expiry=sets_expiry) == NOTHING


@pytest.mark.parametrize(
    ("live", "shown", "risk"),
    [
        (Known(frozenset({READ, SPOT, WITHDRAW})), ("read", "trade.spot", "withdraw"), Risk.ESCALATION),
        (Known(frozenset({READ, WITHDRAW})), ("read", "withdraw"), Risk.ESCALATION),
        (Known(frozenset({READ})), ("read",), Risk.REDUCTION),
        (ABSENT, (), Risk.REDUCTION),
    ],
    ids=["gained", "exchanged", "lost", "none"],
)
def test_a_scope_more_is_an_escalation_whatever_is_lost_with_it(
    live: Known[frozenset[Scope]] | Absent, shown: tuple[str, ...], risk: Risk
) -> None:
    compared = drift(DECLARED, replace(REPORTED, scopes=live), sets_expiry=False)
    assert only(compared) == Change("scopes", shown, ("read", "trade.spot"), risk)


@pytest.mark.parametrize(
    ("live", "shown", "risk"),
    [
        (Known(ips("203.0.113.0/28")), ("203.0.113.0/28",), Risk.ESCALATION),
        (Known(ips("203.0.113.7", "198.51.100.1")), ("198.51.100.1/32", "203.0.113.7/32"), Risk.ESCALATION),
        (Known(ips("203.0.113.7")), ("203.0.113.7/32",), Risk.REDUCTION),
        (ABSENT, ("any",), Risk.ESCALATION),
    ],
    ids=["wider", "exchanged", "narrower", "no list"],
)
def test_an_address_more_is_an_escalation_and_no_list_at_all_is_any_address(
    live: Known[IpSet] | Absent, shown: tuple[str, ...], risk: Risk
) -> None:
    compared = drift(DECLARED, replace(REPORTED, ips=live), sets_expiry=False)
    assert only(compared) == Change("ips", shown, ("203.0.113.7/32", "203.0.113.8/32"), risk)


def test_a_key_is_enabled_or_not_as_declared() -> None:
    off = replace(DECLARED, disabled=True)
    dead = replace(REPORTED, enabled=Known(False))
    assert drift(off, dead, sets_expiry=False) == NOTHING
    assert only(drift(off, REPORTED, sets_expiry=False)) == Change("enabled", True, False, Risk.ESCALATION)
    assert only(drift(DECLARED, dead, sets_expiry=False)) == Change("enabled", False, True, Risk.REDUCTION)


def test_what_is_not_reported_is_unknown_in_a_fixed_order_and_no_change() -> None:
    silent = replace(REPORTED, scopes=UNSAID, ips=UNSAID, enabled=UNSAID, expires_at=UNSAID)
    assert drift(DECLARED, silent, sets_expiry=True) == Drift((), ("scopes", "ips", "enabled", "expires"))
    assert drift(DECLARED, silent, sets_expiry=False) == Drift((), ("scopes", "ips", "enabled"))
    assert drift(DECLARED, replace(REPORTED, enabled=ABSENT), sets_expiry=False) == Drift((), ("enabled",))


DECLARED_END = "2027-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("declared", "live", "shown", "wanted", "risk"),
    [
        (LAST_DAY, Known(datetime(2027, 1, 2, tzinfo=UTC)), "2027-01-02T00:00:00Z", DECLARED_END, Risk.ESCALATION),
        (LAST_DAY, Known(datetime(2026, 12, 1, tzinfo=UTC)), "2026-12-01T00:00:00Z", DECLARED_END, Risk.REDUCTION),
        (LAST_DAY, ABSENT, None, DECLARED_END, Risk.ESCALATION),
        (None, Known(datetime(2026, 12, 1, tzinfo=UTC)), "2026-12-01T00:00:00Z", None, Risk.REDUCTION),
    ],
    ids=["later", "earlier", "never", "declared without end"],
)
def test_a_later_end_than_declared_is_an_escalation(
    declared: date | None, live: Known[datetime] | Absent, shown: str | None, wanted: str | None, risk: Risk
) -> None:
    key, found = replace(DECLARED, expires=declared), replace(REPORTED, expires_at=live)
    assert only(drift(key, found, sets_expiry=True)) == Change("expires", shown, wanted, risk)
    assert drift(key, found, sets_expiry=False) == NOTHING


def test_no_end_on_either_side_is_no_drift() -> None:
    assert drift(replace(DECLARED, expires=None), replace(REPORTED, expires_at=ABSENT), sets_expiry=True) == NOTHING


def test_changes_come_in_a_fixed_order() -> None:
    other = replace(
        REPORTED,
        scopes=Known(frozenset({READ})),
        ips=Known(ips("203.0.113.7")),
        enabled=Known(False),
        expires_at=Known(end_of(LAST_DAY) - timedelta(seconds=1)),
    )
    changes = drift(DECLARED, other, sets_expiry=True).changes
    assert [change.field for change in changes] == ["scopes", "ips", "enabled", "expires"]


def test_what_was_found_can_not_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        NOTHING.unknown = ("ips",)  # type: ignore[misc]  # the point
    assert not hasattr(NOTHING, "__dict__")
