"""Which rights an agent or a key gets at venues of every shape, and what a refusal says of the way out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from keyctl.exchanges.catalogue import declaration
from keyctl.exchanges.declaration import Declaration, Holder, Right
from keyctl.model.app import App, Kind
from keyctl.model.names import AccountName, AppName
from keyctl.model.refusal import Refusal
from keyctl.model.scopes import KEYS_MANAGE, READ, WITHDRAW, Scope, ScopeSet
from keyctl.policy.advice import rights
from keyctl.registry.admission import ungrantable
from tests.policy.corpus import registry_of

SPOT, FUTURES, EARN, MOVE = (Scope(name) for name in ("trade.spot", "trade.futures", "earn", "transfer.internal"))
TOKEN = Scope("other:token")
REGISTRY = registry_of({})
MM = REGISTRY.accounts[AccountName("mm")]


def agents(*given: Right) -> Declaration:
    return replace(declaration("paradex"), rights=given)


def keys(*given: Right) -> Declaration:
    return replace(declaration("bybit"), rights=given)


def app(*needs: Scope, kind: Kind = Kind.INTERNAL) -> App:
    return replace(REGISTRY.apps[AppName("hedger")], needs=frozenset(needs), kind=kind)


def given(venue: Declaration, *wanted: Scope, subaccount: bool | None = None) -> ScopeSet:
    return rights.choose(app(), venue, MM, frozenset(wanted), subaccount=subaccount)[0]


def refused(venue: Declaration, whose: App, *wanted: Scope, subaccount: bool | None = None) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        rights.choose(whose, venue, MM, frozenset(wanted), subaccount=subaccount)
    return refusal.value


WIDE = Right("wide", frozenset({READ, FUTURES, EARN}))
AGENT = Right("agent", frozenset({READ, SPOT}))
OLD = Right("old", frozenset({READ}), settable=False)


def test_an_agent_has_at_least_the_smallest_right_that_makes_one() -> None:
    venue = agents(WIDE, AGENT, OLD)
    assert given(venue, READ, SPOT) == {READ, SPOT}
    assert given(venue, READ, SPOT, FUTURES, EARN) == {READ, SPOT, FUTURES, EARN}
    assert "trade.spot" in refused(venue, app(), READ).remedy
    assert given(agents(Right("spot", frozenset({SPOT}))), READ) == {READ}


def test_an_agent_is_no_token() -> None:
    reads = Right("reads", frozenset({READ}))
    venue = agents(reads, Right("token", frozenset({READ, TOKEN}), exclusive=True))
    assert given(venue, READ) == {READ}
    refused(venue, app(), READ, TOKEN)


def test_a_right_of_masters_is_for_masters() -> None:
    venue = agents(AGENT, Right("move", frozenset({MOVE}), Holder.MASTER))
    assert given(venue, READ, SPOT, MOVE) == {READ, SPOT, MOVE}
    refused(venue, app(), READ, SPOT, MOVE, subaccount=True)


def test_every_power_that_a_right_opens_is_named() -> None:
    venue = keys(Right("all", frozenset({SPOT, WITHDRAW, KEYS_MANAGE})))
    assert "only together with withdraw, keys.manage (withdrawal)" in refused(venue, app(), READ, SPOT).message


def test_the_way_out_names_what_the_app_and_the_policy_would_have_to_say() -> None:
    venue = keys(Right("both", frozenset({SPOT, FUTURES})))
    plain = refused(venue, app(), READ, SPOT).remedy
    made = ungrantable(MM.exchange, MM.name, "", frozenset({READ, SPOT}), frozenset({READ, SPOT, FUTURES}))
    assert plain == made.remedy
    assert "least-scope wants trade.futures among" in refused(venue, app(SPOT), READ, SPOT).remedy
    assert "least-scope" not in refused(venue, app(SPOT, FUTURES), READ, SPOT).remedy
    vendor = app(kind=Kind.THIRD_PARTY)
    assert "third-party-writes" in refused(venue, vendor, READ, SPOT).remedy
    assert "third-party-writes" not in refused(keys(), vendor, READ, SPOT).remedy


def test_a_third_party_that_needs_to_read_gets_just_that() -> None:
    for needs, more in (((READ,), False), ((READ, SPOT), True)):
        _, choice = rights.choose(app(*needs, kind=Kind.THIRD_PARTY), keys(), MM, None, subaccount=None)
        assert choice.why == "hedger is run by others, so it reads and no more" + (
            ", although its needs say more" if more else ""
        )
