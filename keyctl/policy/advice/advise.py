"""App, needs and venue → the safest way that there is, or the reason why there is none. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time

from keyctl.exchanges.declaration import Declaration
from keyctl.model.app import App
from keyctl.model.finding import Severity
from keyctl.model.ips import ANY, IpSet, parse_network
from keyctl.model.key import Key
from keyctl.model.names import ExchangeId
from keyctl.model.place import Place
from keyctl.model.policy import Policy
from keyctl.model.refusal import Refusal
from keyctl.model.registry import Registry
from keyctl.policy.advice import addresses, lifetimes, places, rights
from keyctl.policy.advice.advice import Advice, Choice, Wishes
from keyctl.policy.advice.steps import ISSUED, Plan, steps
from keyctl.policy.judge import judge
from keyctl.policy.world import World, known_venue

_TO_BE_FILLED_IN = frozenset({"two-factor-unknown", "email-missing"})
"""Rules about an account that nobody has opened yet: what they ask for is among the steps."""


def advise(registry: Registry, policy: Policy, app: App, venue: Declaration, today: date, wishes: Wishes) -> Advice:
    """The answer for one key. It breaks no rule of the policy but, where more than reading was asked for a third
    party, ``third-party-writes``, which it says. Raises Refusal."""
    chosen = places.choose(registry, app, venue, wishes)
    account = chosen.account
    sub = True if chosen.new or account.is_subaccount else None
    wanted, right = rights.choose(app, venue, account, wishes.scopes, subaccount=sub)
    ips, proposed, bound = addresses.choose(registry, app, venue, wanted, wishes.ips)
    last, life = lifetimes.choose(policy, app, account, venue, wanted, today, wishes.last_day)
    key = Key(
        wishes.key,
        account.name,
        app.name,
        "",
        wanted,
        _resolved(ips, registry),
        Place(""),
        expires=last,
        listed=() if ips == addresses.ANY else ips,
    )
    waived = _judged(
        replace(registry, accounts={**registry.accounts, account.name: account}), policy, venue, key, today
    )
    limit = () if not (chosen.new and account.max_balance) else (_limit(chosen),)
    agents = venue.wallet_agents
    return Advice(
        chosen.way,
        app,
        account,
        chosen.new,
        wanted,
        ips,
        proposed,
        last,
        ISSUED
        if agents is None
        else f"the {agents.kind}'s address or public key, 0x…, once the wallet has approved it",
        (*chosen.choices, *limit, right, bound, life),
        tuple(steps(Plan(wishes.key, app, venue, chosen, wanted, ips, last, waived))),
    )


def _limit(chosen: places.Chosen) -> Choice:
    most = ", ".join(f"{code}: {amount:f}" for code, amount in chosen.account.max_balance)
    return Choice(f"max_balance {{{most}}}", "a proposal: what lies there is what can be lost", "balance-limit-missing")


def _resolved(ips: tuple[str, ...], registry: Registry) -> IpSet:
    if ips == addresses.ANY:
        return ANY
    networks = [parse_network(text) for text in ips if not text.startswith("@")]
    for text in ips:
        if text.startswith("@"):
            named = registry.networks[text[1:]]
            if named.unrestricted:
                return ANY
            networks += named.networks
    return IpSet.of(networks)


def _judged(registry: Registry, policy: Policy, venue: Declaration, key: Key, today: date) -> bool:
    """Hold the registry with the key in it against its policy: whether a waiver covers what a third party's key may do.
    Raises Refusal for any other rule that the key or its new account would break at severity error."""

    def known(exchange: ExchangeId) -> Declaration | None:
        return venue if exchange in (venue.id, *venue.family) else known_venue(exchange)

    whole = replace(registry, keys={**registry.keys, key.name: key})
    judged = judge(World(whole, datetime.combine(today, time(), UTC), known), policy, registry.waivers)
    broken = [
        one
        for one in judged.own
        if (one.key == key.name or (one.key is None and one.account == key.account))
        and one.severity.rank >= Severity.ERROR.rank
        and one.rule not in _TO_BE_FILLED_IN
    ]
    for one in broken:
        if one.rule != "third-party-writes":
            raise Refusal(f"{one.message} ({one.rule})", one.remedy)
    return not broken
