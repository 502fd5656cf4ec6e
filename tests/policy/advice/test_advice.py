"""The safest way to give an app access, case by case, and what holds of every answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import event, given, settings
from hypothesis import strategies as st

from keyctl.exchanges.catalogue import declaration
from keyctl.exchanges.declaration import Capability, Declaration
from keyctl.model.account import Environment
from keyctl.model.app import App, Kind
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.policy import Policy, Setting
from keyctl.model.refusal import Refusal
from keyctl.model.registry import Registry
from keyctl.model.scopes import KEYS_MANAGE, READ, STANDARD, WITHDRAW, Scope, in_order
from keyctl.policy import catalogue
from keyctl.policy.advice.advice import Advice, Way, Wishes
from keyctl.policy.advice.advise import advise
from keyctl.policy.rules.max_lifetime import RULE, longest_of
from keyctl.policy.settings import parameters_of
from tests.policy.corpus import NOW, Plain, registry_of

TODAY = NOW.date()
EXCHANGES = ("bybit", "okx", "deribit", "hyperliquid", "paradex")


@dataclass(frozen=True)
class Case:
    """``venue`` takes something away from the exchange's declaration: ``blind`` sees no sub-accounts, ``single`` takes
    single addresses only, ``unbound`` takes none; ``expiring`` is one that keeps a key's last day."""

    name: str
    ask: Mapping[str, Any]
    registry: Mapping[str, Any]
    venue: str
    gives: Mapping[str, Any]
    refused: str | None


def cases() -> list[Case]:
    """In the order of the file."""
    text = (Path(__file__).parent / "cases.yaml").read_text("utf-8")
    return [
        Case(
            one["name"],
            one["ask"],
            one.get("registry", {}),
            one.get("venue", ""),
            one.get("gives", {}),
            one.get("refused"),
        )
        for one in yaml.load(text, Plain)
    ]


ALL = cases()


def venue_of(exchange: str, changed: str = "") -> Declaration:
    known = declaration(exchange)
    if changed == "blind":
        return replace(known, capabilities=known.capabilities - {Capability.LIST})
    if changed == "single":
        return replace(known, limits=replace(known.limits, cidr=False))
    if changed == "unbound":
        return replace(known, limits=replace(known.limits, max_ips=0))
    if changed == "expiring":
        return replace(known, capabilities=known.capabilities | {Capability.EXPIRY})
    return known


def advised(case: Case) -> Advice:
    registry = registry_of(case.registry)
    ask = case.ask
    scopes = ask.get("scopes")
    wishes = Wishes(
        KeyName("fresh"),
        ExchangeId(ask["exchange"]),
        AccountName(ask["parent"]) if "parent" in ask else None,
        None if scopes is None else frozenset(Scope(one) for one in scopes),
        tuple(ask.get("ips", ())),
        TODAY + timedelta(days=ask["days"]) if "days" in ask else None,
    )
    app = registry.apps[AppName(ask.get("app", "hedger"))]
    return advise(registry, registry.policy, app, venue_of(ask["exchange"], case.venue), TODAY, wishes)


def said_of(advice: Advice) -> dict[str, Any]:
    account = advice.account
    return {
        "way": advice.way.name,
        "new": advice.new,
        "account": account.name,
        "exchange": account.exchange,
        "parent": account.parent,
        "environment": account.environment.value,
        "max_balance": {code: int(amount) for code, amount in account.max_balance},
        "scopes": list(in_order(advice.scopes)),
        "ips": list(advice.ips),
        "proposed": list(advice.proposed),
        "days": (advice.last_day - TODAY).days,
    }


def by_hand(advice: Advice) -> str:
    return "\n".join("\n".join([step.text, *step.lines]) for step in advice.steps)


@pytest.mark.parametrize("case", [one for one in ALL if one.refused is None], ids=lambda case: case.name)
def test_what_is_advised(case: Case) -> None:
    advice = advised(case)
    said = said_of(advice)
    wanted = {name: value for name, value in case.gives.items() if name not in ("rules", "steps", "no_steps")}
    assert {name: said[name] for name in wanted} == wanted
    assert set(case.gives.get("rules", ())) <= {choice.rule for choice in advice.choices}
    assert case.gives.get("steps", "") in by_hand(advice)
    if "no_steps" in case.gives:
        assert case.gives["no_steps"] not in by_hand(advice)


@pytest.mark.parametrize("case", [one for one in ALL if one.refused is not None], ids=lambda case: case.name)
def test_what_is_refused(case: Case) -> None:
    with pytest.raises(Refusal) as refused:
        advised(case)
    assert case.refused is not None
    assert case.refused in f"{refused.value.message}\n{refused.value.remedy}"
    assert refused.value.remedy


@pytest.mark.parametrize("case", [one for one in ALL if one.refused is None], ids=lambda case: case.name)
def test_every_choice_names_a_rule_that_there_is_and_every_step_is_a_sentence(case: Case) -> None:
    advice = advised(case)
    known = {rule.name for rule in catalogue.rules()}
    assert {choice.rule for choice in advice.choices} <= known
    assert {step.rule for step in advice.steps if step.rule is not None} <= known
    assert all(choice.what and choice.why for choice in advice.choices)
    assert all(step.text[0].isupper() and step.text.endswith(".") for step in advice.steps)


