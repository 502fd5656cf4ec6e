from __future__ import annotations

import pytest

from keyctl.exchanges.catalogue import canonical, names
from keyctl.exchanges.declaration import Effect
from keyctl.exchanges.describe import describe
from keyctl.exchanges.errors import Cause
from keyctl.exchanges.okx.declaration import DECLARATION, TRADE
from keyctl.model.scopes import KEYS_MANAGE, READ, WITHDRAW, Scope, ScopeSet

TRADING: ScopeSet = TRADE | {READ}


def test_regional_sites_are_the_same_exchange() -> None:
    assert {canonical(member) for member in ("okx", "myokx", "okxus")} == {"okx"}
    assert {"okx", "myokx", "okxus"} <= set(names())


@pytest.mark.parametrize("wanted", [{READ}, TRADING])
@pytest.mark.parametrize("subaccount", [True, False, None])
def test_a_key_reads_or_does_all_that_trade_opens(wanted: ScopeSet, subaccount: bool | None) -> None:
    assert DECLARATION.grantable(frozenset(wanted), subaccount=subaccount) == wanted


@pytest.mark.parametrize("scope", sorted(TRADE))
def test_any_part_of_trading_brings_all_of_it(scope: Scope) -> None:
    assert DECLARATION.grantable(frozenset({READ, scope}), subaccount=True) == TRADING
    assert DECLARATION.grantable(frozenset({READ, scope})) == TRADING


def test_withdrawal_and_administration_are_for_master_keys() -> None:
    assert DECLARATION.ungrantable(TRADING | {WITHDRAW, KEYS_MANAGE}, subaccount=True) == {WITHDRAW, KEYS_MANAGE}
    for scopes in (TRADING | {KEYS_MANAGE}, TRADING | {WITHDRAW}, frozenset({READ, WITHDRAW})):
        assert DECLARATION.grantable(scopes, subaccount=False) == scopes
    assert DECLARATION.grantable(frozenset({READ, KEYS_MANAGE}), subaccount=False) == TRADING | {KEYS_MANAGE}


def test_every_get_reads_and_every_post_writes_and_no_secret_comes_in() -> None:
    for endpoint in DECLARATION.endpoints:
        assert (endpoint.method == "GET") is (endpoint.effect is Effect.READ), endpoint.name
        assert not any("secret" in field.lower() or "passphrase" in field for field in endpoint.fields)


def test_every_refusal_has_words_and_a_remedy_and_only_one_says_that_a_key_is_gone() -> None:
    for refusal in DECLARATION.refusals.values():
        assert refusal.causes and refusal.meaning and refusal.remedy
    assert [code for code, refusal in DECLARATION.refusals.items() if refusal.causes == (Cause.NOT_FOUND,)] == ["59506"]


def test_the_rule_on_idle_keys_is_shown_with_all_its_conditions() -> None:
    (line,) = [line for line in describe(DECLARATION).splitlines() if "14 days" in line]
    for words in ("trade or withdraw", "bound to no address", "after the last use", "deleted", "bound to addresses"):
        assert words in line
