"""What other rooms ask of a rule's numbers: the policy's word for one key or account, rule silent or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from keyctl.model.names import ExchangeId
from keyctl.model.policy import Policy
from keyctl.model.scopes import Scope
from keyctl.policy.rules import account_unattested, attestation_stale, expiring, max_lifetime
from tests.policy.corpus import registry_of

BYBIT = ExchangeId("bybit")
ATTESTED = {"on": "2026-09-01", "by": "ann", "evidence": "ticket 1", "fields": ["scopes"]}
REGISTRY = registry_of({"keys": {"one": {"attested": ATTESTED}}})
((_, KEY),) = REGISTRY.keys.items()
MAIN = next(account for name, account in REGISTRY.accounts.items() if name == "main")


def policy(**said: Any) -> Policy:
    return registry_of({"policy": said}).policy


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ({}, 180),
        ({"rules": {"account-unattested": {"days": 7}}}, 7),
        ({"exchanges": {"bybit": {"account-unattested": {"days": 8}}}}, 8),
        ({"accounts": {"main": {"account-unattested": {"days": 9}}}}, 9),
        ({"accounts": {"mm": {"account-unattested": {"days": 9}}}}, 180),
    ],
)
def test_how_old_an_account_s_attestation_may_be(said: dict[str, Any], days: int) -> None:
    assert account_unattested.oldest(policy(**said), MAIN) == days


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ({}, 90),
        ({"set": "strict"}, 30),
        ({"rules": {"attestation-stale": {"severity": "off", "days": 7}}}, 7),
        ({"exchanges": {"bybit": {"attestation-stale": {"days": 8}}}}, 8),
        ({"accounts": {"mm": {"attestation-stale": {"days": 9}}}}, 9),
        ({"apps": {"hedger": {"attestation-stale": {"days": 10}}}}, 10),
    ],
)
def test_how_old_a_key_s_attestation_may_be(said: dict[str, Any], days: int) -> None:
    chosen, last = policy(**said), date(2026, 9, 1) + timedelta(days=days)
    assert attestation_stale.oldest(chosen, BYBIT, KEY) == days
    assert attestation_stale.vouched_fields(chosen, BYBIT, KEY, last) == {"scopes"}
    assert attestation_stale.vouched_fields(chosen, BYBIT, KEY, last + timedelta(days=1)) == frozenset()


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ({}, 14),
        ({"set": "strict"}, 30),
        ({"rules": {"expiring": {"severity": "off", "warn_days": 5, "critical_days": 2}}}, 5),
        ({"rules": {"expiring": {"warn_days": 5, "critical_days": 20}}}, 20),
        ({"exchanges": {"bybit": {"expiring": {"warn_days": 21}}}}, 21),
        ({"accounts": {"mm": {"expiring": {"warn_days": 22}}}}, 22),
        ({"apps": {"hedger": {"expiring": {"warn_days": 23}}}}, 23),
    ],
)
def test_how_long_before_its_end_a_key_expires_soon(said: dict[str, Any], days: int) -> None:
    assert expiring.window(policy(**said), BYBIT, KEY) == timedelta(days=days)


READS, TRADES, MOVES = "keys that only read", "keys that trade", "keys that move funds or administer keys"


@pytest.mark.parametrize(
    ("scopes", "days", "kind"),
    [
        (("read",), 365, READS),
        (("read", "trade.spot"), 180, TRADES),
        (("read", "withdraw"), 90, MOVES),
        (("read", "keys.manage"), 90, MOVES),
        (("transfer.internal",), 90, MOVES),
        (("trade.spot", "transfer.subaccount"), 90, MOVES),
    ],
)
def test_a_key_lives_as_long_as_the_most_of_its_rights_lets_it(scopes: tuple[str, ...], days: int, kind: str) -> None:
    key = replace(KEY, scopes=frozenset(map(Scope, scopes)))
    assert max_lifetime.allowed_days(policy(set="strict"), BYBIT, key) == days
    assert max_lifetime.allowed_days(policy(), BYBIT, key) == 365
    assert max_lifetime.kind(key.scopes) == kind
