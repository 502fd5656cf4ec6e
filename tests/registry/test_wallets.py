"""Apps that sign with a wallet: their keys are agents, where the venue has some, and a revoked address never is."""

from __future__ import annotations

import pytest

from keyctl.model.app import Access, App, Kind, Wallet
from keyctl.model.finding import ExitReason, Severity
from keyctl.model.names import AppName, ExchangeId
from keyctl.model.place import Place
from keyctl.registry.load import Loaded
from keyctl.registry.references import Exchanges
from tests.registry.writing import loaded_with, text_of

MASTER, AGENT, NEXT = "0x" + "Aa" * 20, "0x" + "Bb" * 20, "0x" + "Cc" * 20
SCOPES = "[read, trade.spot, trade.futures, earn, transfer.internal, transfer.subaccount, 'other:account.settings']"
ACCOUNTS = (
    "bybit-main: {exchange: bybit}\n"
    "hl-desk: {exchange: hyperliquid}\n"
    "px-desk: {exchange: paradex}\n"
    "elsewhere: {exchange: nowhere}\n"
)


def apps(address: str = MASTER, venue: str = "hyperliquid") -> str:
    wallet = f"{{venue: {venue}, chain: arbitrum, address: '{address}'}}"
    return (
        "hedger: {team: market-making, kind: internal}\n"
        f"signer: {{team: perps, kind: internal, access: wallet, wallet: {wallet}}}\n"
    )


def agent(id_: str = AGENT, *, account: str = "hl-desk", scopes: str = SCOPES, more: str = "") -> str:
    written = f"id: '{id_}'\n" if id_ else ""
    return f"account: {account}\nowner: signer\n{written}scopes: {scopes}\nips: any\n{more}"


def loaded(key: str, *, declared: str = "", accounts: str = ACCOUNTS, **changed: str) -> Loaded:
    return loaded_with(accounts=accounts, apps=declared or apps(), two=key, **changed)


def known(key: str, **changed: str) -> list[str]:
    """What is said of a key, without the account at an exchange that nobody knows."""
    return text_of(loaded(key, accounts=ACCOUNTS.replace("elsewhere: {exchange: nowhere}\n", ""), **changed))


def test_a_wallet_s_app_has_agents_where_the_venue_does() -> None:
    assert known(agent()) == []
    paradex = agent("0x" + "7" * 63, account="px-desk", scopes="[read, trade.spot, trade.futures, trade.options]")
    assert known(paradex, declared=apps(venue="paradex")) == []
    assert known(paradex, declared=apps(venue="Starknet and others")) == [], "other venues are free text"


def test_an_agent_of_hyperliquid_declares_all_that_it_can_do() -> None:
    (said,) = known(agent(scopes="[read, trade.futures]"))
    assert "hyperliquid can't grant exactly [read, trade.futures] on account 'hl-desk'; the smallest set" in said
    (said,) = known(agent(scopes=SCOPES.replace("earn", "earn, withdraw")))
    assert "no key there can have withdraw with the rest" in said


def test_at_a_venue_without_agents_it_has_no_key() -> None:
    one = loaded(agent("abcdefgh12", account="bybit-main", scopes="[read]"), accounts="bybit-main: {exchange: bybit}\n")
    (finding,) = one.findings
    assert (finding.rule, finding.key, finding.account) == ("value", "two", "bybit-main")
    assert str(finding.place) == "keys.d/two.yaml:2:8"
    assert finding.message == "app 'signer' signs with a wallet, and bybit has no agents that one approves"
    assert finding.remedy == "name an app with 'access: key', or an account at hyperliquid or paradex"
    assert one.registry is None


def test_a_key_that_only_keeps_tombstones_stays_where_it_is() -> None:
    dead = "revoked: [{id: oldKey12345, on: 2026-06-01, reason: rotated}]\n"
    assert known(agent("", account="bybit-main", scopes="[read]", more=dead)) == []
    assert len(known(agent("", account="bybit-main", scopes="[read]", more=dead + "reissue: true\n"))) == 1
    assert len(known(agent("", account="bybit-main", scopes="[read]"))) == 1, "one that waits for an id is none"


def test_nothing_is_made_up_about_an_exchange_that_nobody_knows() -> None:
    (said,) = text_of(loaded(agent(account="elsewhere")))
    assert "no exchange 'nowhere' is known" in said


def test_an_agent_is_at_the_venue_that_its_wallet_names() -> None:
    assert known(agent(), declared=apps(venue="paradex")) == [
        "keys.d/two.yaml:1:10 the wallet of app 'signer' signs at paradex, and this account is at hyperliquid"
    ]