APPS = ("desk", "vendor", "own-vendor")
SCOPES = [*STANDARD, Scope("other:account.settings"), Scope("other:keys.self_manage"), Scope("other:api_key")]


def everywhere() -> Registry:
    """A registry with one master and one account that is set apart, at every exchange."""
    accounts: dict[str, Any] = {"mm": {"dedicated_to": "hedger"}}
    for exchange in EXCHANGES:
        accounts["main" if exchange == "bybit" else f"{exchange}-main"] = {"exchange": exchange}
        accounts[f"{exchange}-own"] = {"exchange": exchange, "dedicated_to": "own-vendor"}
    apps = {name: {"team": "t", "kind": "internal" if name == "desk" else "third-party"} for name in APPS}
    return registry_of({"accounts": accounts, "apps": apps})


EVERYWHERE = everywhere()


@settings(max_examples=300)
@given(
    name=st.sampled_from(APPS),
    needs=st.frozensets(st.sampled_from(SCOPES), max_size=7),
    exchange=st.sampled_from(EXCHANGES),
    blind=st.booleans(),
    scopes=st.none() | st.frozensets(st.sampled_from(SCOPES), min_size=1, max_size=7),
    made=st.sampled_from(["drawn", "grantable", "harmless"]),
    ips=st.sampled_from([(), ("any",), ("8.8.4.10",)]),
    days=st.none() | st.integers(0, 800),
    longest=st.none() | st.integers(1, 500),
    silent=st.booleans(),
)
def test_no_advice_is_unsafe(
    name: str,
    needs: frozenset[Scope],
    exchange: str,
    blind: bool,
    scopes: frozenset[Scope] | None,
    made: str,
    ips: tuple[str, ...],
    days: int | None,
    longest: int | None,
    silent: bool,
) -> None:
    """Whatever the policy silences: its rules are not what keeps the advice safe."""
    venue = venue_of(exchange, "blind" if blind else "")
    if made != "drawn":  # so that not every draw ends in a refusal
        needs = venue.grantable(needs)
        if made == "harmless":
            needs -= {WITHDRAW, KEYS_MANAGE, Scope("other:keys.self_manage")}
        scopes = needs
    rules = {rule.name: Setting(off=True) for rule in catalogue.rules()} if silent else {}
    if longest is not None:
        rules["max-lifetime"] = Setting(off=silent, parameters={"days": longest})
    policy = Policy(rules=rules)
    app = replace(EVERYWHERE.apps[AppName(name)], needs=needs)
    registry = replace(EVERYWHERE, apps={**EVERYWHERE.apps, app.name: app})
    last = None if days is None else TODAY + timedelta(days=days)
    wishes = Wishes(KeyName("fresh"), ExchangeId(exchange), None, scopes, ips, last)
    try:
        advice = advise(registry, policy, app, venue, TODAY, wishes)
    except Refusal:
        event("refused")
        return
    event(advice.way.name)
    check_safe(advice, app, venue, policy, scopes, registry)


def check_safe(
    advice: Advice,
    app: App,
    venue: Declaration,
    policy: Policy,
    wished: frozenset[Scope] | None,
    registry: Registry,
) -> None:
    account = advice.account
    assert not advice.scopes & {WITHDRAW, KEYS_MANAGE, Scope("other:keys.self_manage")}
    assert (advice.ips == ("any",)) == (venue.limits.max_ips == 0)
    numbers = parameters_of(RULE, policy, account.exchange, account.name, app.name)
    allowed = longest_of(advice.scopes, numbers)
    assert allowed is not None and TODAY <= advice.last_day <= TODAY + timedelta(days=allowed)
    if app.kind is Kind.THIRD_PARTY:
        assert account.dedicated_to == app.name and advice.way is not Way.SHARED_ACCOUNT
        assert advice.scopes == {READ} or wished is not None
        assert advice.account.max_balance == (("USD", Decimal(500)),) or not advice.new
    if advice.new:
        assert account.name not in registry.accounts and account.uid is None and account.subaccount is None
        assert account.dedicated_to == app.name
    assert (advice.way is Way.WALLET_AGENT) == (venue.wallet_agents is not None)


def test_the_environment_of_a_wallet_is_that_of_the_accounts_there() -> None:
    needs = sorted(declaration("hyperliquid").implicit)
    registry = registry_of(
        {
            "accounts": {"hl": {"exchange": "hyperliquid", "environment": "testnet"}},
            "apps": {"perps": {"team": "p", "kind": "internal", "needs": needs}},
        }
    )
    wishes = Wishes(KeyName("fresh"), ExchangeId("hyperliquid"))
    app = registry.apps[AppName("perps")]
    advice = advise(registry, registry.policy, app, declaration("hyperliquid"), date(2026, 11, 25), wishes)
    assert advice.account.environment is Environment.TESTNET
