"""How long a person's word holds, and for what: a changed file, a new id and time end it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from keyctl.model.account import Account, Environment, SecondFactor
from keyctl.model.app import Wallet
from keyctl.model.attestation import FIELDS, Attestation
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY, IpSet, parse_network
from keyctl.model.key import Key, Retiring, Revocation
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.place import Place
from keyctl.model.scopes import READ, Scope
from keyctl.model.vouching import account_fault, account_state, covered, key_fault, key_state

DAY = date(2026, 11, 1)
LATER = DAY + timedelta(days=30)
KEY = Key(
    KeyName("quotes"),
    AccountName("mm"),
    AppName("hedger"),
    "",
    frozenset({READ}),
    IpSet.of([parse_network("203.0.113.7")]),
    Place("keys.d/quotes.yaml"),
    Identifier.of_text("AnId000001"),
    expires=date(2026, 12, 31),
)
ACCOUNT = Account(
    AccountName("mm"), ExchangeId("bybit"), Environment.LIVE, Place("registry/accounts.yaml"),
    two_factor=SecondFactor.TOTP, email="sha256:1",
)  # fmt: skip


def attested(*fields: str, on: date = DAY, key: Key = KEY) -> Key:
    told = Attestation(on, "ann", "ticket 7", fields)
    return replace(key, attested=replace(told, state=key_state(key, told.looked_at)))


def test_a_word_is_about_what_was_looked_at_or_all_of_it() -> None:
    assert covered(attested(), DAY, 30) == {"exists", "scopes", "ips", "enabled", "expires"} == set(FIELDS)
    assert covered(attested("ips", "enabled"), DAY, 30) == {"ips", "enabled"}
    assert str(Attestation(DAY, "ann", "ticket 7")) == "attested on 2026-11-01 by ann: ticket 7"
    assert str(Attestation(DAY, "ann", "ticket 7", ("ips", "enabled"))).endswith("ticket 7 (ips, enabled)")


def test_there_is_no_word_where_nobody_gave_one_or_there_is_no_id() -> None:
    assert covered(KEY, DAY, 30) == frozenset() and key_fault(KEY, DAY, 30) is None
    assert covered(replace(attested(), identifier=None, attested=Attestation(DAY, "ann", "x")), DAY, 30) == frozenset()


def test_it_holds_until_the_last_day_of_its_age_and_for_ever_without_one() -> None:
    key = attested()
    assert key_fault(key, LATER, 30) is None and key_fault(key, LATER, None) is None
    fault = key_fault(key, LATER, 29)
    assert fault == "is 30 days old, of 2026-11-01; after 29 somebody looks again"
    assert covered(key, LATER, 29) == frozenset()
    early = key_fault(key, DAY - timedelta(days=1), None)
    assert early == "is of 2026-11-01, and today is 2026-10-31 (UTC)"


def test_a_new_id_needs_a_new_look() -> None:
    assert key_fault(replace(attested(), issued=DAY), DAY, 30) is None
    fault = key_fault(replace(attested(), issued=DAY + timedelta(days=1)), LATER, 30)
    assert fault == "is of 2026-11-01, before its id was issued on 2026-11-02"


CHANGES: dict[str, dict[str, Any]] = {
    "scopes": {"scopes": frozenset({READ, Scope("trade.spot")})},
    "ips": {"ips": ANY},
    "enabled": {"disabled": True},
    "expires": {"expires": None},
}


@pytest.mark.parametrize("field", CHANGES)
def test_what_a_file_says_otherwise_ends_the_word_for_it_and_no_other(field: str) -> None:
    changed = replace(attested(field), **CHANGES[field])
    assert key_fault(changed, DAY, 30) == f"is of 2026-11-01, and what its file says of {field} changed since"
    others = [name for name in FIELDS if name != field]
    kept = replace(attested(*others), **CHANGES[field])
    assert key_fault(kept, DAY, 30) is None and covered(kept, DAY, 30) == set(others)
    whole = replace(attested(), **CHANGES[field])
    fault = key_fault(whole, DAY, 30)
    assert fault is not None and "exists, scopes, ips, enabled, expires changed" in fault


@pytest.mark.parametrize(
    "changes", [{"account": AccountName("other")}, {"identifier": Identifier.of_text("Another001")}]
)
def test_another_key_is_not_vouched_for(changes: dict[str, Any]) -> None:
    assert key_fault(replace(attested("exists"), **changes), DAY, 30) is not None


def test_states_are_the_same_for_the_same_file_and_say_nothing_of_it() -> None:
    """Files hold them, so their making never changes."""
    assert key_state(KEY, FIELDS) == key_state(replace(KEY, purpose="other"), FIELDS)
    assert key_state(KEY, ("exists",)) == "sha256:31f18bb64a308cff4a56afe20861fc821f964ab9fda6fcb062a4ca8bb3928e14"
    assert key_state(KEY, FIELDS) == "sha256:e1edc21ebe5145717cddfc6d3647b9df8ad4712eced5283c0aeea5ef4eca75a7"
    assert account_state(ACCOUNT) == "sha256:da9214167d9a7615a306d860684e2a56177f675456dec190c82fbc857f87209f"
    bare = replace(KEY, identifier=None, expires=None)
    assert key_state(bare, FIELDS) == "sha256:32806b282a8a6dceab5b4c99d2bdf57e15c3383f1c4e3fdfaacb7a540ca55028"
    nothing = account_state(replace(ACCOUNT, two_factor=None))
    assert nothing == "sha256:7313aa7090156334b19c900493306c3845408343aa05e5c343128a4fdb44c655"
    assert len({key_state(KEY, (field,)) for field in FIELDS}) == 5
    assert key_state(KEY, ("scopes", "ips")) == key_state(KEY, ("ips", "scopes"))
    assert key_state(replace(KEY, identifier=None), ()) != key_state(KEY, ())
    assert account_state(ACCOUNT) != account_state(replace(ACCOUNT, two_factor=None))


def test_an_account_s_word_ends_with_its_login_and_with_time() -> None:
    told = Attestation(DAY, "ann", "seen", state=account_state(ACCOUNT))
    account = replace(ACCOUNT, attested=told)
    assert account_fault(ACCOUNT, DAY, 30) is None and account_fault(account, LATER, 30) is None
    assert account_fault(account, LATER, 29) == "is 30 days old, of 2026-11-01; after 29 somebody looks again"
    changed = "is of 2026-11-01, and its second factor or e-mail address changed since"
    assert account_fault(replace(account, two_factor=SecondFactor.SMS), DAY, 30) == changed
    assert account_fault(replace(account, email="sha256:2"), DAY, 30) == changed
    assert account_fault(replace(account, email="sha256:2", attested=replace(told, state=None)), DAY, 30) is None


def test_an_account_says_whether_it_is_a_sub_account() -> None:
    assert not ACCOUNT.is_subaccount
    assert replace(ACCOUNT, parent=AccountName("main")).is_subaccount
    assert replace(ACCOUNT, subaccount="5").is_subaccount


def test_ids_are_told_with_their_places_and_spellings_of_a_list_are_no_difference() -> None:
    old = Identifier.of_text("OldId00001")
    both = replace(KEY, retiring=Retiring(old, LATER))
    assert both.placed == ((KEY.identifier, ("id",)), (old, ("retiring", "id")))
    assert replace(KEY, listed=("203.0.113.7",)) == replace(KEY, listed=("203.0.113.7/32",))


def test_a_key_has_ended_only_without_id_with_a_past_and_without_a_future() -> None:
    dead = (Revocation(Identifier.of_text("Dead000001"), DAY, "leaked", Place("keys.d/quotes.yaml")),)
    assert replace(KEY, identifier=None, revoked=dead).ended
    assert not replace(KEY, revoked=dead).ended
    assert not replace(KEY, identifier=None).ended
    assert not replace(KEY, identifier=None, revoked=dead, reissue=True).ended


def test_a_key_s_next_id_is_counted_by_all_that_it_has_and_had() -> None:
    dead = (Revocation(Identifier.of_text("Dead000001"), DAY, "leaked", Place("keys.d/quotes.yaml")),)
    assert replace(KEY, identifier=None).generation == 0 and KEY.generation == 1
    assert replace(KEY, revoked=dead).generation == 2
    assert replace(KEY, revoked=dead, retiring=Retiring(Identifier.of_text("OldId00001"), LATER)).generation == 3


def test_a_wallet_s_address_is_an_id() -> None:
    assert Wallet("hyperliquid", "arbitrum", "0x" + "ab12" * 10).identifier == Identifier.of_text("0x" + "AB12" * 10)