@pytest.mark.parametrize(
    ("venue", "exchange"),
    [("hyperliquid", "hyperliquid"), ("paradex", "paradex"), ("bybit", None), ("Hyperliquid", None), ("a dex", None)],
)
def test_a_venue_is_an_exchange_only_where_that_has_agents(venue: str, exchange: str | None) -> None:
    wallet = Wallet(venue, "arbitrum", MASTER.lower())
    app = App(AppName("a"), "t", Kind.INTERNAL, Place("x"), access=Access.WALLET, wallet=wallet)
    assert Exchanges().venue(app) == (ExchangeId(exchange) if exchange else None)


def test_an_agent_s_id_is_an_address() -> None:
    assert known(agent("lookup-0001")) == [
        "keys.d/two.yaml:3:5 look… is no address, and the wallet of app 'signer' approves such only"
    ]
    retiring = "retiring: {id: lookup-0001, until: 2026-12-03}\n"
    (said,) = known(agent(more=retiring))
    assert said.startswith("keys.d/two.yaml:6:16 look… is no address")
    assert known(agent("sha256:" + "0" * 64)) == [], "a fingerprint doesn't tell"
    assert known(agent("lookup-0001").replace("owner: signer", "owner: hedger")) == [], "another app's key is a key"


def test_addresses_are_lower_cased_when_they_are_read() -> None:
    registry = loaded_with(apps=apps(MASTER.replace("0x", "0X"))).registry
    assert registry is not None
    wallet = registry.apps[AppName("signer")].wallet
    assert wallet is not None and wallet.address == MASTER.lower() and wallet.identifier.display == "0xaa…"
    solana = loaded_with(apps=apps("7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV")).registry
    assert solana is not None
    other = solana.apps[AppName("signer")].wallet
    assert other is not None and other.address.startswith("7EcDhS")


def test_an_address_that_can_be_no_id_is_told_and_not_raised() -> None:
    assert text_of(loaded_with(apps=apps("sha256:00"))) == [
        "registry/apps.yaml:2:110 'sha256:00': a fingerprint is 'sha256:' and 64 lower-case hex digits"
    ]


@pytest.mark.parametrize("spelt", [MASTER, MASTER.lower(), MASTER.upper().replace("0X", "0x")])
def test_a_revoked_address_is_no_app_s_wallet_again(spelt: str) -> None:
    dead = f"revoked: [{{id: '{MASTER.lower()}', on: 2026-06-01, reason: leaked}}]\n"
    result = loaded_with(apps=apps(spelt), revoked=dead)
    (finding,) = result.findings
    assert (finding.rule, finding.severity) == ("revoked-id-declared", Severity.CRITICAL)
    assert finding.consequence is ExitReason.BLOCKED and result.registry is not None
    assert str(finding.place).startswith("registry/apps.yaml:2:")
    assert finding.place is not None and finding.place.pointer == ("signer", "wallet", "address")
    assert finding.message == (
        "0xaa… was revoked for ever on 2026-06-01 (leaked), entry 1 under revoked in registry/revoked.yaml"
    )
    assert "never comes back" in finding.remedy


def test_nor_one_whose_fingerprint_is_revoked_and_nor_one_that_a_key_revoked() -> None:
    registry = loaded_with(apps=apps()).registry
    assert registry is not None
    wallet = registry.apps[AppName("signer")].wallet
    assert wallet is not None
    dead = f"revoked: [{{id: '{wallet.identifier.fingerprint}', on: 2026-06-01, reason: leaked}}]\n"
    assert [finding.rule for finding in loaded_with(apps=apps(), revoked=dead).findings] == ["revoked-id-declared"]
    rotated = agent(NEXT, more=f"revoked: [{{id: '{AGENT}', on: 2026-06-01, reason: rotated}}]\n")
    told = loaded(rotated, declared=apps(AGENT), accounts=ACCOUNTS.replace("elsewhere: {exchange: nowhere}\n", ""))
    assert [(finding.rule, finding.place and finding.place.path) for finding in told.findings] == [
        ("revoked-id-declared", "registry/apps.yaml")
    ]


def test_a_wallet_is_no_agent_of_its_own() -> None:
    assert known(agent(MASTER.lower())) == [
        "keys.d/two.yaml:3:5 0xaa… is the wallet of app 'signer', and a wallet is no agent of its own"
    ]
    retiring = f"retiring: {{id: '{MASTER}', until: 2026-12-03}}\n"
    (said,) = known(agent(more=retiring))
    assert said.startswith("keys.d/two.yaml:6:16 0xaa… is the wallet of app 'signer'")
