"""What is to be done by hand: which steps, in which order, by which rule, and what is filled into them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from keyctl.policy.advice.advice import Advice, Step
from keyctl.policy.advice.steps import TRIAL
from tests.policy.advice.test_advice import Case, advised

VENDOR = {"vendor": {"team": "v", "kind": "third-party", "needs": ["read", "trade.spot"]}}
PERPS = {
    "team": "p",
    "kind": "internal",
    "needs": [
        "read",
        "trade.spot",
        "trade.futures",
        "earn",
        "transfer.internal",
        "transfer.subaccount",
        "other:account.settings",
    ],
}
OPTIONS = {"team": "p", "kind": "internal", "needs": ["read", "trade.spot", "trade.futures", "trade.options"]}
OWN = {"own": {"exchange": "bybit", "parent": "main", "subaccount": "7", "dedicated_to": "hedger"}}
VALIDATE = ("exchange-keyctl validate",)
RECONCILE = ("exchange-keyctl reconcile --only key=fresh",)


def asked(ask: Mapping[str, Any], venue: str = "", **registry: Any) -> Advice:
    return advised(Case("", {"exchange": "bybit", **ask}, registry, venue, {}, None))


def rules(advice: Advice) -> list[str | None]:
    return [step.rule for step in advice.steps]


def lines(advice: Advice) -> list[tuple[str, ...]]:
    return [step.lines for step in advice.steps if step.lines]


def about(advice: Advice, rule: str | None, which: int = 0) -> Step:
    return [step for step in advice.steps if step.rule == rule][which]


def put(advice: Advice) -> str:
    """The step that says where the secret goes."""
    (step,) = [step for step in advice.steps if step.text.startswith("Put ")]
    return step.text


def test_a_new_sub_account_is_opened_then_secured_then_funded_then_gets_its_key_then_is_checked() -> None:
    advice = asked({})
    assert rules(advice) == [
        None,
        "email-unique",
        "two-factor",
        None,
        "balance-limit-missing",
        "ip-required",
        "least-scope",
        "secret-in-registry",
        None,
        None,
        None,
    ]
    assert lines(advice) == [VALIDATE, RECONCILE]
    first, email, _, ids, *_ = advice.steps
    assert all(word in first.text for word in ("Bybit", "main", "hedger"))
    assert "bybit-hedger" in email.text
    assert all(word in ids.text for word in ("subaccount and uid", "bybit-hedger", "registry/accounts.yaml", " them."))


def test_an_account_that_is_there_is_neither_opened_nor_secured() -> None:
    advice = asked({}, accounts=OWN)
    assert rules(advice)[:4] == ["balance-limit-missing", "ip-required", "least-scope", "secret-in-registry"]
    assert rules(advice)[4:] == [None, None, None]


def test_a_key_that_reads_on_an_account_that_is_there_needs_no_word_on_funds() -> None:
    advice = asked({"scopes": ["read"], "ips": ["8.8.4.10"]}, accounts=OWN)
    assert rules(advice) == ["least-scope", "secret-in-registry", None, None, None]


def test_one_that_reads_on_a_new_account_needs_no_funds() -> None:
    advice = asked({"scopes": ["read"]})
    step = about(advice, "balance-limit-missing")
    assert "no funds" in step.text and "max_balance" not in step.text


def test_one_that_trades_is_tried_with_little() -> None:
    step = about(asked({}), "balance-limit-missing")
    assert "50 USD" in step.text and "max_balance" not in step.text


def test_the_most_that_may_lie_there_is_repeated_in_each_currency() -> None:
    limited = {"own": {**OWN["own"], "max_balance": {"USD": 500, "BTC": "0.25"}}}
    assert "max_balance, 0.25 BTC and 500 USD" in about(asked({}, accounts=limited), "balance-limit-missing").text
    advice = asked({"app": "vendor"}, apps=VENDOR)
    assert "no funds" in about(advice, "balance-limit-missing").text
    assert "max_balance, 500 USD" in about(advice, "balance-limit-missing").text


def test_a_third_party_s_account_without_a_limit_gets_a_proposal_first() -> None:
    own = {"own": {"exchange": "bybit", "parent": "main", "dedicated_to": "vendor"}}
    advice = asked({"app": "vendor"}, accounts=own, apps=VENDOR)
    assert rules(advice)[0] == "balance-limit-missing"
    assert lines(advice)[0] == ("max_balance: {USD: 500}",)
    assert "own" in advice.steps[0].text and "registry/accounts.yaml" in advice.steps[0].text


def test_a_desk_s_account_without_one_does_not() -> None:
    assert ("max_balance: {USD: 500}",) not in lines(asked({}, accounts=OWN))


def test_a_third_party_that_does_more_than_read_has_its_waiver_proposed_first() -> None:
    advice = asked({"app": "vendor", "scopes": ["read", "trade.spot"], "days": 30}, apps=VENDOR)
    assert rules(advice)[0] == "third-party-writes" and rules(advice).count("third-party-writes") == 1
    waiver = lines(advice)[0]
    assert waiver[:2] == ("- rule: third-party-writes", "  key: fresh") and waiver[4] == "  expires: 2026-12-25"
    assert [line.partition(":")[0] for line in waiver] == ["- rule", "  key", "  reason", "  approved_by", "  expires"]


def test_one_that_reads_needs_none_and_neither_does_a_desk_s() -> None:
    assert "third-party-writes" not in rules(asked({"app": "vendor"}, apps=VENDOR))
    assert "third-party-writes" not in rules(asked({}))


def test_addresses_that_nobody_said_are_asked_for_at_whom_the_registry_names() -> None:
    assert "hedger" in about(asked({}), "ip-required").text
    vendor = about(asked({"app": "vendor"}, apps=VENDOR), "ip-required-read").text
    assert vendor.startswith("Ask the people behind vendor")
    known = {"vendor": {**VENDOR["vendor"], "contact": "support@vendor.example"}}
    known_vendor = about(asked({"app": "vendor"}, apps=known), "ip-required-read").text
    assert known_vendor.startswith("Ask support@vendor.example")
    own = {"hedger": {"contact": "desk"}}
    assert "desk" not in about(asked({}, apps=own), "ip-required").text, "a desk finds out for itself"


def test_addresses_that_were_said_are_not_asked_for_and_stand_with_the_key() -> None:
    advice = asked({"ips": ["8.8.4.10", "8.8.4.11"]})
    assert "ip-required" not in rules(advice)
    key = about(advice, "least-scope").text
    assert "8.8.4.10, 8.8.4.11" in key and "networks.yaml" not in key


def test_a_network_s_name_is_spelt_out_elsewhere() -> None:
    advice = asked({"ips": ["8.8.4.10", "@nat"]}, networks={"nat": ["8.8.8.0/28"]})
    key = about(advice, "least-scope").text
    assert "8.8.4.10, @nat" in key and "registry/networks.yaml" in key


def test_the_key_s_rights_stand_in_keyctl_s_words_and_in_the_exchange_s() -> None:
    key = about(asked({}), "least-scope").text
    assert "bybit-hedger" in key and ": read, trade.spot (at Bybit: Spot.SpotTrade);" in key
    reads = about(asked({"scopes": ["read"]}), "least-scope").text
    assert ": read, nothing else ticked;" in reads and "(at Bybit" not in reads


def test_a_last_day_stands_with_the_key_only_where_the_exchange_keeps_one() -> None:
    for exchange, apps in (("bybit", {}), ("deribit", {"hedger": OPTIONS})):
        advice = asked({"exchange": exchange}, accounts={"deribit-main": {"exchange": "deribit"}}, apps=apps)
        assert str(advice.last_day) not in about(advice, "least-scope").text
    keeps = asked({}, venue="expiring")
    assert f", with {keeps.last_day} as its last day" in about(keeps, "least-scope").text


def test_what_is_put_away_is_the_secret_and_where_there_is_one_the_passphrase() -> None:
    assert put(asked({})).startswith("Put the secret straight into the password store")
    okx = asked({"exchange": "okx", "scopes": ["read"]}, accounts={"okx-main": {"exchange": "okx"}})
    assert "the secret and the passphrase" in put(okx)


def test_it_goes_where_the_app_takes_it_from() -> None:
    assert "vault:kv/hedger" in put(asked({}, apps={"hedger": {"sink": "vault:kv/hedger"}}))
    agent = asked({"exchange": "hyperliquid", "app": "perps"}, apps={"perps": {**PERPS, "sink": "vault:kv/perps"}})
    assert "private key" in put(agent) and "vault:kv/perps" in put(agent)


def test_sub_accounts_that_no_parent_reads_get_a_key_of_keyctl_s_own() -> None:
    accounts = {"deribit-main": {"exchange": "deribit"}}
    advice = asked({"exchange": "deribit", "app": "opt"}, accounts=accounts, apps={"opt": OPTIONS})
    assert lines(advice) == [
        ("exchange-keyctl new keyctl-deribit-opt --account deribit-opt --owner keyctl --scopes read",),
        VALIDATE,
        RECONCILE,
    ]
    ids = advice.steps[3].text
    assert "the uid of deribit-opt" in ids and "subaccount" not in ids and "shows it" in ids


def test_a_wallet_is_opened_then_declared_then_approves_the_agent_as_its_venue_says() -> None:
    advice = asked({"exchange": "hyperliquid", "app": "perps"}, apps={"perps": PERPS})
    assert rules(advice)[:4] == ["two-factor", None, "balance-limit-missing", "expiry-required"]
    assert "a new wallet for perps alone" in advice.steps[0].text and "hyperliquid-perps" in advice.steps[0].text
    signing, *rest = lines(advice)
    assert signing[0] == "access: wallet" and signing[1].startswith("wallet: {venue: hyperliquid, ")
    assert rest == [VALIDATE] or rest == [VALIDATE, RECONCILE]
    approve = about(advice, "expiry-required").text
    assert f"ends on {advice.last_day} (UTC)" in approve and "API wallet (agent)" in approve and "only" not in approve
    assert not {"least-scope", "email-unique"} & set(rules(advice))
    assert "0x…" in advice.shown
    assert any("0x…" in step.text and "fresh" in step.text for step in advice.steps)


def test_a_wallet_that_is_declared_is_used() -> None:
    signer = {
        **PERPS,
        "access": "wallet",
        "wallet": {"venue": "hyperliquid", "chain": "arbitrum", "address": "0x" + "AB" * 20},
    }
    new = asked({"exchange": "hyperliquid", "app": "signer"}, apps={"signer": signer})
    assert "the wallet of signer" in new.steps[0].text and rules(new)[0] == "two-factor"
    assert not any("access: wallet" in each for each in lines(new))
    accounts = {"hl": {"exchange": "hyperliquid", "uid": "0x" + "ab" * 20}}
    there = asked({"exchange": "hyperliquid", "app": "signer"}, accounts=accounts, apps={"signer": signer})
    assert rules(there)[0] == "balance-limit-missing" and not there.new
    assert any("wallet" in choice.why and choice.what == "account hl" for choice in there.choices)


@pytest.mark.parametrize(("ips", "said"), [((), False), (("198.51.100.0/24", "8.8.4.1"), True)])
def test_an_agent_without_an_end_of_its_own_has_to_be_revoked_and_says_from_where_it_is_used(
    ips: tuple[str, ...], said: bool
) -> None:
    advice = asked({"exchange": "paradex", "app": "perps", "ips": ips}, apps={"perps": OPTIONS})
    approve = about(advice, "expiry-required").text
    assert f"revoke it on {advice.last_day}" in approve
    assert ("from 198.51.100.0/24, 8.8.4.1 only" in approve) == said == (" only" in approve)
    assert ("ip-required" in rules(advice)) != said


def test_what_can_not_be_asked_is_looked_at_by_a_person() -> None:
    advice = asked({"exchange": "paradex", "app": "perps"}, apps={"perps": OPTIONS})
    assert RECONCILE not in lines(advice)
    assert advice.steps[-1].rule is None and "Paradex" in advice.steps[-1].text


def test_a_key_that_no_exchange_binds_says_so() -> None:
    advice = asked({}, venue="unbound")
    assert advice.ips == ("any",) and "ip-required" not in rules(advice)
    assert "bound to" not in about(advice, "least-scope").text and "Bybit" in about(advice, "least-scope").text


def test_nothing_is_said_where_there_is_nothing_to_say() -> None:
    advice = asked({"ips": ["8.8.4.10"]}, accounts=OWN)
    assert about(advice, "balance-limit-missing").text == f"{TRIAL}."
    assert about(advice, "least-scope").text.endswith("; bound to 8.8.4.10.")


def test_all_rights_of_a_sub_account_s_key_are_named_as_its_exchange_names_them() -> None:
    own = {"own": {"exchange": "deribit", "subaccount": "5", "dedicated_to": "opt"}}
    key = about(asked({"exchange": "deribit", "app": "opt"}, accounts=own, apps={"opt": OPTIONS}), "least-scope").text
    assert "(at Deribit: trade:read_write)" in key
    both = {"both": {"team": "t", "kind": "internal", "needs": ["read", "trade.spot", "convert"]}}
    key = about(asked({"app": "both", "scopes": ["read", "trade.spot", "convert"]}, apps=both), "least-scope").text
    assert "(at Bybit: Spot.SpotTrade, Exchange.ExchangeHistory)" in key
