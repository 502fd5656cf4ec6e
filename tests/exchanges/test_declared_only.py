"""Exchanges that are only declared: nothing is asked of them, and all that can be judged offline is."""

from __future__ import annotations

import pytest

from keyctl.exchanges import catalogue
from keyctl.exchanges.catalogue import UnknownExchange, Unread, declaration, names, reader, unread
from keyctl.exchanges.describe import describe
from keyctl.model.scopes import READ, STANDARD, Scope, ScopeSet
from tests.cli.program import keyctl

DECLARED_ONLY = ("hyperliquid", "paradex")


def scopes(*named: str) -> ScopeSet:
    return frozenset(Scope(name) for name in named)


AGENT = scopes(
    *("read", "trade.spot", "trade.futures", "earn", "transfer.internal", "transfer.subaccount"),
    "other:account.settings",
)
SUBKEY = scopes("read", "trade.spot", "trade.futures", "trade.options")


def test_every_other_exchange_has_a_reader_and_these_have_none() -> None:
    assert {name for name in names() if unread(name)} == set(DECLARED_ONLY)
    for name in names():
        if name in DECLARED_ONLY:
            with pytest.raises(Unread, match=f"can't ask {declaration(name).title} yet"):
                reader(name)
        else:
            assert reader(name) is not None
    assert unread("mtgox") is None
    with pytest.raises(UnknownExchange):
        reader("mtgox")


@pytest.mark.parametrize("name", DECLARED_ONLY)
def test_no_capability_is_claimed_that_keyctl_can_t_use(name: str) -> None:
    declared = declaration(name)
    assert (declared.capabilities, declared.endpoints) == (frozenset(), ())
    assert declared.sources and all(source.startswith("https://") for source in declared.sources)


@pytest.mark.parametrize("wanted", [scopes(), scopes("read"), scopes("trade.futures"), AGENT - {READ}, AGENT])
def test_an_agent_of_hyperliquid_can_always_do_all_of_it(wanted: ScopeSet) -> None:
    assert declaration("hyperliquid").grantable(wanted) == AGENT
    assert declaration("hyperliquid").ungrantable(wanted | scopes("withdraw")) == scopes("withdraw")


@pytest.mark.parametrize(
    ("wanted", "granted"),
    [
        (scopes("trade.futures"), SUBKEY),
        (scopes("read", "trade.spot", "other:block_trade"), SUBKEY | scopes("other:block_trade")),
        (scopes("read", "other:jwt"), scopes("read", "other:jwt")),
        (scopes("read"), scopes("read", "other:api_key")),
        (SUBKEY | scopes("transfer.internal", "withdraw"), SUBKEY),
    ],
)
def test_a_subkey_of_paradex_trades_and_a_token_is_a_credential_of_its_own(wanted: ScopeSet, granted: ScopeSet) -> None:
    assert declaration("paradex").grantable(wanted) == granted


@pytest.mark.parametrize("name", DECLARED_ONLY)
def test_what_can_be_granted_there_is_a_fixed_point(name: str) -> None:
    declared = declaration(name)
    for scope in STANDARD:
        granted = declared.grantable(frozenset({scope}))
        assert declared.grantable(granted) == granted >= {READ}


def test_agents_say_how_long_they_may_live_and_how_a_person_approves_one() -> None:
    agents = {name: declaration(name).wallet_agents for name in names()}
    assert {name for name, one in agents.items() if one is not None} == set(DECLARED_ONLY)
    one, other = agents["hyperliquid"], agents["paradex"]
    assert one is not None and (one.kind, one.max_days, one.expiry) == ("API wallet (agent)", 180, True)
    assert other is not None and (other.kind, other.max_days, other.expiry) == ("subkey", None, False)
    for found in (one, other):
        assert found.source.startswith("https://") and found.as_of.startswith("2026-")
        assert len(found.steps) > 1 and all(step[0].isupper() and step.endswith(".") for step in found.steps)


def test_an_exchange_without_allow_lists_says_so() -> None:
    assert declaration("hyperliquid").limits.max_ips == 0
    assert "allow-lists: no" in describe(declaration("hyperliquid"))
    assert "addresses a list: 50" in describe(declaration("paradex"))


@pytest.mark.parametrize("name", DECLARED_ONLY)
def test_the_command_line_says_that_it_can_t_be_asked(name: str) -> None:
    (line,) = (line for line in keyctl("exchanges", "list").out.splitlines() if line.startswith(name))
    assert line.endswith("declared; keyctl can't ask it yet")
    shown = keyctl("exchanges", "show", name)
    assert shown.status == 0 and "keyctl can't ask it yet" in shown.out and "it can:" not in shown.out
    for word in ("rights:", "a wallet approves:", "assumed:", "sources:"):
        assert word in shown.out
    ran = keyctl("exchanges", "decode", name, "POST /info", "nowhere.json")
    assert (ran.status, ran.out) == (1, "")
    assert f"keyctl can't ask {catalogue.declaration(name).title} yet" in ran.err
